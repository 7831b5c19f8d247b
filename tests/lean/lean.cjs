// Runs Lean on this machine's own files. Arguments as for `lean`.
'use strict';

const fs = require('fs');
const path = require('path');
const vm = require('vm');
const host = require('./host.cjs');

const HOME = __dirname;
const LOADER = path.join(HOME, 'lean.js');
// Folders of Lean's file system that are its own and not the machine's.
const LEANS_OWN = new Set(['lib', 'bin', 'dev', 'proc', 'sys']);

const leanArguments = process.argv.slice(2);
const isWorker = leanArguments.includes('--worker');

const Module = {
  arguments: leanArguments,
  thisProgram: '/bin/lean',
  locateFile: name => path.join(HOME, name),
  preRun: [mountFiles],
  onExit: code => process.exit(code),
};

setEnvironment();
host.share(path.join(HOME, 'lean.symbols'));
feedStdin();
setInterval(() => {}, 1 << 30); // Lean's threads do not keep Node alive by themselves
runLoader();

function setEnvironment() {
  process.env.LEAN_SYSROOT = '/';
  process.env.LEAN_PATH = process.env.LEAN_PATH ? process.env.LEAN_PATH + ':/lib/lean' : '/lib/lean';
  process.env.LEAN_NUM_THREADS ??= '2'; // a thread is a Node worker: cores are not what limits them
  process.env.LLVM_PROFILE_FILE = '/dev/null'; // the package was built with coverage
}

// Lean's library at /lib/lean, and the machine's folders under their own names.
function mountFiles() {
  const { FS, NODEFS } = Module;
  for (const folder of ['/bin', '/lib', '/lib/lean']) makeFolder(FS, folder);
  FS.mount(NODEFS, { root: path.join(HOME, 'lib', 'lean') }, '/lib/lean');
  for (const entry of fs.readdirSync('/')) {
    const folder = '/' + entry;
    if (LEANS_OWN.has(entry) || !isFolder(folder)) continue;
    makeFolder(FS, folder);
    FS.mount(NODEFS, { root: folder }, folder);
  }
  Object.assign(Module.ENV, process.env);
  FS.chdir(process.cwd());
}

function isFolder(name) {
  return fs.statSync(name, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function makeFolder(FS, name) {
  if (!FS.analyzePath(name).exists) FS.mkdir(name);
}

// Only for a Lean that is meant to read it: a plain `lean FILE` in the background must not touch the terminal.
function feedStdin() {
  if (isWorker || leanArguments.includes('--stdin') || leanArguments.includes('--run')) {
    host.pumpStdin(process.stdin, () => {
      // A worker whose server is gone has nobody left to answer.
      if (isWorker) process.exit(1);
    });
  } else {
    host.endStdin();
  }
}

// On this thread the loader is compiled here, to be given `Module`; the other threads start it as a file.
function runLoader() {
  const parameters = ['Module', 'require', '__filename', '__dirname', 'module', 'exports'];
  const loader = vm.compileFunction(fs.readFileSync(LOADER, 'utf8'), parameters, { filename: LOADER });
  loader(Module, require, LOADER, HOME, module, exports);
}
