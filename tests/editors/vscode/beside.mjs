// The extension beside one that starts Lean itself, as leanprover.lean4 does.
import { spawnSync } from 'node:child_process';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';

const TEXT = `theorem sub_cancel (a b : Nat) (h : b ≤ a) : a - b + b = a := by
  sorry
`;

export async function run({ code, home, program, standIn, step }) {
  const work = path.join(home, 'work');
  const project = path.join(work, 'project');
  fs.mkdirSync(project, { recursive: true });
  fs.writeFileSync(path.join(project, 'lean-toolchain'), 'leanprover/lean4:v4.28.0\n');
  fs.writeFileSync(path.join(project, 'lakefile.toml'), 'name = "project"\n');
  fs.writeFileSync(path.join(project, 'Project.lean'), TEXT);
  fs.writeFileSync(path.join(work, 'Loose.lean'), TEXT);
  // A program of its own, that can go away.
  const own = path.join(home, 'bin', 'unsorry');
  fs.mkdirSync(path.dirname(own));
  fs.copyFileSync(program, own);
  code.extension('--install-extension', standIn);
  code.machine({ 'unsorry.path': own });
  const { page } = code;
  const entries = () => JSON.parse(fs.readFileSync(code.settingsFile, 'utf8'))['lean4.envPathExtensions'];
  const proveHere = async () => {
    await code.warningsAre(1);
    await code.goTo(2, 4);
    await code.bulb();
    await code.fix('Prove this sorry');
    await code.statusIs(/^check proved with /);
    await code.warningsAre(0);
  };
  const noErrors = async () => {
    const all = await code.messages();
    assert.deepEqual(all.filter(text => /error|fail/i.test(text)), [], 'nothing pops up');
  };

  step('asked once, and not now');
  code.settings({ 'lean4.envPathExtensions': ['/mine'] });
  await code.start(work);
  await code.open('Project.lean');
  await code.message('unsorry can prove your sorries in place').waitFor();
  await code.shot('asked');
  await code.warningsAre(1); // Lean works without us
  await code.answer('unsorry can prove your sorries in place', 'Not Now');
  await code.statusIs(/^circle-slash unsorry$/);
  assert.deepEqual(entries(), ['/mine']);

  step('enabled, restarted, connected');
  await code.menu('Enable');
  await code.message("Lean's server runs without unsorry").waitFor();
  await code.statusIs(/^warning unsorry$/);
  await code.shot('restart');
  const shim = path.join(home, 'data/User/globalStorage/unsorry.unsorry/shim');
  assert.deepEqual(entries(), [shim, '/mine']);
  await code.answer("Lean's server runs without unsorry", "Restart Lean's Server");
  await code.statusIs(/^sparkle unsorry: tactics$/);
  await proveHere();
  await code.shot('proved');
  await noErrors();

  step('a file of another root has a server of its own');
  await code.open('Loose.lean');
  await code.statusIs(/^sparkle unsorry: tactics$/);
  await proveHere();
  await code.command('Unsorry: Prove This Sorry');
  await code.message('There is no sorry in this file').waitFor();
  await noErrors();
  await code.stop();

  step('not asked again');
  fs.writeFileSync(path.join(project, 'Project.lean'), TEXT);
  await code.start(work);
  await code.open('Project.lean');
  await code.statusIs(/^sparkle unsorry: tactics$/);
  await code.command('Unsorry: Prove This Sorry');
  await code.statusIs(/^check proved with /);
  await noErrors();
  await code.stop();

  step('the program is gone: Lean works, and it is told');
  const gone = `${own}.gone`;
  fs.renameSync(own, gone);
  fs.writeFileSync(path.join(project, 'Project.lean'), TEXT);
  await code.start(work);
  await code.open('Project.lean');
  await code.message('where there is no program').waitFor();
  await code.shot('program-gone');
  await code.warningsAre(1);
  await code.statusIs(/^warning unsorry$/);
  await code.shot('program-gone-later');
  await code.stop();

  step('another program: the shim is made anew');
  code.machine({ 'unsorry.path': gone });
  await code.start(work);
  await code.open('Project.lean');
  // Whether Lean's server was faster than we is open: where it was, it is told.
  const restart = code.message("Lean's server runs without unsorry");
  await code.until('a connection', async () => {
    if (await restart.isVisible()) await code.answer("Lean's server runs without unsorry", "Restart Lean's Server");
    return /^sparkle /.test(await code.status());
  });
  assert.equal(fs.realpathSync(path.join(shim, 'lake')), fs.realpathSync(gone));
  await proveHere();

  step('disabled');
  await code.command('Unsorry: Disable');
  await code.message('unsorry is disabled').waitFor();
  await code.shot('disabled');
  assert.deepEqual(entries(), ['/mine']);
  assert.ok(!fs.existsSync(shim));
  await code.answer('unsorry is disabled', "Restart Lean's Server");
  await code.until('no item in the status bar', async () => (await code.status()) === '', () => code.status());
  await noErrors();

  step('uninstalled');
  await code.command('Unsorry: Enable');
  await code.until('the entry', () => entries()?.includes(shim));
  await code.until('the shim', () => fs.existsSync(path.join(shim, 'lake')));
  await code.stop();
  const extension = fs.readdirSync(path.join(home, 'extensions')).find(name => name.startsWith('unsorry.unsorry-'));
  const hook = path.join(home, 'extensions', extension, 'dist/uninstall.js');
  const ended = spawnSync(process.execPath, [hook], { encoding: 'utf8' });
  assert.equal(ended.status, 0, ended.stderr);
  assert.deepEqual(entries(), ['/mine']);
  assert.ok(!fs.existsSync(shim));
}
