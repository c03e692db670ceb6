import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** A file of an image. */
export interface LayerFile {
  /** In the image, from its root. */
  path: string;
  /** The file on this machine that it is copied from. */
  from: string;
  isExecutable?: boolean;
}

/** A layer, kept as a file. */
export interface Layer {
  /** Of the compressed file, `sha256:…`. */
  digest: string;
  /** Of what it holds, `sha256:…`. */
  diffId: string;
  /** Compressed, in bytes. */
  size: number;
  /** The compressed tar archive. */
  file: string;
}

export const sha256 = (content: string | Buffer): string =>
  `sha256:${createHash('sha256').update(content).digest('hex')}`;

/**
 * Writes a tar archive of a folder that says nothing of who wrote it, when and where. All may be read by everybody, and
 * what its owner may execute by everybody.
 */
export const tar = (folder: string, archive: string, names: readonly string[] = ['.']): void => {
  const plain = [
    '--format=ustar',
    '--sort=name',
    '--mtime=@0',
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    '--mode=u=rwX,go=rX',
  ];
  execFileSync('tar', ['--create', '--file', archive, ...plain, '--directory', folder, ...names]);
};

/**
 * Compresses a file into `FILE.gz` in a way that depends on nothing but its content: the zlib of Node.js chooses by what
 * the processor can do.
 */
export const gzip = (file: string): void => {
  execFileSync('gzip', ['--no-name', '--force', '-6', file]);
};

const keyOf = (files: readonly LayerFile[]): string =>
  sha256(
    files
      .map(({ path, from, isExecutable }) => `${path} ${isExecutable} ${sha256(readFileSync(from))}\n`)
      .join(''),
  ).slice('sha256:'.length, 39);

const stage = (files: readonly LayerFile[], folder: string): void => {
  for (const { path, from, isExecutable } of files) {
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(from, target);
    chmodSync(target, isExecutable ? 0o755 : 0o644);
  }
};

/**
 * The layer that holds some files, root's and with plain modes, from the store when it is there. The same files make the
 * same layer, bit by bit, whenever and wherever it is made.
 */
export const makeLayer = (files: readonly LayerFile[], store: string): Layer => {
  const base = join(store, `layer-${keyOf(files)}`);
  const file = `${base}.tar.gz`;
  if (!existsSync(file)) {
    mkdirSync(store, { recursive: true });
    const folder = mkdtempSync(`${base}.`);
    try {
      const part = join(folder, 'layer.tar');
      mkdirSync(join(folder, 'root'));
      stage(files, join(folder, 'root'));
      tar(join(folder, 'root'), part);
      writeFileSync(`${base}.diff-id`, sha256(readFileSync(part)));
      gzip(part);
      renameSync(`${part}.gz`, file);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
  const now = new Date();
  utimesSync(file, now, now);
  return {
    file,
    digest: sha256(readFileSync(file)),
    diffId: readFileSync(`${base}.diff-id`, 'utf8'),
    size: statSync(file).size,
  };
};
