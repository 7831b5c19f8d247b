#!/usr/bin/env node
// unsorry in a real VS Code, with a real Lean: `cargo xtask editors vscode`. Screenshots and logs of a run are in
// target/editors/vscode/.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as alone from './alone.mjs';
import * as beside from './beside.mjs';
import { buildExtension, buildStandIn } from './build.mjs';
import { VSCode } from './vscode.mjs';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const ROOT = path.join(HERE, '../../..');
const PICTURES = path.join(ROOT, 'target/editors/vscode');

const program = process.env.UNSORRY_BIN;
if (!program || !path.isAbsolute(program)) throw new Error('UNSORRY_BIN must be the absolute path of the built program; `cargo xtask editors vscode` sets it.');

const names = process.argv.slice(2);
const scenarios = Object.entries({ alone, beside }).filter(([name]) => names.length === 0 || names.includes(name));

fs.rmSync(PICTURES, { recursive: true, force: true });
const { vsix, version } = await buildExtension();
const standIn = await buildStandIn(PICTURES);
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
    await run({ code, home, program, version, standIn, step });
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
