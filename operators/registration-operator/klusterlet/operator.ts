import { klusterlets } from '../../api/generated/operator.ts';
import { configMap, label, namespace as namespaceName, secret as secretName } from '../../api/names.ts';
import { configMaps, namespaces, type Secret, secrets } from '../../runtime/client/kubernetes.ts';
import type { Process } from '../../runtime/process/command.ts';
import { apiVersionOf } from '../../runtime/client/resource.ts';
import { createEventRecorder } from '../../runtime/controller/events.ts';
import { Applier } from '../apply/index.ts';
import { findBundles, loadBundles } from '../bundle/index.ts';
import { mayReadPolicies } from '../network/policies.ts';
import { OcmOperator } from '../ocm-operator.ts';
import { imageSettings } from '../own-images.ts';
import { RemoteClusters } from '../remote-clusters.ts';
import { countResources } from '../metrics.ts';
import { reportRepairs } from '../repair-report.ts';
import { addonPullSecretController, addonTlsProfileController } from './addon-namespace-controllers.ts';
import { watchedSecrets } from './affected-klusterlets.ts';
import { accessReviewController } from './connection/access-review-controller.ts';
import { type Dependencies, fieldManager, type Settings } from './dependencies.ts';
import { klusterletController } from './install/klusterlet-controller.ts';
import { OldNamespaces } from './install/old-namespaces.ts';
import { Locks } from './key-locks.ts';
import { ManagedClusters } from './managed-clusters.ts';
import { cleanupController } from './removal/cleanup-controller.ts';
import { suppliedParameters } from './rendering/parameters.ts';
import { RenderCache } from './rendering/render-cache.ts';
import { statusController } from './status/status-controller.ts';

/** Installs, keeps, reports on and removes the agents of every Klusterlet of a management cluster. */
class KlusterletOperator extends OcmOperator {
  private readonly settings: Settings;

  constructor(process: Process, settings: Settings) {
    super(process);
    this.settings = settings;
  }

  protected override async init(): Promise<void> {
    const deps = this.dependencies();
    this.control(
      klusterletController(deps),
      cleanupController(deps),
      accessReviewController(deps),
      statusController(deps),
      addonPullSecretController(deps),
      addonTlsProfileController(deps),
    );
  }

  private dependencies(): Dependencies {
    const { client, informers, signal, settings } = this;
    const { log, metrics } = this.process;
    const management = { client, informers };
    const all = informers.informer(klusterlets);
    const recorder = createEventRecorder({ client, log, reportingController: fieldManager, signal });
    const regarding = (owner: string) => {
      const found = all.get(owner);
      return found && { ...found, apiVersion: apiVersionOf(klusterlets), kind: klusterlets.kind };
    };
    // The operator may read secrets of these names only, so that each is a watch of its own (packaging.md 4.2).
    const secretsNamed = (name: string) =>
      informers.informer<Secret>(secrets, { fieldSelector: `metadata.name=${name}` });
    const applier = new Applier({
      fieldManager,
      ownerLabel: label.createdByKlusterlet,
      log,
      signal,
      onRepair: reportRepairs(metrics, recorder, regarding),
    });
    countResources(metrics, all, applier.deployments(management));
    return {
      settings,
      bundles: loadBundles(findBundles(), {
        sets: ['klusterlet'],
        supplies: { klusterlet: suppliedParameters() },
      }),
      rendered: new RenderCache(),
      management,
      managed: new ManagedClusters(
        management,
        new RemoteClusters({ ownerField: 'klusterlet', userAgent: fieldManager, log, metrics, signal }),
      ),
      applier,
      oldNamespaces: new OldNamespaces(applier),
      locks: new Locks(),
      events: recorder,
      pending: new Map(),
      klusterlets: all,
      agentSecrets: watchedSecrets.map(secretsNamed),
      pullSecrets: secretsNamed(secretName.imagePull),
      tlsProfiles: informers.informer(configMaps, { fieldSelector: `metadata.name=${configMap.tlsProfile}` }),
      addonNamespaces: informers.informer(namespaces, {
        labelSelector: `${label.addonNamespace}=true`,
        metadataOnly: true,
      }),
    };
  }
}

/** What the flags of `registration-operator klusterlet` say. */
export type KlusterletFlags = Pick<
  Settings,
  'deploymentReplicas' | 'controlPlaneNodeSelector' | 'syncLabels' | 'keepsAddonNamespace'
>;

/**
 * Runs the klusterlet operator until its process stops. Its namespace is that of its service account, whatever
 * `--namespace` says (operator.md 1.4).
 * @throws ApiError or ConnectionError when the API server does not tell its version
 */
export const startKlusterletOperator = async (process: Process, flags: KlusterletFlags): Promise<void> => {
  const { gitVersion } = await process.client.request<{ gitVersion: string }>({
    method: 'GET',
    path: '/version',
    signal: process.signal,
  });
  await new KlusterletOperator(process, {
    ...flags,
    operatorNamespace: process.serviceAccountNamespace ?? namespaceName.operator,
    kubernetesVersion: gitVersion,
    images: imageSettings(),
    mayReadPolicies: await mayReadPolicies(process.client),
  }).start();
};
