// What the tests of unsorry rely on in this Lean, besides being Lean. `node --test` runs it.
'use strict';

const assert = require('assert');
const { execFileSync, spawn } = require('child_process');
const path = require('path');
const test = require('node:test');

const BIN = execFileSync(process.execPath, [path.join(__dirname, 'install.cjs')], { encoding: 'utf8' }).trim();
const NOWHERE = 'file:///no/such/folder/File.lean';
const HOLE = 'theorem swap (a b : Nat) : a + b = b + a := by\n  sorry\n';
const PROOF = HOLE.replace('sorry', 'omega');
const SORRY_AT = { line: 1, character: 2 };
const PATIENCE = { timeout: 300_000 }; // a crowded machine is slow to start a worker

class Client {
  constructor(program, args) {
    // Where a file is or where Lean is started from must not matter: not only /tmp and /home work.
    this.child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'], cwd: path.dirname(process.execPath) });
    this.exit = new Promise(resolve => this.child.on('exit', (code, signal) => resolve(code ?? signal)));
    this.answers = new Map(); // resolve functions by id
    this.diagnostics = new Map(); // of the latest publication, by version
    this.child.stdin.on('error', () => {});
    this.buffered = Buffer.alloc(0);
    this.child.stdout.on('data', chunk => this.receive(chunk));
    this.nextId = 1;
  }

  static async start() {
    const client = new Client(path.join(BIN, 'lean'), ['--server', '-Dserver.reportDelayMs=0']);
    await client.initialize();
    return client;
  }

  async initialize() {
    const { result } = await this.request('initialize', { processId: null, rootUri: null, capabilities: {} });
    assert.strictEqual(result.serverInfo.name, 'Lean 4 Server');
    this.notify('initialized', {});
  }

  receive(chunk) {
    this.buffered = Buffer.concat([this.buffered, chunk]);
    for (;;) {
      const header = /^Content-Length: (\d+)\r\n\r\n/.exec(this.buffered.toString('latin1', 0, 64));
      const end = header && header[0].length + Number(header[1]);
      if (!header || this.buffered.length < end) return;
      const message = JSON.parse(this.buffered.toString('utf8', header[0].length, end));
      this.buffered = this.buffered.subarray(end);
      if (message.method === undefined) this.answers.get(message.id)(message);
      if (message.method === 'textDocument/publishDiagnostics') {
        this.diagnostics.set(message.params.version, message.params.diagnostics);
      }
    }
  }

  send(message) {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message });
    this.child.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }

  notify(method, params) {
    this.send({ method, params });
  }

  request(method, params) {
    const id = this.nextId++;
    return new Promise(resolve => {
      this.answers.set(id, resolve);
      this.send({ id, method, params });
    });
  }

  open(text, uri = NOWHERE) {
    this.notify('textDocument/didOpen', {
      textDocument: { uri, languageId: 'lean4', version: 1, text },
      dependencyBuildMode: 'never',
    });
  }

  change(version, ...contentChanges) {
    this.notify('textDocument/didChange', { textDocument: { uri: NOWHERE, version }, contentChanges });
  }

  elaborated(version) {
    return this.request('textDocument/waitForDiagnostics', { uri: NOWHERE, version });
  }

  async end() {
    await this.request('shutdown', null);
    this.send({ method: 'exit' });
    assert.strictEqual(await this.exit, 0);
  }
}

