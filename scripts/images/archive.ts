import { copyFileSync, linkSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Image, type Named, named, platformOfMachine } from './image.ts';
import { tar } from './layer.ts';

const pathOf = (digest: string): string => `blobs/${digest.replace(':', '/')}`;

const ofMachine = ({ images }: Named): Image =>
  images.find(({ platform }) => platform === platformOfMachine) ?? images[0]!;

/** Another file system cannot link. */
const linkOrCopy = (from: string, to: string): void => {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
};

/**
 * Writes images into one archive, what they share once. It is an OCI layout, which containerd, podman and skopeo take, with
 * the list beside it that `docker load` reads: that knows one platform, which is the machine's.
 */
export const writeArchive = (images: readonly Image[], archive: string): void => {
  mkdirSync(dirname(archive), { recursive: true });
  const folder = mkdtempSync(`${archive}.`);
  try {
    mkdirSync(join(folder, 'blobs/sha256'), { recursive: true });
    const layers = new Map(
      images.flatMap((image) => image.layers).map((layer) => [layer.digest, layer.file]),
    );
    for (const [digest, file] of layers) linkOrCopy(file, join(folder, pathOf(digest)));
    const all = named(images);
    const blobs = images.flatMap(({ config, manifest }) => [config, manifest]);
    const indexes = all.flatMap(({ index }) => index ?? []);
    for (const { digest, content } of [...blobs, ...indexes])
      writeFileSync(join(folder, pathOf(digest)), content);
    const documents = {
      'oci-layout': { imageLayoutVersion: '1.0.0' },
      'index.json': {
        schemaVersion: 2,
        mediaType: 'application/vnd.oci.image.index.v1+json',
        manifests: all.map(({ descriptor }) => descriptor),
      },
      'manifest.json': all.map(ofMachine).map(({ reference, config, layers: own }) => ({
        Config: pathOf(config.digest),
        RepoTags: [reference],
        Layers: own.map(({ digest }) => pathOf(digest)),
      })),
    };
    for (const [name, document] of Object.entries(documents))
      writeFileSync(join(folder, name), JSON.stringify(document));
    tar(folder, `${folder}.tar`, Object.keys(documents).concat('blobs'));
    renameSync(`${folder}.tar`, archive);
  } finally {
    rmSync(folder, { recursive: true });
  }
};
