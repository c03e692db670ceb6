import { klusterlets } from '../../api/generated/operator.ts';
import { configMap, label, namespace as namespaceName, secret as secretName } from '../../api/names.ts';
import { configMaps, namespaces, type Secret, secrets } from '../../runtime/client/kubernetes.ts';
import { controllerCommand, type Process } from '../../runtime/process/command.ts';
import { Applier } from '../apply/index.ts';
import { OcmOperator } from '../base.ts';
import { findBundles, loadBundles } from '../bundle/index.ts';
import { defaultControlPlaneSelector } from '../replicas.ts';
import { accessReviewController } from './access-review-controller.ts';
import { addonPullSecretController, addonTlsProfileController } from './addon-namespace-controllers.ts';
import { cleanupController } from './cleanup-controller.ts';
import { type Dependencies, fieldManager, type Settings } from './dependencies.ts';
import { watchedSecrets } from './keys.ts';
import { klusterletController } from './klusterlet-controller.ts';
import { Locks } from './locks.ts';
import { ManagedClusters } from './managed-clusters.ts';
import { suppliedParameters } from './parameters.ts';
import { statusController } from './status-controller.ts';

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
    // The operator may read secrets of these names only, so that each is a watch of its own (packaging.md 4.2).
    const secretsNamed = (name: string) =>
      informers.informer<Secret>(secrets, { fieldSelector: `metadata.name=${name}` });
    return {
      settings,
      bundles: loadBundles(findBundles(), {
        sets: ['klusterlet'],
        supplies: { klusterlet: suppliedParameters() },
      }),
      management,
      managed: new ManagedClusters({ management, userAgent: fieldManager, logger: log, metrics, signal }),
      applier: new Applier({ fieldManager, ownerLabel: label.createdByKlusterlet, log, signal }),
      locks: new Locks(),
      klusterlets: informers.informer(klusterlets),
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

/** `registration-operator klusterlet` (operator.md 1.1, 1.4). */
export const klusterletCommand = controllerCommand({
  help: 'Start the klusterlet operator',
  component: 'klusterlet',
  flags: {
    'control-plane-node-label-selector': {
      type: 'string',
      default: defaultControlPlaneSelector,
      help: 'Label selector of the control-plane nodes by which replicas are chosen',
    },
    'deployment-replicas': {
      type: 'int',
      default: 0,
      help: 'Replicas of every agent Deployment; 0 lets the operator choose',
    },
    'enable-sync-labels': {
      type: 'bool',
      default: false,
      help: 'Copy the labels of a Klusterlet to everything that is installed for it',
    },
    'disable-default-addon-namespace': {
      type: 'bool',
      default: false,
      help: `Leave the namespace ${namespaceName.addon} to others`,
    },
    'skip-placeholder-hub-secret': {
      type: 'bool',
      default: false,
      help: 'Has no effect',
      deprecated: 'it has no effect',
    },
  },
  async run(process, flags) {
    // Only a server that tells its version is one that agents can be installed on.
    const { gitVersion } = await process.client.request<{ gitVersion: string }>({
      method: 'GET',
      path: '/version',
      signal: process.signal,
    });
    const operator = new KlusterletOperator(process, {
      operatorNamespace: process.serviceAccountNamespace ?? namespaceName.operator,
      kubernetesVersion: gitVersion,
      deploymentReplicas: flags['deployment-replicas'],
      controlPlaneNodeSelector: flags['control-plane-node-label-selector'],
      syncLabels: flags['enable-sync-labels'],
      keepsAddonNamespace: !flags['disable-default-addon-namespace'],
    });
    await operator.start();
  },
});
