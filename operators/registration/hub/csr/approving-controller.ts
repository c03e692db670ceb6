import { virtualResource } from '../../../api/identities.ts';
import { label } from '../../../api/names.ts';
import { approve, isDecided } from '../../../fleet/certificate-requests.ts';
import type { Informer, Informers } from '../../../runtime/cache/informer.ts';
import type { Client } from '../../../runtime/client/client.ts';
import {
  type CertificateSigningRequest,
  type SubjectAccessReview,
  certificateSigningRequests,
  subjectAccessReviews,
} from '../../../runtime/client/kubernetes.ts';
import { type Controller, from } from '../../../runtime/controller/controller.ts';
import { recognize } from './recognize.ts';

const approval = 'Auto approving Managed cluster agent certificate after SubjectAccessReview.';

export interface ApprovingOptions {
  hub: Client;
  requests: Informer<CertificateSigningRequest>;
  signerName: string;
  /** Users whose bootstrap requests are approved; empty when the gate ManagedClusterAutoApproval is off. */
  autoApprovedUsers: readonly string[];
}

/** The requests of clusters; those of their add-ons are the add-on manager's. */
export const clusterRequests = (informers: Informers): Informer<CertificateSigningRequest> =>
  informers.informer(certificateSigningRequests, {
    labelSelector: `${label.clusterName},!${label.addonName}`,
  });

/** Who asked, as the API server recorded it; the review object's metadata carries no name. */
const renewalReview = ({ spec }: CertificateSigningRequest): SubjectAccessReview => {
  const { group, resource, subresource, verb } = virtualResource.renew;
  return {
    metadata: {} as SubjectAccessReview['metadata'],
    spec: {
      user: spec.username,
      uid: spec.uid,
      groups: spec.groups,
      extra: spec.extra,
      resourceAttributes: { group, resource, subresource, verb },
    },
  };
};

/**
 * Approves what needs no human (registration.md 4.4): an agent that asks in its own name and may renew, and, where the
 * hub says so, requests of trusted bootstrap users. Everything else is left for an administrator; nothing is denied.
 */
export const approvingController = (options: ApprovingOptions): Controller => {
  const { hub, requests, signerName, autoApprovedUsers } = options;

  return {
    name: 'csr-approving',
    watches: [
      from(requests, ({ type, object }) => type !== 'deleted' && object.spec.signerName === signerName),
    ],
    concurrency: 8,
    async reconcile(name, { log, signal }) {
      const request = requests.get(name);
      if (!request || isDecided(request)) return;
      const recognized = recognize(request, signerName);
      if (!recognized) return;
      const { clusterName, commonName } = recognized;
      if (request.spec.username === commonName) {
        const review = await hub.create(subjectAccessReviews, renewalReview(request), { signal });
        if (!review.status?.allowed) {
          log.debug(2, 'the agent may not renew its certificate; the request waits', {
            cluster: clusterName,
          });
          return;
        }
        await approve(hub, request, approval, signal);
        log.info('ManagedClusterCSRAutoApproved', { csr: name, cluster: clusterName });
      } else if (autoApprovedUsers.includes(request.spec.username ?? '')) {
        await approve(hub, request, approval, signal);
        log.info('ManagedClusterAutoApproved', {
          csr: name,
          cluster: clusterName,
          user: request.spec.username,
        });
      }
    },
  };
};
