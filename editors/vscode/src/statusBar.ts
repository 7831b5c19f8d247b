// The item in the status bar, shown while a Lean file is in front.
import * as vscode from 'vscode';
import { shown, type Standing, type Status } from './status';

const FRESH_SECONDS = 10;

export class StatusBar {
  private item = vscode.window.createStatusBarItem('unsorry', vscode.StatusBarAlignment.Right, 200);
  /** The last job of each server that we know has ended. */
  private seen = new Map<number, number>();
  private fresh: { uri: string; timer: NodeJS.Timeout } | undefined;

  constructor(private refresh: () => void) {
    this.item.name = 'Unsorry';
    this.item.command = 'unsorry.menu';
  }

  show(standing: Standing): void {
    const { text, tooltip, alarm } = shown(standing);
    this.item.text = text;
    this.item.tooltip = new vscode.MarkdownString(tooltip, true);
    this.item.backgroundColor = alarm ? new vscode.ThemeColor('statusBarItem.warningBackground') : undefined;
    this.item.show();
  }

  hide(): void {
    this.item.hide();
  }

  /** Notes what has ended since it was last asked; gives whether something was proved. */
  hear(status: Status): boolean {
    const before = this.seen.get(status.pid);
    this.seen.set(status.pid, status.last?.job ?? 0);
    // What had ended before we looked first is old.
    if (before === undefined || !status.last || status.last.job === before) return false;
    this.stale();
    this.fresh = { uri: status.last.uri, timer: setTimeout(() => this.stale(), FRESH_SECONDS * 1000) };
    return status.last.proved > 0;
  }

  isFresh(uri: string): boolean {
    return this.fresh?.uri === uri;
  }

  /** The text has changed: what was proved last is no news any more. */
  edited(uri: string): void {
    if (this.fresh?.uri === uri) this.stale();
  }

  dispose(): void {
    clearTimeout(this.fresh?.timer);
    this.item.dispose();
  }

  private stale(): void {
    if (!this.fresh) return;
    clearTimeout(this.fresh.timer);
    this.fresh = undefined;
    this.refresh();
  }
}
