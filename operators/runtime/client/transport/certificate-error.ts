import { X509Certificate } from 'node:crypto';

/** Whose certificate was expected. */
export interface Expectation {
  /** Who presents it: `the server`, or a proxy by its name. */
  who: string;
  /** The name or address that it is called by. */
  host: string;
  /** Authorities, PEM; none stands for those that the system trusts. */
  ca?: string;
  /** Where the authorities are named, such as `certificate-authority-data of cluster "hub" in /root/.kube/config`. */
  caSource?: string;
  /** What to do when they are the wrong ones; default to correct them there. */
  caRemedy?: string;
}

/** A server's certificate does not verify. The message says what it presented, what was expected, and what to correct. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError';
  /** Node's error code, such as `SELF_SIGNED_CERT_IN_CHAIN`. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** A subject or issuer on one line. */
const onOneLine = (name: string | undefined): string => (name ?? '').split('\n').filter(Boolean).join(', ');

const day = (time: string): string => {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? time : date.toISOString().replace(/\.\d+Z$/, 'Z');
};

const presented = ({ subject, issuer, validFrom, validTo }: X509Certificate): string => {
  const signer = subject === issuer ? 'signed by itself' : `issued by "${onOneLine(issuer)}"`;
  return `a certificate of "${onOneLine(subject)}", ${signer}, valid from ${day(validFrom)} to ${day(validTo)}`;
};

const pem = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

const subjectOf = (certificate: string): string => {
  try {
    return `"${onOneLine(new X509Certificate(certificate).subject)}"`;
  } catch {
    return 'one that cannot be read';
  }
};

const mostNamed = 3;

const authorities = (ca: string): string => {
  const subjects = [...new Set((ca.match(pem) ?? []).map(subjectOf))];
  const more = subjects.length - mostNamed;
  return [...subjects.slice(0, mostNamed), ...(more > 0 ? [`${more} others`] : [])].join(', ');
};

const expected = ({ ca, caSource, caRemedy }: Expectation): string => {
  const remedy = caRemedy ?? `correct ${caSource ?? 'the CA of the connection'}`;
  if (ca === undefined)
    return `a CA that this system trusts; ${caRemedy ?? `name that of the server${caSource ? `: ${caSource}` : ''}`}`;
  return `${authorities(ca)}${caSource ? ` (${caSource})` : ''}; is this the right server? If it is, ${remedy}`;
};

const isPast = (time: string, now: Date): boolean => Date.parse(time) < now.getTime();

const ofTime = (word: 'has expired' | 'is not valid yet', peer: X509Certificate, now: Date): string => {
  const isOwn = word === 'has expired' ? isPast(peer.validTo, now) : !isPast(peer.validFrom, now);
  const whose = isOwn ? 'which' : `whose issuer's certificate`;
  return `${whose} ${word}; renew it, or correct the clock here`;
};

/** What is wrong, by Node's code; in every other case the chain does not lead to an expected authority. */
const verdict = (code: string, peer: X509Certificate, expectation: Expectation, now: Date): string => {
  // of one that nobody else has signed Node may say that it is not for servers, which is the lesser matter
  switch (peer.subject === peer.issuer && code === 'INVALID_PURPOSE' ? '' : code) {
    case 'CERT_HAS_EXPIRED':
      return ofTime('has expired', peer, now);
    case 'CERT_NOT_YET_VALID':
      return ofTime('is not valid yet', peer, now);
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `which is for ${peer.subjectAltName ?? 'no host'} and not for ${expectation.host}; connect by one of its names, or set tls-server-name`;
    case 'INVALID_PURPOSE':
      return 'which is not that of a server; give the server one of its own';
    default:
      return `where one was expected from ${expected(expectation)}`;
  }
};

/**
 * The error for a server whose certificate does not verify.
 * @param code Node's verdict
 * @param peer what the server presented; undefined when it presented nothing
 */
export const certificateError = (
  code: string,
  peer: X509Certificate | undefined,
  expectation: Expectation,
  now: Date = new Date(),
): CertificateError =>
  new CertificateError(
    code,
    peer
      ? `${expectation.who} presented ${presented(peer)}, ${verdict(code, peer, expectation, now)}`
      : `${expectation.who} presented no certificate`,
  );
