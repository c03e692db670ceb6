import { join } from 'node:path';
import { ensureBinaries, ensureBinaryOf } from './binaries.ts';
import { spareCollections } from './spare-collections.ts';

/** The part of Jest's configuration that is read here. */
interface Run {
  testPathPatterns: { patterns: readonly string[] };
}

/**
 * Builds what every file of tests needs, before any test is timed: the first time takes longer than any of them may. When
 * all files run, what the last of them need is begun too, and they wait for it.
 */
export default async ({ testPathPatterns }: Run): Promise<void> => {
  await ensureBinaryOf('kubernetes');
  await ensureBinaryOf('kubectl');
  spareCollections();
  // The binaries of nodes before: end-to-end tests that run beside these wait for them.
  const later = async () => {
    await ensureBinaries();
    await ensureBinaryOf('helm');
    await ensureBinaryOf('kustomize');
    await ensureBinaryOf('opm');
    await ensureBinaryOf('cel-oracle');
    await ensureBinaryOf('addons');
  };
  // Whoever needs it hears why it cannot be built.
  if (testPathPatterns.patterns.length === 0) later().catch(() => {});
  // Tests start the project's programs from source hundreds of times, which Node then compiles once.
  process.env['NODE_COMPILE_CACHE'] ??= join(import.meta.dirname, '../../node_modules/.cache/compiled');
};
