// The Lean 4 extension: what we read of it, and the one setting of it that we change.
import * as vscode from 'vscode';

const ID = 'leanprover.lean4';
const SECTION = 'lean4';
const KEY = 'envPathExtensions';

export const LEAN_FILES = ['lean4', 'lean'];

export function isLean(document: vscode.TextDocument): boolean {
  return LEAN_FILES.includes(document.languageId);
}

export function isInstalled(): boolean {
  return vscode.extensions.getExtension(ID) !== undefined;
}

/** Whether Lean's server has something to say about the document: then it runs, with us or without. */
export function hasSpoken(uri: vscode.Uri): boolean {
  return vscode.languages.getDiagnostics(uri).some(diagnostic => diagnostic.source === 'Lean 4');
}

/** Where `folder` stands in the setting: for the user, and in what holds in this window. */
export function entry(folder: string): { user: boolean; here: boolean } {
  const found = configuration().inspect<string[]>(KEY);
  const user = found?.globalValue?.includes(folder) ?? false;
  return { user, here: configuration().get<string[]>(KEY, []).includes(folder) };
}

/** Puts `folder` first in the user's setting. */
export async function addEntry(folder: string): Promise<void> {
  const others = users().filter(other => other !== folder);
  await configuration().update(KEY, [folder, ...others], vscode.ConfigurationTarget.Global);
}

/** Takes `folder` out of the user's setting, and the setting away when nothing else is in it. */
export async function removeEntry(folder: string): Promise<void> {
  const others = users().filter(other => other !== folder);
  if (others.length === users().length) return;
  await configuration().update(KEY, others.length > 0 ? others : undefined, vscode.ConfigurationTarget.Global);
}

/** Starts Lean's server of the file in front anew, as that extension does it. */
export async function restartServer(): Promise<void> {
  await vscode.commands.executeCommand('lean4.restartServer');
}

export function changesEntry(event: vscode.ConfigurationChangeEvent): boolean {
  return event.affectsConfiguration(`${SECTION}.${KEY}`);
}

function configuration(): vscode.WorkspaceConfiguration {
  return vscode.workspace.getConfiguration(SECTION);
}

function users(): string[] {
  return configuration().inspect<string[]>(KEY)?.globalValue ?? [];
}
