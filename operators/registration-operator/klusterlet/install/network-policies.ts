import type { Klusterlet } from '../../../api/generated/operator.ts';
import { networkPolicies } from '../../../runtime/client/kubernetes.ts';
import { type Applied, refOf } from '../../apply/index.ts';
import { inventory } from '../../bundle/index.ts';
import { denyFirst, isDenyAll, mayHavePolicies } from '../../network/policies.ts';
import type { Dependencies } from '../dependencies.ts';
import { removeOwned } from '../owned-objects.ts';
import { nothingObserved, renderInput } from '../rendering/parameters.ts';
import { applyObjects, type Destination } from './apply-stage.ts';
import type { Plan } from './render-plan.ts';

/** Whether a Klusterlet has network policies, or may have them from before. */
export const mayHave = (
  { settings }: Pick<Dependencies, 'settings'>,
  { spec, status }: Klusterlet,
): boolean =>
  mayHavePolicies(
    spec?.registrationConfiguration?.featureGates,
    status?.relatedResources,
    settings.mayReadPolicies,
  );

/** Removes the policies of a gate that was closed, the one that cuts everything first. */
const removePolicies = async ({ deps, klusterlet, cluster }: Destination, plan: Plan): Promise<void> => {
  const input = { ...renderInput(klusterlet, nothingObserved(plan.mode)), stages: ['network'] };
  const present = inventory(deps.bundles, 'klusterlet', input)
    .map(({ object }) => ({ ref: refOf(object) }))
    .filter(({ ref }) => ref.resource.kind === networkPolicies.kind && deps.applier.mayExist(cluster, ref));
  for (const { ref } of denyFirst(present)) await removeOwned(deps, klusterlet, cluster, [ref]);
};

/**
 * Brings about the network policies of the agents, or removes them: what lets Pods through comes before what cuts them
 * off, and goes after it (since-1.3.1 3.4).
 * @throws InstallError
 */
export const syncPolicies = async (destination: Destination, plan: Plan): Promise<Applied[]> => {
  const { deps, klusterlet } = destination;
  const wanted = plan.stage('network');
  if (wanted.length === 0) {
    if (mayHave(deps, klusterlet)) await removePolicies(destination, plan);
    return [];
  }
  const cuts = ({ object }: (typeof wanted)[number]) =>
    isDenyAll({ kind: object.kind, name: object.metadata.name });
  const reason = 'ManagementClusterResourceApplyFailed';
  const letThrough = await applyObjects(
    destination,
    wanted.filter((each) => !cuts(each)),
    reason,
  );
  return [...letThrough, ...(await applyObjects(destination, wanted.filter(cuts), reason))];
};
