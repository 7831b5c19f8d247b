#!/usr/bin/env node
// Real Emacs in a terminal, with eglot as docs/editors.md sets it up. UNSORRY_BIN is the program, Lean is on PATH.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { sandbox } from '../sandbox.mjs';
import { Terminal, files, test, text, unpacked } from '../terminal.mjs';

// Unpacked elsewhere than it was built for, it has to be told where its files are.
const emacs = unpacked(
  'emacs-nox',
  'usr/bin/emacs-nox',
  '1:29',
  'EMACSLOADPATH=$(echo @/usr/share/emacs/[0-9]*/lisp)',
  'EMACSDATA=$(echo @/usr/share/emacs/[0-9]*/etc)',
  'EMACSDOC=$(echo @/usr/share/emacs/[0-9]*/etc)',
  'EMACSPATH=$(echo @/usr/libexec/emacs/*/*)',
);
const programs = path.join(path.dirname(emacs), 'root/usr/libexec/emacs');
const dump = fs.readdirSync(programs, { recursive: true }).find(name => name.endsWith('.pdmp'));
const here = path.dirname(fileURLToPath(import.meta.url));
const box = sandbox('emacs', '');
files(box);

const terminal = new Terminal(box, [
  emacs, `--dump-file=${path.join(programs, dump)}`, '-nw', '-q', '--no-site-file', '-l', path.join(here, 'init.el'), '+2:3', 'Work.lean',
]);
const command = name => terminal.keys('M-x', name, 'Enter');
const prove = async () => {
  command('eglot-code-actions');
  await terminal.until('the action', 'Prove this sorry');
  terminal.keys('Enter');
};

await test('emacs', box, terminal, async () => {
  await terminal.step('diagnostics come', () => terminal.until("Lean's warning", /Flymake\[0 [1-9]/));

  await terminal.step('the documentation has the goal', async () => {
    command('eldoc');
    await terminal.until('the goal', screen => screen.includes('unsorry') && screen.includes('⊢ a - b + b = a'));
  });

  await terminal.step('"Prove this sorry", undone at once', async () => {
    await prove();
    await terminal.until('a proof', screen => !/^ +sorry/m.test(screen));
    await terminal.until('the warning to be gone', /Flymake\[0 0/);
    terminal.keys('C-x', 'C-s');
    await terminal.until('the file to be written', () => /by\n  (?!sorry).+\n$/.test(text(box, 'Work.lean')));
    command('undo');
    await terminal.until('the sorry', /^ +sorry/m);
    terminal.keys('C-x', 'C-s'); // or it would ask, when it ends
    await terminal.until('the file to be written', () => text(box, 'Work.lean').includes('by\n  sorry\n'));
  });

  await terminal.step('a long search is stopped, and nothing is left', async () => {
    terminal.keys('C-x', 'C-f', 'Hard.lean', 'Enter');
    await terminal.until("Lean's warning", screen => screen.includes('goldbach') && /Flymake\[0 [1-9]/.test(screen));
    command('end-of-buffer');
    command('backward-word');
    await prove();
    await terminal.until('progress', /\[eglot:work\/\S*[0-9%]/);
    command('unsorry-stop');
    await terminal.until('the progress to end', screen => !/\[eglot:work\/\S*[0-9%]/.test(screen));
    await prove();
    await terminal.until('progress', /\[eglot:work\/\S*[0-9%]/);
    terminal.keys('C-x', 'C-c');
    await terminal.ended();
  });
});
