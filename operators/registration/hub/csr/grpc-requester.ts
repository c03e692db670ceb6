import { annotation } from '../../../api/names.ts';
import type { CertificateSigningRequest } from '../../../runtime/client/kubernetes.ts';
import { parseRequest } from '../../../runtime/pki/request.ts';
import type { Requester } from './approving-controller.ts';

/**
 * Who asks in a request that came by gRPC (registration.md 5.2): the server created it, and names in an annotation whose it
 * is; groups are those of the certificate that is asked for. Whoever else creates requests may write any annotation, and so
 * nobody asks in them (D15).
 * @param serverUser the ServiceAccount of the gRPC server
 */
export const grpcRequesterOf =
  (serverUser: string) =>
  ({ metadata, spec }: CertificateSigningRequest): Requester | undefined => {
    const username = metadata.annotations?.[annotation.csrUser];
    if (spec.username !== serverUser || !username) return undefined;
    const { subject } = parseRequest(Buffer.from(spec.request, 'base64').toString('utf8'));
    return { username, uid: '', groups: subject.organizations, extra: {} };
  };
