import { join } from 'node:path';
import { ensureBinaryOf } from './binaries.ts';
import { spareCollections } from './spare-collections.ts';

/** Builds what every file of tests needs, before any test is timed: the first time takes longer than any of them may. */
export default async (): Promise<void> => {
  await ensureBinaryOf('kubernetes');
  await ensureBinaryOf('kubectl');
  spareCollections();
  // Tests start the project's programs from source hundreds of times, which Node then compiles once.
  process.env['NODE_COMPILE_CACHE'] ??= join(import.meta.dirname, '../../node_modules/.cache/compiled');
};
