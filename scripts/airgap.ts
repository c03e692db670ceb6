/**
 * Packs a release into one file that is enough to install without a network: `node scripts/airgap.ts [RELEASE]`, by
 * default dist/release. Images, charts, `clusteradm`, a program that fills a registry, and what the release says of
 * itself. Node.js, which the programs need, is the one of the images (docs/install-airgapped.md).
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { build } from 'esbuild';
import { type Descriptor, type Index, isIndex, type Manifest } from './airgap/layout.ts';
import { tar } from './images/layer.ts';
import { writeSums } from './release/sums.ts';
import { repository } from './repository.ts';

/** What `uname -m` says of a platform. */
const machines: Record<string, string> = { amd64: 'x86_64', arm64: 'aarch64' };

/** Starts a program of lib/ with the Node.js of the images for its machine, which is taken out of them at the first start. */
const launcher = (program: string, layers: Readonly<Record<string, string>>): string => `#!/bin/sh
# Starts ${program} with the Node.js that the images have.
set -eu
here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
case $(uname -m) in
${Object.entries(layers)
  .map(([platform, layer]) => `${machines[platform]}) layer=${layer.replace(':', '/')} ;;\n`)
  .join('')}*)
  echo "${program}: the images have no Node.js for $(uname -m)" >&2
  exit 1
  ;;
esac
if [ ! -x "$here/lib/node" ]; then
  tar -xOf "$here/images.tar" "blobs/$layer" | tar -xzO ./usr/local/bin/node > "$here/lib/node.$$"
  chmod +x "$here/lib/node.$$"
  mv "$here/lib/node.$$" "$here/lib/node"
fi
IMAGES=\${IMAGES:-$here/images.tar} exec "$here/lib/node" "$here/lib/${program}" "$@"
`;

const bundle = async (entry: string, outfile: string): Promise<void> => {
  await build({
    entryPoints: [join(repository, entry)],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    minify: true,
    logLevel: 'warning',
  });
};

/** The layers of an archive's images that hold Node.js, by platform: nothing else is as large. */
const largestLayers = (archive: string): Record<string, string> => {
  const read = <T>(file: string): T =>
    JSON.parse(
      execFileSync('tar', ['--extract', '--to-stdout', '--file', archive, file], { encoding: 'utf8' }),
    ) as T;
  const blob = <T>({ digest }: Descriptor): T => read<T>(`blobs/${digest.replace(':', '/')}`);
  const [first] = read<Index>('index.json').manifests;
  if (!first) throw new Error(`${archive} holds no image`);
  const images = isIndex(first) ? blob<Index>(first).manifests : [first];
  return Object.fromEntries(
    images.map((image) => {
      const { layers } = blob<Manifest>(image);
      const largest = layers.reduce((sofar, layer) => (layer.size > sofar.size ? layer : sofar));
      return [image.platform?.architecture ?? '', largest.digest];
    }),
  );
};

/** Files of a release that go along as they are. */
const isKept = (name: string): boolean => /\.tgz$|^(?:images\.txt|NOTES\.md|sbom|provenance)$/.test(name);

const isNoSingleFile = (path: string): boolean => !basename(path).startsWith('clusteradm_');

const pack = async (release: string): Promise<string> => {
  const files = readdirSync(release);
  const images = files.find((name) => /^images-v.+\.tar$/.test(name));
  if (!images) throw new Error(`${release} holds no release: make release VERSION=…`);
  const name = `open-cluster-management-${images.slice('images-'.length, -'.tar'.length)}`;
  const work = mkdtempSync(join(release, '.airgap-'));
  try {
    const root = join(work, name);
    const lib = join(root, 'lib');
    mkdirSync(lib, { recursive: true });
    for (const file of files.filter(isKept))
      // The program that goes along needs no Node.js of its own: images have it.
      cpSync(join(release, file), join(root, file), { recursive: true, filter: isNoSingleFile });
    cpSync(join(release, images), join(root, 'images.tar'));
    cpSync(join(repository, 'docs/install-airgapped.md'), join(root, 'INSTALL.md'));
    cpSync(join(release, 'clusteradm'), join(lib, 'clusteradm'));
    await bundle('scripts/airgap/push-images.ts', join(lib, 'push-images.mjs'));
    const layers = largestLayers(join(release, images));
    for (const [command, program] of [
      ['clusteradm', 'clusteradm'],
      ['push-images', 'push-images.mjs'],
    ] as const) {
      writeFileSync(join(root, command), launcher(program, layers));
      chmodSync(join(root, command), 0o755);
    }
    writeSums(root);
    const archive = join(dirname(release), `${name}-airgap.tar`);
    tar(work, join(work, 'archive'), [name]);
    renameSync(join(work, 'archive'), archive);
    return archive;
  } finally {
    rmSync(work, { recursive: true });
  }
};

if (import.meta.main) {
  const release = resolve(process.argv[2] ?? join(repository, 'dist/release'));
  process.stdout.write(`${await pack(release)}\n`);
}
