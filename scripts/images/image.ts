import { type Layer, sha256 } from './layer.ts';

/** A JSON document of an image, by its digest. */
export interface Blob {
  digest: string;
  content: string;
}

/** An image of one platform, as the OCI describes it. */
export interface Image {
  /** Its name with a tag. */
  reference: string;
  platform: Platform;
  layers: readonly Layer[];
  config: Blob;
  manifest: Blob;
}

export const platforms = ['amd64', 'arm64'] as const;

export type Platform = (typeof platforms)[number];

export const platformOfMachine: Platform = process.arch === 'arm64' ? 'arm64' : 'amd64';

export interface ImageSpec {
  reference: string;
  platform: Platform;
  layers: readonly Layer[];
  labels: Record<string, string>;
  /** `NAME=value`. */
  env?: readonly string[];
  /** Who processes are, as numbers: `runAsNonRoot` cannot judge a name. None in images that run nothing. */
  user?: string;
  /** RFC 3339. */
  created: string;
  /** None: what runs is what a Pod's `args` say (packaging.md 1). */
  entrypoint?: readonly string[];
}

const blob = (document: object): Blob => {
  const content = JSON.stringify(document);
  return { digest: sha256(content), content };
};

const manifestType = 'application/vnd.oci.image.manifest.v1+json';

export const makeImage = (spec: ImageSpec): Image => {
  const { reference, platform, layers, created } = spec;
  const config = blob({
    created,
    architecture: platform,
    os: 'linux',
    config: {
      User: spec.user,
      Env: spec.env,
      Entrypoint: spec.entrypoint,
      WorkingDir: '/',
      Labels: spec.labels,
    },
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map(() => ({ created })),
  });
  const manifest = blob({
    schemaVersion: 2,
    mediaType: manifestType,
    config: {
      mediaType: 'application/vnd.oci.image.config.v1+json',
      digest: config.digest,
      size: Buffer.byteLength(config.content),
    },
    layers: layers.map(({ digest, size }) => ({
      mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
      digest,
      size,
    })),
  });
  return { reference, platform, layers, config, manifest };
};

const indexType = 'application/vnd.oci.image.index.v1+json';

const bytesOf = ({ content }: Blob): number => Buffer.byteLength(content);

const manifestDescriptor = ({ platform, manifest }: Image) => ({
  mediaType: manifestType,
  digest: manifest.digest,
  size: bytesOf(manifest),
  platform: { architecture: platform, os: 'linux' },
});

/** What a reference stands for: an image, or an index of images of several platforms. */
export interface Named {
  reference: string;
  images: readonly Image[];
  /** Of an index; without one the image's manifest is what is named. */
  index?: Blob;
  /** Of what is named. */
  digest: string;
  /** How the index of an archive names it. */
  descriptor: object;
}

/** Images by their references, in their order; those of several platforms that have the same one are brought together. */
export const named = (images: readonly Image[]): Named[] =>
  [...Map.groupBy(images, ({ reference }) => reference)].map(([reference, own]) => {
    const annotations = {
      'io.containerd.image.name': reference,
      'org.opencontainers.image.ref.name': reference.slice(reference.lastIndexOf(':') + 1),
    };
    const manifests = own.map(manifestDescriptor);
    if (manifests.length === 1) {
      const [descriptor] = manifests;
      const { digest } = descriptor!;
      return { reference, images: own, digest, descriptor: { ...descriptor, annotations } };
    }
    const index = blob({ schemaVersion: 2, mediaType: indexType, manifests });
    const { digest } = index;
    const descriptor = { mediaType: indexType, digest, size: bytesOf(index), annotations };
    return { reference, images: own, index, digest, descriptor };
  });
