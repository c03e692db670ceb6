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

export type Platform = 'amd64' | 'arm64';

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

/** How an index names an image. */
export const descriptorOf = ({ reference, platform, manifest }: Image) => ({
  mediaType: manifestType,
  digest: manifest.digest,
  size: Buffer.byteLength(manifest.content),
  platform: { architecture: platform, os: 'linux' },
  annotations: {
    'io.containerd.image.name': reference,
    'org.opencontainers.image.ref.name': reference.slice(reference.lastIndexOf(':') + 1),
  },
});
