// The extension as users get it, after its unit tests, and the stand-in for the Lean 4 extension.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const ROOT = path.join(HERE, '../../..');
const EXTENSION = path.join(ROOT, 'editors/vscode');

/** Gives the .vsix. */
export async function buildExtension() {
  if (changed(path.join(EXTENSION, 'package-lock.json')) > changed(path.join(EXTENSION, 'node_modules/.package-lock.json'))) {
    npm('ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error');
  }
  npm('test');
  npm('run', 'package');
  const { version } = JSON.parse(fs.readFileSync(path.join(EXTENSION, 'package.json'), 'utf8'));
  return { vsix: path.join(ROOT, 'target', `unsorry-${version}.vsix`), version };
}

/** Gives the .vsix of the stand-in, which it makes in `folder`. */
export async function buildStandIn(folder) {
  const tool = name => import(path.join(EXTENSION, 'node_modules', name));
  const { build } = await tool('esbuild/lib/main.js');
  const { createVSIX } = await tool('@vscode/vsce/out/api.js');
  const draft = path.join(folder, 'lean4');
  fs.mkdirSync(draft, { recursive: true });
  fs.copyFileSync(path.join(HERE, 'lean4/package.json'), path.join(draft, 'package.json'));
  fs.writeFileSync(path.join(draft, '.vscodeignore'), '');
  await build({
    entryPoints: [path.join(HERE, 'lean4/extension.js')],
    outfile: path.join(draft, 'dist/extension.js'),
    bundle: true,
    platform: 'node',
    external: ['vscode'],
    nodePaths: [path.join(EXTENSION, 'node_modules')],
  });
  const vsix = path.join(folder, 'lean4.vsix');
  await createVSIX({ cwd: draft, packagePath: vsix, dependencies: false, skipLicense: true });
  return vsix;
}

function changed(file) {
  return fs.existsSync(file) ? fs.statSync(file).mtimeMs : 0;
}

function npm(...words) {
  const { status, stdout, stderr } = spawnSync('npm', words, { cwd: EXTENSION, encoding: 'utf8' });
  if (status !== 0) throw new Error(`npm ${words.join(' ')} failed in editors/vscode:\n${stdout}${stderr}`);
}
