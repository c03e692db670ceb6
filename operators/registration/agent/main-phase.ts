import { readFile } from 'node:fs/promises';
import { managedClusterCondition } from '../../api/conditions.ts';
import { managedClusterAddOns } from '../../api/generated/addon.ts';
import { clusterProperties } from '../../api/generated/about.ts';
import { clusterClaims, managedClusters } from '../../api/generated/cluster.ts';
import type { Informer, Informers } from '../../runtime/cache/informer.ts';
import type { Client } from '../../runtime/client/client.ts';
import { type Secret, namespaces, nodes } from '../../runtime/client/kubernetes.ts';
import type { NextCondition } from '../../runtime/controller/conditions.ts';
import type { Controller } from '../../runtime/controller/controller.ts';
import { createEventRecorder } from '../../runtime/controller/events.ts';
import type { Process } from '../../runtime/process/command.ts';
import { applyCondition } from '../common/conditions.ts';
import { keepAddonCredential } from './addon/addon-credential.ts';
import { addonLeaseController } from './addon/addon-lease-controller.ts';
import { addonRegistrationController } from './addon/addon-registration-controller.ts';
import { clusterCredentialController, clusterRequests } from './cluster-credential.ts';
import { hubAcceptController, hubTimeoutController } from './hubs/switching.ts';
import { currentCluster } from './kubeconfig.ts';
import { leaseController } from './lease.ts';
import { agentMetrics } from './metrics.ts';
import type { Settings } from './settings.ts';
import { namespaceLabelOf } from './status/managed-namespaces.ts';
import { trimNode } from './status/resources.ts';
import { statusController } from './status/status-controller.ts';

export interface MainPhase {
  process: Process;
  settings: Settings;
  hub: Client;
  hubInformers: Informers;
  spoke: Client;
  spokeInformers: Informers;
  hubSecret: Informer<Secret>;
}

/** The controllers that serve add-ons (registration.md 3.12, 3.13). */
const controllersOfAddons = (phase: MainPhase): Controller[] => {
  const { process, settings, hub, hubInformers, spoke } = phase;
  const { clusterName } = settings.identity;
  const addons = hubInformers.informer(managedClusterAddOns, { namespace: clusterName });
  const requests = clusterRequests(hubInformers, clusterName);
  const shared = { hub, spoke, management: process.client, addons, clusterName };
  return [
    addonRegistrationController({
      ...shared,
      kubeClientDriver: settings.flags['addon-kubeclient-registration-auth'],
      keep: keepAddonCredential({ process, settings, hub, spoke, addons, requests }),
    }),
    addonLeaseController(shared),
  ];
};

/** The controllers of an agent that has its hub kubeconfig (registration.md 3.1 step 9). */
export const mainControllers = async (phase: MainPhase): Promise<Controller[]> => {
  const { process, settings, hub, hubInformers, spoke, spokeInformers } = phase;
  const { flags } = settings;
  const { clusterName } = settings.identity;
  const gates = flags['feature-gates'];
  const clusters = hubInformers.informer(managedClusters, { fieldSelector: `metadata.name=${clusterName}` });
  const namespaceLabelKey = namespaceLabelOf(
    currentCluster(await readFile(settings.bootstrapKubeconfig, 'utf8')).cluster.server ?? '',
  );

  const showCondition = async (condition: NextCondition, signal: AbortSignal): Promise<void> => {
    const cluster =
      clusters.get(clusterName) ?? (await hub.get(managedClusters, clusterName, undefined, { signal }));
    await applyCondition(hub, managedClusters, cluster, condition, {
      fieldManager: `registration-agent-${managedClusterCondition.certificateRotated.type}`,
      signal,
    });
  };

  const leave = (reason: string) => process.exit(0, reason);
  const timeoutMs = flags['hub-connection-timeout-seconds'] * 1000;
  const switching = gates['MultipleHubs']
    ? [
        hubAcceptController(clusters, clusterName, leave),
        hubTimeoutController(hub, clusterName, timeoutMs, leave),
      ]
    : [];
  const addonControllers = gates['AddonManagement'] ? controllersOfAddons(phase) : [];

  return [
    ...addonControllers,
    ...switching,
    await clusterCredentialController({
      role: 'RegisterController',
      settings,
      management: process.client,
      hubSecret: phase.hubSecret,
      hub,
      hubInformers,
      showCondition,
      log: process.log,
    }),
    leaseController({ hub, clusters, clusterName, metrics: agentMetrics(process.metrics) }),
    statusController({
      hub,
      spoke,
      events: createEventRecorder({
        client: hub,
        log: process.log,
        reportingController: 'klusterlet-agent',
        signal: process.signal,
      }),
      clusterName,
      clusters,
      nodes: spokeInformers.informer(nodes, { trim: trimNode }),
      namespaces: spokeInformers.informer(namespaces, {
        labelSelector: namespaceLabelKey,
        metadataOnly: true,
      }),
      namespaceLabelKey,
      claims: gates['ClusterClaim'] ? spokeInformers.informer(clusterClaims) : undefined,
      properties: gates['ClusterProperty'] ? spokeInformers.informer(clusterProperties) : undefined,
      limits: {
        maxCustom: flags['max-custom-cluster-claims'],
        reservedSuffixes: flags['reserved-cluster-claim-suffixes'],
      },
      healthCheckPeriodMs: flags['cluster-healthcheck-period'],
    }),
  ];
};
