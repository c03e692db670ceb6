import { clusterManagers } from '../../api/generated/operator.ts';
import { configMap, label } from '../../api/names.ts';
import {
  type ConfigMap,
  configMaps,
  type Namespace,
  namespaces,
  type Secret,
  secrets,
  type Service,
  services,
} from '../../runtime/client/kubernetes.ts';
import { apiVersionOf } from '../../runtime/client/resource.ts';
import { createEventRecorder } from '../../runtime/controller/events.ts';
import type { Process } from '../../runtime/process/command.ts';
import { Applier } from '../apply/index.ts';
import { findBundles, loadBundles } from '../bundle/index.ts';
import { mayReadPolicies } from '../network/policies.ts';
import { OcmOperator } from '../ocm-operator.ts';
import { agentImage, imageSettings } from '../own-images.ts';
import { RemoteClusters } from '../remote-clusters.ts';
import { countResources } from '../metrics.ts';
import { reportRepairs } from '../repair-report.ts';
import { certRotationController } from './certificates/cert-rotation-controller.ts';
import { clusterDomain } from './certificates/cluster-domain.ts';
import { certificateExpiries } from './certificates/expiries.ts';
import { clusterManagerController } from './cluster-manager-controller.ts';
import { type Dependencies, fieldManager, type Settings } from './dependencies.ts';
import { HubClusters } from './hub-clusters.ts';
import { crdStatusController, migrationController } from './migration/migration-controllers.ts';
import { hubNamespaceOf } from './mode.ts';
import { suppliedParameters } from './rendering/parameters.ts';
import { statusController } from './status/status-controller.ts';
import { readTlsProfile, type StartProfile, tlsProfileController } from './tls-profile-controller.ts';
import { certificateSecretNames, mountedSecretNames, watchable } from './watched-secrets.ts';

/** Installs, keeps, reports on and removes the hub of every ClusterManager. */
class ClusterManagerOperator extends OcmOperator {
  private readonly settings: Settings;
  private readonly tls: StartProfile;

  constructor(process: Process, settings: Settings, tls: StartProfile) {
    super(process);
    this.settings = settings;
    this.tls = tls;
  }

  protected override async init(): Promise<void> {
    const deps = await this.dependencies();
    const { operatorNamespace } = this.settings;
    const profiles = this.informers.informer<ConfigMap>(configMaps, {
      namespace: operatorNamespace,
      fieldSelector: `metadata.name=${configMap.tlsProfile}`,
    });
    this.control(
      clusterManagerController(deps),
      statusController(deps),
      certRotationController(deps),
      migrationController(deps),
      crdStatusController(deps),
      tlsProfileController(profiles, operatorNamespace, this.tls, (code, reason) =>
        this.process.exit(code, reason),
      ),
    );
  }

  private async dependencies(): Promise<Dependencies> {
    const { client, informers, signal, settings } = this;
    const { log, metrics } = this.process;
    const all = informers.informer(clusterManagers);
    const recorder = createEventRecorder({ client, log, reportingController: fieldManager, signal });
    const regarding = (owner: string) => {
      const found = all.get(owner);
      return found && { ...found, apiVersion: apiVersionOf(clusterManagers), kind: clusterManagers.kind };
    };
    const management = { client, informers };
    // The operator may read secrets of certain names only, so that each is a watch of its own (packaging.md 4.1).
    const secretsNamed = (name: string) =>
      informers.informer<Secret>(secrets, { fieldSelector: `metadata.name=${name}`, metadataOnly: true });
    const applier = new Applier({
      fieldManager,
      ownerLabel: label.createdByClusterManager,
      log,
      signal,
      onRepair: reportRepairs(metrics, recorder, regarding),
    });
    countResources(metrics, all, applier.deployments(management));
    return {
      settings,
      bundles: loadBundles(findBundles(), {
        sets: ['clustermanager'],
        supplies: { clustermanager: suppliedParameters() },
      }),
      management,
      hubs: new HubClusters(
        management,
        new RemoteClusters({ ownerField: 'clusterManager', userAgent: fieldManager, log, metrics, signal }),
      ),
      applier,
      certificates: certificateExpiries(metrics, () => all.list().map(hubNamespaceOf)),
      clusterManagers: all,
      hubNamespaces: informers.informer<Namespace>(namespaces, {
        labelSelector: label.createdByClusterManager,
        metadataOnly: true,
      }),
      caBundles: informers.informer<ConfigMap>(configMaps, {
        fieldSelector: `metadata.name=${configMap.caBundle}`,
      }),
      operandServices: informers.informer<Service>(services, {
        labelSelector: label.createdByClusterManager,
        metadataOnly: true,
      }),
      certificateSecrets: (await watchable(client, log, certificateSecretNames)).map(secretsNamed),
      mountedSecrets: (
        await watchable(client, log, mountedSecretNames(settings.imagePullSecret), settings.imagePullSecret)
      ).map(secretsNamed),
    };
  }
}

/** What the flags of `registration-operator hub` say. */
export type HubFlags = Pick<
  Settings,
  'deploymentReplicas' | 'controlPlaneNodeSelector' | 'syncLabels' | 'skipRemoveCrds' | 'imagePullSecret'
>;

/** Runs the cluster-manager operator until its process stops. */
export const startHubOperator = async (runtime: Process, flags: HubFlags): Promise<void> => {
  const operatorNamespace = runtime.namespace;
  const tls = await readTlsProfile(runtime.client, operatorNamespace, runtime.log);
  const images = imageSettings();
  await new ClusterManagerOperator(
    runtime,
    {
      ...flags,
      operatorNamespace,
      images,
      agentImage: agentImage(images),
      tls: tls.profile,
      clusterDomain: clusterDomain(),
      mayReadPolicies: await mayReadPolicies(runtime.client),
    },
    tls,
  ).start();
};
