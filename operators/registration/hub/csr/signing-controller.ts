import { createPrivateKey } from 'node:crypto';
import { signer } from '../../../api/names.ts';
import { isApproved, isDenied } from '../../../fleet/certificate-requests.ts';
import type { Informer } from '../../../runtime/cache/informer.ts';
import type { Client } from '../../../runtime/client/client.ts';
import {
  type CertificateSigningRequest,
  certificateSigningRequests,
} from '../../../runtime/client/kubernetes.ts';
import { type Controller, from } from '../../../runtime/controller/controller.ts';
import { parseChain } from '../../../runtime/pki/certificate.ts';
import type { Authority } from '../../../runtime/pki/issue.ts';
import { signRequest } from '../../../runtime/pki/sign-request.ts';
import { recognize } from './recognize.ts';

/** Whether a request waits for its certificate: approved, of this signer, and for an agent's certificate alone. */
export const isToBeSigned = (request: CertificateSigningRequest): boolean =>
  isApproved(request) &&
  !isDenied(request) &&
  !request.status?.certificate &&
  recognize(request, signer.grpc) !== undefined;

/** Throws where the authority cannot be read, so that the process says so as it starts. */
export const checkAuthority = ({ certificate, key }: Authority): void => {
  parseChain(certificate);
  createPrivateKey(key);
};

/** Signs the approved requests of agents that join by gRPC (registration.md 5.2); Kubernetes has no signer of that name. */
export const signingController = (
  hub: Client,
  requests: Informer<CertificateSigningRequest>,
  authority: Authority,
  durationMs: number,
): Controller => ({
  name: 'csr-signing-grpc',
  watches: [
    from(requests, ({ type, object }) => type !== 'deleted' && object.spec.signerName === signer.grpc),
  ],
  concurrency: 2,
  async reconcile(name, { log, signal }) {
    const request = requests.get(name);
    if (!request || !isToBeSigned(request)) return;
    let certificate: string;
    try {
      certificate = signRequest(
        Buffer.from(request.spec.request, 'base64').toString('utf8'),
        authority,
        durationMs,
      );
    } catch (error) {
      throw new Error(`cannot sign the request "${name}": ${(error as Error).message}`, { cause: error });
    }
    const status = { ...request.status, certificate: Buffer.from(certificate).toString('base64') };
    await hub.replace(certificateSigningRequests, { ...request, status }, { subresource: 'status', signal });
    log.info('ClientCertificateSigned', { csr: name });
  },
});
