// What the patched loader (see loader.cjs) asks of the process it runs in, from any of Lean's threads.
'use strict';

const fs = require('fs');
const { getEnvironmentData, setEnvironmentData } = require('worker_threads');

// The ring that carries stdin: `control` holds how much was written, how much was read, and whether the end came.
const WRITTEN = 0, READ = 1, ENDED = 2;
const RING_SIZE = 1 << 22;
const SHARED = 'lean-host';

const pause = new Int32Array(new SharedArrayBuffer(4));

// Makes what the threads share. For the main thread, before it starts any.
function share(indexFile) {
  const index = fs.readFileSync(indexFile);
  const sharedIndex = Buffer.from(new SharedArrayBuffer(index.length));
  index.copy(sharedIndex);
  setEnvironmentData(SHARED, {
    ring: new Uint8Array(new SharedArrayBuffer(RING_SIZE)),
    control: new Int32Array(new SharedArrayBuffer(16)),
    index: sharedIndex.buffer,
  });
}

// The address of one of Lean's compiled functions or constants, 0 if there is none of that name.
function symbolAddress(symbol) {
  const index = symbolIndex();
  const wanted = Buffer.from(symbol, 'latin1');
  let low = 0;
  let high = index.count - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const start = index.names + index.numbers[1 + middle];
    const end = index.names + index.numbers[2 + middle];
    const order = index.bytes.compare(wanted, 0, wanted.length, start, end);
    if (order === 0) return index.numbers[2 + index.count + middle];
    if (order > 0) high = middle - 1;
    else low = middle + 1;
  }
  return 0;
}

let cachedIndex;
function symbolIndex() {
  if (cachedIndex) return cachedIndex;
  const buffer = getEnvironmentData(SHARED).index;
  const bytes = Buffer.from(buffer);
  const count = bytes.readUInt32LE(0);
  const numbers = new Uint32Array(buffer, 0, 2 + 2 * count);
  return (cachedIndex = { bytes, count, numbers, names: numbers.byteLength });
}

// `fd_read` of stdin: blocks the thread until there is something, as a read does.
function readStdin(heap8, heap32, vectors, vectorCount, countPointer) {
  const { ring, control } = getEnvironmentData(SHARED);
  // Lean's C library asks for a read in two parts, the first of which can be empty.
  const vector = (vectors >>> 2) + (heap32[(vectors >>> 2) + 1] === 0 && vectorCount > 1 ? 2 : 0);
  const pointer = heap32[vector];
  const room = heap32[vector + 1];
  let written, read;
  for (;;) {
    written = Atomics.load(control, WRITTEN);
    read = Atomics.load(control, READ);
    if (written !== read || Atomics.load(control, ENDED)) break;
    Atomics.wait(control, WRITTEN, written);
  }
  const count = Math.min(room, (written - read) | 0);
  for (let i = 0; i < count; i++) heap8[pointer + i] = ring[((read + i) >>> 0) % RING_SIZE];
  Atomics.store(control, READ, (read + count) | 0);
  heap32[countPointer >>> 2] = count;
  return 0;
}

// Feeds stdin to the ring. `ended` is called at its end. For the main thread.
function pumpStdin(stream, ended) {
  const { ring, control } = getEnvironmentData(SHARED);
  const waiting = [];
  const pump = () => {
    while (waiting.length) {
      const chunk = waiting[0];
      const written = Atomics.load(control, WRITTEN);
      const free = RING_SIZE - ((written - Atomics.load(control, READ)) | 0);
      if (!free) return void setTimeout(pump, 1);
      const count = Math.min(free, chunk.length);
      for (let i = 0; i < count; i++) ring[((written + i) >>> 0) % RING_SIZE] = chunk[i];
      Atomics.store(control, WRITTEN, (written + count) | 0);
      Atomics.notify(control, WRITTEN);
      if (count < chunk.length) waiting[0] = chunk.subarray(count);
      else waiting.shift();
    }
  };
  stream.on('data', chunk => {
    waiting.push(chunk);
    if (waiting.length === 1) pump();
  });
  stream.on('end', () => {
    endStdin();
    ended();
  });
}

function endStdin() {
  const { control } = getEnvironmentData(SHARED);
  Atomics.store(control, ENDED, 1);
  Atomics.notify(control, WRITTEN);
}

// `fd_write` of stdout and stderr.
function write(fd, heap8, heap32, vectors, vectorCount, countPointer) {
  const parts = [];
  let total = 0;
  for (let i = 0; i < vectorCount; i++) {
    const pointer = heap32[(vectors >>> 2) + 2 * i];
    const length = heap32[(vectors >>> 2) + 2 * i + 1];
    parts.push(heap8.slice(pointer, pointer + length)); // a copy: Buffer takes no shared memory
    total += length;
  }
  const bytes = Buffer.concat(parts);
  if (fd !== 2 || !isDebugging(bytes)) writeAll(fd, bytes);
  heap32[countPointer >>> 2] = total;
  return 0;
}

// This build of Lean tells on stderr how it goes about importing, a line a write. A user's Lean says nothing there.
function isDebugging(bytes) {
  return /^(\[DEBUG:|  - \/lib\/lean\/|  mainModule\? = )/.test(bytes.toString('latin1', 0, 40));
}

function writeAll(fd, bytes) {
  let done = 0;
  while (done < bytes.length) {
    try {
      done += fs.writeSync(fd, bytes, done);
    } catch (error) {
      // Nobody reads any more. `process.exit` would end this thread only.
      if (error.code === 'EPIPE') process.kill(process.pid, 'SIGTERM');
      else if (error.code !== 'EAGAIN') throw error;
      Atomics.wait(pause, 0, 0, 1); // a pipe that is full and does not block
    }
  }
}

module.exports = { share, symbolAddress, readStdin, pumpStdin, endStdin, write };
