// The commands about a file in front.
import * as vscode from 'vscode';
import { nearest, sorries } from './holes';
import type { Servers } from './servers';

/** Proves the `sorry` at the cursor, else goes to the next one and proves that. */
export async function prove(servers: Servers, editor: vscode.TextEditor): Promise<void> {
  const { document } = editor;
  const hole = nearest(document.getText(), document.offsetAt(editor.selection.active));
  if (!hole) return tellNone();
  const position = document.positionAt(hole.offset);
  if (!hole.touched) {
    editor.selection = new vscode.Selection(position, position);
    editor.revealRange(editor.selection, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
  }
  const { line, character } = position; // UTF-16, in LSP and here
  await ask(servers, document, 'prove', { line, character });
}

/** Proves every `sorry` of the file. */
export async function proveAll(servers: Servers, { document }: vscode.TextEditor): Promise<void> {
  if (sorries(document.getText()).length === 0) return tellNone();
  await ask(servers, document, 'proveAll');
}

/** Stops what is done for the file, or, where there is nothing, all that any server does. */
export async function stop(servers: Servers, document: vscode.TextDocument | undefined): Promise<void> {
  const uri = document?.uri.toString();
  const own = servers.all().find(status => status.jobs.some(job => job.uri === uri));
  if (own) await servers.run(own.pid, 'stop', uri);
  else await Promise.all(servers.all().map(status => servers.run(status.pid, 'stop')));
}

async function ask(servers: Servers, document: vscode.TextDocument, name: string, ...args: unknown[]): Promise<void> {
  const server = servers.of(document.uri);
  if (!server) {
    const name = vscode.workspace.asRelativePath(document.uri);
    void vscode.window.showWarningMessage(`unsorry is not connected to Lean's server of ${name} yet.`, 'Why?').then(async answer => {
      if (answer) await vscode.commands.executeCommand('unsorry.menu');
    });
    return;
  }
  try {
    await servers.run(server.pid, name, document.uri.toString(), ...args);
  } catch (error) {
    void vscode.window.showWarningMessage(`unsorry: ${(error as Error).message}`);
  }
}

function tellNone(): void {
  void vscode.window.showInformationMessage('There is no sorry in this file.');
}
