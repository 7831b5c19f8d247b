// Running a program to its end.
import { execFile } from 'node:child_process';

export interface Ended {
  ok: boolean;
  stdout: string;
  /** In words, where it is not ok: the last that it said, else why it did not start. */
  reason: string;
}

export function run(file: string, args: string[], seconds = 30): Promise<Ended> {
  return new Promise(resolve => {
    execFile(file, args, { timeout: seconds * 1000, windowsHide: true }, (error, stdout, stderr) => {
      const said = lastLine(stderr);
      resolve({ ok: !error, stdout: stdout.trim(), reason: error ? said || error.message : '' });
    });
  });
}

/** The last line of what a program said that is not empty. */
export function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? '';
}
