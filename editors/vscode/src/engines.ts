// Choosing who is asked for proofs, and in which order.
import * as vscode from 'vscode';
import { asSetting, listed, moved } from './order';
import type { Status } from './status';

const TOLD: Record<string, string> = {
  tactics: 'a portfolio of tactics; no model, always there',
  local: 'the model in this process',
  'local-fast': 'the model in this process, quick answers',
  'local-reasoning': 'the model in this process, with a plan first',
  remote: 'models on other machines, as in config.toml',
  'remote-fast': 'models on other machines, quick answers',
  'remote-reasoning': 'models on other machines, with a plan first',
};

const UP: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon('arrow-up'), tooltip: 'Ask it earlier' };
const DOWN: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon('arrow-down'), tooltip: 'Ask it later' };
const MODELS: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon('book'), tooltip: 'How to set up a model' };

export async function chooseEngines(status: Status): Promise<void> {
  const chosen = await pick(status);
  if (!chosen) return;
  const configuration = vscode.workspace.getConfiguration('unsorry');
  const found = configuration.inspect('search.engines');
  const target = found?.workspaceValue === undefined ? vscode.ConfigurationTarget.Global : vscode.ConfigurationTarget.Workspace;
  await configuration.update('search.engines', asSetting(chosen, status.available), target);
}

function pick(status: Status): Promise<string[] | undefined> {
  const list = vscode.window.createQuickPick();
  list.title = 'Who is asked for a proof, from top to bottom';
  list.placeholder = 'Tick those to ask; the arrows change the order';
  list.canSelectMany = true;
  list.buttons = [MODELS];
  let names = listed(status.engines, status.available);
  const fill = (selected: string[]) => {
    list.items = names.map(label => ({ label, description: TOLD[label] ?? '', buttons: names.length > 1 ? [UP, DOWN] : [] }));
    list.selectedItems = list.items.filter(item => selected.includes(item.label));
  };
  const selected = () => list.selectedItems.map(item => item.label);
  fill(status.engines);
  return new Promise(resolve => {
    list.onDidTriggerItemButton(({ item, button }) => {
      const kept = selected();
      names = moved(names, item.label, button === UP ? -1 : 1);
      fill(kept);
    });
    list.onDidTriggerButton(() => vscode.env.openExternal(vscode.Uri.parse('https://github.com/unsorry/unsorry#a-model')));
    list.onDidAccept(() => {
      const ticked = selected();
      resolve(names.filter(name => ticked.includes(name)));
      list.hide();
    });
    list.onDidHide(() => {
      resolve(undefined);
      list.dispose();
    });
    list.show();
  });
}
