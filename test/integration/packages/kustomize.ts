import { cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll } from '@jest/globals';
import { loadAll } from 'js-yaml';
import type { OperatorName } from '../../../operators/registration-operator/bundle/index.ts';
import { ensureBinaryOf } from '../../cluster/binaries.ts';
import { run } from '../../cluster/command.ts';
import { patience } from '../../cluster/index.ts';
import { repositoryFolder } from '../../cluster/paths.ts';
import type { Any } from '../cli/harness.ts';

/** Whoever runs kustomize waits until it is built, however long that takes on this machine. */
beforeAll(async () => void (await ensureBinaryOf('kustomize')), 12 * patience);

/** Runs kustomize as it is, in a folder; throws what it printed when it fails. */
export const kustomize = async (cwd: string, ...args: string[]): Promise<string> =>
  (await run(await ensureBinaryOf('kustomize'), args, { cwd })).stdout;

/** What `kustomize build` prints for a folder. */
export const built = async (folder: string): Promise<Any[]> =>
  (loadAll(await kustomize(folder, 'build')) as Any[]).filter(Boolean);

/** A copy of an operator's tree that may be edited, as a checkout of a user's. Resolves to its folder. */
export const copyOfTree = async (operator: OperatorName, target: string, within = ''): Promise<string> => {
  const folder = join(target, operator, within);
  await cp(join(repositoryFolder, 'deploy', operator, 'config'), folder, { recursive: true });
  return folder;
};

/** Writes files by their paths below a folder. */
export const writeTree = async (folder: string, files: ReadonlyMap<string, string>): Promise<void> => {
  for (const [file, text] of files) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), text);
  }
};
