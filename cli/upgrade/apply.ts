import type { ClusterManager, Klusterlet } from '../../operators/api/index.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import { type Deployment, deployments } from '../../operators/runtime/client/kubernetes.ts';
import type { UnknownObject } from '../../operators/runtime/client/object.ts';
import type { Resource } from '../../operators/runtime/client/resource.ts';
import { applyObjects, FIELD_MANAGER } from '../cluster/apply.ts';
import { waitFor } from '../cluster/wait.ts';
import type { CommandContext } from '../context.ts';
import { OPERATOR_NAMESPACE } from '../names.ts';
import { yamlDocuments } from '../output/printers.ts';

export interface Upgrade<T extends ClusterManager | Klusterlet> {
  /** Of the operator: nothing but its CRD where it runs on another cluster. */
  operator: UnknownObject[];
  resource: Resource<T>;
  present: T;
  spec: object;
  wait: boolean;
  /** Where the custom resource stands, for `--wait`; a state says what is missing. */
  look: (object: T | undefined) => { reached: boolean; state: string };
}

/**
 * Applies the operator, then changes the custom resource: what the flags and the values do not name stays (cli.md 9).
 * With `wait`, the new operator is there before it is asked for the new version, and all runs at the end.
 */
export const applyUpgrade = async <T extends ClusterManager | Klusterlet>(
  context: CommandContext,
  client: Client,
  { operator, resource, present, spec, wait, look }: Upgrade<T>,
): Promise<void> => {
  const { name } = present.metadata;
  await applyObjects(context, client, operator, '');
  if (context.globals.dryRun) {
    const { apiVersion, kind } = present;
    const changed = { apiVersion, kind, metadata: { name }, spec: { ...present.spec, ...spec } };
    context.output.print(`${yamlDocuments([JSON.parse(JSON.stringify(changed)) as object])}---\n`);
    return;
  }
  const deployment = operator.find(({ kind }) => kind === 'Deployment');
  if (wait && deployment) await waitForRollout(context, client, deployment.metadata.name);
  const patch = { type: 'merge' as const, body: { spec } };
  const { metadata } = await client.patch(resource, { name }, patch, { fieldManager: FIELD_MANAGER });
  if (!wait) return;
  await waitFor(context, client, {
    resource,
    scope: { fieldSelector: `metadata.name=${name}` },
    waiting: `Waiting for ${resource.kind} ${name} to be upgraded...`,
    done: `${resource.kind} ${name} is upgraded.`,
    look: ([object]) => {
      if ((object?.status?.observedGeneration ?? 0) >= (metadata.generation ?? 0)) return look(object);
      return { reached: false, state: 'the operator has not looked at it yet' };
    },
  });
};

/** Waits until all Pods of an operator are of its present Deployment; one of before that is still there does not count. */
const waitForRollout = (context: CommandContext, client: Client, name: string): Promise<void> =>
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

export const isRolledOut = ({ metadata, spec, status = {} }: Deployment): boolean => {
  const wanted = spec?.replicas ?? 1;
  return (
    (status.observedGeneration ?? 0) >= (metadata.generation ?? 0) &&
    (status.updatedReplicas ?? 0) === wanted &&
    (status.availableReplicas ?? 0) === wanted &&
    (status.replicas ?? 0) === wanted
  );
};

const progressOf = ({ spec, status = {} }: Deployment): string => {
  const failing = status.conditions?.find(({ status: holds, reason }) => holds !== 'True' && reason);
  const counted = `${status.updatedReplicas ?? 0} of ${spec?.replicas ?? 1} Pods are of the new version, ${status.availableReplicas ?? 0} available`;
  return failing ? `${counted}: ${failing.message}` : counted;
};
