import { dump } from 'js-yaml';
import { parseKubeconfig } from '../../operators/runtime/client/kubeconfig/connection-of.ts';
import { readClusterInfo } from '../cluster/cluster-info.ts';
import type { CommandContext } from '../context.ts';
import { firstDocument } from '../files/yaml.ts';
import { readNamed } from '../flags/install-flags.ts';
import type { JoinFlags } from './flags.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

export interface BootstrapAccess {
  server: string;
  /** PEM */
  ca?: string;
  token: string;
  proxyUrl?: string;
}

/** The kubeconfig with which the agents ask to join, in the names that upstream gives (cli.md 5.5). */
export const bootstrapKubeconfig = ({ server, ca, token, proxyUrl }: BootstrapAccess): string =>
  dump({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'hub',
        cluster: {
          server,
          ...(ca && { 'certificate-authority-data': base64(ca) }),
          ...(proxyUrl && { 'proxy-url': proxyUrl }),
        },
      },
    ],
    users: [{ name: 'bootstrap', user: { token } }],
    contexts: [{ name: 'bootstrap', context: { cluster: 'hub', user: 'bootstrap', namespace: 'default' } }],
    'current-context': 'bootstrap',
  });

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** The hub's certificate authorities together with the proxy's, each once (cli.md 5.1, `--proxy-ca-file`). */
export const withProxyCa = (
  hubCa: string | undefined,
  { proxyUrl, proxyCaFile }: Pick<JoinFlags, 'proxyUrl' | 'proxyCaFile'>,
): string | undefined => {
  if (!proxyUrl || !proxyCaFile) return hubCa;
  const proxyCas = readNamed(proxyCaFile, `--proxy-ca-file "${proxyCaFile}" read failed`).match(CERTIFICATE);
  if (!proxyCas) throw new Error(`--proxy-ca-file "${proxyCaFile}" holds no PEM certificate`);
  return `${[...new Set([...(hubCa?.match(CERTIFICATE) ?? []), ...proxyCas])].join('\n')}\n`;
};

/** What the gRPC driver reads beside the kubeconfig (cli.md 5.5). */
export const grpcConfig = (url: string, ca: string, token: string): string =>
  dump({ caData: base64(ca), url, token });

const readManaged = (file: string): string => readNamed(file, 'failed to read --managed-cluster-kubeconfig');

export const managedClient = (context: CommandContext, file: string) =>
  context.connectTo(parseKubeconfig(readManaged(file), { source: file }));

/** The kubeconfig with which hosted agents reach the managed cluster, its server replaced when asked to. */
export const managedKubeconfig = async (
  context: CommandContext,
  {
    managedClusterKubeconfig: file,
    forceInternalEndpointLookupManaged: internal,
  }: Pick<JoinFlags, 'managedClusterKubeconfig' | 'forceInternalEndpointLookupManaged'>,
): Promise<string> => {
  const text = readManaged(file);
  if (!internal) return text;
  const info = await readClusterInfo(managedClient(context, file));
  if (!info?.server) {
    throw new Error(
      'the managed cluster publishes no server in ConfigMap kube-public/cluster-info: leave out --force-internal-endpoint-lookup-managed',
    );
  }
  const kubeconfig = firstDocument(text) as { clusters: { cluster: { server: string } }[] };
  for (const { cluster } of kubeconfig.clusters) cluster.server = info.server;
  return dump(kubeconfig);
};
