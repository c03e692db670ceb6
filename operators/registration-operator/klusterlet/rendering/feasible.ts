import type { Klusterlet } from '../../../api/generated/operator.ts';
import { isAgentLabel, isQualifiedName } from '../../../api/label-syntax.ts';
import { agentAnnotationPrefix } from '../../../api/names.ts';
import { parseDuration } from '../../../runtime/process/flags/duration.ts';

/** A Klusterlet without the values that its agents could only fail at, and what was left out of it, for its user. */
export interface Feasible {
  klusterlet: Klusterlet;
  leftOut: string[];
}

type Spec = NonNullable<Klusterlet['spec']>;
type Registration = NonNullable<Spec['registrationConfiguration']>;
type Work = NonNullable<Spec['workConfiguration']>;
type Say = (field: string, what: string) => void;

/** The least life of a certificate that agents ask for (registration.md 1.3). */
const leastCertificateSeconds = 3600;
/** What API servers give tokens for. */
const tokenSeconds = { least: 600, most: 2 ** 32 };
/** The longest wait of a timer, in milliseconds: more than 24 days. */
const longestTimerMs = 2 ** 31 - 1;
/** The longest duration that the Go project's agents can read. */
const longestDuration = { text: '2562047h', ms: 2_562_047 * 3_600_000 };

const isHttps = (url: string): boolean => URL.parse(url)?.protocol === 'https:';

const certificateLife = ({ clientCertExpirationSeconds: seconds = 0 }: Registration, say: Say) => {
  if (seconds <= 0 || seconds >= leastCertificateSeconds) return {};
  say(
    'clientCertExpirationSeconds',
    `${seconds} is less than agents ask for; ${leastCertificateSeconds} is used`,
  );
  return { clientCertExpirationSeconds: leastCertificateSeconds };
};

const tokenLife = ({ addOnKubeClientRegistrationDriver: driver }: Registration, say: Say) => {
  const seconds = Number(driver?.token?.expirationSeconds ?? 0);
  const used = Math.min(Math.max(seconds, tokenSeconds.least), tokenSeconds.most);
  if (!driver || seconds <= 0 || seconds === used) return {};
  say(
    'addOnKubeClientRegistrationDriver.token.expirationSeconds',
    `no token lives ${seconds} s; ${used} is used`,
  );
  return {
    addOnKubeClientRegistrationDriver: { ...driver, token: { ...driver.token, expirationSeconds: used } },
  };
};

const claims = ({ clusterClaimConfiguration: configuration }: Registration, say: Say) => {
  const most = configuration?.maxCustomClusterClaims ?? 0;
  if (!configuration || most >= 0) return {};
  say(
    'clusterClaimConfiguration.maxCustomClusterClaims',
    `${most} is no number of claims; the default is used`,
  );
  return { clusterClaimConfiguration: { ...configuration, maxCustomClusterClaims: 0 } };
};

/** Annotations are passed on by their prefix; a key that the hub would refuse keeps the cluster from joining. */
const annotations = ({ clusterAnnotations = {} }: Registration, say: Say) => {
  const isPassed = (key: string) => key.startsWith(agentAnnotationPrefix) && isQualifiedName(key);
  const refused = Object.keys(clusterAnnotations)
    .filter((key) => !isPassed(key))
    .sort();
  if (refused.length === 0) return {};
  say(
    'clusterAnnotations',
    `${refused.map((key) => JSON.stringify(key)).join(', ')}: keys must begin with ${agentAnnotationPrefix} and be legal`,
  );
  const passed = Object.entries(clusterAnnotations).filter(([key]) => isPassed(key));
  return { clusterAnnotations: Object.fromEntries(passed) };
};

const labels = ({ clusterLabels = {} }: Registration, say: Say) => {
  const refused = Object.entries(clusterLabels).filter(([key, value]) => !isAgentLabel(key, value));
  if (refused.length === 0) return {};
  const listed = refused.map(([key]) => JSON.stringify(key)).sort();
  say(
    'clusterLabels',
    `${listed.join(', ')}: no legal label, or one of open-cluster-management.io, which are the hub's`,
  );
  const passed = Object.entries(clusterLabels).filter(([key, value]) => isAgentLabel(key, value));
  return { clusterLabels: Object.fromEntries(passed) };
};

const statusSync = ({ statusSyncInterval: text }: Work, say: Say) => {
  const ms = text ? parseDuration(text) : undefined;
  if (ms === undefined || (ms > 0 && ms <= longestTimerMs)) return {};
  say('statusSyncInterval', `nobody waits ${text}; the default is used`);
  return { statusSyncInterval: undefined };
};

const eviction = ({ appliedManifestWorkEvictionGracePeriod: text }: Work, say: Say) => {
  const ms = text ? parseDuration(text) : undefined;
  if (ms === undefined || ms <= longestDuration.ms) return {};
  say('appliedManifestWorkEvictionGracePeriod', `nobody waits ${text}; ${longestDuration.text} is used`);
  return { appliedManifestWorkEvictionGracePeriod: longestDuration.text };
};

const serverUrls = ({ externalServerURLs = [] }: Spec, say: Say) => {
  const refused = externalServerURLs.filter(({ url }) => !isHttps(url));
  if (refused.length === 0) return {};
  say('externalServerURLs', `${refused.map(({ url }) => JSON.stringify(url)).join(', ')}: no https URL`);
  return { externalServerURLs: externalServerURLs.filter(({ url }) => isHttps(url)) };
};

/**
 * Takes out of a Klusterlet what its schema admits and its agents refuse to start with, or what the hub would refuse
 * from them, each with its default or the nearest value that serves in its place.
 */
export const feasible = (klusterlet: Klusterlet): Feasible => {
  const { spec = {} } = klusterlet;
  const leftOut: string[] = [];
  const sayOf =
    (path: string): Say =>
    (field, what) =>
      leftOut.push(`spec.${path}${field}: ${what}`);
  const { registrationConfiguration: registration, workConfiguration: work } = spec;
  const say = sayOf('registrationConfiguration.');
  return {
    klusterlet: {
      ...klusterlet,
      spec: {
        ...spec,
        ...serverUrls(spec, sayOf('')),
        ...(registration && {
          registrationConfiguration: {
            ...registration,
            ...certificateLife(registration, say),
            ...tokenLife(registration, say),
            ...claims(registration, say),
            ...annotations(registration, say),
            ...labels(registration, say),
          },
        }),
        ...(work && {
          workConfiguration: {
            ...work,
            ...statusSync(work, sayOf('workConfiguration.')),
            ...eviction(work, sayOf('workConfiguration.')),
          },
        }),
      },
    },
    leftOut,
  };
};
