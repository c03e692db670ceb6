/**
 * Pushes the images of a release into a registry, under the names that they have there: `push-images REGISTRY`, for example
 * `mirror.example.com:5000/ocm`. IMAGES is the archive (default: images.tar beside this file's folder); `--plain-http` is
 * for registries without TLS. Credentials are those of `docker login`; NODE_EXTRA_CA_CERTS names further authorities.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Descriptor, type Index, isIndex, type Manifest } from './layout.ts';
import { Registry } from './registry.ts';

const nameAnnotation = 'io.containerd.image.name';

/** Where an image goes: `ghcr.io/ours/work:v1` in `mirror:5000/ocm` is `ocm/work`, tag `v1`. */
export const placeOf = (
  reference: string,
  registry: string,
): { host: string; repository: string; tag: string } => {
  const [, name, tag] = /([^/:]+):([^/:]+)$/.exec(reference) ?? [];
  const [, host, path] = /^([^/]+)(?:\/(.+?))?\/*$/.exec(registry) ?? [];
  if (!name || !tag || !host) throw new Error(`${reference} cannot be pushed to "${registry}"`);
  return { host, repository: path ? `${path}/${name}` : name, tag };
};

const push = async (layout: string, registry: string, isPlain: boolean): Promise<void> => {
  const blob = (digest: string): Buffer => readFileSync(join(layout, 'blobs', digest.replace(':', '/')));
  const { manifests } = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as Index;
  for (const descriptor of manifests) {
    const { host, repository, tag } = placeOf(descriptor.annotations?.[nameAnnotation] ?? '', registry);
    const target = new Registry({ host, isPlain });
    /** An image, or an index after its images, under a tag or a digest. */
    const put = async (of: Descriptor, name: string): Promise<void> => {
      const content = blob(of.digest);
      const document = JSON.parse(content.toString()) as Partial<Index & Manifest>;
      for (const image of isIndex(of) ? (document.manifests ?? []) : []) await put(image, image.digest);
      for (const { digest } of [document.config ?? [], document.layers ?? []].flat())
        await target.putBlob(repository, digest, blob(digest));
      await target.putManifest(repository, name, of, content);
    };
    await put(descriptor, tag);
    process.stdout.write(`${host}/${repository}:${tag}\n`);
  }
};

const main = async (): Promise<void> => {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { 'plain-http': { type: 'boolean', default: false } },
  });
  const [registry, archive = process.env.IMAGES] = positionals;
  if (!registry || !archive) throw new Error('usage: push-images [--plain-http] REGISTRY [IMAGES]');
  const layout = mkdtempSync(join(tmpdir(), 'images-'));
  try {
    execFileSync('tar', ['--extract', '--file', archive, '--directory', layout], { stdio: 'inherit' });
    await push(layout, registry, values['plain-http']);
  } finally {
    rmSync(layout, { recursive: true });
  }
};

if (import.meta.main) {
  await main().catch((error: Error) => {
    process.stderr.write(`push-images: ${error.message}\n`);
    process.exitCode = 1;
  });
}
