import type { Client } from '../runtime/client/client.ts';
import { type CertificateSigningRequest, certificateSigningRequests } from '../runtime/client/kubernetes.ts';
import { timestamp } from '../runtime/controller/conditions.ts';

/** What approval and denial of requests for certificates need, whoever asks: clusters and their add-ons alike. */

const has = ({ status }: CertificateSigningRequest, type: 'Approved' | 'Denied'): boolean =>
  status?.conditions?.some((condition) => condition.type === type) ?? false;

export const isApproved = (request: CertificateSigningRequest): boolean => has(request, 'Approved');
export const isDenied = (request: CertificateSigningRequest): boolean => has(request, 'Denied');
/** Whether somebody approved or denied it. */
export const isDecided = (request: CertificateSigningRequest): boolean =>
  isApproved(request) || isDenied(request);

/**
 * Approves a request, saying why in `message` (registration.md 4.4, addon.md 7.6).
 * @throws ApiError, a conflict too, when the request is another than it was read as
 */
export const approve = (
  hub: Client,
  request: CertificateSigningRequest,
  message: string,
  signal: AbortSignal,
): Promise<CertificateSigningRequest> => {
  const now = timestamp(new Date());
  const approval = {
    type: 'Approved',
    status: 'True',
    reason: 'AutoApprovedByHubCSRApprovingController',
    message,
    lastUpdateTime: now,
    lastTransitionTime: now,
  };
  const conditions = [...(request.status?.conditions ?? []), approval];
  return hub.replace(
    certificateSigningRequests,
    { ...request, status: { ...request.status, conditions } },
    { subresource: 'approval', signal },
  );
};
