import { managedClusterAddOns } from '../../api/generated/addon.ts';
import {
  managedClusterSetBindings,
  managedClusterSets,
  managedClusters,
} from '../../api/generated/cluster.ts';
import { clusterProfiles } from '../../api/generated/multicluster.ts';
import { authType, clusterLease, label, serviceAccount, signer } from '../../api/names.ts';
import { serviceAccountUser } from '../../api/identities.ts';
import { createInformers } from '../../runtime/cache/informers.ts';
import { leases } from '../../runtime/client/kubernetes.ts';
import type { Controller } from '../../runtime/controller/controller.ts';
import { createEventRecorder } from '../../runtime/controller/events.ts';
import { runControllers } from '../../runtime/controller/run.ts';
import type { Process } from '../../runtime/process/command.ts';
import { acceptController } from './accept/accept-controller.ts';
import { clusterPermissions, permissionCaches } from './accept/cluster-permissions.ts';
import { commonRolesController } from './accept/common-roles-controller.ts';
import { addonFeaturesController } from './addon-features.ts';
import { addonHealthController, trimAddon } from './addon-health.ts';
import { clockSyncController } from './clock-sync.ts';
import { approvingController, clusterRequests } from './csr/approving-controller.ts';
import {
  type RegistrationControllerFlags,
  autoApprovedUsers,
  parseLabels,
  unavailableIn,
  validateControllerFlags,
} from './flags.ts';
import { grpcControllers } from './csr/grpc-controllers.ts';
import { gcController, gcDisabledController, parseGcResource } from './gc.ts';
import { hubLeaseController, type Sighting } from './lease.ts';
import { countFleet } from './metrics.ts';
import { profileLifecycleController } from './profile/lifecycle-controller.ts';
import { profileIndexes, profileStatusController } from './profile/status-controller.ts';
import { bindingController, bindingIndexes } from './sets/binding-controller.ts';
import { defaultSetsController } from './sets/default-sets.ts';
import { managedNamespaceController } from './sets/managed-namespaces.ts';
import { setController } from './sets/set-controller.ts';
import { taintController } from './taint-controller.ts';

/** Runs the hub's registration controllers until the process stops (registration.md 4). */
export const startRegistrationController = async (
  process: Process,
  flags: RegistrationControllerFlags,
): Promise<void> => {
  validateControllerFlags(flags);
  const { client: hub, log, metrics, signal } = process;
  for (const flag of unavailableIn(flags))
    log.warn('not available in this version, and without effect', { flag });
  const gates = flags['feature-gates'];
  const informers = createInformers(hub, { logger: log, metrics });
  const clusters = informers.informer(managedClusters);
  const sets = informers.informer(managedClusterSets);
  const bindings = informers.informer(managedClusterSetBindings, { indexes: bindingIndexes });
  const addons = informers.informer(managedClusterAddOns, { trim: trimAddon });
  const clusterLeases = informers.informer(leases, {
    labelSelector: `${label.clusterName},!${label.addonName}`,
    fieldSelector: `metadata.name=${clusterLease}`,
  });
  const caches = permissionCaches(informers);
  const permissions = clusterPermissions(hub, caches, parseLabels(flags.labels));
  const events = createEventRecorder({
    client: hub,
    log,
    reportingController: 'registration-controller',
    signal,
  });

  const gcResources = flags['gc-resource-list'].flatMap((text) => {
    const resource = parseGcResource(text);
    if (!resource)
      log.warn('--gc-resource-list: an entry is not of the form group/version/resource', { entry: text });
    return resource ? [resource] : [];
  });

  const profileControllers = (): Controller[] => {
    const profiles = informers.informer(clusterProfiles, { indexes: profileIndexes });
    const shared = { clusters, sets, bindings, profiles };
    return [profileLifecycleController(hub, shared), profileStatusController(hub, shared)];
  };

  const requests = clusterRequests(informers);
  const sightings = new Map<string, Sighting>();
  countFleet(metrics, { clusters, addons, requests, sightings });
  const grpc = flags['enabled-registration-drivers'].includes(authType.grpc)
    ? await grpcControllers({
        hub,
        requests,
        serverUser: serviceAccountUser(process.namespace, serviceAccount.grpcServer),
        autoApprovedUsers: gates['ManagedClusterAutoApproval'] ? flags['auto-approved-grpc-users'] : [],
        certificateFile: flags['grpc-ca-file'],
        keyFile: flags['grpc-key-file'],
        durationMs: flags['grpc-signing-duration'],
      })
    : [];
  const controllers: Controller[] = [
    acceptController({
      hub,
      clusters,
      caches,
      permissions,
      autoAccept: gates['ManagedClusterAutoApproval'] ?? false,
      withCleanup: gates['ResourceCleanup'] ?? false,
    }),
    commonRolesController(clusters, caches, permissions),
    approvingController({
      hub,
      requests,
      signerName: signer.kubeApiServerClient,
      autoApprovedUsers: gates['ManagedClusterAutoApproval'] ? autoApprovedUsers(flags) : [],
    }),
    ...grpc,
    hubLeaseController({ hub, clusters, leases: clusterLeases, events, sightings }),
    clockSyncController(hub, clusters, clusterLeases),
    taintController(hub, clusters),
    setController(hub, sets, clusters),
    ...(gates['DefaultClusterSet'] ? [defaultSetsController(hub, sets)] : []),
    bindingController(hub, bindings, sets),
    managedNamespaceController(hub, clusters, sets),
    addonHealthController(hub, clusters, addons),
    addonFeaturesController(hub, clusters, addons),
    gates['ResourceCleanup']
      ? gcController({ hub, clusters, resources: gcResources })
      : gcDisabledController(hub, clusters),
    ...(gates['ClusterProfile'] ? profileControllers() : []),
  ];
  informers.start(signal);
  await runControllers(controllers, { logger: log, metrics }, signal);
  await events.flush();
};
