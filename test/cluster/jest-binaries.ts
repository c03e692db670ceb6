import { join } from 'node:path';
import { ensureBinaries, ensureBinaryOf } from './binaries.ts';
import { spareCollections } from './spare-collections.ts';

/** Builds what control planes run, and helm, before any test is timed: the first time takes longer than any of them may. */
export default async (): Promise<void> => {
  await ensureBinaries();
  await ensureBinaryOf('helm');
  spareCollections();
  // Tests start the project's programs from source hundreds of times, which Node then compiles once.
  process.env['NODE_COMPILE_CACHE'] ??= join(import.meta.dirname, '../../node_modules/.cache/compiled');
};
