import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Image, makeImage } from '../images/image.ts';
import { makeLayer } from '../images/layer.ts';
import type { DataImage } from '../olm/archive.ts';
import { writeFiles } from '../olm/files.ts';

/** An image that holds files and nothing that runs, its layer kept in a store; the same files make the same image. */
export const imageOfData = ({ reference, files, labels }: DataImage, store: string): Image => {
  const folder = mkdtempSync(join(tmpdir(), 'data-image-'));
  try {
    writeFiles(folder, files);
    const inImage = [...files.keys()].map((path) => ({ path: `/${path}`, from: join(folder, path) }));
    return makeImage({
      reference,
      platform: 'amd64',
      layers: [makeLayer(inImage, store)],
      labels: { ...labels },
      created: new Date(0).toISOString(),
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
};
