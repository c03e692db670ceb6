import { ensureBinaries } from './binaries.ts';

/** Builds what control planes run before any test is timed: the first time takes longer than any of them may. */
export default async (): Promise<void> => {
  await ensureBinaries();
};
