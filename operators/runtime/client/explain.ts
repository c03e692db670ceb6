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
    "its certificate is not signed by the CA bundle in use; correct the cluster's certificate-authority",
  ],
  [
    /^CERT_SIGNATURE_FAILURE$/,
    "its certificate is signed by another CA; correct the cluster's certificate-authority",
  ],
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

/** Node reports a name with several addresses as one error that holds the others. */
const first = (error: unknown): Error & { code?: string } => {
  if (error instanceof AggregateError && error.errors.length > 0) return first(error.errors[0]);
  if (error instanceof Error) {
    const { code, cause } = error as Error & { code?: string };
    return code === undefined && cause instanceof Error ? first(cause) : error;
  }
  return new Error(String(error));
};

/** The error's code, and a sentence that names its cause and the remedy. */
export const explain = (error: unknown): { code: string; text: string } => {
  const { code = '', message } = first(error);
  const remedy = remedies.find(([codes]) => codes.test(code))?.[1];
  const cause = message.includes(code) || code === '' ? message : `${message} (${code})`;
  return { code, text: remedy === undefined ? cause : `${cause}: ${remedy}` };
};
