import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { withoutEntry } from '../src/entry';
import { nearest, sorries } from '../src/holes';
import { asSetting, listed, moved } from '../src/order';
import { archiveName, checksumOf, expanded, places } from '../src/places';
import { asConfig, settingNamedIn } from '../src/preferences';
import { shown, type Status } from '../src/status';

test('a sorry is a word of its own in code', () => {
  const text = `-- sorry
/- sorry /- sorry -/ sorry -/
theorem t : "sorry \\" sorry" = x'.sorry := by
  «sorry»; sorryAx; not_sorry; sorry'; (sorry)
  exact ⟨sorry, 'a', '\\'', foo sorry⟩; admit; x.admit /-- sorry`;
  const lines = sorries(text).map(offset => text.slice(offset - 1, offset + 6));
  assert.deepEqual(lines, ['(sorry)', '⟨sorry,', ' sorry⟩', ' admit;']);
});

test('the sorry at the cursor, the next one, the first', () => {
  const text = 'sorry a sorry b';
  assert.deepEqual(nearest(text, 5), { offset: 0, touched: true });
  assert.deepEqual(nearest(text, 6), { offset: 8, touched: false });
  assert.deepEqual(nearest(text, 13), { offset: 8, touched: true });
  assert.deepEqual(nearest(text, 15), { offset: 0, touched: false });
  assert.equal(nearest('done', 0), undefined);
});

test('what is set is sent, under the names of the files', () => {
  const set = { 'search.engines': ['tactics'], 'search.headStart': '3s', 'search.tokens': null, 'search.budget': '', 'cache.enabled': false };
  assert.deepEqual(asConfig(set), { search: { engines: ['tactics'], head_start: '3s' }, cache: { enabled: false } });
  assert.deepEqual(asConfig({ 'local.mode': 'both', 'search.engines': [] }), {});
});

test('an error leads to its setting', () => {
  const set = { 'search.headStart': 'x', 'search.budget': 'y' };
  assert.equal(settingNamedIn('`search.head_start`: expected a duration', set), 'search.headStart');
  assert.equal(settingNamedIn('something else', set), undefined);
});

test('engines keep their order', () => {
  assert.deepEqual(listed(['remote'], ['tactics', 'remote']), ['remote', 'tactics']);
  assert.deepEqual(moved(['a', 'b', 'c'], 'c', -1), ['a', 'c', 'b']);
  assert.deepEqual(moved(['a', 'b'], 'b', 1), ['a', 'b']);
  assert.equal(asSetting(['a', 'b'], ['a', 'b']), undefined);
  assert.equal(asSetting([], ['a', 'b']), undefined);
  assert.deepEqual(asSetting(['b', 'a'], ['a', 'b']), ['b', 'a']);
});

test('the program is looked for on the PATH first', () => {
  const surroundings = { platform: 'linux' as const, arch: 'x64', home: '/home/me', searchPath: '/a:relative::/b', storage: '/store' };
  const expected = ['/a/unsorry', '/b/unsorry', '/home/me/.cargo/bin/unsorry', '/store/unsorry'];
  assert.deepEqual(places(surroundings), expected.map(path.normalize));
  assert.equal(expanded('~/bin/unsorry', '/home/me'), path.normalize('/home/me/bin/unsorry'));
  assert.equal(expanded('/~/x', '/home/me'), '/~/x');
});

test('a release has an archive and its checksum', () => {
  assert.equal(archiveName('0.1.0', 'linux', 'x64'), 'unsorry-0.1.0-x86_64-unknown-linux-gnu.tar.gz');
  assert.equal(archiveName('0.1.0', 'sunos', 'x64'), undefined);
  const sum = 'A'.repeat(64);
  assert.equal(checksumOf('b.tar.gz', `${'0'.repeat(64)}  a.tar.gz\n${sum} *b.tar.gz\r\n`), 'a'.repeat(64));
  assert.equal(checksumOf('c.tar.gz', `${sum}  b.tar.gz`), undefined);
  assert.equal(checksumOf('b.tar.gz', 'abc  b.tar.gz'), undefined);
});

test('our entry leaves a settings.json, and nothing else', () => {
  const text = `{
    // mine
    "editor.fontSize": 12, /* big */
    "lean4.envPathExtensions": [
        "/mine", // keep
        "/shim",
    ],
}
`;
  const without = withoutEntry(text, '/shim');
  assert.match(without, /\/\/ mine[^]*\/\* big \*\/[^]*"\/mine"/);
  assert.doesNotMatch(without, /shim/);
  assert.equal(withoutEntry(without, '/shim'), without);
  assert.deepEqual(JSON.parse(withoutEntry('{ "lean4.envPathExtensions": ["/shim"], "a": 1 }', '/shim')), { a: 1 });
  assert.equal(withoutEntry('not json', '/shim'), 'not json');
  assert.equal(withoutEntry('', '/shim'), '');
});

const status: Status = {
  revision: 3,
  version: '0.1.0',
  pid: 7,
  engines: ['tactics', 'remote'],
  available: ['tactics', 'remote'],
  documents: ['file:///a.lean'],
  jobs: [],
  last: { job: 1, uri: 'file:///a.lean', proved: 1, holes: 1, message: 'proved with omega' },
  complaint: null,
  log: null,
  config: null,
};

test('the status bar says how it stands', () => {
  const text = (changes: Partial<Status>, fresh = false) =>
    shown({ kind: 'connected', status: { ...status, ...changes }, uri: 'file:///a.lean', fresh }).text;
  assert.equal(text({}), '$(sparkle) unsorry: tactics, remote');
  assert.equal(text({}, true), '$(check) proved with omega');
  assert.equal(text({ last: { ...status.last!, proved: 0, message: 'no proof found' } }, true), '$(circle-slash) no proof found');
  const job = { uri: 'file:///a.lean', message: 'omega · 16 candidates, 3 checked', proved: 0, holes: 1 };
  assert.equal(text({ jobs: [job] }, true), '$(sync~spin) unsorry');
  assert.equal(text({ jobs: [{ ...job, proved: 1, holes: 3 }] }), '$(sync~spin) unsorry 1/3');
  assert.equal(text({ complaint: 'no such key' }), '$(warning) unsorry');
});

test('what is shown is text, whatever is in it', () => {
  const message = 'proved with `simp [*]` $(flame) <b> ' + 'x'.repeat(80);
  const last = { ...status.last!, message };
  const { text, tooltip } = shown({ kind: 'connected', status: { ...status, last }, uri: 'file:///a.lean', fresh: true });
  assert.ok(text.startsWith('$(check) proved with `simp [*]` $ (flame)') && text.length < 64, text);
  assert.ok(tooltip.includes('\\$\\(flame\\)') && tooltip.includes('\\<b\\>'), tooltip);
  assert.ok(shown({ kind: 'problem', reason: 'no program' }).alarm);
});
