import type { Facts } from '../facts.ts';
import type { Finding, Setting } from './finding.ts';
import { hubFindings } from './hub.ts';
import { managedFindings } from './managed.ts';

export type { Finding } from './finding.ts';

/** All causes of trouble in some facts, which may be read now or from an archive: what is found depends on nothing else. */
export const findingsOf = ({ hub, managed, taken, unread }: Facts, program: string): Finding[] => {
  const setting: Setting = { program, now: Date.parse(taken) };
  if (!hub && !managed && unread.length === 0) {
    return [
      {
        code: 'nothing-installed',
        object: 'the cluster',
        cause: 'neither a hub nor a klusterlet is installed here',
        remedy: `${program} init makes it a hub; what ${program} get token prints on a hub joins it; or name another cluster with --context`,
      },
    ];
  }
  return [...(managed ? managedFindings(managed, setting) : []), ...(hub ? hubFindings(hub, setting) : [])];
};
