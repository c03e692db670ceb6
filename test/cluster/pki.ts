import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAuthority, createSigningKey } from './certificates.ts';
import type { KeyPair } from './certificates.ts';

/** The first address of the Service range 10.96.0.0/16, at which Pods find the API server. */
const serviceAddress = '10.96.0.1';

/** Everything that the components of one cluster prove their identity with. */
export interface Pki {
  /** The authority of the cluster, PEM. */
  caPem: string;
  /** File name to content, as the components' arguments name them below their folder of certificates. */
  files: Record<string, string>;
  /** A client certificate of the cluster's authority. */
  client(user: string, groups?: readonly string[]): Promise<KeyPair>;
}

const filesOf = (name: string, keys: KeyPair): Record<string, string> => ({
  [`${name}.crt`]: keys.certificate,
  [`${name}.key`]: keys.privateKey,
});

/** Creates the authorities and certificates of a cluster whose API server is reached by the given names. */
export const createPki = async (names: {
  dnsNames: readonly string[];
  addresses: readonly string[];
}): Promise<Pki> => {
  const [authority, frontProxy] = await Promise.all([
    createAuthority('kubernetes'),
    createAuthority('kubernetes-front-proxy'),
  ]);
  const [server, kubeletClient, frontProxyClient, serviceAccount] = await Promise.all([
    authority.issue({
      commonName: 'kube-apiserver',
      dnsNames: [
        'localhost',
        'kubernetes',
        'kubernetes.default',
        'kubernetes.default.svc',
        'kubernetes.default.svc.cluster.local',
        ...names.dnsNames,
      ],
      addresses: ['127.0.0.1', serviceAddress, ...names.addresses],
    }),
    authority.issue({ commonName: 'kube-apiserver-kubelet-client', organizations: ['system:masters'] }),
    frontProxy.issue({ commonName: 'front-proxy-client' }),
    createSigningKey(),
  ]);
  return {
    caPem: authority.certificate,
    files: {
      ...filesOf('ca', authority),
      ...filesOf('apiserver', server),
      ...filesOf('apiserver-kubelet-client', kubeletClient),
      'front-proxy-ca.crt': frontProxy.certificate,
      ...filesOf('front-proxy-client', frontProxyClient),
      'sa.key': serviceAccount.privateKey,
      'sa.pub': serviceAccount.publicKey,
    },
    client: (user, groups = []) => authority.issue({ commonName: user, organizations: groups }),
  };
};

/** Writes files that only their owner can read. */
export const writePrivateFiles = async (folder: string, files: Record<string, string>): Promise<void> => {
  await mkdir(folder, { recursive: true });
  await Promise.all(
    Object.entries(files).map(([name, content]) => writeFile(join(folder, name), content, { mode: 0o600 })),
  );
};
