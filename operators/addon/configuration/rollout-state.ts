import { managedClusterAddOnCondition } from '../../api/conditions.ts';
import type { ClusterStatus } from '../../fleet/rollout/cluster-status.ts';
import { referenceKey, storedReference } from '../../addon-framework/configuration/references.ts';
import { findCondition } from '../../runtime/controller/conditions.ts';
import { semanticEqual } from '../../runtime/controller/equality.ts';
import type { Configured } from './desired.ts';

const { progressing } = managedClusterAddOnCondition;

/** Whether the status of an add-on refers to just what is desired, with the same hashes. */
const refersToDesired = ({ addon, desired }: Configured): boolean => {
  const stored = addon.status?.configReferences ?? [];
  if (stored.length !== desired.length) return false;
  const wanted = new Map(desired.map((each) => [referenceKey(each), each.specHash]));
  return stored.every((entry) => {
    const reference = storedReference(entry);
    return reference !== undefined && wanted.get(referenceKey(reference)) === reference.specHash;
  });
};

/** How far an add-on has come with the configurations that it is to have (addon.md 4.6, B). */
export const rolloutStateOf = (configured: Configured): ClusterStatus => {
  const { addon, cluster } = configured;
  if (!refersToDesired(configured)) return { cluster, state: 'ToApply' };
  const condition = findCondition(addon.status?.conditions, progressing.type);
  const sinceIf = (reason: string) =>
    condition?.reason === reason ? { since: Date.parse(condition.lastTransitionTime) } : {};
  const isApplied = (addon.status?.configReferences ?? []).every(({ desiredConfig, lastAppliedConfig }) =>
    semanticEqual(desiredConfig, lastAppliedConfig),
  );
  if (isApplied) return { cluster, state: 'Succeeded', ...sinceIf(progressing.reason.Completed) };
  return condition?.reason === progressing.reason.Failed
    ? { cluster, state: 'Failed', ...sinceIf(progressing.reason.Failed) }
    : { cluster, state: 'Progressing', ...sinceIf(progressing.reason.Progressing) };
};
