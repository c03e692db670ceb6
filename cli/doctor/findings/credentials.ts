import type { CredentialFacts, ProbeFacts } from '../facts.ts';
import type { Code, Finding, Setting } from './finding.ts';

/** Why agents cannot speak to their hub, or to a managed cluster that they do not run on. */
export const credentialFindings = (all: readonly CredentialFacts[], setting: Setting): Finding[] => {
  // An agent that has its own kubeconfig needs the other no more.
  const joined = new Set(
    all.filter(({ purpose, probe }) => purpose === 'hub' && probe?.ok).map(({ namespace }) => namespace),
  );
  return all
    .filter(({ purpose, namespace }) => purpose !== 'bootstrap' || !joined.has(namespace))
    .flatMap((credential) => {
      const found = findingOf(credential, setting);
      return found ? [{ object: `Secret ${credential.namespace}/${credential.secret}`, ...found }] : [];
    });
};

type Found = Omit<Finding, 'object'>;

const renew = ({ purpose }: CredentialFacts, program: string): string =>
  purpose === 'managed'
    ? 'put a kubeconfig of the managed cluster that works into the Secret'
    : `take a new token on the hub (${program} get token), and run the join command that it prints again`;

const findingOf = (credential: CredentialFacts, { program, now }: Setting): Found | undefined => {
  const { purpose, present, problem, tokenExpires, certificateFrom, certificateUntil, probe } = credential;
  const remedy = renew(credential, program);
  if (!present) {
    // Until it is accepted an agent has only what it was given.
    return purpose === 'hub'
      ? undefined
      : { code: `${purpose}-kubeconfig-missing`, cause: 'the Secret is not there', remedy };
  }
  if (problem !== undefined) return { code: 'kubeconfig-invalid', cause: problem, remedy };
  if (certificateFrom && Date.parse(certificateFrom) > now) {
    return {
      code: 'clock',
      cause: `its certificate is not valid before ${certificateFrom}, which is to come by the clock here`,
      remedy: 'set the clocks of the hub and of the managed cluster by NTP',
    };
  }
  if (certificateUntil && Date.parse(certificateUntil) < now) {
    return { code: 'certificate-expired', cause: `its certificate ended at ${certificateUntil}`, remedy };
  }
  if (tokenExpires && Date.parse(tokenExpires) < now) {
    return { code: 'token-expired', cause: `its token ended at ${tokenExpires}`, remedy };
  }
  return probe && !probe.ok ? ofProbe(probe, credential, program, remedy) : undefined;
};

const codes: [RegExp, Code, string][] = [
  [
    /^(ENOTFOUND|EAI_AGAIN)$/,
    'dns',
    'correct the name in --hub-apiserver, or let the DNS of the cluster know it (hostAlias of the Klusterlet)',
  ],
  [/^ECONNREFUSED$/, 'refused', 'correct the port in --hub-apiserver, or start what listens there'],
  [
    /^(EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|TimeoutError|AbortError)$/,
    'unreachable',
    'open the way from the cluster to the hub in firewalls, or give --proxy-url',
  ],
  [
    /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    'server-name',
    'use one of the names that the certificate has in --hub-apiserver, or set tls-server-name',
  ],
  [
    /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_.*|CERT_SIGNATURE_FAILURE)$/,
    'ca',
    'join again with the certificate authority of the hub in --ca-file',
  ],
  [/^CERT_HAS_EXPIRED$/, 'server-certificate-expired', 'renew the serving certificate of the hub'],
  [/^CERT_NOT_YET_VALID$/, 'clock', 'set the clocks of the hub and of the managed cluster by NTP'],
];

const UNFORESEEN: (typeof codes)[number] = [/^/, 'connection', 'look at the way to the hub'];

const ofProbe = (
  { status, code = '', message = '' }: ProbeFacts,
  { proxy, server }: CredentialFacts,
  program: string,
  renewal: string,
): Found => {
  const cause = `${server} by this kubeconfig: ${message}`;
  if (status === 401) return { code: 'unauthorized', cause, remedy: renewal };
  if (status === 403) {
    return {
      code: 'rbac',
      cause,
      remedy: `give the identity its rights on the hub: ${program} init applies those of joining again, ${program} accept those of a cluster`,
    };
  }
  if (status !== undefined) {
    return { code: 'hub-error', cause, remedy: 'look at the API server of the hub' };
  }
  // What fails on the way to a proxy fails by the same codes.
  if (proxy && !/CERT|UNABLE/.test(code)) {
    return {
      code: 'proxy',
      cause: `${cause} (through the proxy ${proxy})`,
      remedy: 'correct --proxy-url, or let the proxy reach the hub',
    };
  }
  const [, name, remedy] = codes.find(([pattern]) => pattern.test(code)) ?? UNFORESEEN;
  return { code: name, cause, remedy };
};
