// VS Code as a user sees it: code-server, and a browser in front of it.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { install, parts } from './install.mjs';

/** How long anything may take: Lean from npm starts in seconds on an idle machine, in minutes on a crowded one. */
export const PATIENCE = 180_000;

const SETTINGS = {
  'workbench.startupEditor': 'none',
  'workbench.colorTheme': 'Dark Modern',
  'workbench.editor.useModal': 'off',
  'chat.disableAIFeatures': true,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'security.workspace.trust.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'extensions.ignoreRecommendations': true,
  'extensions.autoCheckUpdates': false,
  'editor.minimap.enabled': false,
  'files.autoSave': 'off',
  'git.enabled': false,
  'window.commandCenter': false,
  'workbench.reduceMotion': 'on',
  'terminal.integrated.gpuAcceleration': 'off',
  // What the tests type into settings.json is to stand there as it is.
  '[jsonc]': { 'editor.autoClosingBrackets': 'never', 'editor.autoClosingQuotes': 'never', 'editor.autoSurround': 'never', 'editor.autoIndent': 'none' },
};

export class VSCode {
  /** `home` keeps everything of this VS Code; screenshots go to `pictures`. */
  constructor(home, pictures) {
    Object.assign(this, { home, pictures, installed: parts(install()), shots: 0, settingsFile: path.join(home, 'data/User/settings.json') });
    fs.mkdirSync(pictures, { recursive: true });
  }

  environment() {
    const at = name => path.join(this.home, name);
    const xdg = { XDG_CONFIG_HOME: at('config'), XDG_STATE_HOME: at('state'), XDG_CACHE_HOME: at('cache'), XDG_DATA_HOME: at('share') };
    const { VSCODE_IPC_HOOK_CLI, UNSORRY_MODEL, ...env } = process.env;
    return { ...env, ...xdg, HOME: this.home, UNSORRY_CACHE: 'off', UNSORRY_LOG: 'debug', VSCODE_CLI: '1' }; // no login shell, which would have a PATH of its own
  }

