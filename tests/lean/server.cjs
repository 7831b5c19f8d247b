#!/usr/bin/env node
// `lean --server`: the language server on stdio, over one `lean --worker` process a document.
//
// It stands in for Lean's own watchdog, which needs to start processes, as wasm cannot. The workers are Lean's real
// ones and do all the work; this routes between them and the client. Where it is strict, so is Lean's watchdog: a
// client that is accepted here should be accepted there.
'use strict';

const { spawn } = require('child_process');
const fs = require('fs');
const path = require('path');

const REQUEST_CONTENT_MODIFIED = -32801;
const WORKER_CRASHED = -32902;
const METHOD_NOT_FOUND = -32601;

// With this code a worker asks to be started again: the imports have changed.
const IMPORTS_CHANGED = 2;

// What Lean 4.28's watchdog announces.
const INITIALIZE_RESULT = {
  serverInfo: { name: 'Lean 4 Server', version: '0.3.0' },
  capabilities: {
    textDocumentSync: { openClose: true, change: 2, willSave: false, willSaveWaitUntil: false, save: { includeText: true } },
    completionProvider: { triggerCharacters: ['.'], resolveProvider: true },
    hoverProvider: true,
    declarationProvider: true,
    definitionProvider: true,
    typeDefinitionProvider: true,
    referencesProvider: true,
    callHierarchyProvider: true,
    renameProvider: { prepareProvider: true },
    workspaceSymbolProvider: true,
    documentHighlightProvider: true,
    documentSymbolProvider: true,
    foldingRangeProvider: true,
    semanticTokensProvider: {
      legend: {
        tokenTypes: [
          'keyword', 'variable', 'property', 'function', 'namespace', 'type', 'class', 'enum', 'interface', 'struct',
          'typeParameter', 'parameter', 'enumMember', 'event', 'method', 'macro', 'modifier', 'comment', 'string',
          'number', 'regexp', 'operator', 'decorator', 'leanSorryLike',
        ],
        tokenModifiers: [
          'declaration', 'definition', 'readonly', 'static', 'deprecated', 'abstract', 'async', 'modification',
          'documentation', 'defaultLibrary',
        ],
      },
      range: true,
      full: true,
    },
    codeActionProvider: { resolveProvider: true, codeActionKinds: ['quickfix', 'refactor', 'source.organizeImports'] },
    signatureHelpProvider: { triggerCharacters: [' '] },
    inlayHintProvider: { resolveProvider: false },
    experimental: { moduleHierarchyProvider: {}, rpcProvider: { highlightMatchesProvider: {}, rpcWireFormat: 'v0' } },
  },
};

const REGISTER_WATCHER = {
  id: 'register_lean_watcher',
  method: 'client/registerCapability',
  params: {
    registrations: [{
      id: 'lean_watcher',
      method: 'workspace/didChangeWatchedFiles',
      registerOptions: { watchers: [{ globPattern: '**/*.lean' }, { globPattern: '**/*.ilean' }] },
    }],
  },
};

// From a worker to its watchdog, not to the client.
const FOR_WATCHDOG = new Set([
  '$/lean/ileanInfoUpdate', '$/lean/ileanInfoFinal', '$/lean/ileanHeaderInfo', '$/lean/ileanHeaderSetupInfo',
  '$/lean/importClosure',
]);

// What the real watchdog answers from its index of all files. Here there is no such index.
const ACROSS_FILES = {
  'workspace/symbol': [],
  'textDocument/references': [],
  'textDocument/prepareRename': null,
  'textDocument/rename': {},
  'textDocument/prepareCallHierarchy': [],
  'callHierarchy/incomingCalls': [],
  'callHierarchy/outgoingCalls': [],
  '$/lean/waitForILeans': {},
  '$/lean/prepareModuleHierarchy': null,
  '$/lean/moduleHierarchy/imports': [],
  '$/lean/moduleHierarchy/importedBy': [],
};

const WITHOUT_PARAMS = new Set(['shutdown', 'exit']);

// -------------------------------------------------------------------------------------------------- the base protocol

const FRAME_START = 'Content-Length: ';

