import { virtualResource } from '../../../api/identities.ts';
import { label, signer } from '../../../api/names.ts';
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

/** A user as the API server knows them. */
export interface Requester {
  username?: string;
  uid?: string;
  groups?: string[];
  extra?: Record<string, string[]>;
}

export interface ApprovingOptions {
  hub: Client;
  requests: Informer<CertificateSigningRequest>;
  signerName: string;
  /** Users whose bootstrap requests are approved; empty when the gate ManagedClusterAutoApproval is off. */
  autoApprovedUsers: readonly string[];
  /** Who asks; undefined leaves the request for an administrator. Default: who created it. */
  requesterOf?: (request: CertificateSigningRequest) => Requester | undefined;
}

/** The requests of clusters; those of their add-ons are the add-on manager's. */
export const clusterRequests = (informers: Informers): Informer<CertificateSigningRequest> =>
  informers.informer(certificateSigningRequests, {
    labelSelector: `${label.clusterName},!${label.addonName}`,
  });

/** Who created a request, as the API server recorded it. */
const creatorOf = ({ spec }: CertificateSigningRequest): Requester => spec;

/** The review object's metadata carries no name. */
const renewalReview = ({ username, uid, groups, extra }: Requester): SubjectAccessReview => {
  const { group, resource, subresource, verb } = virtualResource.renew;
  return {
    metadata: {} as SubjectAccessReview['metadata'],
    spec: {
      user: username,
      uid,
      groups,
      extra,
      resourceAttributes: { group, resource, subresource, verb },
    },
  };
};

/**
 * Approves what needs no human (registration.md 4.4): an agent that asks in its own name and may renew, and, where the
 * hub says so, requests of trusted bootstrap users. Everything else is left for an administrator; nothing is denied.
 */
export const approvingController = (options: ApprovingOptions): Controller => {
  const { hub, requests, signerName, autoApprovedUsers, requesterOf = creatorOf } = options;

  return {
    name: signerName === signer.kubeApiServerClient ? 'csr-approving' : 'csr-approving-grpc',
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
      const requester = requesterOf(request);
      if (requester?.username === undefined) return;
      if (requester.username === commonName) {
        const review = await hub.create(subjectAccessReviews, renewalReview(requester), { signal });
        if (!review.status?.allowed) {
          log.debug(2, 'the agent may not renew its certificate; the request waits', {
            cluster: clusterName,
          });
          return;
        }
        await approve(hub, request, approval, signal);
        log.info('ManagedClusterCSRAutoApproved', { csr: name, cluster: clusterName });
      } else if (autoApprovedUsers.includes(requester.username)) {
        await approve(hub, request, approval, signal);
        log.info('ManagedClusterAutoApproved', {
          csr: name,
          cluster: clusterName,
          user: requester.username,
        });
      }
    },
  };
};
