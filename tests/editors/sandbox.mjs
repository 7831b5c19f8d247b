// A place for one editor's run: its own home, a folder to work in, and a mark by which its processes are known.
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** How long what an editor has started may take to end after it. */
const ENDS_WITHIN = 10_000;

export function sandbox(editor, scenario) {
  const program = process.env.UNSORRY_BIN;
  if (!program || !fs.existsSync(program)) {
    console.error(`UNSORRY_BIN is ${program ?? 'not set'}: it must be the path of a built unsorry.`);
    process.exit(2);
  }
  const root = fs.mkdtempSync(path.join(os.tmpdir(), `unsorry-${editor}-`));
  const artefacts = path.join(repository, 'target', 'editors', editor, scenario);
  fs.rmSync(artefacts, { recursive: true, force: true });
  fs.mkdirSync(artefacts, { recursive: true });
  const folder = name => {
    fs.mkdirSync(path.join(root, name), { recursive: true });
    return path.join(root, name);
  };
  const mark = crypto.randomUUID();
  const env = {
    ...process.env,
    HOME: folder('home'),
    XDG_CONFIG_HOME: folder('home/.config'),
    XDG_STATE_HOME: folder('home/.local/state'),
    XDG_DATA_HOME: folder('home/.local/share'),
    XDG_CACHE_HOME: folder('home/.cache'),
    // `unsorry` is found by its name, as a user's is.
    PATH: `${path.dirname(program)}${path.delimiter}${process.env.PATH}`,
    UNSORRY_CACHE: 'off',
    UNSORRY_TEST_MARK: mark,
    LC_ALL: 'C.UTF-8',
  };
  delete env.UNSORRY_CONFIG;
  const end = () => {
    const logs = { 'unsorry.log': '.local/state/unsorry/unsorry.log', 'lsp.log': '.local/state/nvim/lsp.log' };
    for (const [name, file] of Object.entries(logs)) {
      const log = path.join(root, 'home', file);
      if (fs.existsSync(log)) fs.copyFileSync(log, path.join(artefacts, name));
    }
    fs.rmSync(root, { recursive: true, force: true });
  };
  return { root, work: folder('work'), artefacts, mark, env, end };
}

/** The command lines of the processes with this mark that are left after a while. */
export async function leftOver(mark) {
  const until = Date.now() + ENDS_WITHIN;
  let left = marked(mark);
  while (left.length && Date.now() < until) {
    await new Promise(done => setTimeout(done, 100));
    left = marked(mark);
  }
  for (const { pid } of left) process.kill(pid, 'SIGKILL');
  return left.map(({ pid, command }) => `${pid} ${command}`);
}

function marked(mark) {
  const read = (pid, file) => {
    try {
      return fs.readFileSync(`/proc/${pid}/${file}`, 'utf8');
    } catch {
      return ''; // it has just ended
    }
  };
  return fs
    .readdirSync('/proc')
    .filter(pid => /^\d+$/.test(pid) && read(pid, 'environ').includes(`UNSORRY_TEST_MARK=${mark}`))
    .map(pid => ({ pid: Number(pid), command: read(pid, 'cmdline').replaceAll('\0', ' ').trim() }));
}
