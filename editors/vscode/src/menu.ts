// The menu of the status-bar item: what can be done now.
import * as vscode from 'vscode';
import * as lean4 from './lean4';
import type { Standing } from './status';

type Item = vscode.QuickPickItem & { run: () => unknown };

export async function showMenu(standing: Standing | undefined, besideLean4: boolean): Promise<void> {
  const chosen = await vscode.window.showQuickPick(items(standing, besideLean4), { title: title(standing) });
  await chosen?.run();
}

function title(standing: Standing | undefined): string {
  switch (standing?.kind) {
    case 'problem':
      return standing.reason;
    case 'waiting':
      return 'unsorry waits for Lean to start';
    case 'connected':
      return standing.status.complaint ?? `unsorry ${standing.status.version}`;
    default:
      return 'unsorry is not enabled';
  }
}

function items(standing: Standing | undefined, besideLean4: boolean): Item[] {
  const command = (icon: string, label: string, name: string): Item => ({
    label: `$(${icon}) ${label}`,
    run: () => vscode.commands.executeCommand(`unsorry.${name}`),
  });
  const all: Item[] = [];
  const status = standing?.kind === 'connected' ? standing.status : undefined;
  if (status) {
    if (status.jobs.length > 0) all.push(command('debug-stop', 'Stop', 'stop'));
    all.push(command('sparkle', 'Prove This Sorry', 'prove'), command('checklist', 'Prove Every Sorry in This File', 'proveAll'));
    all.push({ ...command('list-ordered', 'Choose Engine…', 'chooseEngine'), description: status.engines.join(', ') });
    const config = status.config;
    if (config) all.push({ label: '$(gear) Open config.toml', description: config, run: () => vscode.window.showTextDocument(vscode.Uri.file(config)) });
  }
  if ((standing?.kind === 'problem' || standing?.kind === 'waiting') && besideLean4) {
    all.push({ label: "$(debug-restart) Restart Lean's Server", run: () => lean4.restartServer() });
  }
  if (standing?.kind === 'off' || !standing) all.push(command('plug', 'Enable', 'enable'));
  if (standing?.kind === 'problem') {
    all.push(
      command('cloud-download', 'Download the Program', 'download'),
      command('tools', 'Build the Program with Cargo', 'build'),
      command('file', "Choose the Program's File…", 'chooseProgram'),
    );
  }
  all.push(
    { label: '$(settings) Settings', run: () => vscode.commands.executeCommand('workbench.action.openSettings', '@ext:unsorry.unsorry') },
    command('pulse', 'Doctor: What Works Here', 'doctor'),
    command('output', 'Show Log', 'showLog'),
  );
  if (standing && standing.kind !== 'off') all.push(command('circle-slash', 'Disable', 'disable'));
  return all;
}
