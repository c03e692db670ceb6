import { dump } from 'js-yaml';
import type { KeyPair } from './certificates.ts';

/** A kubeconfig file with one cluster, one user and one context; certificates are inline, so it can be handed on. */
export interface Kubeconfig {
  apiVersion: 'v1';
  kind: 'Config';
  clusters: { name: string; cluster: { server: string; 'certificate-authority-data'?: string } }[];
  users: { name: string; user: Record<string, unknown> }[];
  contexts: { name: string; context: { cluster: string; user: string; namespace?: string } }[];
  'current-context': string;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** A kubeconfig whose user authenticates with a client certificate. */
export const certificateKubeconfig = (
  cluster: string,
  server: string,
  authority: string,
  user: string,
  keys: KeyPair,
): Kubeconfig => ({
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [{ name: cluster, cluster: { server, 'certificate-authority-data': base64(authority) } }],
  users: [
    {
      name: user,
      user: {
        'client-certificate-data': base64(keys.certificate),
        'client-key-data': base64(keys.privateKey),
      },
    },
  ],
  contexts: [{ name: cluster, context: { cluster, user } }],
  'current-context': cluster,
});

export const toYaml = (kubeconfig: Kubeconfig): string => dump(kubeconfig, { lineWidth: -1 });

/** The same kubeconfig with another address of the API server. */
export const withServer = (kubeconfig: Kubeconfig, server: string): Kubeconfig => ({
  ...kubeconfig,
  clusters: kubeconfig.clusters.map(({ name, cluster }) => ({ name, cluster: { ...cluster, server } })),
});
