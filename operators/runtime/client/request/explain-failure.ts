import { CertificateError } from '../transport/certificate-error.ts';

/** What a user can do about a failed connection, by Node's error code. */
const remedies: [RegExp, string][] = [
  [/^ECONNREFUSED$/, 'nothing listens there; check the server address and that the API server runs'],
  [/^(ENOTFOUND|EAI_AGAIN)$/, 'its name cannot be resolved; check the server address and the DNS'],
  [
    /^(EHOSTUNREACH|ENETUNREACH)$/,
    'there is no route to it; check the network, firewalls and proxy settings',
  ],
  [/^ETIMEDOUT$/, 'check the network, firewalls and proxy settings'],
  [
    /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT(_LOCALLY)?))$/,
    'its certificate is not signed by a CA that is trusted here',
  ],
  [/^CERT_SIGNATURE_FAILURE$/, 'its certificate is signed by another CA'],
  [/^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/, 'its certificate is not valid now; renew it, or correct the clocks'],
  [
    /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    'its certificate is for other names; connect by one of them or set tls-server-name',
  ],
  [
    /ALERT_(BAD_CERTIFICATE|CERTIFICATE_EXPIRED|CERTIFICATE_REQUIRED|UNKNOWN_CA|CERTIFICATE_UNKNOWN)/,
    'it does not accept the client certificate; renew it',
  ],
  [
    /^(ERR_SSL_WRONG_VERSION_NUMBER|ERR_SSL_PACKET_LENGTH_TOO_LONG)$/,
    'it does not speak TLS; is the scheme http?',
  ],
];

interface Failure {
  message?: string;
  code?: string;
  /** Node reports a name with several addresses as one error that holds the others. */
  errors?: unknown[];
  cause?: unknown;
}

/** The innermost error that has a code; undefined when there is none. */
const coded = (error: unknown): Failure | undefined => {
  if (typeof error !== 'object' || error === null) return undefined;
  const { errors, cause, code } = error as Failure;
  return coded(errors?.[0]) ?? coded(cause) ?? (typeof code === 'string' ? (error as Failure) : undefined);
};

/** Without what Node advises those who start it, which users of ours do not. */
const withoutAdvice = (message: string): string =>
  message.replace(/; if the root CA is installed locally.*$/s, '');

/** The error's code, and a sentence that names its cause and the remedy. */
export const explain = (error: unknown): { code: string; text: string } => {
  const failure = coded(error) ?? (error as Failure);
  const { code = '' } = failure;
  const message = withoutAdvice(failure.message ?? String(error));
  if (failure instanceof CertificateError) return { code, text: `${message} (${code})` };
  const remedy = remedies.find(([codes]) => codes.test(code))?.[1];
  const cause = message.includes(code) || code === '' ? message : `${message} (${code})`;
  return { code, text: remedy === undefined ? cause : `${cause}: ${remedy}` };
};
