// Which folder Lean is started in for a file.
import fs from 'node:fs';
import path from 'node:path';

const MARKS = ['lean-toolchain', 'lakefile.toml', 'lakefile.lean'];

/** The innermost Lake project around the file, else the folder of the workspace that it is in, else its own. */
export function rootOf(file: string, workspaceFolder: string | undefined): string {
  const own = path.dirname(file);
  // A dependency's file belongs to the project that depends on it.
  const packages = own.indexOf(path.join(path.sep, '.lake', 'packages') + path.sep);
  const start = packages < 0 ? own : own.slice(0, packages);
  for (let folder = start; ; folder = path.dirname(folder)) {
    if (MARKS.some(mark => fs.existsSync(path.join(folder, mark)))) return folder;
    if (path.dirname(folder) === folder) break;
  }
  return workspaceFolder ?? own;
}
