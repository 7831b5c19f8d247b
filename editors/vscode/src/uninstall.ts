// VS Code runs this, without its API, once the extension is uninstalled for good.
import path from 'node:path';
import { undo } from './note';

undo(path.dirname(__dirname));
