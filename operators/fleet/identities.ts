import { clusterGroup } from '../api/identities.ts';

/** The agent of a cluster that a user's name names, compared whole; undefined when it is anybody else. */
export const agentOf = (user: string, cluster: string): string | undefined => {
  const prefix = `${clusterGroup(cluster)}:`;
  if (!user.startsWith(prefix)) return undefined;
  const agent = user.slice(prefix.length);
  return agent !== '' && !agent.includes(':') ? agent : undefined;
};

/** Usages of a client certificate; `client auth` is what it is for. */
const clientUsages = ['client auth', 'digital signature', 'key encipherment'];

/** Whether these are the usages of a client certificate and no others. */
export const hasClientUsages = (asked: readonly string[]): boolean =>
  asked.includes('client auth') && asked.every((usage) => clientUsages.includes(usage));
