import type { ManifestWorkExecutor } from '../../api/generated/work.ts';
import { serviceAccountUser, virtualResource } from '../../api/identities.ts';
import type { AdmissionRequest } from '../../runtime/admission/admission.ts';
import type { Client } from '../../runtime/client/client.ts';
import { type SubjectAccessReview, subjectAccessReviews } from '../../runtime/client/kubernetes.ts';

/** The executor whose rights a work without one is checked against, when that is asked for (work.md 8.1). */
const defaultExecutor = { namespace: '', name: 'klusterlet-work-sa' };

/**
 * Whether the requesting user may have works in `namespace` executed by this executor; if not, why. An empty namespace
 * asks about all of them.
 */
export const executorFault = async (
  client: Client,
  user: AdmissionRequest['userInfo'],
  executor: ManifestWorkExecutor | undefined,
  namespace: string,
  signal: AbortSignal,
): Promise<string | undefined> => {
  const account = executor ? executor.subject?.serviceAccount : defaultExecutor;
  if (!account) return 'executor service account can not be nil';
  const { group, resource, verb } = virtualResource.executeAs;
  const review: SubjectAccessReview = {
    metadata: { name: '' },
    spec: {
      user: user.username,
      uid: user.uid,
      groups: user.groups,
      extra: user.extra,
      resourceAttributes: {
        group,
        resource,
        verb,
        namespace,
        name: serviceAccountUser(account.namespace, account.name),
      },
    },
  };
  try {
    const answer = await client.create(subjectAccessReviews, review, { signal });
    if (answer.status?.allowed) return undefined;
  } catch (error) {
    signal.throwIfAborted();
    return error instanceof Error ? error.message : String(error);
  }
  return (
    `user ${user.username} cannot manipulate the Manifestwork with executor ` +
    `${account.namespace}/${account.name} in namespace ${namespace}`
  );
};
