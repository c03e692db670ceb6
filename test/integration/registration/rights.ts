import type { Client } from '../../../operators/runtime/client/client.ts';
import {
  type PolicyRule,
  type SubjectAccessReview,
  subjectAccessReviews,
} from '../../../operators/runtime/client/kubernetes.ts';
import { waitFor } from '../../cluster/index.ts';

/** Something that a rule allows. */
const actionOf = ({ apiGroups, resources, resourceNames, nonResourceURLs, verbs }: PolicyRule) => {
  const verb = verbs[0]!;
  if (nonResourceURLs?.[0]) return { nonResourceAttributes: { path: nonResourceURLs[0], verb } };
  const [resource, subresource] = (resources?.[0] ?? '').split('/');
  const name = resourceNames?.[0];
  return { resourceAttributes: { group: apiGroups?.[0], resource, subresource, name, verb } };
};

/** Waits until the API server has heard that a user has been given these rights, which it does a moment later. */
export const untilHeld = (admin: Client, user: string, rules: readonly PolicyRule[]): Promise<unknown> =>
  waitFor(`the rights of ${user} to count`, async () => {
    for (const rule of rules) {
      const review: SubjectAccessReview = { metadata: { name: '' }, spec: { user, ...actionOf(rule) } };
      const { status } = await admin.create(subjectAccessReviews, review);
      if (!status?.allowed) throw new Error(JSON.stringify(rule));
    }
    return true;
  });
