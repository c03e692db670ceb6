import type { Client } from '../../operators/runtime/client/client.ts';
import { parseKubeconfig, connectionOf } from '../../operators/runtime/client/kubeconfig/connection-of.ts';
import { readKubeconfigFile } from '../../operators/runtime/client/kubeconfig/load.ts';
import { secrets } from '../../operators/runtime/client/kubernetes.ts';
import type { UnknownObject } from '../../operators/runtime/client/object.ts';
import type { Resource } from '../../operators/runtime/client/resource.ts';
import type { CommandContext } from '../context.ts';
import type { JoinFlags } from './flags.ts';

const capiClusters: Resource<UnknownObject> = {
  group: 'cluster.x-k8s.io',
  version: 'v1beta1',
  plural: 'clusters',
  kind: 'Cluster',
  namespaced: true,
};

export const capiName = (given: string): { namespace: string; name: string } => {
  if (!given) throw new Error('capi-cluster-name must be set');
  const [first = '', second, ...rest] = given.split('/');
  if (rest.length > 0 || !first || second === '') {
    throw new Error(`capi-cluster-name ${given} must be namespace/name or name`);
  }
  return second === undefined ? { namespace: 'default', name: first } : { namespace: first, name: second };
};

/** The cluster of Cluster API that joins, through the kubeconfig that Cluster API keeps for it (cli.md 5.6). */
export const capiTarget = async (
  context: CommandContext,
  flags: Pick<JoinFlags, 'capiClusterName' | 'capiKubeconfig'>,
): Promise<Client> => {
  const { namespace, name } = capiName(flags.capiClusterName);
  const capi = flags.capiKubeconfig
    ? context.connectTo(connectionOf(readKubeconfigFile(flags.capiKubeconfig)))
    : context.client();
  await capi.get(capiClusters, name, namespace).catch((error: Error) => {
    throw new Error(`failed to get cluster ${namespace}/${name} from capi, got error ${error.message}`, {
      cause: error,
    });
  });
  const secret = await capi.find(secrets, `${name}-kubeconfig`, namespace);
  if (!secret) {
    throw new Error(`kubeconfig sercret for cluster ${namespace}/${name} is not found, try again later`);
  }
  const kubeconfig = secret.data?.value;
  if (!kubeconfig) throw new Error(`missing key "value" in secret data of ${namespace}/${name}-kubeconfig`);
  const source = `Secret ${namespace}/${name}-kubeconfig`;
  return context.connectTo(parseKubeconfig(Buffer.from(kubeconfig, 'base64').toString(), { source }));
};
