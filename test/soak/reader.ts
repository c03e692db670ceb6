import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { ensureBinaryOf } from '../cluster/binaries.ts';
import { repositoryFolder } from '../cluster/paths.ts';
import { commandsOf, runCommands, sectionOf } from '../docs/page.ts';
import type { Api } from '../e2e/fleet.ts';

/** Somebody who follows what is written, with a folder of their own and what they need on PATH. */
export interface Reader {
  /** Where commands run. */
  home: string;
  /** Runs commands as they are pasted, by bash, and resolves to what they print; rejects with it when one fails. */
  paste(
    commands: string,
    cluster: Pick<Api, 'kubeconfigPath'>,
    env?: Record<string, string>,
  ): Promise<string>;
  stop(): Promise<void>;
}

/** A reader of a page of the documentation. */
export interface PageReader extends Reader {
  /** Does what a section says on a cluster; rejects with what the commands printed when one fails. */
  follow(heading: string, cluster: Pick<Api, 'kubeconfigPath'>, env?: Record<string, string>): Promise<void>;
}

type Tool = 'helm' | 'kustomize';

/** @param tools what of it the page needs beside kubectl and clusteradm */
export const readerOf = async (page: string, tools: readonly Tool[] = []): Promise<PageReader> => {
  const reader = await newReader(tools);
  return {
    ...reader,
    async follow(heading, cluster, env) {
      await reader.paste(commandsOf(sectionOf(page, heading)), cluster, env);
    },
  };
};

/** @param tools what they need beside kubectl and clusteradm */
export const newReader = async (tools: readonly Tool[] = []): Promise<Reader> => {
  const folder = await mkdtemp(join(tmpdir(), 'reader-'));
  const bin = join(folder, 'bin');
  await mkdir(bin);
  for (const tool of ['kubectl', ...tools] as const)
    await symlink(await ensureBinaryOf(tool), join(bin, tool));
  const program = join(repositoryFolder, 'dist/clusteradm');
  const clusteradm = join(bin, 'clusteradm');
  await writeFile(clusteradm, `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
  await chmod(clusteradm, 0o755);
  const home = join(folder, 'home');
  await mkdir(home);
  return {
    home,
    async paste(commands, { kubeconfigPath }, env = {}) {
      const path = `${bin}${delimiter}${process.env['PATH'] ?? ''}`;
      const { stdout } = await runCommands(commands, {
        cwd: home,
        // Helm keeps what it knows of repositories in the home folder.
        env: { ...process.env, PATH: path, HOME: home, KUBECONFIG: kubeconfigPath, ...env },
      });
      return stdout;
    },
    stop: () => rm(folder, { recursive: true }),
  };
};