// Splits a stream into messages. Text between them is skipped: this Lean's runtime can print on stdout.
function messageReader(onMessage) {
  let buffered = Buffer.alloc(0);
  return chunk => {
    buffered = buffered.length ? Buffer.concat([buffered, chunk]) : chunk;
    for (;;) {
      const start = buffered.indexOf(FRAME_START);
      if (start < 0) {
        buffered = buffered.subarray(Math.max(0, buffered.length - FRAME_START.length));
        return;
      }
      const headerEnd = buffered.indexOf('\r\n\r\n', start);
      if (headerEnd < 0) return;
      const length = parseInt(buffered.toString('latin1', start + FRAME_START.length, headerEnd), 10);
      const bodyStart = headerEnd + 4;
      if (buffered.length < bodyStart + length) return;
      const body = buffered.toString('utf8', bodyStart, bodyStart + length);
      buffered = buffered.subarray(bodyStart + length);
      onMessage(JSON.parse(body));
    }
  };
}

function frame(message) {
  const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message }));
  return Buffer.concat([Buffer.from(`${FRAME_START}${body.length}\r\n\r\n`), body]);
}

function toClient(message) {
  process.stdout.write(frame(message));
}

// ---------------------------------------------------------------------------------------------------------- the workers

const running = new Set();
let spare = null;

function startProcess() {
  const log = process.env.LEAN_WASM_LOG ? fs.openSync(process.env.LEAN_WASM_LOG, 'a') : 'ignore';
  const options = process.argv.slice(2).filter(argument => argument.startsWith('-') && argument !== '--server');
  // The file's name comes with didOpen: Lean wants one here too, and looks at it no further.
  const program = path.join(__dirname, 'lean.cjs');
  const child = spawn(process.execPath, [program, '--worker', 'file:///document.lean', ...options], {
    stdio: ['pipe', 'pipe', log],
  });
  if (log !== 'ignore') fs.closeSync(log);
  running.add(child);
  child.stdin.on('error', () => {}); // its exit says it all
  child.on('exit', () => {
    running.delete(child);
    if (spare === child) spare = null;
  });
  return child;
}

// A worker takes two seconds to be ready for a document, so one is kept ready: a client of two documents (a proxy that
// checks in a shadow document, a test after a test) starts the second at once.
function prepareSpare() {
  if (!spare && !shuttingDown && process.env.LEAN_WASM_SPARE !== '0') spare = startProcess();
}

function takeProcess() {
  const child = spare ?? startProcess();
  spare = null;
  setTimeout(prepareSpare, 500);
  return child;
}

// ------------------------------------------------------------------------------------------------------- the documents

let initializeParams = null;
let shuttingDown = false;
let nextRequestId = 0;
const documents = new Map(); // by uri
const asking = new Map(); // the client's request id -> the document asked
const askingClient = new Map(); // the id of a request of ours to the client -> {document, id}

class Document {
  constructor({ uri, languageId, version, text }, dependencyBuildMode) {
    Object.assign(this, { uri, languageId, version, text, dependencyBuildMode });
    this.pending = new Map(); // requests by id
    this.process = null; // null after a crash, until the next change
    this.start();
  }

  start() {
    const child = takeProcess();
    this.process = child;
    child.stdout.on('data', messageReader(message => {
      if (this.process === child) this.fromWorker(message);
    }));
    child.on('exit', code => {
      if (this.process === child) this.exited(code);
    });
    const { uri, languageId, version, text, dependencyBuildMode } = this;
    this.send({ id: 0, method: 'initialize', params: initializeParams });
    this.send({
      method: 'textDocument/didOpen',
      params: { textDocument: { uri, languageId, version, text }, dependencyBuildMode },
    });
  }

  send(message) {
    this.process?.stdin.write(frame(message));
  }

  request(message) {
    this.pending.set(message.id, message);
    asking.set(message.id, this);
    if (this.process) this.send(message);
    else this.failPending(WORKER_CRASHED, `The Lean worker of ${this.uri} has crashed.`);
  }

  failPending(code, message) {
    for (const id of this.pending.keys()) {
      asking.delete(id);
      toClient({ id, error: { code, message } });
    }
    this.pending.clear();
  }

  fromWorker(message) {
    if (message.method === undefined) {
      // Also drops the answer to our own initialize.
      if (!this.pending.delete(message.id)) return;
      asking.delete(message.id);
      toClient(message);
    } else if (message.id !== undefined) {
      // Each worker counts its requests from 0, so the client gets ids of ours.
      const id = nextRequestId++;
      askingClient.set(id, { document: this, id: message.id });
      toClient({ ...message, id });
    } else if (!FOR_WATCHDOG.has(message.method)) {
      toClient(message);
    }
  }

  exited(code) {
    this.process = null;
    if (code === IMPORTS_CHANGED) {
      this.start();
      for (const message of this.pending.values()) this.send(message);
      return;
    }
    this.failPending(WORKER_CRASHED, `The Lean worker of ${this.uri} exited with code ${code}.`);
    const end = { line: this.text.split('\n').length, character: 0 };
    toClient({
      method: '$/lean/fileProgress',
      params: {
        textDocument: { uri: this.uri, version: this.version },
        processing: [{ range: { start: { line: 0, character: 0 }, end }, kind: 2 }], // fatal error
      },
    });
  }

