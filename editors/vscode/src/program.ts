// The program `unsorry`: finding it, and whether it starts.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { expanded, places, programName, type Surroundings } from './places';
import { run } from './processes';

export type Found = { file: string; version: string } | { problem: string };

export class Program {
  /** The folder in which this extension keeps a downloaded program. */
  readonly storage: string;

  constructor(context: vscode.ExtensionContext) {
    this.storage = path.join(context.globalStorageUri.fsPath, 'bin');
  }

  surroundings(): Surroundings {
    const { platform, arch, env } = process;
    return { platform, arch, home: os.homedir(), searchPath: env['PATH'] ?? '', storage: this.storage };
  }

  downloaded(): string {
    return path.join(this.storage, programName(process.platform));
  }

  /** The program to start. One that the setting names is taken, or nothing: not another in its place. */
  async find(): Promise<Found> {
    const set = vscode.workspace.getConfiguration('unsorry').get<string>('path', '').trim();
    if (set) {
      const file = expanded(set, os.homedir());
      if (!isProgram(file)) return { problem: `The setting unsorry.path says ${set}, where there is no program.` };
      return tried(file);
    }
    const file = places(this.surroundings()).find(isProgram);
    if (file) return tried(file);
    return { problem: 'The program unsorry is not on this machine yet: it searches for the proofs.' };
  }
}

async function tried(file: string): Promise<Found> {
  const ended = await run(file, ['--version']);
  const [, version] = /^unsorry (\S+)/.exec(ended.stdout) ?? [];
  if (version) return { file, version };
  return { problem: `${file} does not start as unsorry: ${ended.reason || ended.stdout || 'it says nothing'}` };
}

function isProgram(file: string): boolean {
  try {
    if (!fs.statSync(file).isFile()) return false;
    fs.accessSync(file, fs.constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
