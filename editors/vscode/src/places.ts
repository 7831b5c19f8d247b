// Where the program may be, and what it is called where. Pure.
import path from 'node:path';

export interface Surroundings {
  platform: NodeJS.Platform;
  arch: string;
  home: string;
  /** The variable PATH. */
  searchPath: string;
  /** The folder in which this extension keeps a downloaded program. */
  storage: string;
}

/** `unsorry` or `unsorry.exe`. */
export function programName(platform: NodeJS.Platform): string {
  return platform === 'win32' ? 'unsorry.exe' : 'unsorry';
}

/** Every place where the program is looked for, in this order. */
export function places({ platform, home, searchPath, storage }: Surroundings): string[] {
  const name = programName(platform);
  const folders = searchPath.split(path.delimiter).filter(folder => path.isAbsolute(folder));
  return [...folders, path.join(home, '.cargo', 'bin'), storage].map(folder => path.join(folder, name));
}

/** `~/bin/unsorry`, as people write it. */
export function expanded(file: string, home: string): string {
  return /^~[/\\]/.test(file) ? path.join(home, file.slice(2)) : file;
}

const TARGETS: Record<string, string> = {
  'linux-x64': 'x86_64-unknown-linux-gnu',
  'linux-arm64': 'aarch64-unknown-linux-gnu',
  'darwin-x64': 'x86_64-apple-darwin',
  'darwin-arm64': 'aarch64-apple-darwin',
  'win32-x64': 'x86_64-pc-windows-msvc',
};

/** The name of a release's archive for this machine; none where none is made. */
export function archiveName(version: string, platform: string, arch: string): string | undefined {
  const target = TARGETS[`${platform}-${arch}`];
  return target && `unsorry-${version}-${target}.tar.gz`;
}

/** The checksum of `name` in a file as sha256sum writes it. */
export function checksumOf(name: string, sums: string): string | undefined {
  for (const line of sums.split('\n')) {
    const [, sum, file] = /^([0-9a-fA-F]{64})\s[ *]?(?:\.\/)?(.+?)\s*$/.exec(line) ?? [];
    if (file === name) return sum?.toLowerCase();
  }
  return undefined;
}
