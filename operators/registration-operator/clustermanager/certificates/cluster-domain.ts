import { readFileSync } from 'node:fs';

const usualDomain = 'cluster.local';

/** The domain of a cluster as the resolver of one of its Pods searches it: `svc.DOMAIN` is in its list. */
export const searchedDomain = (resolvConf: string): string | undefined =>
  resolvConf
    .split('\n')
    .filter((line) => /^search\s/.test(line))
    .flatMap((line) => line.trim().split(/\s+/).slice(1))
    .find((domain) => domain.startsWith('svc.'))
    ?.slice('svc.'.length)
    .replace(/\.$/, '');

const ownResolver = (): string => {
  try {
    return readFileSync('/etc/resolv.conf', 'utf8');
  } catch (error) {
    // A machine without a resolver is no Pod.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
};

/**
 * What the full names of Services of this cluster end with: environment variable `CLUSTER_DOMAIN`, else what this
 * Pod's resolver says, else the usual one (since-1.3.1.md 12).
 */
export const clusterDomain = (env: NodeJS.ProcessEnv = process.env, resolvConf = ownResolver()): string =>
  env.CLUSTER_DOMAIN?.trim() || searchedDomain(resolvConf) || usualDomain;
