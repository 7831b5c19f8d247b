// Without the Lean 4 extension we start `unsorry serve` ourselves, once for each Lake project or folder.
import { spawn, type ChildProcess } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { CloseAction, ErrorAction, LanguageClient, RevealOutputChannelOn, type LanguageClientOptions, type TextDocumentFilter } from 'vscode-languageclient/node';
import { LEAN_FILES } from './lean4';
import { lastLine } from './processes';
import { rootOf } from './roots';

const UNTITLED = 'untitled';

export class OwnServers {
  private clients = new Map<string, LanguageClient>();
  private output: vscode.LogOutputChannel | undefined;

  /** `settings` are sent at the start, `failed` is told why a server did not start or went away. */
  constructor(
    private settings: () => unknown,
    private failed: (message: string) => void,
  ) {}

  /** Sees to it that a server runs for the document. */
  async serve(program: string, document: vscode.TextDocument): Promise<void> {
    const { uri } = document;
    if (uri.scheme !== 'file' && uri.scheme !== UNTITLED) return;
    const folder = vscode.workspace.getWorkspaceFolder(uri)?.uri.fsPath;
    const root = uri.scheme === 'file' ? rootOf(uri.fsPath, folder) : UNTITLED;
    if (this.clients.has(root)) return;
    const client = this.client(program, root);
    this.clients.set(root, client);
    try {
      await client.start();
    } catch {
      this.clients.delete(root); // the reason was told when the process ended
    }
  }

  /** Ends them all. */
  async stop(): Promise<void> {
    const clients = [...this.clients.values()];
    this.clients.clear();
    await Promise.all(clients.map(client => client.dispose().catch(() => {})));
  }

  private client(program: string, root: string): LanguageClient {
    this.output ??= vscode.window.createOutputChannel('Lean (unsorry)', { log: true });
    const options: LanguageClientOptions = {
      documentSelector: LEAN_FILES.map(language => selector(language, root)),
      outputChannel: this.output,
      // What failed is told by us, once, with a button to try again.
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      initializationFailedHandler: () => false,
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => ({ action: CloseAction.DoNotRestart, handled: true }),
      },
      initializationOptions: { hasWidgets: false, unsorry: this.settings() },
    };
    if (root !== UNTITLED) {
      options.workspaceFolder = { uri: vscode.Uri.file(root), name: root, index: 0 };
    }
    return new QuietClient('unsorry', 'Lean (unsorry)', () => this.start(program, root), options);
  }

  private start(program: string, root: string): Promise<ChildProcess> {
    const cwd = root === UNTITLED ? undefined : root;
    // An editor that was not started from a shell may not have it on its PATH.
    const elan = path.join(os.homedir(), '.elan', 'bin');
    const env = { ...process.env, PATH: [process.env['PATH'], elan].join(path.delimiter) };
    const child = spawn(program, ['serve'], { cwd, env, windowsHide: true });
    let said = '';
    child.stderr.on('data', chunk => (said = (said + chunk).slice(-4000)));
    child.on('exit', (code, signal) => {
      // One that was asked to end, does so with 0 or by our signal.
      if (code) this.failed(lastLine(said) || `unsorry ended with exit code ${code}`);
      else if (signal && signal !== 'SIGTERM') this.failed(lastLine(said) || `unsorry was ended by ${signal}`);
    });
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('spawn', () => resolve(child));
    });
  }
}

/** Leaves it to us to tell what failed. */
class QuietClient extends LanguageClient {
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}

function selector(language: string, root: string): TextDocumentFilter {
  if (root === UNTITLED) return { language, scheme: UNTITLED };
  return { language, scheme: 'file', pattern: { baseUri: vscode.Uri.file(root).toString(), pattern: '**/*' } };
}
