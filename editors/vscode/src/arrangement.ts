// Sees to it that a Lean server goes through unsorry: beside the Lean 4 extension by way of its PATH, else started by us.
import path from 'node:path';
import * as vscode from 'vscode';
import * as lean4 from './lean4';
import * as note from './note';
import type { OwnServers } from './ownServers';
import type { Action, Problems } from './problems';
import type { Found, Program } from './program';
import { ensureShim, removeShim } from './shim';

const CHOICE = 'enabled';
const LEAN = 'https://lean-lang.org/install';

export const UNCONNECTED = "Lean's server runs without unsorry. Restart it, so that unsorry can take part.";

export type Arranged = { kind: 'on' } | { kind: 'off' } | { kind: 'never' } | { kind: 'problem'; reason: string };

/** What to do about a program that is not there or does not work, and about a server that has ended. */
export interface Remedies {
  program: Action[];
  server: Action[];
}

export class Arrangement {
  private shim: string;
  private work: Promise<void> = Promise.resolve();
  private asked = false;
  private emitter = new vscode.EventEmitter<void>();
  readonly changed = this.emitter.event;
  /** How it stands; until we know, as if all were well. */
  now: Arranged = { kind: 'on' };
  program: Found | undefined;
  /** Lean's server runs without unsorry, as was told, and no other has come since. */
  restartWanted = false;

  constructor(
    private context: vscode.ExtensionContext,
    private programs: Program,
    private own: OwnServers,
    private problems: Problems,
    private remedies: Remedies,
  ) {
    this.shim = path.join(context.globalStorageUri.fsPath, 'shim');
  }

  /** Brings things in order; one call after the other. */
  arrange(): Promise<void> {
    this.work = this.work.then(async () => {
      try {
        this.now = lean4.isInstalled() ? await this.beside() : await this.alone();
      } catch (error) {
        this.now = this.problem('arrangement', (error as Error).message, this.remedies.program);
      }
      this.emitter.fire();
    });
    return this.work;
  }

  async enable(): Promise<void> {
    await this.context.globalState.update(CHOICE, true);
    if (lean4.isInstalled()) await lean4.addEntry(this.shim);
    await this.arrange();
  }

  async disable(): Promise<void> {
    const wasOn = this.now.kind === 'on';
    await this.context.globalState.update(CHOICE, false);
    await lean4.removeEntry(this.shim);
    removeShim(this.shim);
    note.erase(this.context.extensionPath);
    await this.own.stop();
    await this.arrange();
    if (wasOn && lean4.isInstalled()) this.offerRestart("unsorry is disabled. Lean's server goes on with it until it is restarted.");
  }

  /** Ends the servers that we started, and starts them again. */
  async again(): Promise<void> {
    this.problems.forget('program');
    this.problems.forget('server');
    await this.own.stop();
    await this.arrange();
  }

  /** A server that we started has ended. */
  failed(reason: string): void {
    const install: Action = ['Install Lean…', () => vscode.env.openExternal(vscode.Uri.parse(LEAN))];
    const actions = reason.includes('is Lean installed') ? [install] : [];
    this.now = this.problem('server', reason, [...this.remedies.server, ...actions]);
    this.emitter.fire();
  }

  /** Lean's server has been started before unsorry was in its way. */
  tellUnconnected(): void {
    this.restartWanted = true;
    this.offerRestart(UNCONNECTED);
  }

  /** A server goes through unsorry. */
  connected(): void {
    this.restartWanted = false;
    this.problems.forget('restart');
    this.problems.forget('server');
  }

  private async beside(): Promise<Arranged> {
    await this.own.stop();
    const choice = this.context.globalState.get<boolean>(CHOICE);
    const entry = lean4.entry(this.shim);
    if (choice === false) return { kind: 'never' };
    if (!entry.user) {
      if (choice === undefined) this.ask();
      return { kind: 'off' }; // after a yes: the user has taken the entry out
    }
    const file = await this.find();
    if (typeof file !== 'string') return file;
    const made = await ensureShim(file, this.shim);
    const user = path.dirname(path.dirname(this.context.globalStorageUri.fsPath));
    note.write(this.context.extensionPath, { shim: this.shim, user });
    if (!entry.here) {
      const reason = "This workspace has a lean4.envPathExtensions of its own, which hides the entry that leads to unsorry.";
      return this.problem('hidden', reason, [
        ['Open Workspace Settings', () => vscode.commands.executeCommand('workbench.action.openWorkspaceSettingsFile')],
      ]);
    }
    if (made && vscode.workspace.textDocuments.some(document => lean4.hasSpoken(document.uri))) this.tellUnconnected();
    return { kind: 'on' };
  }

  private async alone(): Promise<Arranged> {
    if (this.context.globalState.get<boolean>(CHOICE) === false) return { kind: 'never' };
    const file = await this.find();
    if (typeof file !== 'string') return file;
    for (const document of vscode.workspace.textDocuments.filter(lean4.isLean)) void this.own.serve(file, document);
    return { kind: 'on' };
  }

  private async find(): Promise<string | Arranged> {
    this.program = await this.programs.find();
    if ('file' in this.program) {
      this.problems.forget('program');
      this.compareVersion(this.program.file, this.program.version);
      return this.program.file;
    }
    return this.problem('program', this.program.problem, this.remedies.program);
  }

  // One that the user put there is theirs to renew; the one that we downloaded goes with the extension.
  private compareVersion(file: string, version: string): void {
    const wanted = this.context.extension.packageJSON.version as string;
    if (file !== this.programs.downloaded() || version === wanted) return;
    const download: Action = [`Download ${wanted}`, () => vscode.commands.executeCommand('unsorry.download')];
    this.problems.tell('version', `The unsorry that was downloaded is ${version}; this extension is made for ${wanted}.`, download);
  }

  private problem(kind: string, reason: string, actions: Action[]): Arranged {
    this.problems.tell(kind, reason, ...actions);
    return { kind: 'problem', reason };
  }

  // Once a session, and never again after a Never.
  private ask(): void {
    if (this.asked) return;
    this.asked = true;
    const question =
      'unsorry can prove your sorries in place. It then stands between the Lean 4 extension and Lean, by an entry in lean4.envPathExtensions.';
    const never = () => this.context.globalState.update(CHOICE, false).then(() => this.arrange());
    void vscode.window.showInformationMessage(question, 'Enable', 'Not Now', 'Never').then(async answer => {
      if (answer === 'Enable') await this.enable();
      if (answer === 'Never') await never();
    });
  }

  private offerRestart(message: string): void {
    this.problems.tell('restart', message, ["Restart Lean's Server", () => lean4.restartServer()]);
  }
}
