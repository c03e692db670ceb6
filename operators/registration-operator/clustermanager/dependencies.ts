import type { ClusterManager } from '../../api/generated/operator.ts';
import type { Informer } from '../../runtime/cache/informer.ts';
import type { ConfigMap, Namespace, Secret, Service } from '../../runtime/client/kubernetes.ts';
import type { Applier, Cluster } from '../apply/index.ts';
import type { Bundles } from '../bundle/index.ts';
import type { Expiries } from './certificates/expiries.ts';
import type { HubClusters } from './hub-clusters.ts';
import type { ImageSettings } from '../own-images.ts';
import type { TlsSettings } from '../tls-profile.ts';

/** The one server-side apply field manager of the cluster-manager operator. */
export const fieldManager = 'cluster-manager-operator';

/** What the flags, the environment and the TLS profile of the operator say. */
export interface Settings {
  /** `<opNS>`. */
  operatorNamespace: string;
  /** `--deployment-replicas`; 0 leaves the choice to the operator. */
  deploymentReplicas: number;
  controlPlaneNodeSelector: string;
  syncLabels: boolean;
  skipRemoveCrds: boolean;
  images: ImageSettings;
  /** `--image-pull-secret-name`. */
  imagePullSecret: string;
  /** What the cluster importer installs agents from. */
  agentImage?: string;
  tls: TlsSettings;
  /** What full names of Services end with, where the operands run. */
  clusterDomain: string;
  /** The role has the rule for network policies. */
  mayReadPolicies: boolean;
}

/** What the controllers of the operator share. */
export interface Dependencies {
  settings: Settings;
  bundles: Bundles;
  /** The cluster that the operator and the operands run on. */
  management: Cluster;
  hubs: HubClusters;
  applier: Applier;
  clusterManagers: Informer<ClusterManager>;
  /** Metadata of the namespaces that were made for hubs. */
  hubNamespaces: Informer<Namespace>;
  /** The CA bundles of all namespaces, `ca-bundle-configmap`. */
  caBundles: Informer<ConfigMap>;
  /** Metadata of the Services of operands: the address of a load balancer goes into a certificate. */
  operandServices: Informer<Service>;
  /** Metadata of the Secrets that certificates are kept in, by their names. */
  certificateSecrets: Informer<Secret>[];
  /** When the certificates that are kept expire. */
  certificates: Expiries;
  /** Metadata of the Secrets that users supply or operands mount: credentials, driver configuration, kubeconfigs. */
  mountedSecrets: Informer<Secret>[];
}
