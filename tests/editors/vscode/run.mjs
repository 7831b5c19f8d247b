#!/usr/bin/env node
// unsorry in a real VS Code, with a real Lean: `cargo xtask editors vscode`. Screenshots and logs of a run are in
// target/editors/vscode/.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as alone from './alone.mjs';
import * as beside from './beside.mjs';
import { VSCode } from './vscode.mjs';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const ROOT = path.join(HERE, '../../..');
const EXTENSION = path.join(ROOT, 'editors/vscode');
const PICTURES = path.join(ROOT, 'target/editors/vscode');

const program = process.env.UNSORRY_BIN;
if (!program || !path.isAbsolute(program)) throw new Error('UNSORRY_BIN must be the absolute path of the built program; `cargo xtask editors vscode` sets it.');

const names = process.argv.slice(2);
const scenarios = Object.entries({ alone, beside }).filter(([name]) => names.length === 0 || names.includes(name));

fs.rmSync(PICTURES, { recursive: true, force: true });
const { vsix, standIn } = await build();
let failed = false;
for (const [name, { run }] of scenarios) {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'unsorry-vscode-'));
  const code = new VSCode(home, path.join(PICTURES, name));
  const begun = Date.now();
  let now = 'the start';
  const step = what => {
    now = what;
    console.log(`${name}: ${what} (${seconds(begun)} s)`);
  };
  try {
    code.extension('--install-extension', vsix);
    await run({ code, home, program, standIn, step });
    console.log(`${name}: ok (${seconds(begun)} s)`);
  } catch (error) {
    failed = true;
    console.error(`${name}: failed at ${now}: ${error.stack}`);
    await code.shot('failed').catch(() => {});
  } finally {
    await code.stop();
    keepLogs(home, path.join(PICTURES, name));
    fs.rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }
}
process.exit(failed ? 1 : 0);

/** The extension as users get it, after its unit tests, and the stand-in for the Lean 4 extension. */
async function build() {
  if (!fs.existsSync(path.join(EXTENSION, 'node_modules/.package-lock.json'))) npm('ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error');
  npm('test');
  npm('run', 'package');
  const { version } = JSON.parse(fs.readFileSync(path.join(EXTENSION, 'package.json'), 'utf8'));
  const tool = name => import(path.join(EXTENSION, 'node_modules', name));
  const { build } = await tool('esbuild/lib/main.js');
  const { createVSIX } = await tool('@vscode/vsce/out/api.js');
  const folder = path.join(PICTURES, 'lean4');
  fs.mkdirSync(folder, { recursive: true });
  fs.copyFileSync(path.join(HERE, 'lean4/package.json'), path.join(folder, 'package.json'));
  await build({
    entryPoints: [path.join(HERE, 'lean4/extension.js')],
    outfile: path.join(folder, 'dist/extension.js'),
    bundle: true,
    platform: 'node',
    external: ['vscode'],
    nodePaths: [path.join(EXTENSION, 'node_modules')],
  });
  const standIn = path.join(PICTURES, 'lean4.vsix');
  await createVSIX({ cwd: folder, packagePath: standIn, dependencies: false, skipLicense: true, allowMissingRepository: true });
  return { vsix: path.join(ROOT, 'target', `unsorry-${version}.vsix`), standIn };
}

function npm(...words) {
  const { status, stdout, stderr } = spawnSync('npm', words, { cwd: EXTENSION, encoding: 'utf8' });
  if (status !== 0) throw new Error(`npm ${words.join(' ')} failed in editors/vscode:\n${stdout}${stderr}`);
}

function keepLogs(home, folder) {
  const logs = [];
  for (const place of ['data/logs', 'state']) {
    const from = path.join(home, place);
    if (!fs.existsSync(from)) continue;
    for (const file of fs.readdirSync(from, { recursive: true, encoding: 'utf8' })) {
      if (/(nsorry\)?|remoteexthost)\.log$/.test(file)) logs.push(`== ${file}\n${fs.readFileSync(path.join(from, file), 'utf8')}`);
    }
  }
  fs.writeFileSync(path.join(folder, 'logs.txt'), logs.join('\n'));
}

function seconds(begun) {
  return ((Date.now() - begun) / 1000).toFixed(1);
}
