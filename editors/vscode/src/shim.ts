// The folder with `lake` and `lean` that lead to unsorry; `unsorry shim` makes it.
import fs from 'node:fs';
import path from 'node:path';
import { run } from './processes';

/** Makes the shim's folder, unless it is there and leads to this program. Gives whether it had to. */
export async function ensureShim(program: string, folder: string): Promise<boolean> {
  if (leadsTo(program, folder)) return false;
  fs.mkdirSync(path.dirname(folder), { recursive: true });
  const ended = await run(program, ['shim', folder]);
  if (!ended.ok) throw new Error(`\`${program} shim\` failed: ${ended.reason}`);
  return true;
}

/** Removes the shim's folder. */
export function removeShim(folder: string): void {
  fs.rmSync(folder, { recursive: true, force: true });
}

function leadsTo(program: string, folder: string): boolean {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  try {
    return ['lake', 'lean'].every(name => same(path.join(folder, name + suffix), program));
  } catch {
    return false;
  }
}

// The same file, or on Windows, where links are for administrators, a copy of it.
function same(one: string, other: string): boolean {
  const [a, b] = [fs.statSync(one), fs.statSync(other)];
  if (a.dev === b.dev && a.ino === b.ino) return true;
  return process.platform === 'win32' && a.size === b.size && fs.readFileSync(one).equals(fs.readFileSync(other));
}
