import { isMap } from '../../runtime/client/json.ts';
import { parseKubeconfig } from '../../runtime/client/kubeconfig/connection-of.ts';
import { KubeconfigError } from '../../runtime/client/kubeconfig/kubeconfig.ts';
import type { Secret } from '../../runtime/client/kubernetes.ts';
import { readYaml } from '../../runtime/client/yaml/read.ts';
import { describeSecret, textOf } from '../secrets/secret.ts';

/** Where a kubeconfig leads: the API server, and the proxy before it. */
const addressesOfKubeconfig = (text: string, source: string): string[] => {
  try {
    const { server, proxyUrl } = parseKubeconfig(text, { source });
    return [server, ...(proxyUrl ? [proxyUrl] : [])];
  } catch (error) {
    // It leads nowhere; conditions of those who use it say so.
    if (error instanceof KubeconfigError) return [];
    throw error;
  }
};

/** gRPC names in front who looks an address up: `dns:///host:port`. */
const withoutResolver = (address: string): string => address.replace(/^(?:dns|passthrough):\/\/\/?/, '');

/** Where the configuration of a gRPC or MQTT driver leads. */
const addressesOfDriver = (text: string): string[] => {
  let config: unknown;
  try {
    config = readYaml(text);
  } catch {
    // Who is configured by it says so.
    return [];
  }
  if (!isMap(config)) return [];
  return [config.url, config.brokerHost].flatMap((address) =>
    typeof address === 'string' && address !== '' ? [withoutResolver(address)] : [],
  );
};

/** Where Pods go by what a Secret holds: by its kubeconfig and by its driver's configuration, as far as these are legible. */
export const addressesOf = (secret: Secret): string[] => {
  const kubeconfig = textOf(secret, 'kubeconfig');
  const driver = textOf(secret, 'config.yaml');
  return [
    ...(kubeconfig ? addressesOfKubeconfig(kubeconfig, describeSecret(secret)) : []),
    ...(driver ? addressesOfDriver(driver) : []),
  ];
};
