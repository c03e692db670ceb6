import { label, signer } from '../../api/names.ts';
import { approve, isApproved, isDenied } from '../../fleet/certificate-requests.ts';
import type { Informer } from '../../runtime/cache/informer.ts';
import type { Client } from '../../runtime/client/client.ts';
import {
  type CertificateSigningRequest,
  certificateSigningRequests,
} from '../../runtime/client/kubernetes.ts';
import { type Controller, from, mapped } from '../../runtime/controller/controller.ts';
import { addonKey } from '../works/kept.ts';
import type { AddonAgent } from '../agent/agent.ts';
import type { AgentCaches } from '../agent/caches.ts';
import { isEntitledTo } from './approval.ts';

/**
 * Approves the requests of add-ons' agents that ask for what they may have, and signs those of signers that the add-ons bring
 * (addon.md 7.6). What is not to be had is left to an administrator: nothing is denied.
 */
export const requestsController = (
  hub: Client,
  agent: Pick<AddonAgent, 'manages' | 'credentials' | 'sign'>,
  { addons, clusters }: Pick<AgentCaches, 'addons' | 'clusters'>,
  requests: Informer<CertificateSigningRequest>,
): Controller => {
  const addonOf = ({ metadata: { labels } }: CertificateSigningRequest) =>
    addons
      .byIndex('key', addonKey(labels?.[label.clusterName], labels?.[label.addonName] ?? ''))
      .find((addon) => agent.manages(addon));

  return {
    name: 'addon-certificate-requests',
    watches: [
      from(requests, ({ type }) => type !== 'deleted'),
      mapped(addons, ({ metadata }) =>
        requests
          .byIndex('addon', addonKey(metadata.namespace, metadata.name))
          .map((request) => request.metadata.name),
      ),
    ],
    async reconcile(name, { log, signal }) {
      const request = requests.get(name);
      if (!request || isDenied(request) || request.status?.certificate) return;
      const addon = addonOf(request);
      const { namespace: cluster = '' } = addon?.metadata ?? {};
      if (!addon || !clusters.get(cluster)) return;
      const applicant = { addon: addon.metadata.name, cluster };
      const isEntitled = agent.credentials(addon).some((each) => isEntitledTo(request, applicant, each));
      if (!isEntitled) return log.debug(2, 'not what the agent may have; the request waits', applicant);
      if (!isApproved(request)) {
        requests.wrote(await approve(hub, request, 'Auto approving addon agent certificate.', signal));
        log.info('AddonCSRAutoApproved', { csr: name, ...applicant });
        return; // that it is approved brings it here again
      }
      if (request.spec.signerName === signer.kubeApiServerClient) return;
      const certificate = await agent.sign(addon, request, signal);
      if (certificate === undefined) return;
      const status = { ...request.status, certificate: Buffer.from(certificate).toString('base64') };
      const signed = { ...request, status };
      const options = { subresource: 'status', signal };
      requests.wrote(await hub.replace(certificateSigningRequests, signed, options));
    },
  };
};
