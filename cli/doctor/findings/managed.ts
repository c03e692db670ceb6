import type { ManagedFacts } from '../facts.ts';
import { klusterletFindings } from './conditions.ts';
import { credentialFindings } from './credentials.ts';
import type { Finding, Setting } from './finding.ts';
import { workloadFindings } from './workloads.ts';

/** What is wrong on a managed cluster; causes come before what follows from them. */
export const managedFindings = (facts: ManagedFacts, setting: Setting): Finding[] => {
  const { klusterlets, operator, agents, credentials } = facts;
  const { program } = setting;
  const none: Finding = {
    code: 'klusterlet-missing',
    object: 'Klusterlet klusterlet',
    cause: 'its operator is there and no Klusterlet says what to install',
    remedy: `run the join command again, which ${program} get token prints on the hub`,
  };
  const noOperator: Finding = {
    code: 'operator-missing',
    object: 'Deployment open-cluster-management/klusterlet',
    cause: 'there is a Klusterlet, and no operator that looks after it',
    remedy: `${program} upgrade klusterlet`,
  };
  return [
    ...(klusterlets?.length === 0 ? [none] : []),
    ...(operator ? workloadFindings([operator]) : operator === null ? [noOperator] : []),
    ...workloadFindings(agents),
    ...credentialFindings(credentials, setting),
    ...(klusterlets ?? []).flatMap((klusterlet) => klusterletFindings(klusterlet, program)),
    ...(klusterlets ?? []).flatMap(leaving),
    ...facts.appliedWorks.flatMap(leftBehind),
  ];
};

/** Without an operator nobody takes its finalizers away. */
const leaving = ({ metadata }: NonNullable<ManagedFacts['klusterlets']>[number]): Finding[] =>
  metadata.deletionTimestamp
    ? [
        {
          code: 'klusterlet-deletion',
          object: `Klusterlet ${metadata.name}`,
          cause: `it is being deleted, and its finalizers ${(metadata.finalizers ?? []).join(', ')} are not removed yet`,
          since: metadata.deletionTimestamp,
          remedy: 'see that the operator in namespace open-cluster-management runs',
        },
      ]
    : [];

const leftBehind = ({ metadata }: ManagedFacts['appliedWorks'][number]): Finding[] =>
  metadata.deletionTimestamp
    ? [
        {
          code: 'work-removal',
          object: `AppliedManifestWork ${metadata.name}`,
          cause: 'the objects of a work that is gone are not all removed yet',
          since: metadata.deletionTimestamp,
          remedy:
            'look for finalizers of the objects that its status names: kubectl get appliedmanifestwork -o yaml',
        },
      ]
    : [];
