import { tokenReviews, type TokenReview } from '../../runtime/client/kubernetes.ts';
import type { Client } from '../../runtime/client/client.ts';
import type { Call } from '../../runtime/grpc/call.ts';
import { GrpcError, code } from '../../runtime/grpc/status.ts';
import { parseChain } from '../../runtime/pki/certificate.ts';
import { encodePem } from '../../runtime/pki/pem.ts';

/** Who calls, as the API server would know them. */
export interface Caller {
  user: string;
  groups: string[];
  uid?: string;
  extra?: Record<string, string[]>;
}

const bearerOf = (header: string | undefined): string | undefined =>
  /^(?:Bearer +)?(\S+)$/i.exec(header?.trim() ?? '')?.[1];

const byToken = async (hub: Client, token: string, signal: AbortSignal): Promise<Caller | undefined> => {
  const review = { metadata: {}, spec: { token } } as TokenReview;
  const { status } = await hub.create(tokenReviews, review, { signal });
  const { username, groups = [], uid, extra } = status?.user ?? {};
  return status?.authenticated && username ? { user: username, groups, uid, extra } : undefined;
};

/** The user of a certificate that the connection has verified; it may have expired since. */
const byCertificate = (
  { raw, notAfter }: NonNullable<Call['certificate']>,
  now: Date,
): Caller | undefined => {
  const [leaf] = parseChain(encodePem('CERTIFICATE', raw));
  const [user, ...more] = leaf!.subject.commonNames;
  if (!user || more.length > 0 || now > notAfter) return undefined;
  return { user, groups: leaf!.subject.organizations };
};

/**
 * Who calls: the bearer of a token, which the API server judges, else the owner of the client certificate. Rejects with a
 * GrpcError when it is neither.
 */
export const authenticate = async (
  hub: Client,
  { headers, certificate, signal }: Pick<Call, 'headers' | 'certificate' | 'signal'>,
  now = new Date(),
): Promise<Caller> => {
  const token = bearerOf(headers.authorization);
  const caller =
    (token === undefined ? undefined : await byToken(hub, token, signal)) ??
    (certificate && byCertificate(certificate, now));
  if (caller) return caller;
  const what =
    token !== undefined
      ? 'token not authenticated'
      : certificate
        ? 'the certificate has expired'
        : 'no token and no client certificate';
  throw new GrpcError(code.unauthenticated, what);
};
