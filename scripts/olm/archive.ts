import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { tar } from '../images/layer.ts';
import type { Files } from '../in-step.ts';
import { writeFiles } from './files.ts';

/** An image that holds files and nothing that runs. */
export interface DataImage {
  reference: string;
  /** By their paths from the image's root. */
  files: Files;
  labels: Readonly<Record<string, string>>;
}

const sha256 = (content: Buffer | string): string => createHash('sha256').update(content).digest('hex');

const withFolder = <Result>(step: (folder: string) => Result): Result => {
  const folder = mkdtempSync(join(tmpdir(), 'data-image-'));
  try {
    return step(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const layerOf = (files: Files): Buffer =>
  withFolder((folder) => {
    writeFiles(join(folder, 'root'), files);
    tar(join(folder, 'root'), join(folder, 'layer.tar'));
    return readFileSync(join(folder, 'layer.tar'));
  });

/** The files of one image in an archive, and its line in the archive's manifest. */
const partsOf = ({ reference, files, labels }: DataImage): { line: object; parts: [string, Buffer][] } => {
  const layer = layerOf(files);
  const created = new Date(0).toISOString();
  const config = Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      created,
      config: { Labels: labels },
      rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(layer)}`] },
      history: [{ created, created_by: 'scripts/olm' }],
    }),
  );
  const layerFile = `${sha256(layer)}/layer.tar`;
  const configFile = `${sha256(config)}.json`;
  return {
    line: { Config: configFile, RepoTags: [reference], Layers: [layerFile] },
    parts: [
      [layerFile, layer],
      [configFile, config],
    ],
  };
};

/**
 * Writes images as one archive, as `docker save` would: `docker load`, `ctr images import` and skopeo read it. It needs no
 * engine, and the same images make the same bytes.
 */
export const writeArchive = (archive: string, images: readonly DataImage[]): void => {
  const all = images.map(partsOf);
  mkdirSync(dirname(archive), { recursive: true });
  withFolder((folder) => {
    const root = join(folder, 'root');
    const manifest = Buffer.from(JSON.stringify(all.map(({ line }) => line)));
    writeFiles(root, new Map([...all.flatMap(({ parts }) => parts), ['manifest.json', manifest]]));
    tar(root, `${archive}.part`);
  });
  renameSync(`${archive}.part`, archive);
};
