// Bundles the extension into dist/; with --test the unit tests into out/, with --package makes the .vsix.
import { build } from 'esbuild';
import { createVSIX } from '@vscode/vsce';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.join(here, '..', '..');
const common = {
  absWorkingDir: here,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  mainFields: ['module', 'main'], // jsonc-parser's `main` can't be bundled
  logLevel: 'warning',
};

if (process.argv.includes('--test')) {
  fs.rmSync(path.join(here, 'out'), { recursive: true, force: true });
  const entryPoints = fs.readdirSync(path.join(here, 'test')).map(name => `test/${name}`);
  await build({ ...common, entryPoints, outdir: 'out', sourcemap: 'inline' });
} else {
  await build({
    ...common,
    entryPoints: ['src/extension.ts', 'src/uninstall.ts'],
    outdir: 'dist',
    external: ['vscode'],
    minify: true,
  });
}

if (process.argv.includes('--package')) {
  const { version } = JSON.parse(fs.readFileSync(path.join(here, 'package.json'), 'utf8'));
  const vsix = path.join(root, 'target', `unsorry-${version}.vsix`);
  fs.mkdirSync(path.dirname(vsix), { recursive: true });
  fs.copyFileSync(path.join(root, 'LICENSE'), path.join(here, 'LICENSE')); // vsce looks for it beside package.json
  try {
    await createVSIX({ cwd: here, packagePath: vsix, dependencies: false });
  } finally {
    fs.rmSync(path.join(here, 'LICENSE'));
  }
  console.log(vsix);
}
