// The extension alone: it gets the program, starts the server, and proves.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';

const EASY = `theorem sub_cancel (a b : Nat) (h : b ≤ a) : a - b + b = a := by
  sorry

theorem and_swap (p q : Prop) : p ∧ q → q ∧ p := by
  sorry

theorem max_of_le (a b : Nat) (h : a ≤ b) : max a b = b := by
  sorry
`;

const HARD = `-- no sorry here
theorem fermat (a b c n : Nat) (ha : 0 < a) (hb : 0 < b) (hn : 2 < n) :
    a ^ n + b ^ n ≠ c ^ n := by
  sorry
`;

// A model that is never reached: its address is nobody's.
const CONFIG = `[[remote]]
name = "lab"
url = "http://127.0.0.1:9/v1"
model = "prover"
`;

export async function run({ code, home, program, version, step }) {
  const work = path.join(home, 'work');
  fs.mkdirSync(work);
  fs.writeFileSync(path.join(work, 'Easy.lean'), EASY);
  fs.writeFileSync(path.join(work, 'Hard.lean'), HARD);
  fs.mkdirSync(path.join(home, 'config/unsorry'), { recursive: true });
  fs.writeFileSync(path.join(home, 'config/unsorry/config.toml'), CONFIG);
  const release = await serveRelease(home, program, version);
  try {
    await code.start(work, { UNSORRY_RELEASES: release.address });
    await inTheWindow(code, release, step);
  } finally {
    release.close();
  }
}

async function inTheWindow(code, release, step) {
  const { page } = code;

  step('no program: it is told, and downloaded');
  release.damage = true;
  await walkthrough(code);
  await code.message('is not on this machine yet').waitFor();
  await code.shot('walkthrough');
  await code.open('Easy.lean');
  await code.statusIs(/^warning unsorry$/);
  await code.shot('no-program');
  await code.answer('is not on this machine yet', 'Download');
  await code.message('came damaged').waitFor();
  await code.shot('damaged');
  release.damage = false;
  await code.answer('came damaged', 'Try Again');
  await code.statusIs(/^sparkle unsorry: tactics, remote-fast, remote-reasoning$/);
  await code.shot('connected');
  await code.command('Notifications: Clear All Notifications');

  step('the engines are chosen');
  await code.command('Unsorry: Choose Engine…');
  for (const name of ['remote-fast', 'remote-reasoning']) await code.rows().filter({ hasText: name }).locator('input[type=checkbox], .monaco-checkbox').first().click();
  await code.shot('engines');
  await page.locator('.quick-input-widget').getByRole('button', { name: 'OK' }).click();
  await code.statusIs(/^sparkle unsorry: tactics$/);
  assert.deepEqual(JSON.parse(fs.readFileSync(code.settingsFile, 'utf8'))['unsorry.search.engines'], ['tactics']);

  step('a light bulb, a proof, and back');
  await code.warningsAre(3);
  await code.goTo(2, 4);
  await code.bulb();
  await code.fix('Prove this sorry', 'light-bulb');
  await code.statusIs(/^sync /);
  await code.shot('at-work');
  await code.statusIs(/^check proved with /);
  await code.shot('proved');
  await code.warningsAre(2);
  const proved = await code.text();
  assert.equal(proved.match(/\bsorry\b/g).length, 2, proved);
  await code.goTo(1, 1);
  await page.keyboard.press('Control+z');
  await code.until('the text as it was', async () => (await code.text()).trim() === EASY.trim());
  await code.warningsAre(3);

  step('what was proved stays: hover and completion');
  await code.goTo(2, 4);
  await code.command('Show or Focus Hover');
  const hover = page.locator('.monaco-hover:visible').first();
  await code.until('a hover with goal and level', async () => /⊢ a - b \+ b = a[^]*Lean-checked/.test((await hover.innerText()).replaceAll('\u00a0', ' ')), () => hover.innerText());
  await code.shot('hover');
  await page.keyboard.press('Escape');
  await code.goTo(2, 8);
  await page.keyboard.press('Control+Space');
  const row = page.locator('.suggest-widget.visible .monaco-list-row', { hasText: 'Lean-checked' }).first();
  await row.waitFor();
  await code.shot('completion');
  await row.click();
  await code.textHas(proved.split('\n')[1].trim());
  await code.warningsAre(2);

  step('every sorry');
  await code.command('Unsorry: Prove Every Sorry in This File');
  await code.statusIs(/^check /);
  await code.warningsAre(0);
  await code.shot('every-sorry');
  assert.doesNotMatch(await code.text(), /\bsorry\b/);
  await code.command('Unsorry: Prove This Sorry');
  await code.message('There is no sorry in this file').waitFor();
  await code.command('Notifications: Clear All Notifications');

  step('a long search is stopped, from the palette and from the menu');
  await code.set({ 'unsorry.search.budget': '20min' });
  await code.open('Hard.lean');
  await code.warningsAre(1);
  await page.keyboard.press('Control+Alt+Enter');
  await code.statusIs(/^sync /);
  assert.equal(await code.cursor(), 'Ln 4, Col 3');
  await page.locator('.statusbar-item', { hasText: 'Proving this sorry' }).waitFor(); // the server's own progress
  await code.shot('long-search');
  await code.command('Unsorry: Stop');
  await code.statusIs(/^sparkle /);
  await code.fix('Prove this sorry');
  await code.statusIs(/^sync /);
  await code.menu('Stop', 'menu');
  await code.statusIs(/^sparkle /);

  step('a wrong setting is told, with the way to it');
  await code.set({ 'unsorry.search.budget': 'soon' });
  await code.message('budget').waitFor();
  await code.shot('wrong-setting');
  await code.answer('budget', 'Open Settings');
  await page.locator('.settings-editor .setting-item-contents', { hasText: 'Budget' }).first().waitFor();
  await code.shot('settings');
  await code.set({ 'unsorry.search.budget': '60s' });

  step('disabled and enabled');
  await code.open('Hard.lean');
  await code.command('Notifications: Clear All Notifications');
  await code.command('Unsorry: Disable');
  await code.until('no item in the status bar', async () => (await code.status()) === '', () => code.status());
  await code.warningsAre(0);
  assert.deepEqual(await code.messages(), []);
  await code.command('Unsorry: Enable');
  await code.statusIs(/^sparkle unsorry: tactics$/);
  await code.warningsAre(1);

  step('doctor, log, walkthrough');
  await code.command('Unsorry: Doctor: What Works Here');
  const terminal = page.locator('.terminal .xterm-rows').first();
  await terminal.waitFor();
  await code.until('what the doctor says', async () => /exit code \d/.test(await terminal.innerText()), () => terminal.innerText());
  await code.shot('doctor');
  await page.keyboard.press('Control+j');
  await code.open('Hard.lean');
  await code.command('Unsorry: Show Log');
  await page.locator('.tab.active', { hasText: 'unsorry.log' }).waitFor();
  await walkthrough(code);
  const done = title => page.locator('.getting-started-step', { hasText: title }).locator('.codicon-getting-started-step-checked');
  for (const title of ['Get the program', 'Prove a sorry', 'Choose who proves']) await done(title).waitFor();
  await code.shot('walkthrough-done');
}

