// An editor in a terminal, which is tmux: gets keys, and is looked at.
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { leftOver } from './sandbox.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const SECONDS = 90;

/** A current package of Debian's with its program; `settings` are variables for it. */
export function unpacked(...parameters) {
  const options = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] };
  return execFileSync(path.join(here, 'unpack.sh'), parameters, options).trim();
}

function tmuxProgram() {
  return spawnSync('tmux', ['-V']).status === 0 ? 'tmux' : unpacked('tmux', 'usr/bin/tmux', '3.3');
}

export class Terminal {
  constructor(box, command, { columns = 120, rows = 40 } = {}) {
    this.box = box;
    this.tmux = tmuxProgram();
    this.env = { ...box.env, TERM: 'xterm-256color', TMUX_TMPDIR: box.root, TMUX: '' };
    this.steps = 0;
    const size = ['-x', String(columns), '-y', String(rows)];
    // No configuration: a user's own would be read.
    this.#run('-f', '/dev/null', '-u', 'new-session', '-d', '-s', 'editor', ...size, '-c', box.work, ...command);
    this.#run('set-option', '-g', 'escape-time', '0');
  }

  #run(...words) {
    const result = spawnSync(this.tmux, words, { env: this.env, encoding: 'utf8' });
    if (result.status !== 0) throw new Error(`tmux ${words[0]}: ${result.stderr || result.error?.message}`);
    return result.stdout;
  }

  /** Types these, which are named as in tmux: `Enter`, `Escape`, `C-x`; all else is text. */
  keys(...keys) {
    for (const key of keys) {
      const named = /^(Enter|Escape|Space|Up|Down|[CM]-.)$/.test(key);
      this.#run('send-keys', '-t', 'editor', ...(named ? [key] : ['-l', key]));
    }
  }

  screen() {
    return this.#run('capture-pane', '-p', '-t', 'editor');
  }

  /** The screen with its colours, and where the cursor is. */
  picture() {
    const text = this.#run('capture-pane', '-p', '-e', '-N', '-t', 'editor');
    const [x, y] = this.#run('display-message', '-p', '-t', 'editor', '#{cursor_x} #{cursor_y}').split(' ').map(Number);
    return { text, x, y };
  }

  /** Waits until the screen is as `test` wants it: a text that it has, a pattern, or a function of it. */
  async until(what, test) {
    const isSo = screen => (typeof test === 'function' ? test(screen) : test instanceof RegExp ? test.test(screen) : screen.includes(test));
    const deadline = Date.now() + SECONDS * 1000;
    for (;;) {
      const screen = this.screen();
      if (isSo(screen)) return screen;
      if (Date.now() > deadline) throw new Error(`waited ${SECONDS} s for ${what}. The screen:\n${screen.trimEnd()}`);
      await new Promise(done => setTimeout(done, 100));
    }
  }

  /** One step of a test; the screen after it is kept. */
  async step(name, work) {
    const began = Date.now();
    this.steps += 1;
    try {
      await work();
    } catch (error) {
      console.log(`  FAILED ${name}\n    ${error.message.replaceAll('\n', '\n    ')}`);
      throw new Failed();
    } finally {
      this.#keep();
    }
    console.log(`  ok ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
  }

  #keep() {
    try {
      fs.writeFileSync(path.join(this.box.artefacts, `${this.steps}.txt`), this.screen());
    } catch {
      // The editor has ended.
    }
  }

  /** Waits for the editor to end by itself. */
  async ended() {
    const deadline = Date.now() + SECONDS * 1000;
    while (spawnSync(this.tmux, ['has-session', '-t', 'editor'], { env: this.env }).status === 0) {
      if (Date.now() > deadline) throw new Error(`the editor does not end. The screen:\n${this.screen()}`);
      await new Promise(done => setTimeout(done, 100));
    }
  }

  close() {
    spawnSync(this.tmux, ['kill-server'], { env: this.env });
  }
}

class Failed extends Error {}

/** Runs `work` with a terminal, and exits with what came of it. */
export async function test(editor, box, terminal, work) {
  const began = Date.now();
  let good = true;
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Failed)) console.log(`  FAILED ${error.stack}`);
    good = false;
  }
  terminal.close();
  const left = await leftOver(box.mark);
  if (left.length) console.log(`  FAILED processes are left:\n    ${left.join('\n    ')}`);
  box.end();
  good &&= left.length === 0;
  console.log(`${editor}: ${good ? 'passed' : 'FAILED'} in ${((Date.now() - began) / 1000).toFixed(1)} s`);
  process.exit(good ? 0 : 1);
}

/** The files that editors are tried with. */
export function files(box) {
  const write = (name, lines) => fs.writeFileSync(path.join(box.work, name), lines.join('\n') + '\n');
  write('Work.lean', ['theorem cancel (a b : Nat) (h : b ≤ a) : a - b + b = a := by', '  sorry']);
  write('Hard.lean', [
    'def IsPrime (p : Nat) : Prop := 1 < p ∧ ∀ d, d ∣ p → d = 1 ∨ d = p',
    '',
    'theorem goldbach (n : Nat) (h : 1 < n) : ∃ p q, IsPrime p ∧ IsPrime q ∧ 2 * n = p + q := by',
    '  sorry',
  ]);
}

/** What is in a file of theirs. */
export function text(box, name) {
  return fs.readFileSync(path.join(box.work, name), 'utf8');
}
