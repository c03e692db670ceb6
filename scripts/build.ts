/**
 * Bundles each executable into one file under dist/: `node scripts/build.ts [name …]`, default all whose source exists.
 * VERSION stamps them with another version than package.json's, IMAGE_REGISTRY has them take images from another registry,
 * DIST names another folder.
 *
 * The files need Node and nothing else. What an executable carries it holds in memory for as long as it runs, so the parts
 * of dependencies that nothing reaches are left out here (docs/decisions/002-logging.md, 006-process-memory.md).
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type BuildOptions, type Metafile, type Plugin, build } from 'esbuild';
import { load } from 'js-yaml';
import { filesOf, versions } from './bundle.ts';
import { leaveOut } from './leave-out.ts';
import { bundleInParts } from './parts.ts';

const root = join(import.meta.dirname, '..');
const dist = resolve(root, process.env['DIST'] ?? 'dist');

interface Executable {
  name: string;
  entry: string;
  /** Where the image has Node; a tool for people takes theirs. */
  node: string;
  /** It is a tool for people: it has what it needs of the bundles in it, and starts fast, whichever command is asked for. */
  isTool?: boolean;
}

// One argument is all that a kernel passes on; NODE_OPTIONS, which refuses this one, is in the image.
const imageNode = '/usr/local/bin/node --optimize-for-size';
const executables: Executable[] = [
  { name: 'registration-operator', entry: 'operators/registration-operator/main.ts', node: imageNode },
  { name: 'registration', entry: 'operators/registration/main.ts', node: imageNode },
  { name: 'server', entry: 'operators/registration/server/main.ts', node: imageNode },
  { name: 'work', entry: 'operators/work/main.ts', node: imageNode },
  { name: 'placement', entry: 'operators/placement/main.ts', node: imageNode },
  { name: 'addon', entry: 'operators/addon/main.ts', node: imageNode },
  { name: 'clusteradm', entry: 'cli/main.ts', node: '/usr/bin/env node', isTool: true },
];

/** `v1.2.3` of package.json; VERSION overrides it. */
const versionOf = (): string => {
  if (process.env['VERSION']) return process.env['VERSION'];
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  return `v${version}`;
};

/** The settings that all executables share; also for tests and benchmarks that bundle a program of their own. */
export const bundleOptions = (entry: string, outfile: string, version = versionOf()): BuildOptions => ({
  entryPoints: [entry],
  outfile,
  bundle: true,
  platform: 'node',
  target: 'node24',
  // A fifth less memory than ES modules, and a faster start (docs/decisions/006-process-memory.md).
  format: 'cjs',
  minify: true,
  keepNames: true,
  legalComments: 'none',
  logLevel: 'warning',
  define: {
    'process.env.OCM_VERSION': JSON.stringify(version),
    'process.env.OCM_BUILD_REGISTRY': JSON.stringify(process.env['IMAGE_REGISTRY'] ?? ''),
    'import.meta.dirname': '__dirname',
    'import.meta.filename': '__filename',
    // Only a release names its commit: otherwise each commit would make new images of the same code.
    'process.env.OCM_COMMIT': JSON.stringify(process.env['COMMIT'] ?? ''),
  },
  plugins: [leaveOut, awaitInEntry(entry)],
});

/** What a bundle says of itself, without its files. */
const headOf = (version: string): [file: string, text: string] => {
  const path = join(root, 'bundles', version, 'bundle.yaml');
  const { checksums: _, ...head } = load(readFileSync(path, 'utf8')) as Record<string, unknown>;
  return [`older/${version}/bundle.yaml`, JSON.stringify({ ...head, sets: {} })];
};

interface Stages {
  stages: { manifests: { file: string }[] }[];
}

/** What of the newest bundle installs the operators, by its paths, and what the older ones say of themselves: JSON. */
export const embeddedBundles = (): string => {
  const [newest = '', ...older] = versions().toReversed();
  const folder = join(root, 'bundles', newest);
  const read = (file: string): string => readFileSync(join(folder, file), 'utf8');
  const own = filesOf(folder).filter((file) => file.startsWith('operators/'));
  const named = own
    .filter((file) => file.endsWith('/stages.yaml'))
    .flatMap((file) => (load(read(file)) as Stages).stages)
    .flatMap(({ manifests }) => manifests.map(({ file }) => file));
  const files = new Set(['bundle.yaml', ...own, ...named]);
  return JSON.stringify(
    Object.fromEntries([...[...files].map((file) => [file, read(file)]), ...older.map(headOf)]),
  );
};

