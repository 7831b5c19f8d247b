// Sends the user's preferences to the servers.
import * as vscode from 'vscode';
import { asConfig, settingNamedIn, type Preferences } from './preferences';
import type { Problems } from './problems';
import type { Servers } from './servers';

// The defaults in package.json are only told: what is not set is left to unsorry's own files.
const NAMES = [
  'search.engines',
  'search.budget',
  'search.headStart',
  'search.polish',
  'search.refute',
  'search.tokens',
  'search.money',
  'local.mode',
  'local.candidates',
  'check.timeout',
  'check.level',
  'check.replay',
  'cache.enabled',
];

/** What was set, by whomever. */
export function preferences(): Preferences {
  const configuration = vscode.workspace.getConfiguration('unsorry');
  const set = (name: string) => {
    const found = configuration.inspect(name);
    return found?.workspaceFolderValue ?? found?.workspaceValue ?? found?.globalValue;
  };
  return Object.fromEntries(NAMES.map(name => [name, set(name)]));
}

/** Sends them to one server, and tells what it finds wrong in them. */
export async function send(servers: Servers, pid: number | string, problems: Problems): Promise<void> {
  const set = preferences();
  try {
    await servers.run(pid, 'settings', asConfig(set));
    problems.forget('settings');
  } catch (error) {
    const message = (error as Error).message;
    const name = settingNamedIn(message, set);
    problems.tell('settings', `unsorry keeps its settings as they were: ${message}`, [
      'Open Settings',
      () => vscode.commands.executeCommand('workbench.action.openSettings', name ? `unsorry.${name}` : '@ext:unsorry.unsorry'),
    ]);
  }
}
