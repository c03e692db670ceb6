import { dump } from 'js-yaml';
import { readYaml } from '../../runtime/client/yaml/read.ts';

/** One cluster stanza of a kubeconfig. */
export interface KubeconfigCluster {
  server?: string;
  'certificate-authority'?: string;
  'certificate-authority-data'?: string;
  'proxy-url'?: string;
  'tls-server-name'?: string;
  'insecure-skip-tls-verify'?: boolean;
}

interface Kubeconfig {
  clusters?: { name: string; cluster?: KubeconfigCluster }[];
  contexts?: { name: string; context?: { cluster?: string } }[];
  'current-context'?: string;
}

/** The user stanza of the hub kubeconfig: paths are relative to the kubeconfig. */
export interface KubeconfigUser {
  'client-certificate'?: string;
  'client-key'?: string;
  tokenFile?: string;
}

/** How a certificate, and how a token, is named in a kubeconfig that stands beside it. */
export const certificateUser: KubeconfigUser = { 'client-certificate': 'tls.crt', 'client-key': 'tls.key' };
export const tokenUser: KubeconfigUser = { tokenFile: 'token' };

/** The cluster of a kubeconfig's current context. Throws when the text is no kubeconfig or names none. */
export const currentCluster = (text: string): { name: string; cluster: KubeconfigCluster } => {
  const config = readYaml(text) as Kubeconfig | null;
  if (typeof config !== 'object' || config === null) throw new Error('the kubeconfig is empty or no mapping');
  const current = config['current-context'] ?? '';
  const context = config.contexts?.find(({ name }) => name === current)?.context;
  if (!context) throw new Error(`kubeconfig does not contains context: ${current}`);
  const name = context.cluster ?? '';
  const cluster = config.clusters?.find((candidate) => candidate.name === name)?.cluster;
  if (!cluster) throw new Error(`kubeconfig does not contains cluster: ${name}`);
  return { name, cluster };
};

/**
 * The kubeconfig for the hub that a bootstrap kubeconfig leads to, with another user (registration.md 3.3). It is the
 * same text for the same input, so that texts can be compared.
 */
export const hubKubeconfig = (bootstrap: string, user: KubeconfigUser): string => {
  const { name, cluster } = currentCluster(bootstrap);
  const stanza: KubeconfigCluster = { server: cluster.server ?? '' };
  for (const field of [
    'certificate-authority',
    'certificate-authority-data',
    'proxy-url',
    'tls-server-name',
  ] as const)
    if (cluster[field]) stanza[field] = cluster[field];
  return dump(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name, cluster: stanza }],
      contexts: [
        {
          name: 'default-context',
          context: { cluster: name, namespace: 'configuration', user: 'default-auth' },
        },
      ],
      'current-context': 'default-context',
      users: [{ name: 'default-auth', user }],
    },
    { lineWidth: -1 },
  );
};

const identifying = [
  'server',
  'proxy-url',
  'tls-server-name',
  'certificate-authority',
  'certificate-authority-data',
] as const;

/**
 * Whether two kubeconfigs lead to the same hub: the names of their clusters count too, since a rebuilt hub with the
 * same URL and authority is announced by renaming it (registration.md 3.4). Throws when one cannot be read.
 */
export const isSameHub = (left: string, right: string): boolean => {
  const a = currentCluster(left);
  const b = currentCluster(right);
  return (
    a.name === b.name && identifying.every((field) => (a.cluster[field] ?? '') === (b.cluster[field] ?? ''))
  );
};
