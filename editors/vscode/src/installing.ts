// Getting the program: downloaded, built, or chosen.
import * as vscode from 'vscode';
import { download } from './download';
import type { Program } from './program';
import { runInTerminal } from './terminal';

const SOURCE = 'https://github.com/unsorry/unsorry';

/** Downloads the program of this extension's version. Gives whether it is there. */
export async function downloadProgram(context: vscode.ExtensionContext, program: Program): Promise<boolean> {
  const version = context.extension.packageJSON.version as string;
  const progress = { location: vscode.ProgressLocation.Notification, title: `Downloading unsorry ${version}` };
  try {
    await vscode.window.withProgress(progress, report =>
      download(version, program.storage, message => report.report({ message })),
    );
    await forgetPath();
    void vscode.window.showInformationMessage(`unsorry ${version} is installed.`);
    return true;
  } catch (error) {
    const message = `unsorry could not be downloaded: ${(error as Error).message}`;
    const answer = await vscode.window.showErrorMessage(message, 'Try Again', 'Build with Cargo', 'Choose File…');
    if (answer === 'Try Again') await vscode.commands.executeCommand('unsorry.download');
    if (answer === 'Build with Cargo') await vscode.commands.executeCommand('unsorry.build');
    if (answer === 'Choose File…') await vscode.commands.executeCommand('unsorry.chooseProgram');
    return false;
  }
}

/** Builds the program with cargo, in a terminal. Gives whether that went well. */
export async function buildProgram(): Promise<boolean> {
  const built = (await runInTerminal('cargo install unsorry', 'cargo', ['install', '--locked', '--git', SOURCE, 'unsorry'])) === 0;
  if (built) await forgetPath();
  else {
    const answer = await vscode.window.showErrorMessage('unsorry could not be built: see the terminal. It needs Rust.', 'Install Rust');
    if (answer) await vscode.env.openExternal(vscode.Uri.parse('https://rustup.rs'));
  }
  return built;
}

/** Has the user choose the program's file, and writes it into the settings. */
export async function chooseProgram(): Promise<void> {
  const files = await vscode.window.showOpenDialog({ title: 'The program unsorry', openLabel: 'Use This Program' });
  const file = files?.[0]?.fsPath;
  if (file) await vscode.workspace.getConfiguration('unsorry').update('path', file, vscode.ConfigurationTarget.Global);
}

// A setting that names another file would hide the new program.
async function forgetPath(): Promise<void> {
  const configuration = vscode.workspace.getConfiguration('unsorry');
  if (configuration.get('path')) await configuration.update('path', undefined, vscode.ConfigurationTarget.Global);
}
