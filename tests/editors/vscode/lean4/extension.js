// Stands in for leanprover.lean4: puts lean4.envPathExtensions ahead on PATH, asks elan, lean and lake what they are,
// starts `lake serve` or `lean --server` for each project, and shows whatever Lean's server says on stderr.
'use strict';
const { execFile } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const vscode = require('vscode');
const { LanguageClient, RevealOutputChannelOn } = require('vscode-languageclient/node');

const PROBES = [
  ['elan', ['--version']],
  ['elan', ['dump-state', '--no-net']],
  ['lean', ['--version']],
  ['lake', ['--version']],
];

let extensions = [];
const clients = new Map();

exports.activate = context => {
  extendPath();
  context.subscriptions.push(
    vscode.workspace.onDidChangeConfiguration(event => {
      if (event.affectsConfiguration('lean4.envPathExtensions')) extendPath();
    }),
    vscode.commands.registerCommand('lean4.restartServer', restart),
    vscode.workspace.onDidOpenTextDocument(serve),
  );
  vscode.workspace.textDocuments.forEach(serve);
};

exports.deactivate = () => Promise.all([...clients.values()].map(client => client.stop()));

function extendPath() {
  const others = process.env.PATH.split(path.delimiter).filter(folder => !extensions.includes(folder));
  extensions = vscode.workspace.getConfiguration('lean4').get('envPathExtensions', []);
  process.env.PATH = [...extensions, ...others].join(path.delimiter);
}

async function serve(document) {
  if (document.languageId !== 'lean4') return;
  const root = rootOf(document);
  if (clients.has(root)) return;
  const client = clientFor(root);
  clients.set(root, client);
  try {
    await probe(root);
    await client.start();
    client._serverProcess?.stderr.on('data', chunk => vscode.window.showErrorMessage(`Lean server printed an error:\n${chunk}`));
  } catch (error) {
    clients.delete(root);
    vscode.window.showErrorMessage(`Lean 4: ${error.message}`);
  }
}

async function restart() {
  const document = vscode.window.activeTextEditor?.document;
  const root = document && rootOf(document);
  await clients.get(root)?.dispose();
  clients.delete(root);
  if (document) await serve(document);
}

function rootOf({ uri }) {
  if (uri.scheme !== 'file') return 'untitled';
  for (let folder = path.dirname(uri.fsPath); ; folder = path.dirname(folder)) {
    if (fs.existsSync(path.join(folder, 'lean-toolchain'))) return folder;
    if (path.dirname(folder) === folder) return path.dirname(uri.fsPath);
  }
}

// elan may be missing; the other two must be what they say.
async function probe(root) {
  for (const [program, words] of PROBES) {
    const said = await output(program, words, root);
    if (program === 'elan') continue;
    if (!new RegExp(`^${program} \\(?version`, 'i').test(said)) throw new Error(`${program} --version says ${JSON.stringify(said)}`);
  }
}

function output(program, words, root) {
  const cwd = root === 'untitled' ? undefined : root;
  return new Promise(resolve => execFile(program, words, { cwd }, (_, stdout, stderr) => resolve(stdout + stderr)));
}

function clientFor(root) {
  const lake = fs.existsSync(path.join(root, 'lakefile.toml')) || fs.existsSync(path.join(root, 'lakefile.lean'));
  const [command, ...args] = lake ? ['lake', 'serve', '--', root] : ['lean', '--server', root];
  const server = { command, args, options: { cwd: root === 'untitled' ? undefined : root, env: { ...process.env } } };
  const pattern = { baseUri: vscode.Uri.file(root).toString(), pattern: '**/*' };
  return new LanguageClient('lean4', 'Lean 4', server, {
    documentSelector: [root === 'untitled' ? { language: 'lean4', scheme: 'untitled' } : { language: 'lean4', scheme: 'file', pattern }],
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    initializationOptions: { hasWidgets: true },
    connectionOptions: { maxRestartCount: 0 },
  });
}
