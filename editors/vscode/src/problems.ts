// What is wrong is told once, with buttons that mend it.
import * as vscode from 'vscode';

export type Action = [title: string, run: () => unknown];

export class Problems {
  private told = new Map<string, string>();

  constructor(private log: vscode.LogOutputChannel) {}

  /** Tells a problem, unless it is the last that was told of `kind`. */
  tell(kind: string, message: string, ...actions: Action[]): void {
    if (this.told.get(kind) === message) return;
    this.told.set(kind, message);
    this.log.warn(message);
    void vscode.window.showWarningMessage(message, ...actions.map(([title]) => title)).then(async chosen => {
      await actions.find(([title]) => title === chosen)?.[1]();
    });
  }

  /** It is mended: when it comes again, it is told again. */
  forget(kind: string): void {
    this.told.delete(kind);
  }
}
