import { parseKubeconfig } from '../../operators/runtime/client/kubeconfig/connection-of.ts';
import { isHub } from '../cluster/required-apis.ts';
import type { CommandContext } from '../context.ts';
import { firstDocument } from '../files/yaml.ts';
import { isHosted, type KlusterletValues } from '../objects/klusterlet.ts';
import { type Check, type Finding, found } from '../preflight.ts';
import type { JoinFlags } from './flags.ts';
import { caOrigin, hasScheme } from './hub.ts';
import { managedClient } from './kubeconfigs.ts';

/** The checks before anything is changed (cli.md 5.3); `values` carry the bootstrap kubeconfig to check. */
export const joinChecks = (context: CommandContext, flags: JoinFlags, values: KlusterletValues): Check[] => [
  { name: 'HubKubeconfig check', run: () => checkHub(context, flags, values.bootstrapHubKubeConfig) },
  {
    name: 'DeployMode Check',
    run: () => checkMode(context, values.klusterlet.mode, flags),
  },
  { name: 'ClusterName Check', run: () => checkClusterName(values.klusterlet.clusterName) },
];

interface ClusterEntry {
  cluster?: { server?: string; 'certificate-authority-data'?: string };
}

/** What can be said about the bootstrap kubeconfig without asking the hub; undefined when the hub should be asked. */
export const kubeconfigFinding = (
  kubeconfig: { clusters?: ClusterEntry[] } | undefined,
): Finding | undefined => {
  if (!kubeconfig) return found({ error: 'no hubconfig found' });
  const [entry, ...others] = kubeconfig.clusters ?? [];
  if (!entry || others.length > 0) return found({ error: 'error cluster length' });
  const { server = '', 'certificate-authority-data': ca } = entry.cluster ?? {};
  if (!hasScheme(server)) {
    return found({ error: '--hub-apiserver should start with http:// or https://' });
  }
  return ca ? undefined : found({ warning: 'no ca detected, creating hub kubeconfig without ca' });
};

const checkHub = async (context: CommandContext, flags: JoinFlags, kubeconfig: string): Promise<Finding> => {
  const finding = kubeconfigFinding(firstDocument(kubeconfig) as { clusters?: ClusterEntry[] } | undefined);
  if (finding) return finding;
  const connection = parseKubeconfig(kubeconfig, { source: 'the bootstrap kubeconfig' });
  const hub = context.connectTo({ ...connection, ...caOrigin(flags) });
  await hub.request({ method: 'GET', path: '/version' });
  return (await isHub(hub))
    ? found({})
    : found({
        error:
          'no apigroup cluster.open-cluster-management.io/v1 detected: run clusteradm init on the hub and wait until it is ready',
      });
};

const MODES = ['Default', 'Hosted', 'Singleton', 'SingletonHosted'];

export const checkMode = async (
  context: CommandContext,
  mode: string,
  flags: Pick<JoinFlags, 'managedClusterKubeconfig' | 'forceInternalEndpointLookup'>,
): Promise<Finding> => {
  const { managedClusterKubeconfig: file } = flags;
  if (!MODES.includes(mode)) return found({ error: 'deploy mode should be default or hosted' });
  if (!isHosted(mode)) {
    return file
      ? found({ error: '--managed-cluster-kubeconfig should not be set in default deploy mode' })
      : found({});
  }
  if (!file) return found({ error: '--managed-cluster-kubeconfig should be set in hosted deploy mode' });
  if (flags.forceInternalEndpointLookup) return found({});
  try {
    await managedClient(context, file).request({ method: 'GET', path: '/healthz' });
    return found({});
  } catch (error) {
    return found({ error: `validate managed kubeconfig file failed: ${(error as Error).message}` });
  }
};

const CLUSTER_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
/** A namespace of the hub has the name of the cluster. */
const LONGEST_NAME = 63;

export const checkClusterName = (name: string): Finding => {
  if (!CLUSTER_NAME.test(name))
    return found({ error: `validate ClusterName failed: should match \`${CLUSTER_NAME.source}\`` });
  return name.length > LONGEST_NAME
    ? found({
        error: `validate ClusterName failed: ${name} has ${name.length} characters, a name has at most ${LONGEST_NAME}`,
      })
    : found({});
};
