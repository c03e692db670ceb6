import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll } from '@jest/globals';
import type { Files } from '../../../scripts/in-step.ts';
import { writeFiles } from '../../../scripts/olm/files.ts';
import { ensureBinaryOf } from '../../cluster/binaries.ts';
import { CommandError, run } from '../../cluster/command.ts';
import { patience } from '../../cluster/index.ts';

/** Whoever runs opm waits until it is built, however long that takes on this machine. */
beforeAll(async () => void (await ensureBinaryOf('opm')), 12 * patience);

export interface Outcome {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Runs opm as it is, controlplane/opm's own command among its own, and returns how it ended. */
export const opm = async (args: readonly string[]): Promise<Outcome> => {
  try {
    return { status: 0, ...(await run(await ensureBinaryOf('opm'), args)) };
  } catch (error) {
    if (error instanceof CommandError) return error;
    throw error;
  }
};

/** Runs opm where these files are, named by what `args` makes of the folder. */
export const opmOn = async (files: Files, args: (folder: string) => string[]): Promise<Outcome> => {
  const folder = await mkdtemp(join(tmpdir(), 'opm-'));
  try {
    writeFiles(join(folder, 'files'), files);
    return await opm(args(join(folder, 'files')));
  } finally {
    await rm(folder, { recursive: true });
  }
};
