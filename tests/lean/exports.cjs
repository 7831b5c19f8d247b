// Moves the functions that `lean.wasm` exports, 192,675 of them, into its function table, and makes an index of their
// addresses by name.
//
// Lean's interpreter finds the compiled code of a declaration by its symbol, so the package exports every function.
// V8 makes an object of each, in each thread, and the loader then gives each an address: together 2.5 s a thread and
// 300 MB, of the 9 s that a start took. In the table from the start, they cost nothing until they are called. It also
// makes Node 20 and 22 able to load the module, which refuse more than 100,000 exports.
'use strict';

const TABLE = 4, GLOBAL = 6, EXPORT = 7, ELEMENT = 9;
const FUNCTION_KIND = 0, GLOBAL_KIND = 3, TABLE_KIND = 1;
const I32_CONST = 0x41, END = 0x0b, FUNCREF = 0x70, I32 = 0x7f;

class Reader {
  constructor(bytes, position = 0) {
    this.bytes = bytes;
    this.position = position;
  }

  byte() {
    return this.bytes[this.position++];
  }

  // An unsigned LEB128 number. Also right for signed ones that are positive, as addresses are.
  number() {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
  }

  name() {
    const length = this.number();
    this.position += length;
    return this.bytes.toString('latin1', this.position - length, this.position);
  }

  expect(value, what) {
    const found = this.byte();
    if (found !== value) throw new Error(`lean.wasm is not as expected: ${what} is ${found}, not ${value}`);
  }
}

function unsigned(value) {
  const bytes = [];
  do {
    bytes.push(value % 128 + (value >= 128 ? 128 : 0));
    value = Math.floor(value / 128);
  } while (value);
  return Buffer.from(bytes);
}

function signed(value) {
  const bytes = [];
  while (value >= 64) {
    bytes.push(value % 128 + 128);
    value = Math.floor(value / 128);
  }
  bytes.push(value);
  return Buffer.from(bytes);
}

function sections(wasm) {
  const found = [];
  const reader = new Reader(wasm, 8);
  while (reader.position < wasm.length) {
    const id = reader.byte();
    const size = reader.number();
    found.push({ id, body: wasm.subarray(reader.position, reader.position + size) });
    reader.position += size;
  }
  return found;
}

function readExports(body) {
  const reader = new Reader(body);
  return Array.from({ length: reader.number() }, () => ({
    name: reader.name(),
    kind: reader.byte(),
    index: reader.number(),
  }));
}

// The value of each global that the module defines, undefined for those that can change. All are 32-bit constants.
function readGlobals(body) {
  const reader = new Reader(body);
  return Array.from({ length: reader.number() }, () => {
    reader.expect(I32, "a global's type");
    const mutable = reader.byte();
    reader.expect(I32_CONST, "a global's value");
    const value = reader.number();
    reader.expect(END, "a global's end");
    return mutable ? undefined : value;
  });
}

// Where in the table each function stands already.
function readElements(body) {
  const reader = new Reader(body);
  reader.expect(1, 'the number of element segments');
  reader.expect(0, "the element segment's kind");
  reader.expect(I32_CONST, "the element segment's offset");
  const start = reader.number();
  reader.expect(END, "the element segment's offset's end");
  const slots = new Map();
  const count = reader.number();
  for (let slot = start; slot < start + count; slot++) slots.set(reader.number(), slot);
  return { slots, end: start + count, segment: body.subarray(1) };
}

function readTableSize(body) {
  const reader = new Reader(body);
  reader.expect(1, 'the number of tables');
  reader.expect(FUNCREF, "the table's type");
  reader.expect(0, "the table's limits"); // no upper limit
  return reader.number();
}

// Addresses by name, sorted so that lookup can halve its way: a count, then for each symbol where its name starts in
// the names (and where the last ends), then the addresses, then the names. `host.cjs` reads it.
function makeIndex(symbols) {
  symbols.sort((a, b) => (a.name < b.name ? -1 : 1));
  const names = Buffer.from(symbols.map(symbol => symbol.name).join(''), 'latin1');
  const numbers = new Uint32Array(2 + 2 * symbols.length);
  numbers[0] = symbols.length;
  let offset = 0;
  symbols.forEach(({ name, address }, i) => {
    numbers[1 + i] = offset;
    numbers[2 + symbols.length + i] = address;
    offset += name.length;
  });
  numbers[1 + symbols.length] = offset;
  return Buffer.concat([Buffer.from(numbers.buffer), names]);
}

// The module with only the exports named in `kept` (a set), and the index of all the symbols it had.
function moveExportsToTable(wasm, kept) {
  const all = sections(wasm);
  const body = id => all.find(section => section.id === id).body;
  const exported = readExports(body(EXPORT));
  const globals = readGlobals(body(GLOBAL));
  const importedGlobals = WebAssembly.Module.imports(new WebAssembly.Module(withoutExports(wasm, all)))
    .filter(item => item.kind === 'global').length;
  const { slots, end, segment } = readElements(body(ELEMENT));
  const tableSize = readTableSize(body(TABLE));
  if (end !== tableSize) throw new Error(`lean.wasm is not as expected: ${end} functions in a table of ${tableSize}`);

  const added = [];
  const symbols = [];
  for (const { name, kind, index } of exported) {
    if (kind === FUNCTION_KIND) {
      if (!slots.has(index)) slots.set(index, tableSize + added.push(index) - 1);
      symbols.push({ name, address: slots.get(index) });
    } else if (kind === GLOBAL_KIND) {
      const address = globals[index - importedGlobals];
      if (address !== undefined) symbols.push({ name, address });
    }
  }

  const keptExports = exported.filter(({ name, kind }) => kind === TABLE_KIND || kept.has(name));
  const changed = {
    [TABLE]: [unsigned(1), Buffer.from([FUNCREF, 0]), unsigned(tableSize + added.length)],
    [EXPORT]: [unsigned(keptExports.length), ...keptExports.flatMap(({ name, kind, index }) =>
      [unsigned(name.length), Buffer.from(name, 'latin1'), Buffer.from([kind]), unsigned(index)])],
    [ELEMENT]: [unsigned(2), segment, Buffer.from([0, I32_CONST]), signed(tableSize), Buffer.from([END]),
      unsigned(added.length), Buffer.concat(added.map(unsigned))],
  };
  return { wasm: assemble(wasm, all, changed), index: makeIndex(symbols) };
}

// A Node older than 24 refuses to read the package's own module, because of its exports.
function withoutExports(wasm, all) {
  return assemble(wasm, all, { [EXPORT]: [unsigned(0)] });
}

function assemble(wasm, all, changed) {
  const parts = [wasm.subarray(0, 8)];
  for (const { id, body } of all) {
    const content = changed[id] ?? [body];
    const size = content.reduce((sum, part) => sum + part.length, 0);
    parts.push(Buffer.from([id]), unsigned(size), ...content);
  }
  return Buffer.concat(parts);
}

module.exports = { moveExportsToTable };