async function walkthrough(code) {
  await code.command('Welcome: Open Walkthrough...');
  await code.rows().filter({ hasText: 'Prove your first sorry' }).first().click();
  await code.page.locator('.getting-started-step', { hasText: 'Prove a sorry' }).waitFor();
}

/** A release of the program on an address of this machine; with `damage`, its archive is another than it was. */
async function serveRelease(home, program, version) {
  const name = `unsorry-${version}-x86_64-unknown-linux-gnu`;
  const folder = path.join(home, 'release', name);
  fs.mkdirSync(folder, { recursive: true });
  fs.copyFileSync(program, path.join(folder, 'unsorry'));
  const archive = path.join(home, 'release', `${name}.tar.gz`);
  const made = spawnSync('sh', ['-c', 'tar -c "$0" | gzip -1 > "$0.tar.gz"', name], { cwd: path.dirname(folder), encoding: 'utf8' });
  assert.equal(made.status, 0, made.stderr);
  const bytes = fs.readFileSync(archive);
  const sum = createHash('sha256').update(bytes).digest('hex');
  const files = {
    [`/v${version}/SHA256SUMS`]: () => `${sum}  ${name}.tar.gz\n`,
    [`/v${version}/${name}.tar.gz`]: () => (release.damage ? bytes.subarray(1) : bytes),
  };
  const server = http.createServer((request, response) => {
    const file = files[request.url];
    response.statusCode = file ? 200 : 404;
    response.end(file?.());
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  const release = { address: `http://127.0.0.1:${server.address().port}`, damage: false, close: () => server.close() };
  return release;
}
