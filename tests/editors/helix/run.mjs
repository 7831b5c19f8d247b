#!/usr/bin/env node
// Real Helix in a terminal, with the settings of docs/editors.md. UNSORRY_BIN is the program, Lean is on PATH.
import fs from 'node:fs';
import path from 'node:path';
import { sandbox } from '../sandbox.mjs';
import { Terminal, files, test, text, unpacked } from '../terminal.mjs';

const helix = unpacked('hx', 'usr/bin/hx', '25.01', 'HELIX_RUNTIME=@/usr/lib/hx/runtime');
const box = sandbox('helix', '');
const settings = path.join(box.env.XDG_CONFIG_HOME, 'helix');
fs.mkdirSync(settings, { recursive: true });
fs.writeFileSync(path.join(settings, 'languages.toml'), '[language-server.lean]\ncommand = "unsorry"\nargs = ["serve"]\n');
fs.writeFileSync(path.join(settings, 'config.toml'), '[editor.lsp]\ndisplay-progress-messages = true\n');
files(box);

const terminal = new Terminal(box, [helix, 'Work.lean:2:3']);
const assert = (good, what) => {
  if (!good) throw new Error(`${what}. The screen:\n${terminal.screen()}`);
};

await test('helix', box, terminal, async () => {
  await terminal.step('diagnostics come', () => terminal.until("Lean's warning", 'declaration uses `sorry`'));

  await terminal.step('the hover has the goal', async () => {
    terminal.keys('Space', 'k');
    await terminal.until('a hover', screen => screen.includes('unsorry') && screen.includes('⊢ a - b + b = a'));
    terminal.keys('Escape');
    // A key that comes at once would make Alt of it.
    await terminal.until('the hover to close', screen => !screen.includes('⊢'));
  });

  await terminal.step('"Prove this sorry"', async () => {
    terminal.keys('Space', 'a');
    await terminal.until('the action', 'Prove this sorry');
    terminal.keys('Enter');
    await terminal.until('progress', 'Proving this sorry');
    await terminal.until('a proof', /^ +2 +(?!sorry)\S/m);
    // Until then it is made shorter, and no other is offered yet.
    await terminal.until('the spinner to stop', /NOR {3}Work/);
    await terminal.until('the warning to be gone', screen => !screen.includes('declaration uses'));
    terminal.keys(':w', 'Enter');
    await terminal.until('the file to be written', () => /by\n  (?!sorry).+\n$/.test(text(box, 'Work.lean')));
  });

  await terminal.step('one undo, and the proof is offered', async () => {
    terminal.keys('u');
    await terminal.until('the sorry', /^.*2 +sorry/m);
    await terminal.until("Lean's warning", 'declaration uses `sorry`');
    terminal.keys('Space', 'a');
    await terminal.until('the fix', 'Prove with `');
    terminal.keys('Enter');
    await terminal.until('a proof', /^ +2 +(?!sorry)\S/m);
  });

  await terminal.step('a long search is stopped, and nothing is left', async () => {
    terminal.keys(':open Hard.lean', 'Enter');
    await terminal.until("Lean's warning", screen => screen.includes('Hard.lean') && screen.includes('declaration uses'));
    terminal.keys('4ggw', 'Space', 'a');
    await terminal.until('the action', 'Prove this sorry');
    terminal.keys('Enter');
    await terminal.until('progress', 'candidates');
    terminal.keys(':lsp-workspace-command unsorry.stop');
    const screen = await terminal.until('the command', /unsorry\.stop\.\d+/);
    terminal.keys(screen.match(/unsorry\.stop(\.\d+)/)[1], 'Enter');
    await terminal.until('the search to end', shown => !shown.includes('candidates'));
    assert(!terminal.screen().includes('no proof found'), 'it was not stopped');
    terminal.keys('Space', 'a');
    await terminal.until('the action', 'Prove this sorry');
    terminal.keys('Enter');
    await terminal.until('progress', 'candidates');
    terminal.keys(':qa!', 'Enter');
    await terminal.ended();
  });
});
