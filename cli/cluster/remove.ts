import type { Client } from '../../operators/runtime/client/client.ts';
import {
  clusterRoleBindings,
  clusterRoles,
  customResourceDefinitions,
  deployments,
  type Namespace,
  serviceAccounts,
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
} from '../../operators/runtime/client/kubernetes.ts';
import type { KubeObject, ObjectName } from '../../operators/runtime/client/object.ts';
import type { Resource } from '../../operators/runtime/client/resource.ts';
import type { CommandContext } from '../context.ts';
import { OPERATOR_NAMESPACE } from '../names.ts';
import { takesAdmissionPolicies } from './required-apis.ts';
import { waitFor } from './wait.ts';

export interface Target {
  resource: Resource;
  name: ObjectName;
}

/** The policies that bound an operator, each binding before its policy; none where the API server takes none. */
const admissionParts = async (client: Client, operator: string): Promise<Target[]> => {
  if (!(await takesAdmissionPolicies(client))) return [];
  const of = async (resource: Resource) => {
    const { items } = await client.list(resource, { labelSelector: `app=${operator}` });
    return items.map(({ metadata: { name } }) => ({ resource, name: { name } }));
  };
  return [...(await of(validatingAdmissionPolicyBindings)), ...(await of(validatingAdmissionPolicies))];
};

/** What installs an operator, besides its namespace; what bounds it after its Pods, and the CRD last. */
export const operatorParts = async (client: Client, operator: string, crd: string): Promise<Target[]> => [
  { resource: deployments, name: { name: operator, namespace: OPERATOR_NAMESPACE } },
  { resource: serviceAccounts, name: { name: operator, namespace: OPERATOR_NAMESPACE } },
  { resource: clusterRoleBindings, name: { name: operator } },
  { resource: clusterRoles, name: { name: operator } },
  ...(await admissionParts(client, operator)),
  { resource: customResourceDefinitions, name: { name: crd } },
];

/** Deletes an object unless this is a dry run; resolves to whether it was there. */
export const removeOne = async (
  { globals }: CommandContext,
  client: Client,
  resource: Resource,
  { name, namespace }: ObjectName,
  uid?: string,
): Promise<boolean> =>
  globals.dryRun
    ? (await client.find(resource, name, namespace)) !== undefined
    : (await client.delete(resource, { name, namespace }, { uid, propagationPolicy: 'Background' })) !==
      false;

/** Deletes what is there and waits until it is gone, so that it can be created again at once. */
export const remove = async (context: CommandContext, client: Client, targets: Target[]): Promise<void> => {
  for (const { resource, name } of targets) {
    const deleted = await removeOne(context, client, resource, name);
    if (deleted && !context.globals.dryRun) await waitUntilGone(context, client, resource, name);
  }
};

/** Resolves once the object is gone; rejects with what holds it when the time is up, by default `--timeout`. */
export const waitUntilGone = async <T extends KubeObject>(
  context: CommandContext,
  client: Client,
  resource: Resource<T>,
  { name, namespace }: ObjectName,
  timeoutMs?: number,
): Promise<void> => {
  if (!(await client.find(resource, name, namespace))) return;
  await waitFor(context, client, {
    resource,
    scope: { namespace, fieldSelector: `metadata.name=${name}` },
    waiting: `Waiting for ${resource.kind} ${name} to be removed...`,
    done: `${resource.kind} ${name} is removed.`,
    look: ([object]) => ({ reached: !object, state: object ? heldBy(object) : '' }),
    timeoutMs,
  });
};

/** Why an object that is being deleted is still there, as far as it says so itself. */
const heldBy = (object: KubeObject): string => {
  const finalizers = object.metadata.finalizers ?? [];
  if (finalizers.length > 0) return `its finalizers ${finalizers.join(', ')} are not removed yet`;
  const { conditions = [] } = (object as Namespace).status ?? {};
  const reasons = conditions.filter(({ status }) => status === 'True').map(({ message }) => message);
  return reasons.filter(Boolean).join('; ') || 'it is not gone yet';
};
