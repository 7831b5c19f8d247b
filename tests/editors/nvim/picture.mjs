#!/usr/bin/env node
// Records docs/pictures/nvim.gif: a real Neovim with our plugin in a terminal, drawn by xterm.js. UNSORRY_BIN is the
// program, Lean is on PATH; a chromium is needed (CHROMIUM, or on PATH).
import { execFileSync, spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { sandbox } from '../sandbox.mjs';
import { Terminal, unpacked } from '../terminal.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const repository = path.resolve(here, '../../..');
const [columns, rows] = [84, 16];
const EVERY = 80; // milliseconds between two looks at the terminal
const LONGEST = 1600; // a pause that is longer is cut: the machine that records may be busy
const MOST_BYTES = 600_000;

const tools = install();
const require = createRequire(path.join(tools, 'package.json'));
const frames = await record();
await draw(frames, path.join(repository, 'docs/pictures/nvim.gif'));

function install() {
  const recipe = ['package.json', 'package-lock.json', '.npmrc'];
  const hash = crypto.createHash('sha256');
  for (const file of recipe) hash.update(fs.readFileSync(path.join(here, 'picture', file)));
  const cache = process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache');
  const folder = path.join(cache, 'unsorry', `picture-${hash.digest('hex').slice(0, 12)}`);
  if (!fs.existsSync(folder)) {
    const draft = `${folder}.draft-${process.pid}`;
    fs.mkdirSync(draft, { recursive: true });
    for (const file of recipe) fs.copyFileSync(path.join(here, 'picture', file), path.join(draft, file));
    execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: draft, stdio: 'inherit' });
    fs.renameSync(draft, folder);
  }
  return folder;
}

/** What the terminal shows, each with how long. */
async function record() {
  const nvim = unpacked('neovim', 'usr/bin/nvim', '0.11.5', 'VIMRUNTIME=@/usr/share/nvim/runtime');
  const box = sandbox('nvim', 'picture');
  const init = path.join(box.root, 'init.lua');
  fs.writeFileSync(
    init,
    `vim.opt.rtp:prepend(${JSON.stringify(path.join(repository, 'editors/nvim'))})
     require('unsorry').setup {}
     for group, colour in pairs { keyword = '#8cf8f7', variable = '#a6dbff', leanSorryLike = '#fce094' } do
       vim.api.nvim_set_hl(0, '@lsp.type.' .. group .. '.lean', { fg = colour })
     end
     vim.o.termguicolors, vim.o.swapfile, vim.o.signcolumn = true, false, 'yes'
     vim.o.statusline = " %f %m%=%{v:lua.require'unsorry'.statusline()} "
     vim.o.shortmess = vim.o.shortmess .. 'I'`,
  );
  fs.writeFileSync(
    path.join(box.work, 'Cancel.lean'),
    ['theorem cancel (a b : Nat) (h : b ≤ a) : a - b + b = a := by', '  sorry', '', 'theorem swap (p q : Prop) : p ∧ q → q ∧ p := by', '  sorry', ''].join('\n'),
  );
  const terminal = new Terminal(box, [nvim, '-i', 'NONE', '-u', init, 'Cancel.lean'], { columns, rows });
  const frames = [];
  let recording = false;
  const look = setInterval(() => {
    if (!recording) return;
    const frame = terminal.picture();
    const last = frames.at(-1);
    if (last?.text === frame.text && last.x === frame.x && last.y === frame.y) last.shown += EVERY;
    else frames.push({ ...frame, shown: EVERY });
  }, EVERY);
  const pause = seconds => new Promise(done => setTimeout(done, seconds * 1000));
  try {
    await terminal.until('the status line', /unsorry *$/m);
    await terminal.until("Lean's warnings", screen => screen.split('\n').filter(line => line.startsWith('W ')).length === 2);
    terminal.keys('2Gw');
    recording = true;
    await pause(1);
    terminal.keys('K');
    await terminal.until('the hover', '⊢ a - b + b = a');
    await pause(2);
    terminal.keys('l');
    await pause(0.5);
    terminal.keys('gra');
    await terminal.until('the code actions', 'Prove this sorry');
    await pause(1.2);
    terminal.keys('1', 'Enter');
    await terminal.until('the proof', screen => /^ *(omega|simp)/m.test(screen));
    await terminal.until('the end', /unsorry: proved with/);
    await pause(1.5);
    terminal.keys(':Unsorry prove', 'Enter');
    await terminal.until('the other proof', screen => !/^ *sorry/m.test(screen.split('\n').slice(4).join('\n')));
    await terminal.until('no warning', screen => !/^W /m.test(screen));
    await pause(2.5);
  } finally {
    clearInterval(look);
    terminal.close();
    box.end();
  }
  return frames;
}

