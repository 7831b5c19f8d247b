// The program from a release: its archive, held against the release's checksums, unpacked with tar.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { archiveName, checksumOf, programName } from './places';
import { run } from './processes';

const RELEASES = 'https://github.com/unsorry/unsorry/releases/download';

/** Puts the program of this version into `folder`, and gives its file. */
export async function download(version: string, folder: string, report: (message: string) => void): Promise<string> {
  const { platform, arch } = process;
  const archive = archiveName(version, platform, arch);
  if (!archive) throw new Error(`no release of unsorry is made for ${platform} on ${arch}. Build it with cargo instead.`);
  const release = `${process.env['UNSORRY_RELEASES'] || RELEASES}/v${version}`;
  const sums = (await fetched(`${release}/SHA256SUMS`)).toString('utf8');
  const expected = checksumOf(archive, sums);
  if (!expected) throw new Error(`the release's SHA256SUMS does not name ${archive}.`);
  report(archive);
  const bytes = await fetched(`${release}/${archive}`);
  const sum = createHash('sha256').update(bytes).digest('hex');
  if (sum !== expected) throw new Error(`${archive} came damaged: its SHA-256 is not the one in the release's SHA256SUMS.`);
  return unpacked(bytes, folder);
}

async function fetched(address: string): Promise<Buffer> {
  let response: Response;
  try {
    response = await fetch(address);
  } catch (error) {
    const cause = (error as Error).cause;
    throw new Error(`${address} can't be reached: ${cause instanceof Error ? cause.message : (error as Error).message}`);
  }
  if (!response.ok) throw new Error(`${address} answers ${response.status} ${response.statusText}.`);
  return Buffer.from(await response.arrayBuffer());
}

// In a folder beside, which is renamed: a program that is there is whole.
async function unpacked(bytes: Buffer, folder: string): Promise<string> {
  const draft = `${folder}.draft-${process.pid}`;
  fs.mkdirSync(draft, { recursive: true });
  try {
    const archive = path.join(draft, 'archive.tar.gz');
    fs.writeFileSync(archive, bytes);
    const ended = await run('tar', ['-xzf', archive, '-C', draft], 120);
    if (!ended.ok) throw new Error(`tar could not unpack the archive: ${ended.reason}`);
    const name = programName(process.platform);
    const program = fs.readdirSync(draft, { recursive: true, encoding: 'utf8' }).find(file => path.basename(file) === name);
    if (!program) throw new Error(`the archive has no ${name} in it.`);
    fs.mkdirSync(folder, { recursive: true });
    const destination = path.join(folder, name);
    retire(destination);
    fs.renameSync(path.join(draft, program), destination);
    return destination;
  } finally {
    fs.rmSync(draft, { recursive: true, force: true });
  }
}

// A program that runs can't be replaced on Windows, but it can be renamed; its old name is cleared up next time.
function retire(file: string): void {
  const old = `${file}.old`;
  fs.rmSync(old, { force: true });
  if (fs.existsSync(file)) fs.renameSync(file, old);
}
