#!/usr/bin/env node
// Real Neovim, real Lean, real unsorry: with no plugin, and with ours. UNSORRY_BIN is the program, Lean is on PATH.
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { leftOver, sandbox } from '../sandbox.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const repository = path.resolve(here, '../../..');
const scenarios = fs.readdirSync(path.join(here, 'scenarios')).map(file => path.parse(file).name).sort();
const chosen = process.argv.slice(2);

const nvim = execFileSync(path.join(here, '../unpack.sh'), ['neovim', 'usr/bin/nvim', '0.11.5', 'VIMRUNTIME=@/usr/share/nvim/runtime'], {
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
}).trim();

let failed = 0;
for (const scenario of chosen.length ? chosen : scenarios) {
  if (!(await run(scenario))) failed += 1;
}
process.exit(failed ? 1 : 0);

async function run(scenario) {
  const began = Date.now();
  const box = sandbox('nvim', scenario);
  const driver = spawn(nvim, ['-l', path.join(here, 'driver.lua'), path.join(here, 'scenarios', `${scenario}.lua`)], {
    cwd: box.work,
    env: { ...box.env, NVIM: nvim, REPOSITORY: repository },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const told = fs.createWriteStream(path.join(box.artefacts, 'steps.log'));
  for (const stream of [driver.stdout, driver.stderr]) {
    stream.on('data', text => {
      told.write(text);
      process.stdout.write(text);
    });
  }
  const status = await new Promise(done => driver.on('close', done));
  const left = await leftOver(box.mark);
  if (left.length) console.log(`  FAILED processes are left:\n    ${left.join('\n    ')}`);
  box.end();
  const good = status === 0 && left.length === 0;
  console.log(`nvim ${scenario}: ${good ? 'passed' : 'FAILED'} in ${((Date.now() - began) / 1000).toFixed(1)} s`);
  return good;
}
