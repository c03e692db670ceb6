import { versionRefusals } from '../../operators/api/conditions.ts';
import type { ClusterManager, Klusterlet } from '../../operators/api/index.ts';
import { type Deployment, deployments } from '../../operators/runtime/client/kubernetes.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import { waitFor } from '../cluster/wait.ts';
import type { CommandContext } from '../context.ts';
import { OPERATOR_NAMESPACE } from '../names.ts';
import { conditionOf } from '../status/step.ts';
import { isRolledOut, type Plan } from './plan.ts';

/** Waits until all Pods of an operator are of its present Deployment. */
export const waitForRollout = (context: CommandContext, client: Client, name: string): Promise<void> =>
  waitFor(context, client, {
    resource: deployments,
    scope: { namespace: OPERATOR_NAMESPACE, fieldSelector: `metadata.name=${name}` },
    waiting: 'Waiting for registration operator to become ready...',
    done: 'Registration operator is now available.',
    look: ([deployment]) => ({
      reached: deployment !== undefined && isRolledOut(deployment),
      state: deployment ? progressOf(deployment) : `there is no Deployment ${name}`,
    }),
  });

const progressOf = ({ spec, status = {} }: Deployment): string => {
  const failing = status.conditions?.find(({ status: holds, reason }) => holds !== 'True' && reason);
  const counted = `${status.updatedReplicas ?? 0} of ${spec?.replicas ?? 1} Pods are of the new version, ${status.availableReplicas ?? 0} available`;
  return failing ? `${counted}: ${failing.message}` : counted;
};

/** Waits until the operator has brought about what a custom resource asks for since this generation of it. */
export const waitForOperator = <T extends ClusterManager | Klusterlet>(
  context: CommandContext,
  { client, resource, present, look }: Plan<T>,
  generation: number,
  [waiting, done]: [waiting: string, done: string],
): Promise<void> => {
  const { name } = present.metadata;
  return waitFor(context, client, {
    resource,
    scope: { fieldSelector: `metadata.name=${name}` },
    waiting: `Waiting for ${resource.kind} ${name} to ${waiting}...`,
    done: `${resource.kind} ${name} ${done}.`,
    look: ([object]) => {
      if ((object?.status?.observedGeneration ?? 0) < generation) {
        return { reached: false, state: 'the operator has not looked at it yet' };
      }
      const refusal = refusalOf(object);
      if (refusal) throw new Error(`the operator refuses: ${refusal}`);
      return look(object);
    },
  });
};

/** Why the operator takes no step towards what it is asked for: nothing that time changes. */
const refusalOf = (object: ClusterManager | Klusterlet | undefined): string | undefined => {
  const applied = conditionOf(object?.status?.conditions, 'Applied');
  const refused = versionRefusals.some((reason) => reason === applied?.reason);
  return refused ? applied?.message : undefined;
};
