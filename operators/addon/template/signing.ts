import type { AddOnTemplateSpec } from '../../api/generated/addon.ts';
import { namespace } from '../../api/names.ts';
import { type SigningOptions, signRequest } from '../../addon-framework/registration/signing.ts';
import type { Client } from '../../runtime/client/client.ts';
import { type CertificateSigningRequest, secrets } from '../../runtime/client/kubernetes.ts';

/** Certificates by the signers that templates bring (addon.md 6.6). */

/** The namespace of signing CAs whose template names none: the add-on manager's own. */
export const signingNamespace = (environment: Readonly<Record<string, string | undefined>>): string =>
  environment['POD_NAMESPACE'] || namespace.hub;

/** Milliseconds that a certificate is valid: as asked for, and no longer than is usual here. */
export const validityFor = ({ spec }: Pick<CertificateSigningRequest, 'spec'>, usualMs: number): number => {
  const asked = Number(spec.expirationSeconds ?? 0) * 1000;
  return asked > 0 ? Math.min(asked, usualMs) : usualMs;
};

const textIn = (data: Record<string, string> | undefined, key: string, where: string): string => {
  const encoded = data?.[key];
  if (!encoded) throw new Error(`${where} of the signing CA has no ${key}`);
  return Buffer.from(encoded, 'base64').toString('utf8');
};

/**
 * The certificate for a request by the signer of a template; undefined when it has no such signer.
 * @throws when the Secret of the signing CA cannot be read or is none
 */
export const signedBy = async (
  hub: Client,
  { registration = [] }: AddOnTemplateSpec,
  request: CertificateSigningRequest,
  usual: { namespace: string; validityMs: number },
  signal: AbortSignal,
): Promise<string | undefined> => {
  const { signerName } = request.spec;
  const signer = registration.find(
    ({ customSigner }) => customSigner?.signerName === signerName,
  )?.customSigner;
  if (!signer) return undefined;
  const { name, namespace: inNamespace = usual.namespace } = signer.signingCA;
  const found = await hub.find(secrets, name, inNamespace || usual.namespace, { signal });
  const where = `Secret ${inNamespace || usual.namespace}/${name}`;
  if (!found)
    throw new Error(`${where} of the signing CA does not exist; certificates of ${signerName} wait for it`);
  const authority = {
    certificate: textIn(found.data, 'tls.crt', where),
    key: textIn(found.data, 'tls.key', where),
  };
  const options: SigningOptions = { validityMs: validityFor(request, usual.validityMs) };
  return signRequest(Buffer.from(request.spec.request, 'base64').toString('utf8'), authority, options);
};