  change(params) {
    this.version = params.textDocument.version ?? this.version + 1;
    // A copy of the text, for the next worker. This one gets the change as it came: Lean's incrementality sees it.
    for (const { range, text } of params.contentChanges) this.text = range ? splice(this.text, range, text) : text;
    if (this.process) this.send({ method: 'textDocument/didChange', params });
    else this.start();
  }

  close() {
    documents.delete(this.uri);
    const child = this.process;
    this.process = null;
    child?.kill('SIGKILL');
    this.failPending(REQUEST_CONTENT_MODIFIED, `${this.uri} was closed.`);
    toClient({ method: 'textDocument/publishDiagnostics', params: { uri: this.uri, diagnostics: [] } });
  }
}

function splice(text, range, insert) {
  return text.slice(0, offsetOf(text, range.start)) + insert + text.slice(offsetOf(text, range.end));
}

// JavaScript's strings count as the protocol does, in UTF-16.
function offsetOf(text, { line, character }) {
  let lineStart = 0;
  for (; line > 0; line--) {
    const newline = text.indexOf('\n', lineStart);
    if (newline < 0) return text.length;
    lineStart = newline + 1;
  }
  const lineEnd = text.indexOf('\n', lineStart);
  return Math.min(lineStart + character, lineEnd < 0 ? text.length : lineEnd);
}

// ---------------------------------------------------------------------------------------------------------- the client

// The document a message is about. The `resolve` requests carry it in what Lean put into the item's data.
function uriOf(params) {
  return params?.textDocument?.uri ?? params?.uri ?? dataUri(params?.data) ?? params?.item?.uri;
}

function dataUri(data) {
  // A completion's data starts with the name of its module, here always one outside of any project.
  if (Array.isArray(data)) return /^«external:(.*)»$/.exec(data[0])?.[1];
  return data?.params?.textDocument?.uri ?? data?.uri;
}

function fromClient(message) {
  const { id, method, params } = message;
  if (method === undefined) return answerWorker(message);
  if (params === undefined && !WITHOUT_PARAMS.has(method)) {
    process.stderr.write(`Watchdog error: '${method}' came without params\n`);
    return quit(1);
  }
  switch (method) {
    case 'initialize':
      initializeParams = params;
      setImmediate(prepareSpare);
      return toClient({ id, result: INITIALIZE_RESULT });
    case 'initialized':
      return toClient(REGISTER_WATCHER);
    case 'shutdown':
      shuttingDown = true;
      return toClient({ id, result: null });
    case 'exit':
      return quit(shuttingDown ? 0 : 1);
    case 'textDocument/didOpen':
      documents.get(params.textDocument.uri)?.close();
      documents.set(params.textDocument.uri, new Document(params.textDocument, params.dependencyBuildMode));
      return;
    case 'textDocument/didChange':
      return documents.get(params.textDocument.uri)?.change(params);
    case 'textDocument/didSave':
      return; // the real one tells the files that import this one
    case 'textDocument/didClose':
      return documents.get(params.textDocument.uri)?.close();
    case '$/cancelRequest':
      return asking.get(params.id)?.send(message);
  }
  const uri = uriOf(params);
  const document = documents.get(uri);
  if (id === undefined) return document?.send(message);
  if (method in ACROSS_FILES) return toClient({ id, result: ACROSS_FILES[method] });
  if (document) return document.request(message);
  toClient({
    id,
    error: uri
      ? { code: REQUEST_CONTENT_MODIFIED, message: `Cannot process request to closed file '${uri}'` }
      : { code: METHOD_NOT_FOUND, message: `No request handler found for '${method}'` },
  });
}

function answerWorker(message) {
  const asked = askingClient.get(message.id);
  if (!asked) return;
  askingClient.delete(message.id);
  asked.document.send({ ...message, id: asked.id });
}

// -------------------------------------------------------------------------------------------------------- start and end

// No worker outlives the server: it is killed here, and one whose server was killed sees the end of its stdin.
function quit(code) {
  for (const child of running) child.kill('SIGKILL');
  process.exit(code);
}

process.stdin.on('data', messageReader(fromClient));
process.stdin.on('end', () => quit(0)); // the client is gone
process.stdin.on('error', () => quit(1));
process.stdout.on('error', () => quit(1));
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => quit(0));
