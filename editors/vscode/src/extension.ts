// unsorry in VS Code: what is there, and what calls what.
import * as vscode from 'vscode';
import { Arrangement, UNCONNECTED, type Remedies } from './arrangement';
import { chooseEngines } from './engines';
import { buildProgram, chooseProgram, downloadProgram } from './installing';
import * as lean4 from './lean4';
import { showMenu } from './menu';
import { OwnServers } from './ownServers';
import { asConfig } from './preferences';
import { Problems } from './problems';
import { Program } from './program';
import * as proving from './proving';
import { rootOf } from './roots';
import { Servers } from './servers';
import { preferences, send } from './settings';
import type { Standing } from './status';
import { StatusBar } from './statusBar';
import { runInTerminal } from './terminal';

const LOOK_SECONDS = 2;
/** So long may a server through us take to be found after Lean has spoken. */
const UNCONNECTED_SECONDS = 10;

const EXAMPLE = `-- Put the cursor on a \`sorry\`, open the light bulb, and choose "Prove this sorry".

theorem sub_cancel (a b : Nat) (h : b ≤ a) : a - b + b = a := by
  sorry

theorem and_swap (p q : Prop) : p ∧ q → q ∧ p := by
  sorry

-- This one is false, and you will be told so.
theorem sub_add (n : Nat) : n - 1 + 1 = n := by
  sorry
`;

let own: OwnServers;

export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel('Unsorry', { log: true });
  const problems = new Problems(log);
  const program = new Program(context);
  const servers = new Servers(log);
  own = new OwnServers(
    () => asConfig(preferences()),
    reason => arrangement.failed(reason),
  );

  const command = (name: string): (() => unknown) => () => vscode.commands.executeCommand(`unsorry.${name}`);
  const remedies: Remedies = {
    program: [
      ['Download', command('download')],
      ['Build with Cargo', command('build')],
      ['Choose File…', command('chooseProgram')],
    ],
    server: [
      ['Try Again', () => arrangement.again()],
      ['Doctor', command('doctor')],
    ],
  };
  const arrangement = new Arrangement(context, program, own, problems, remedies);

  const front = () => {
    const document = vscode.window.activeTextEditor?.document;
    return document && lean4.isLean(document) ? document : undefined;
  };

  let unconnectedSince: number | undefined;
  const standing = (document: vscode.TextDocument): Standing | undefined => {
    const uri = document.uri.toString();
    const status = servers.of(document.uri);
    if (status) return { kind: 'connected', status, uri, fresh: statusBar.isFresh(uri) };
    const { now } = arrangement;
    if (now.kind === 'never') return undefined;
    if (now.kind !== 'on') return now;
    if (arrangement.restartWanted && lean4.hasSpoken(document.uri)) return { kind: 'problem', reason: UNCONNECTED };
    return { kind: 'waiting' };
  };

  const setContext = (name: string, value: boolean) => void vscode.commands.executeCommand('setContext', `unsorry.${name}`, value);
  const refresh = () => {
    const document = front();
    const found = document && standing(document);
    if (found) statusBar.show(found);
    else statusBar.hide();
    setContext('connected', found?.kind === 'connected');
    setContext('busy', servers.all().some(status => status.jobs.length > 0));
    setContext('enabled', arrangement.now.kind === 'on' || arrangement.now.kind === 'problem');
    setContext('program', arrangement.program !== undefined && 'file' in arrangement.program);
  };
  const statusBar = new StatusBar(refresh);

  // New servers have no event: we look for one as long as the file in front has none.
  const look = async () => {
    const document = front();
    if (!document || servers.of(document.uri)) {
      unconnectedSince = undefined;
      return;
    }
    await servers.look();
    const unconnected = lean4.isInstalled() && arrangement.now.kind === 'on' && lean4.hasSpoken(document.uri);
    unconnectedSince = unconnected ? (unconnectedSince ?? Date.now()) : undefined;
    if (unconnectedSince !== undefined && Date.now() - unconnectedSince > UNCONNECTED_SECONDS * 1000) arrangement.tellUnconnected();
    refresh();
  };
  const looking = setInterval(() => void look(), LOOK_SECONDS * 1000);

  const status = () => {
    const document = front();
    return (document && servers.of(document.uri)) ?? servers.all()[0];
  };
  const inEditor = (run: (servers: Servers, editor: vscode.TextEditor) => Promise<void>) => async () => {
    const editor = vscode.window.activeTextEditor;
    if (editor && lean4.isLean(editor.document)) await run(servers, editor);
    else void vscode.window.showInformationMessage('Open a Lean file first.');
  };
  const commands: Record<string, () => unknown> = {
    prove: inEditor(proving.prove),
    proveAll: inEditor(proving.proveAll),
    stop: () => proving.stop(servers, front()),
    chooseEngine: async () => {
      const now = status();
      if (now) await chooseEngines(now);
      else void vscode.window.showInformationMessage('Open a Lean file first: unsorry then knows which engines are set up.');
    },
    showLog: async () => {
      const file = status()?.log;
      try {
        if (!file) throw new Error('no server');
        await vscode.window.showTextDocument(vscode.Uri.file(file), { preview: true });
      } catch {
        log.show();
      }
    },
    doctor: async () => {
      const found = await program.find();
      if (!('file' in found)) return arrangement.again();
      const document = front();
      const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
      const cwd = document?.uri.scheme === 'file' ? rootOf(document.uri.fsPath, folder) : folder;
      await runInTerminal('unsorry doctor', found.file, ['doctor'], cwd);
    },
    enable: () => arrangement.enable(),
    disable: () => arrangement.disable(),
    download: async () => {
      if (await downloadProgram(context, program)) await arrangement.again();
    },
    build: async () => {
      if (await buildProgram()) await arrangement.again();
    },
    chooseProgram,
    openExample: async () => {
      const document = await vscode.workspace.openTextDocument({ language: 'lean4', content: EXAMPLE });
      await vscode.window.showTextDocument(document);
    },
    menu: () => {
      const document = front();
      return showMenu(document && standing(document), lean4.isInstalled());
    },
  };

  context.subscriptions.push(
    log,
    statusBar,
    { dispose: () => clearInterval(looking) },
    ...Object.entries(commands).map(([name, run]) => vscode.commands.registerCommand(`unsorry.${name}`, run)),
    servers.changed(() => {
      for (const status of servers.all()) if (statusBar.hear(status)) setContext('proved', true);
      refresh();
    }),
    servers.came(pid => {
      arrangement.connected();
      if (Object.keys(asConfig(preferences())).length > 0) void send(servers, pid, problems);
    }),
    arrangement.changed(() => void look().then(refresh)),
    vscode.window.onDidChangeActiveTextEditor(() => {
      unconnectedSince = undefined;
      refresh();
      void look();
    }),
    vscode.languages.onDidChangeDiagnostics(() => void look()),
    vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      if (contentChanges.length > 0) statusBar.edited(document.uri.toString());
    }),
    vscode.workspace.onDidOpenTextDocument(document => {
      if (lean4.isLean(document) && !lean4.isInstalled()) void arrangement.arrange();
    }),
    vscode.workspace.onDidChangeConfiguration(event => {
      if (event.affectsConfiguration('unsorry.path')) void arrangement.again();
      else if (lean4.changesEntry(event)) void arrangement.arrange();
      else if (event.affectsConfiguration('unsorry')) {
        for (const { pid } of servers.all()) void send(servers, pid, problems);
      }
    }),
    vscode.extensions.onDidChange(() => void arrangement.arrange()),
  );
  refresh();
  void arrangement.arrange();
}

export async function deactivate(): Promise<void> {
  await own.stop();
}
