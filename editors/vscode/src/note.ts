// What the uninstall hook has to undo, noted where it can find it: beside its own code. It has no VS Code to ask.
import fs from 'node:fs';
import path from 'node:path';
import { withoutEntry } from './entry';

export interface Note {
  /** The shim's folder. */
  shim: string;
  /** VS Code's folder of the user's settings. */
  user: string;
}

const FILE = 'enabled.json';

export function write(extension: string, note: Note): void {
  try {
    fs.writeFileSync(path.join(extension, FILE), JSON.stringify(note));
  } catch {
    // An installation that is read-only can't be told. What stays behind then is an entry that leads nowhere.
  }
}

export function erase(extension: string): void {
  fs.rmSync(path.join(extension, FILE), { force: true });
}

/** Removes the shim, and its entry from the settings of every profile. */
export function undo(extension: string): void {
  const file = path.join(extension, FILE);
  if (!fs.existsSync(file)) return;
  const note = JSON.parse(fs.readFileSync(file, 'utf8')) as Note;
  fs.rmSync(note.shim, { recursive: true, force: true });
  for (const settings of settingsFiles(note.user)) {
    const text = fs.readFileSync(settings, 'utf8');
    const changed = withoutEntry(text, note.shim);
    if (changed !== text) fs.writeFileSync(settings, changed);
  }
  fs.rmSync(file);
}

function settingsFiles(user: string): string[] {
  const profiles = path.join(user, 'profiles');
  const folders = fs.existsSync(profiles) ? fs.readdirSync(profiles).map(name => path.join(profiles, name)) : [];
  return [user, ...folders].map(folder => path.join(folder, 'settings.json')).filter(file => fs.existsSync(file));
}
