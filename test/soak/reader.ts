import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { ensureBinaryOf } from '../cluster/binaries.ts';
import { repositoryFolder } from '../cluster/paths.ts';
import { runSection, sectionOf } from '../docs/page.ts';
import type { Api } from '../e2e/fleet.ts';

/** A page of the documentation and somebody who follows it, with a folder of their own and what they need on PATH. */
export interface Reader {
  /** Where commands run. */
  home: string;
  /** Does what a section says on a cluster; rejects with what the commands printed when one fails. */
  follow(heading: string, cluster: Pick<Api, 'kubeconfigPath'>, env?: Record<string, string>): Promise<void>;
  stop(): Promise<void>;
}

/** @param tools what of it the page needs beside kubectl and clusteradm */
export const readerOf = async (
  page: string,
  tools: readonly ('helm' | 'kustomize')[] = [],
): Promise<Reader> => {
  const folder = await mkdtemp(join(tmpdir(), 'reader-'));
  const commands = join(folder, 'bin');
  await mkdir(commands);
  for (const tool of ['kubectl', ...tools] as const)
    await symlink(await ensureBinaryOf(tool), join(commands, tool));
  const program = join(repositoryFolder, 'dist/clusteradm');
  const clusteradm = join(commands, 'clusteradm');
  await writeFile(clusteradm, `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
  await chmod(clusteradm, 0o755);
  const home = join(folder, 'home');
  await mkdir(home);
  return {
    home,
    async follow(heading, { kubeconfigPath }, env = {}) {
      const path = `${commands}${delimiter}${process.env['PATH'] ?? ''}`;
      await runSection(sectionOf(page, heading), {
        cwd: home,
        // Helm keeps what it knows of repositories in the home folder.
        env: { ...process.env, PATH: path, HOME: home, KUBECONFIG: kubeconfigPath, ...env },
      });
    },
    stop: () => rm(folder, { recursive: true }),
  };
};