/** An entry may await at its top, which CommonJS cannot: what follows its imports goes into a function. */
const awaitInEntry = (entry: string): Plugin => ({
  name: 'await-in-entry',
  setup: (build) => {
    build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
      if (path !== entry) return undefined;
      const source = readFileSync(path, 'utf8');
      const imports = source.match(/^import\b[^;]*;$/gm) ?? [];
      const rest = source.replaceAll(/^import\b[^;]*;$/gm, '');
      return { contents: `${imports.join('\n')}\nvoid (async () => {\n${rest}\n})();\n`, loader: 'ts' };
    });
  },
});

/** Writes an executable, and returns what it is made of. */
const bundle = async ({ entry, node, isTool }: Executable, outfile: string): Promise<Metafile> => {
  const common = bundleOptions(join(root, entry), outfile);
  const options = {
    ...common,
    define: {
      ...common.define,
      'process.env.OCM_EMBEDDED_BUNDLE': JSON.stringify(isTool ? embeddedBundles() : ''),
    },
    banner: { js: `#!${node}` },
  };
  if (!isTool) return (await build({ ...options, metafile: true })).metafile;
  const { text, metafile } = await bundleInParts(options);
  writeFileSync(outfile, text);
  return metafile;
};

const buildExecutable = async (executable: Executable): Promise<void> => {
  const file = join(dist, executable.name);
  const part = `${file}.${process.pid}`;
  const metafile = await bundle(executable, part);
  chmodSync(part, 0o755);
  writeFileSync(`${file}.packages.json`, JSON.stringify(packagesIn(metafile)));
  // At once: whoever starts the program meanwhile gets the old one or the new one.
  renameSync(part, file);
  const { size } = statSync(file);
  console.log(
    `${executable.name}: ${kilobytes(size)} kB, ${kilobytes(gzipSync(readFileSync(file)).length)} kB compressed`,
  );
  if (process.argv.includes('--largest')) console.log(largest(metafile));
};

/** The folders of the packages that an executable holds code of, for what a release says of itself. */
const packagesIn = ({ outputs }: Metafile): string[] => {
  const used = Object.values(outputs)
    .flatMap(({ inputs }) => Object.entries(inputs))
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  const folders = used.flatMap(([path]) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []);
  return [...new Set(folders)].toSorted();
};

const largest = ({ outputs }: Metafile): string => {
  const bytes = new Map<string, number>();
  for (const { inputs } of Object.values(outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const owner =
        /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? path.split('/').slice(0, 3).join('/');
      bytes.set(owner, (bytes.get(owner) ?? 0) + bytesInOutput);
    }
  }
  return [...bytes]
    .sort((a, b) => b[1] - a[1])
    .slice(0, 20)
    .map(([owner, size]) => `  ${kilobytes(size).padStart(6)} kB  ${owner}`)
    .join('\n');
};

const kilobytes = (bytes: number): string => (bytes / 1000).toFixed(0);

const main = async (): Promise<void> => {
  const names = process.argv.slice(2).filter((arg) => !arg.startsWith('-'));
  const unknown = names.find((name) => !executables.some((each) => each.name === name));
  if (unknown)
    throw new Error(`no executable is called ${unknown}: ${executables.map(({ name }) => name).join(', ')}`);
  mkdirSync(dist, { recursive: true });
  // The files have no extension: without this, Node would take them for ES modules as the repository's are.
  writeFileSync(join(dist, 'package.json'), '{ "type": "commonjs" }\n');
  for (const executable of executables) {
    if (names.length > 0 && !names.includes(executable.name)) continue;
    if (existsSync(join(root, executable.entry))) {
      await buildExecutable(executable).catch((error: Error) => {
        console.error(`${executable.name}: ${error.message}`);
        process.exitCode = 1;
      });
    } else {
      rmSync(join(dist, executable.name), { force: true });
      console.log(
        `${executable.name}: ${relative(root, executable.entry) || executable.entry} does not exist, skipped`,
      );
    }
  }
};

if (import.meta.main) await main();
