import type { Client } from '../../operators/runtime/client/client.ts';
import { deployments } from '../../operators/runtime/client/kubernetes.ts';
import { applyObjects } from '../cluster/apply.ts';
import { chosenContext } from '../cluster/chosen-cluster.ts';
import { readClusterInfo } from '../cluster/cluster-info.ts';
import { takesAdmissionPolicies } from '../cluster/required-apis.ts';
import type { CommandContext } from '../context.ts';
import { capiName, capiTarget } from '../join/capi.ts';
import { defineJoin, type JoinFlags, requireFlags } from '../join/flags.ts';
import { connectionTo, findHub, grpcCa, type Hub, hasScheme } from '../join/hub.ts';
import {
  bootstrapKubeconfig,
  grpcConfig,
  managedClient,
  managedKubeconfig,
  withProxyCa,
} from '../join/kubeconfigs.ts';
import { joinChecks } from '../join/preflight.ts';
import { joinValues } from '../join/values.ts';
import { waitForJoin } from '../join/wait.ts';
import { KLUSTERLET, OPERATOR_NAMESPACE } from '../names.ts';
import { isHosted, type KlusterletValues, spokeObjects } from '../objects/klusterlet.ts';
import { mergeValuesFile } from '../objects/values.ts';
import { conditionValue } from '../output/conditions.ts';
import { preflight } from '../preflight.ts';

export const define = defineJoin;

/** `clusteradm join` (cli.md 5). */
export const run = async (context: CommandContext, flags: JoinFlags): Promise<void> => {
  requireFlags(flags);
  if (flags.capiImport) capiName(flags.capiClusterName);
  const warn = (line: string) => context.output.note(`WARNING: ${line}\n`);
  const base = joinValues(flags, {
    managedClusterArn: () => chosenContext(context.globals).cluster,
    warn,
  });
  const hub = await findHub(context, flags);
  if (flags.grpcServer) {
    base.grpcConfig = grpcConfig(flags.grpcServer, await grpcCa(context, flags, hub), flags.hubToken);
  }
  const cluster = flags.capiImport ? await capiTarget(context, flags) : context.client();
  base.klusterlet.externalServerURLs = await externalUrls(context, cluster, flags, base, warn);
  base.bootstrapHubKubeConfig = bootstrapKubeconfig({ ...hub, token: flags.hubToken });
  const merged = mergeValuesFile(base, flags.klusterletValuesFile, 'klusterlet');
  await preflight(joinChecks(context, flags, merged), context.output);
  const values = await installed(context, cluster, flags, base, merged, hub);
  if (isHosted(values.klusterlet.mode) && !values.noOperator) {
    warn(
      `the klusterlet operator is not available on this hosting cluster: join a cluster in default mode first`,
    );
  }
  const admissionPolicies = await takesAdmissionPolicies(cluster);
  await applyObjects(context, cluster, spokeObjects({ ...values, admissionPolicies }), flags.outputFile);
  if (flags.wait && !context.globals.dryRun) {
    await waitForJoin(context, cluster, context.connectTo(connectionTo(hub, flags.hubToken)), values);
  }
  context.output.print(`Please log onto the hub cluster and run the following command:

    ${context.program} accept --clusters ${values.klusterlet.clusterName}

This is not needed when the ManagedClusterAutoApproval feature is enabled

`);
};

/** What is installed: the values checked, with what the agents alone need (cli.md 5.2 steps 16 and 17, 5.5). */
const installed = async (
  context: CommandContext,
  cluster: Client,
  flags: JoinFlags,
  base: KlusterletValues,
  merged: KlusterletValues,
  hub: Hub,
): Promise<KlusterletValues> => {
  const ofAgents = bootstrapKubeconfig({
    server: hub.internalServer ?? hub.server,
    ca: withProxyCa(hub.ca, flags),
    token: flags.hubToken,
    proxyUrl: flags.proxyUrl,
  });
  const fromFile = merged.bootstrapHubKubeConfig !== base.bootstrapHubKubeConfig;
  const hosted = isHosted(merged.klusterlet.mode) && flags.managedClusterKubeconfig;
  return {
    ...merged,
    bootstrapHubKubeConfig: fromFile ? merged.bootstrapHubKubeConfig : ofAgents,
    externalManagedKubeConfig:
      merged.externalManagedKubeConfig || (hosted ? await managedKubeconfig(context, flags) : ''),
    noOperator: merged.noOperator || (await operatorAvailable(cluster)),
  };
};

/** How others reach the managed cluster, when it says so (cli.md 5.2 step 13). */
const externalUrls = async (
  context: CommandContext,
  cluster: Client,
  flags: JoinFlags,
  { klusterlet }: KlusterletValues,
  warn: (line: string) => void,
): Promise<{ url: string }[]> => {
  try {
    const hosted = isHosted(klusterlet.mode);
    if (hosted && !flags.managedClusterKubeconfig) return [];
    const info = await readClusterInfo(
      hosted ? managedClient(context, flags.managedClusterKubeconfig) : cluster,
    );
    if (info && hasScheme(info.server)) return [{ url: info.server }];
    warn(
      'the managed cluster does not say in ConfigMap kube-public/cluster-info how it is reached from outside',
    );
  } catch (error) {
    warn(`cannot learn how the managed cluster is reached from outside: ${(error as Error).message}`);
  }
  return [];
};

const operatorAvailable = async (cluster: Client): Promise<boolean> => {
  const operator = await cluster.find(deployments, KLUSTERLET, OPERATOR_NAMESPACE);
  return conditionValue(operator?.status?.conditions, 'Available') === 'true';
};