async function draw(frames, file) {
  const { chromium } = require('playwright-core');
  const { PNG } = require('pngjs');
  const { GIFEncoder, quantize, applyPalette } = require('gifenc');
  const program = process.env.CHROMIUM || spawnSync('which', ['chromium'], { encoding: 'utf8' }).stdout.trim();
  if (!program) throw new Error('No chromium: install one, or say where it is in CHROMIUM.');
  const browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox', '--disable-gpu'] });
  const page = await browser.newPage({ viewport: { width: 1000, height: 700 } });
  const xterm = name => path.join(path.dirname(require.resolve('@xterm/xterm/package.json')), name);
  await page.setContent('<body style="margin:0;background:#14161b"><div id="box" style="display:inline-block;padding:10px;background:#14161b"></div>');
  await page.addStyleTag({ path: xterm('css/xterm.css') });
  await page.addStyleTag({ content: '.xterm-viewport, .xterm-scrollable-element { overflow: hidden !important }' });
  await page.addScriptTag({ path: xterm('lib/xterm.js') });
  await page.evaluate(([columns, rows]) => {
    const theme = { background: '#14161b', foreground: '#e0e2ea', cursor: '#e0e2ea', cursorAccent: '#14161b' };
    const font = { fontFamily: '"DejaVu Sans Mono", monospace', fontSize: 14, lineHeight: 1.15 };
    window.terminal = new window.Terminal({ cols: columns, rows, theme, ...font, cursorBlink: false, allowTransparency: false });
    window.terminal.open(document.getElementById('box'));
    window.terminal.focus();
  }, [columns, rows]);
  const gif = GIFEncoder();
  const looked = path.join(repository, 'target/editors/nvim/picture');
  for (const [number, frame] of frames.entries()) {
    const lines = frame.text.replace(/\n$/, '').replaceAll('\n', '\r\n');
    const bytes = `\x1b[0m\x1b[2J\x1b[H${lines}\x1b[0m\x1b[${frame.y + 1};${frame.x + 1}H`;
    await page.evaluate(bytes => new Promise(done => window.terminal.write(bytes, () => requestAnimationFrame(() => requestAnimationFrame(done)))), bytes);
    const { data, width, height } = PNG.sync.read(await page.locator('#box').screenshot({ path: path.join(looked, `${number}.png`) }));
    const palette = quantize(data, 64);
    gif.writeFrame(applyPalette(data, palette), width, height, { palette, delay: Math.min(frame.shown, LONGEST) });
  }
  await browser.close();
  gif.finish();
  const made = Buffer.from(gif.bytes());
  if (made.length > MOST_BYTES) throw new Error(`The picture has ${made.length} bytes; ${MOST_BYTES} are the most.`);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, made);
  const seconds = frames.reduce((sum, frame) => sum + Math.min(frame.shown, LONGEST), 0) / 1000;
  console.log(`${path.relative(repository, file)}: ${frames.length} frames, ${seconds.toFixed(1)} s, ${Math.round(made.length / 1000)} kB`);
}