  #folders() {
    return ['--user-data-dir', path.join(this.home, 'data'), '--extensions-dir', path.join(this.home, 'extensions')];
  }

  extension(action, name) {
    const { node, codeServer } = this.installed;
    const ended = spawnSync(node, [codeServer, ...this.#folders(), action, name], { env: this.environment(), encoding: 'utf8' });
    if (ended.status !== 0) throw new Error(`code-server ${action} ${name} failed:\n${ended.stdout}${ended.stderr}`);
  }

  settings(changes) {
    const before = fs.existsSync(this.settingsFile) ? JSON.parse(fs.readFileSync(this.settingsFile, 'utf8')) : SETTINGS;
    fs.mkdirSync(path.dirname(this.settingsFile), { recursive: true });
    fs.writeFileSync(this.settingsFile, JSON.stringify({ ...before, ...changes }, undefined, 2));
  }

  /** Settings of the machine: what a user of a desktop's VS Code has among the others. */
  machine(settings) {
    const folder = path.join(this.home, 'data/Machine');
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(path.join(folder, 'settings.json'), JSON.stringify(settings));
  }

  /** Starts VS Code, and opens a folder in it. `env` is added to its environment. */
  async start(folder, env = {}, viewport = { width: 1100, height: 760 }) {
    if (!fs.existsSync(this.settingsFile)) this.settings({});
    const { node, codeServer, playwright, chromium } = this.installed;
    const words = ['--auth', 'none', '--bind-addr', '127.0.0.1:0', ...this.#folders(), '--disable-telemetry', '--disable-update-check'];
    const log = fs.openSync(path.join(this.pictures, 'code-server.log'), 'a');
    this.server = spawn(node, [codeServer, ...words], { env: { ...this.environment(), ...env }, detached: true, stdio: ['ignore', 'pipe', log] });
    const address = await new Promise((resolve, reject) => {
      let said = '';
      this.server.stdout.on('data', chunk => {
        fs.writeSync(log, chunk);
        said += chunk;
        const found = /HTTP server listening on (http:\S+)/.exec(said);
        if (found) resolve(found[1]);
      });
      this.server.once('exit', () => reject(new Error(`code-server ended:\n${said}`)));
    });
    const driver = await import(playwright);
    this.browser = await driver.chromium.launch({
      executablePath: chromium,
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    });
    this.page = await this.browser.newPage({ viewport });
    this.page.setDefaultTimeout(PATIENCE);
    await this.page.goto(`${address.replace(/\/$/, '')}/?folder=${encodeURIComponent(folder)}`);
    await this.page.locator('.monaco-workbench .part.statusbar').waitFor();
  }

  async stop() {
    await this.browser?.close();
    if (this.server && this.server.exitCode === null) {
      const ended = new Promise(resolve => this.server.once('exit', resolve));
      process.kill(-this.server.pid, 'SIGTERM');
      const timer = setTimeout(() => process.kill(-this.server.pid, 'SIGKILL'), 10_000);
      await ended;
      clearTimeout(timer);
    }
    this.server = this.browser = undefined;
  }

  async shot(name) {
    this.shots += 1;
    await this.page.screenshot({ path: path.join(this.pictures, `${String(this.shots).padStart(2, '0')}-${name}.png`) });
  }

  // --- what a user does ---

  /** A command of the palette by its title. */
  async command(title) {
    await this.quick('F1', `>${title}`, this.row(title));
  }

  async open(file) {
    const name = path.basename(file);
    await this.quick('Control+p', file, this.rows().filter({ hasText: name }).first());
    await this.page.locator('.tab.active', { hasText: name }).waitFor();
    await this.page.locator('.monaco-editor .view-lines').first().waitFor();
  }

  // A quick pick goes when something else takes the focus, as what was done just before may do late: then once more.
  async quick(key, text, row) {
    const input = this.page.locator('.quick-input-widget .quick-input-box input');
    const short = { timeout: 20_000 };
    for (let attempt = 1; ; attempt++) {
      try {
        await this.page.keyboard.press(key);
        await input.waitFor(short);
        await input.fill(text, short);
        await row.click(short);
        await row.waitFor({ state: 'hidden', ...short });
        return;
      } catch (error) {
        if (attempt === 5) throw error;
        await this.page.keyboard.press('Escape');
      }
    }
  }

  /** Puts the cursor at a line and column, counted from 1. */
  async goTo(line, column) {
    await this.page.keyboard.press('Control+g');
    const input = this.page.locator('.quick-input-widget .quick-input-box input');
    await input.waitFor();
    await input.fill(`:${line}:${column}`);
    await this.page.keyboard.press('Enter');
    await this.until(`line ${line}`, async () => (await this.cursor()) === `Ln ${line}, Col ${column}`);
  }

  async cursor() {
    return this.page.locator('#status\\.editor\\.selection').innerText();
  }

  /** The text of the editor as far as it is in view. */
  async text() {
    const lines = await this.page.locator('.editor-instance .view-line').evaluateAll(all =>
      all
        .map(line => [parseFloat(line.style.top), line.textContent])
        .sort(([a], [b]) => a - b)
        .map(([, text]) => text),
    );
    return lines.join('\n').replaceAll('\u00a0', ' ');
  }

  /** The item of the status bar: `check proved with omega`. */
  async status() {
    const item = this.page.locator('[id="unsorry.unsorry.unsorry"]');
    if ((await item.count()) === 0 || !(await item.isVisible())) return '';
    return item.evaluate(item => {
      const icons = [...item.querySelectorAll('.codicon')].flatMap(icon => [...icon.classList].filter(name => /^codicon-(?!modifier)/.test(name)));
      return [...icons.map(name => name.replace('codicon-', '')), item.textContent.trim()].join(' ');
    });
  }

  async statusIs(pattern) {
    return this.until(`the status bar to say ${pattern}`, async () => pattern.test(await this.status()), () => this.status());
  }

  /** The messages that are shown, with their buttons. */
  async messages() {
    return this.page.locator('.notifications-toasts .notification-list-item').evaluateAll(all => all.map(item => item.innerText.replace(/\s+/g, ' ')));
  }

  /** The message with this text. */
  message(pattern) {
    return this.page.locator('.notifications-toasts .notification-list-item', { hasText: pattern });
  }

  /** Clicks a button of a message. */
  async answer(pattern, button) {
    const message = this.message(pattern).first();
    await message.waitFor();
    await message.hover();
    await message.getByRole('button', { name: button, exact: true }).click();
    await message.waitFor({ state: 'detached' });
  }

  /** Changes the user's settings as a user does: VS Code need not notice what others write to the file. */
  async set(changes) {
    const text = JSON.stringify({ ...JSON.parse(fs.readFileSync(this.settingsFile, 'utf8')), ...changes });
    await this.command('Preferences: Open User Settings (JSON)');
    await this.page.locator('.tab.active', { hasText: 'settings.json' }).waitFor();
    await this.until('the settings in the editor', async () => (await this.text()).includes('workbench.startupEditor'));
    await this.page.keyboard.press('Control+a');
    await this.page.keyboard.insertText(text);
    await this.page.keyboard.press('Control+s');
    await this.until('the settings on the disk', () => fs.readFileSync(this.settingsFile, 'utf8') === text);
    await this.command('View: Close Editor');
    await this.page.locator('.tab', { hasText: 'settings.json' }).waitFor({ state: 'detached' });
  }

  async bulb() {
    await this.page.locator('.lightBulbWidget, .codicon-gutter-lightbulb').first().waitFor();
  }

  /** Chooses what the light bulb offers. */
  async fix(title, picture) {
    await this.page.keyboard.press('Control+.');
    const row = this.page.locator('.action-widget .monaco-list-row.action', { hasText: title }).first();
    await row.waitFor();
    if (picture) await this.shot(picture);
    await row.click();
  }

  async textHas(...parts) {
    await this.until(`the text to have ${parts}`, async () => {
      const text = await this.text();
      return parts.every(part => (part instanceof RegExp ? part.test(text) : text.includes(part)));
    });
  }

  /** Clicks the item of the status bar and then a row of its menu. */
  async menu(title, picture) {
    await this.page.locator('[id="unsorry.unsorry.unsorry"] a').click();
    const row = this.rows().filter({ hasText: title }).first();
    await row.waitFor();
    if (picture) await this.shot(picture);
    await row.click();
  }

  async warningsAre(count) {
    await this.until(`${count} warnings`, async () => (await this.warnings()) === count, () => this.warnings());
  }

  /** The row of a quick pick with exactly this label. */
  row(label) {
    const exact = new RegExp(`^\\s*${label.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\s*$`);
    return this.rows().filter({ has: this.page.locator('.label-name', { hasText: exact }) }).first();
  }

  /** The rows of a quick pick. */
  rows() {
    return this.page.locator('.quick-input-list .monaco-list-row');
  }

  async warnings() {
    return this.page.locator('.editor-instance .squiggly-warning').count();
  }

  /** Waits for a condition about what is seen. */
  async until(what, holds, seen = () => this.text()) {
    const end = Date.now() + PATIENCE;
    while (!(await holds())) {
      if (Date.now() > end) throw new Error(`waited in vain for ${what}; there is: ${await seen()}\nmessages: ${await this.messages()}`);
      await this.page.waitForTimeout(100);
    }
  }
}
