import type { ManifestWorkExecutor, ServiceAccount } from '../../../api/generated/work.ts';
import { serviceAccountGroups, serviceAccountUser } from '../../../api/identities.ts';
import type { Client } from '../../../runtime/client/client.ts';
import { isAlreadyExists, isForbidden } from '../../../runtime/client/errors.ts';
import { type SubjectAccessReview, subjectAccessReviews } from '../../../runtime/client/kubernetes.ts';
import type { UnknownObject } from '../../../runtime/client/object.ts';
import { type Resource, pathOf } from '../../../runtime/client/resource.ts';

/** Milliseconds after which a refused executor is asked about again (work.md 3.7). */
export const executorRetryMs = 60_000;

/** The executor of a work may not do what a manifest needs. */
export class NotAllowedError extends Error {
  override readonly name = 'NotAllowedError';

  constructor({ resource, object }: Target, executor: ServiceAccount, detail = '') {
    const { group, plural } = resource;
    const { namespace = '', name } = object.metadata;
    super(
      `not allowed to apply the resource ${group} ${plural}, ${namespace} ${name},${detail} will try again in 1m0s; ` +
        `grant the rights to ServiceAccount ${executor.namespace}/${executor.name} on the managed cluster`,
    );
  }
}

/** The work names its executor in a way that is not understood. */
export class InvalidExecutorError extends Error {
  override readonly name = 'InvalidExecutorError';
}

/** What the agent is to do with an object on behalf of the executor. */
export type Action = 'ReadOnly' | 'ApplyNoDelete' | 'ApplyAndDelete';

export interface Target {
  resource: Resource<UnknownObject>;
  object: UnknownObject;
  action: Action;
}

/** The verbs that an action needs, in the order in which they are asked about. Reading needs no right to write (work.md 13, 6). */
const verbsOf: Record<Action, readonly string[]> = {
  ReadOnly: ['get'],
  ApplyNoDelete: ['create', 'update', 'patch', 'get'],
  ApplyAndDelete: ['create', 'update', 'patch', 'get', 'delete'],
};

/** Resources by whose content somebody could gain rights that he does not have. */
const escalating = new Set(['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings']);

/** Rejects with a {@link NotAllowedError} when the executor may not do it. */
export type CheckAccess = (executor: ServiceAccount, target: Target, signal: AbortSignal) => Promise<void>;

/** Asks the managed cluster for each verb, and stops at the first refusal. */
export const checkAccess =
  (client: Client): CheckAccess =>
  async (executor, target, signal) => {
    for (const verb of verbsOf[target.action])
      if (!(await isAllowed(client, executor, target, verb, signal)))
        throw new NotAllowedError(target, executor);
  };

const isAllowed = async (
  client: Client,
  { namespace, name }: ServiceAccount,
  { resource, object }: Target,
  verb: string,
  signal: AbortSignal,
): Promise<boolean> => {
  const review: SubjectAccessReview = {
    metadata: { name: '' },
    spec: {
      user: serviceAccountUser(namespace, name),
      groups: serviceAccountGroups(namespace),
      resourceAttributes: {
        group: resource.group,
        version: resource.version,
        resource: resource.plural,
        namespace: object.metadata.namespace ?? '',
        name: object.metadata.name,
        verb,
      },
    },
  };
  const answer = await client.create(subjectAccessReviews, review, { signal });
  return answer.status?.allowed === true;
};

/**
 * Has the API server itself judge whether roles and bindings would give the executor more than it has: a dry run in its
 * name. That the object exists is no refusal, since escalation is judged before existence.
 */
const checkEscalation = async (
  client: Client,
  executor: ServiceAccount,
  target: Target,
  signal: AbortSignal,
): Promise<void> => {
  const { resource, object, action } = target;
  if (
    action === 'ReadOnly' ||
    resource.group !== 'rbac.authorization.k8s.io' ||
    !escalating.has(resource.plural)
  )
    return;
  try {
    await client.request({
      method: 'POST',
      path: pathOf(resource, object.metadata.namespace),
      query: { dryRun: 'All' },
      headers: { 'Impersonate-User': serviceAccountUser(executor.namespace, executor.name) },
      body: object,
      signal,
    });
  } catch (error) {
    if (isAlreadyExists(error)) return;
    if (isForbidden(error)) throw new NotAllowedError(target, executor, ' error: permission escalation,');
    throw error;
  }
};

/**
 * Rejects when the executor of a work may not do what a manifest needs (work.md 3.7). The agent then applies with its own
 * rights: the executor is a limit, not an identity.
 */
export const validateExecutor = async (
  client: Client,
  check: CheckAccess,
  executor: ManifestWorkExecutor | undefined,
  target: Target,
  signal: AbortSignal,
): Promise<void> => {
  if (!executor) return;
  if (executor.subject?.type !== 'ServiceAccount')
    throw new InvalidExecutorError('only support ServiceAccount type for the executor');
  const { serviceAccount } = executor.subject;
  if (!serviceAccount) throw new InvalidExecutorError('the executor service account is nil');
  await check(serviceAccount, target, signal);
  await checkEscalation(client, serviceAccount, target, signal);
};
