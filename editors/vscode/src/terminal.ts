// A program in a terminal that stays when it ends. A task would save the user's files first, and a shell has its own
// way with quotes.
import { spawn, type ChildProcess } from 'node:child_process';
import * as vscode from 'vscode';

/** Gives the exit code; none where it did not start, or the terminal was closed. */
export function runInTerminal(name: string, file: string, args: string[], cwd?: string): Promise<number | undefined> {
  const written = new vscode.EventEmitter<string>();
  const write = (text: string) => written.fire(text.replace(/\r?\n/g, '\r\n'));
  return new Promise(resolve => {
    let child: ChildProcess | undefined;
    const open = () => {
      write(`> ${[file, ...args].join(' ')}\n\n`);
      child = spawn(file, args, { ...(cwd ? { cwd } : {}), windowsHide: true });
      child.stdout?.setEncoding('utf8').on('data', write);
      child.stderr?.setEncoding('utf8').on('data', write);
      child.on('error', error => {
        write(`\n${error.message}\n`);
        resolve(undefined);
      });
      child.on('close', code => {
        write(`\nexit code ${code ?? 'unknown'}\n`);
        resolve(code ?? undefined);
      });
    };
    const close = () => {
      child?.kill();
      resolve(undefined);
    };
    vscode.window.createTerminal({ name, pty: { onDidWrite: written.event, open, close } }).show();
  });
}