// All processes that come from this one, as pids.
function descendants(root) {
  const children = new Map();
  for (const line of execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n')) {
    const [pid, parent] = line.trim().split(/\s+/).map(Number);
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const below = pid => (children.get(pid) ?? []).flatMap(child => [child, ...below(child)]);
  return below(root);
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function until(condition, milliseconds) {
  const since = Date.now();
  while (!condition() && Date.now() - since < milliseconds) await new Promise(resolve => setTimeout(resolve, 50));
  return condition();
}

test('a document that is no file is elaborated, and its changes are', PATIENCE, async () => {
  const client = await Client.start();
  client.open(HOLE);
  assert.deepStrictEqual((await client.elaborated(1)).result, {});
  assert.match(client.diagnostics.get(1)[0].message, /declaration uses `sorry`/);
  const goal = await client.request('$/lean/plainGoal', { textDocument: { uri: NOWHERE }, position: SORRY_AT });
  assert.deepStrictEqual(goal.result.goals, ['a b : Nat\n⊢ a + b = b + a']);

  client.change(2, { range: { start: SORRY_AT, end: { line: 1, character: 7 } }, text: 'omega' });
  await client.elaborated(2);
  assert.deepStrictEqual((client.diagnostics.get(2) ?? []).filter(diagnostic => diagnostic.severity < 3), []);

  client.change(3, { text: PROOF.replace('omega', 'rfl') });
  await client.elaborated(3);
  assert.strictEqual(client.diagnostics.get(3)[0].severity, 1);
  await client.end();
});

test('a save is no news', PATIENCE, async () => {
  const client = await Client.start();
  client.open(PROOF);
  await client.elaborated(1);
  client.notify('textDocument/didSave', { textDocument: { uri: NOWHERE }, text: PROOF });
  client.change(2, { text: HOLE });
  await client.elaborated(2);
  const told = [1, 2].flatMap(version => client.diagnostics.get(version) ?? []).map(diagnostic => diagnostic.message);
  assert.deepStrictEqual(told.filter(message => message.includes('didSave')), []);
  await client.end();
});

test('a completion can be resolved', PATIENCE, async () => {
  const client = await Client.start();
  client.open('#check Nat.add_com');
  await client.elaborated(1);
  const position = { line: 0, character: 18 };
  const { result } = await client.request('textDocument/completion', { textDocument: { uri: NOWHERE }, position });
  const item = result.items.find(({ label }) => label === 'add_comm');
  assert.match((await client.request('completionItem/resolve', item)).result.detail, /n \+ m = m \+ n/);
  await client.end();
});

test('a change of the imports answers what was asked before it', PATIENCE, async () => {
  const client = await Client.start();
  client.open(HOLE);
  await client.elaborated(1);
  client.change(2, { text: 'import Std\n' + HOLE });
  assert.deepStrictEqual((await client.elaborated(2)).result, {});
  await client.end();
});

test('a crash is told, and the next change mends it', PATIENCE, async () => {
  process.env.LEAN_WASM_SPARE = '0'; // so that the worker is the only child
  const client = await Client.start();
  delete process.env.LEAN_WASM_SPARE;
  client.open(HOLE);
  const answer = client.elaborated(1);
  await until(() => descendants(client.child.pid).length === 1, 10_000);
  process.kill(descendants(client.child.pid)[0], 'SIGKILL');
  assert.strictEqual((await answer).error.code, -32902);
  assert.strictEqual((await client.elaborated(1)).error.code, -32902);
  client.change(2, { text: PROOF });
  assert.deepStrictEqual((await client.elaborated(2)).result, {});
  await client.end();
});

test('a message without params ends the server, as it ends the real one', PATIENCE, async () => {
  const client = await Client.start();
  client.send({ method: 'workspace/didChangeConfiguration' });
  assert.strictEqual(await client.exit, 1);
});

// A parent as an editor is one: it starts the server with pipes of its own.
const PARENT = `
  const server = require('child_process').spawn(process.argv[1], ['--server'], { stdio: ['pipe', 'pipe', 'inherit'] });
  process.stdin.pipe(server.stdin);
  server.stdout.pipe(process.stdout);
  server.on('exit', () => process.exit());
`;

for (const [name, kill] of [
  ['the parent of the server is killed', client => process.kill(client.child.pid, 'SIGKILL')],
  ['the server is killed', client => process.kill(descendants(client.child.pid)[0], 'SIGKILL')],
  ['the server is asked to end', client => process.kill(descendants(client.child.pid)[0], 'SIGTERM')],
  ['the client closes stdin', client => client.child.stdin.end()],
]) {
  test(`no process is left when ${name}`, PATIENCE, async () => {
    const client = new Client(process.execPath, ['-e', PARENT, path.join(BIN, 'lean')]);
    await client.initialize();
    client.open(HOLE);
    await until(() => descendants(client.child.pid).length === 3, 10_000); // server, worker, spare
    const processes = descendants(client.child.pid);
    assert.strictEqual(processes.length, 3);
    kill(client);
    // Under a second when nothing else runs; a worker that is still loading on a crowded machine takes longer.
    assert.ok(await until(() => !processes.some(isAlive), 30_000), 'processes are left');
  });
}
