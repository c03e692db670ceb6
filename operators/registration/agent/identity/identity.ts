import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomName } from '../../../runtime/client/legal-name.ts';

/** Who the agent is on the hub (registration.md 3.2). */
export interface Identity {
  clusterName: string;
  agentName: string;
}

/** Files of the hub kubeconfig secret that keep the names across restarts. */
export const identityFile = { clusterName: 'cluster-name', agentName: 'agent-name' } as const;

/** The trimmed content of a file, or empty when there is none. */
const readName = async (path: string): Promise<string> => {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
};

/**
 * The names that the flags give, else those kept in `directory`, else those `recorded` before there was a certificate,
 * else new ones (registration.md 3.2, D25).
 */
export const completeIdentity = async (
  given: Identity,
  directory: string,
  recorded: Partial<Identity> = {},
): Promise<Identity> => ({
  clusterName:
    given.clusterName ||
    (await readName(join(directory, identityFile.clusterName))) ||
    recorded.clusterName ||
    randomUUID(),
  agentName:
    given.agentName ||
    (await readName(join(directory, identityFile.agentName))) ||
    recorded.agentName ||
    randomName(),
});
