import type { Klusterlet } from '../../api/generated/operator.ts';
import type { Informer } from '../../runtime/cache/informer.ts';
import type { ConfigMap, Namespace, Secret } from '../../runtime/client/kubernetes.ts';
import type { EventRecorder } from '../../runtime/controller/events.ts';
import type { Applier, Cluster } from '../apply/index.ts';
import type { Bundles } from '../bundle/index.ts';
import type { ImageSettings } from '../own-images.ts';
import type { OldNamespaces } from './install/old-namespaces.ts';
import type { Locks } from './key-locks.ts';
import type { ManagedClusters } from './managed-clusters.ts';
import type { RenderCache } from './rendering/render-cache.ts';
import type { Pending } from './status/agent-conditions.ts';

/** The one server-side apply field manager of the klusterlet operator. */
export const fieldManager = 'klusterlet-operator';

/** What the flags of the operator and the cluster that it runs on say. */
export interface Settings {
  operatorNamespace: string;
  /** `gitVersion` of the management cluster. */
  kubernetesVersion: string;
  /** `--deployment-replicas`; 0 leaves the choice to the operator. */
  deploymentReplicas: number;
  controlPlaneNodeSelector: string;
  syncLabels: boolean;
  /** Not `--disable-default-addon-namespace`. */
  keepsAddonNamespace: boolean;
  images: ImageSettings;
  /** The role has the rule for network policies. */
  mayReadPolicies: boolean;
}

/** What the controllers of the operator share. */
export interface Dependencies {
  settings: Settings;
  bundles: Bundles;
  rendered: RenderCache;
  /** The cluster that the operator runs on. */
  management: Cluster;
  managed: ManagedClusters;
  applier: Applier;
  oldNamespaces: OldNamespaces;
  locks: Locks;
  events: EventRecorder;
  /** What the last sync of each Klusterlet has set in motion, for those who report on it. */
  pending: Map<string, Pending>;
  klusterlets: Informer<Klusterlet>;
  /** By name: the secrets that agents and users keep in agent namespaces. */
  agentSecrets: Informer<Secret>[];
  /** The image pull secret of every namespace: of the operator's, and copies. */
  pullSecrets: Informer<Secret>;
  /** The TLS profile of every namespace. */
  tlsProfiles: Informer<ConfigMap>;
  /** Namespaces, metadata only, that want a copy of both. */
  addonNamespaces: Informer<Namespace>;
}
