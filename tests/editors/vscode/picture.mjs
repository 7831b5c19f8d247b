#!/usr/bin/env node
// Records docs/pictures/vscode.gif, and the picture of the extension's walkthrough: `cargo xtask pictures`.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { buildExtension } from './build.mjs';
import { install } from './install.mjs';
import { VSCode } from './vscode.mjs';

const ROOT = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const GIF = path.join(ROOT, 'docs/pictures/vscode.gif');
const BULB = path.join(ROOT, 'editors/vscode/media/prove.png');
const VIEWPORT = { width: 1000, height: 420 };
const MOST = 600_000;
/** Of a wait so many frames are kept: nobody wants to look at a spinner for long. */
const WAIT = 14;

const TEXT = `theorem sub_cancel (a b : Nat) (h : b ≤ a) : a - b + b = a := by
  sorry

theorem and_swap (p q : Prop) : p ∧ q → q ∧ p := by
  sorry

theorem sub_add (n : Nat) : n - 1 + 1 = n := by
  sorry
`;

const QUIET = {
  'workbench.activityBar.location': 'hidden',
  'workbench.layoutControl.enabled': false,
  'breadcrumbs.enabled': false,
  'editor.fontSize': 16,
  'editor.cursorBlinking': 'solid',
  'editor.guides.indentation': false,
  'editor.occurrencesHighlight': 'off',
  'editor.overviewRulerBorder': false,
  'editor.scrollbar.vertical': 'hidden',
  'editor.scrollBeyondLastLine': false,
};

const home = fs.mkdtempSync(path.join(os.tmpdir(), 'unsorry-vscode-'));
const code = new VSCode(home, path.join(ROOT, 'target/editors/vscode/picture'));
try {
  const { vsix } = await buildExtension();
  code.extension('--install-extension', vsix);
  code.settings(QUIET);
  code.machine({ 'unsorry.path': process.env.UNSORRY_BIN });
  const frames = await record(code);
  const bytes = await encode(frames);
  if (bytes.length > MOST) throw new Error(`the picture has ${bytes.length} bytes, more than ${MOST}`);
  fs.mkdirSync(path.dirname(GIF), { recursive: true });
  fs.writeFileSync(GIF, bytes);
  console.log(`${GIF}: ${bytes.length} bytes, ${frames.length} frames`);
} finally {
  await code.stop();
  fs.rmSync(home, { recursive: true, force: true, maxRetries: 5 });
}

/** Frames, each a PNG that is shown for so many milliseconds. */
async function record(code) {
  const work = path.join(home, 'proofs');
  fs.mkdirSync(work);
  fs.writeFileSync(path.join(work, 'Proofs.lean'), TEXT);
  await code.start(work, {}, VIEWPORT);
  const { page } = code;
  await code.open('Proofs.lean');
  await code.command('View: Toggle Primary Side Bar Visibility');
  await code.statusIs(/^sparkle /);
  await code.warningsAre(3);
  await page.mouse.move(600, 300);
  const frames = [];
  const shoot = async milliseconds => frames.push({ png: await page.screenshot(), milliseconds });
  const until = async pattern => {
    const end = Date.now() + 120_000;
    const waiting = [];
    while (!pattern.test(await code.status())) {
      if (Date.now() > end) throw new Error(`waited in vain for ${pattern}`);
      waiting.push({ png: await page.screenshot(), milliseconds: 120 });
      await page.waitForTimeout(120);
    }
    const step = Math.max(1, waiting.length / WAIT);
    frames.push(...waiting.filter((_, i) => Math.floor(i / step) !== Math.floor((i - 1) / step)));
  };
  await shoot(1200);
  await code.goTo(2, 4);
  await code.bulb();
  await shoot(1200);
  await page.keyboard.press('Control+.');
  const row = page.locator('.action-widget .monaco-list-row.action', { hasText: 'Prove this sorry' }).first();
  await row.waitFor();
  await shoot(1800);
  fs.writeFileSync(BULB, await page.screenshot({ clip: { x: 0, y: 34, width: 640, height: 240 } }));
  await row.click();
  await until(/^check /);
  await code.warningsAre(2);
  await page.mouse.move(600, 300);
  await shoot(2000);
  await code.goTo(5, 4);
  await page.keyboard.press('Control+Alt+Enter');
  await until(/^sync /);
  await until(/^check /);
  await code.warningsAre(1);
  await shoot(2000);
  await code.goTo(await lineOf(code, 'sub_add') + 1, 4);
  await page.keyboard.press('Control+Alt+Enter');
  await until(/^sync /);
  await until(/^circle-slash /);
  const message = code.message('unsorry:').first();
  await message.hover();
  await message.locator('.codicon-notifications-expand').click();
  await shoot(4000);
  return frames;
}

async function lineOf(code, name) {
  return (await code.text()).split('\n').findIndex(line => line.includes(name)) + 1;
}

/** A GIF that goes on for ever; of each frame only what is new is in it. */
async function encode(frames) {
  const require = createRequire(path.join(install(), 'browser/'));
  const { PNG } = require('pngjs');
  const { GIFEncoder, quantize, applyPalette } = require('gifenc');
  const images = frames.map(({ png, milliseconds }) => ({ ...PNG.sync.read(png), milliseconds }));
  const { width, height } = images[0];
  const palette = quantize(Buffer.concat([images[0], images.at(-1), images[Math.floor(images.length / 3)]].map(image => image.data)), 255);
  const transparent = palette.length;
  const gif = GIFEncoder();
  let shown;
  for (const [i, { data, milliseconds }] of images.entries()) {
    const indices = applyPalette(data, palette);
    const changed = shown ? indices.map((index, at) => (index === shown[at] ? transparent : index)) : indices;
    if (shown && changed.every(index => index === transparent)) continue;
    gif.writeFrame(changed, width, height, {
      ...(i === 0 ? { palette: [...palette, [0, 0, 0]], repeat: 0 } : {}),
      delay: milliseconds,
      dispose: 1,
      transparent: i > 0,
      transparentIndex: transparent,
    });
    shown = indices;
  }
  gif.finish();
  return Buffer.from(gif.bytes());
}
