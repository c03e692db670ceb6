import { basename } from 'node:path';
import { type BuildOptions, type Metafile, build, transform } from 'esbuild';

/** A program in one file, and what it was made of. */
interface Program {
  text: string;
  metafile: Metafile;
}

/**
 * Bundles a program into one file of which Node reads no more than what runs. V8 reads a file whole before it runs the first
 * line, functions that nobody calls included; what is in a string it only passes over. So whatever the program imports while
 * it runs, `await import('./commands/get.ts')`, is a string in the file, and a module once it is asked for
 * (docs/decisions/042-fast-command-line.md).
 * @throws Error when it is a package that is imported so: of one in CommonJS a part would hand out its default export alone
 */
export const bundleInParts = async ({ banner, ...options }: BuildOptions): Promise<Program> => {
  const { outputFiles, metafile } = await build({
    ...options,
    outfile: undefined,
    write: false,
    metafile: true,
    // Only of ES modules does esbuild make parts. Their names, which are hashes in part, must not depend on a folder.
    format: 'esm',
    splitting: true,
    outdir: '/parts',
    entryNames: 'main',
    chunkNames: '[name]-[hash]',
  });
  const files = Object.values(metafile.outputs).map(({ entryPoint = '' }) => entryPoint);
  // What has a dot before its name is no package.
  const foreign = files.find((file) => /node_modules\/(?!\.)/.test(file));
  if (foreign) throw new Error(`${foreign} is imported by await import: do that in a file of ours`);
  const parts = await Promise.all(
    outputFiles.map(async ({ path, text }) => [`./${basename(path)}`, await asCommonJs(text)] as const),
  );
  const sorted = Object.fromEntries(parts.toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return { text: `${banner?.['js'] ?? ''}\n${loaderOf(sorted)}`, metafile };
};

/** What a part imports it takes by `require`, which the loader hands to it. */
const asCommonJs = async (source: string): Promise<string> => {
  const { code } = await transform(source, {
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    minify: true,
    // Node's own `import()` knows nothing of parts.
    supported: { 'dynamic-import': false },
    legalComments: 'none',
  });
  return code.trimEnd();
};

/** Runs the part `main`. A part runs once, when it is first asked for; what is none is a module of Node's. */
const loaderOf = (parts: Record<string, string>): string => `'use strict';
const { compileFunction } = require('node:vm');
const parts = ${JSON.stringify(parts)};
const modules = new Map();
const load = (name) => {
  if (!Object.hasOwn(parts, name)) return require(name);
  const known = modules.get(name);
  if (known) return known.exports;
  const module = { exports: {} };
  modules.set(name, module);
  const names = ['exports', 'require', 'module', '__filename', '__dirname'];
  compileFunction(parts[name], names, { filename: name })(module.exports, load, module, __filename, __dirname);
  return module.exports;
};
load('./main.js');
`;
