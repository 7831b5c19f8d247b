// The running servers. vscode-languageclient, ours or the Lean extension's, makes VS Code commands of what a server
// announces; `unsorry.status.PID` shows that one is there, and all requests go through these commands.
import * as vscode from 'vscode';
import type { Status } from './status';

const STATUS = /^unsorry\.status\.(\d+)$/;

export class Servers {
  private known = new Map<string, Status>();
  private asked = new Set<string>();
  private emitter = new vscode.EventEmitter<void>();
  /** One came, went, or has news. */
  readonly changed = this.emitter.event;
  private arrived = new vscode.EventEmitter<string>();
  /** One came: its process id. */
  readonly came = this.arrived.event;

  constructor(private log: vscode.LogOutputChannel) {}

  /** Looks for servers that have come. VS Code has no event for new commands. */
  async look(): Promise<void> {
    const commands = await vscode.commands.getCommands(true);
    const pids = commands.map(command => STATUS.exec(command)?.[1]).filter(pid => pid !== undefined);
    const fresh = pids.filter(pid => !this.asked.has(pid));
    this.asked = new Set(pids);
    for (const pid of fresh) void this.follow(pid);
  }

  all(): Status[] {
    return [...this.known.values()];
  }

  /** The server that has the document open. */
  of(uri: vscode.Uri): Status | undefined {
    return this.all().find(status => status.documents.includes(uri.toString()));
  }

  /** Has a server obey. The error, if it refuses, is in its own words. */
  async run(pid: number | string, name: string, ...args: unknown[]): Promise<unknown> {
    return vscode.commands.executeCommand(`unsorry.${name}.${pid}`, ...args);
  }

  // As long as it lives, there is a question that it answers when it has news.
  private async follow(pid: string): Promise<void> {
    try {
      for (let since: number | undefined; ; ) {
        const status = (await this.run(pid, 'status', ...(since === undefined ? [] : [{ since }]))) as Status;
        this.known.set(pid, status);
        if (since === undefined) {
          this.log.info(`unsorry ${status.version} is there (process ${pid})`);
          this.arrived.fire(pid);
        }
        since = status.revision;
        this.emitter.fire();
      }
    } catch (error) {
      this.log.info(`process ${pid} has ended: ${(error as Error).message}`);
      this.known.delete(pid);
      this.emitter.fire();
    }
  }
}
