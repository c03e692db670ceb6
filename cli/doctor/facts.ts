import type {
  ClusterManager,
  Klusterlet,
  ManagedClusterAddOnV1alpha1,
  ManifestWork,
  Placement,
} from '../../operators/api/index.ts';
import type { KubeObject } from '../../operators/runtime/client/object.ts';
import type { ClusterFacts } from '../status/cluster-steps.ts';

/** A Deployment and its Pods, as far as they tell why something does not run. */
export interface WorkloadFacts {
  namespace: string;
  name: string;
  wanted: number;
  available: number;
  /** What its controllers say of it when they cannot make Pods. */
  failure?: string;
  pods: PodFacts[];
}

export interface PodFacts {
  name: string;
  phase: string;
  /** The reason why a container waits or ended, such as `ImagePullBackOff` or `OOMKilled`. */
  reason?: string;
  message?: string;
  image?: string;
  /** Why it is on no node. */
  unscheduled?: string;
  ready: boolean;
}

/** A kubeconfig in a Secret, without its credentials. */
export interface CredentialFacts {
  namespace: string;
  secret: string;
  purpose: 'bootstrap' | 'hub' | 'managed';
  present: boolean;
  /** Why it cannot be used as it is. */
  problem?: string;
  server?: string;
  proxy?: string;
  tlsServerName?: string;
  /** Times (RFC 3339). */
  tokenExpires?: string;
  certificateFrom?: string;
  certificateUntil?: string;
  /** What came of using it from where the doctor runs; absent when it was not tried. */
  probe?: ProbeFacts;
}

export interface ProbeFacts {
  ok: boolean;
  /** HTTP status of an answer. */
  status?: number;
  /** Node's code of a connection that failed. */
  code?: string;
  message?: string;
}

export interface WebhookFacts {
  configuration: string;
  service: string;
  /** Endpoints of the service that are ready. */
  ready: number;
  /** Until when the authorities that the API server trusts there are valid; absent when they cannot be read. */
  caUntil?: string;
}

export interface SetBindingFacts {
  namespace: string;
  set: string;
  /** Whether there is such a set. */
  known: boolean;
}

export interface HubFacts {
  /** Null where there is none; absent where it could not be read, as for all that may be absent. */
  clusterManager?: ClusterManager | null;
  operator?: WorkloadFacts | null;
  operands: WorkloadFacts[];
  webhooks: WebhookFacts[];
  /** Parts of what new clusters join by that are not there: `ClusterRole x`. */
  missingBootstrap: string[];
  clusters: ClusterFacts[];
  /** Namespaces that clusters should have: their phases, `Missing` where there is none. */
  namespaces: { cluster: string; phase: string }[];
  works: ManifestWork[];
  placements: Placement[];
  setBindings: SetBindingFacts[];
  addons: ManagedClusterAddOnV1alpha1[];
  managementAddons: string[];
}

export interface ManagedFacts {
  klusterlets?: Klusterlet[];
  operator?: WorkloadFacts | null;
  agents: WorkloadFacts[];
  credentials: CredentialFacts[];
  appliedWorks: Pick<KubeObject, 'metadata'>[];
}

/** All that the doctor judges by. None of it is the data of a Secret. */
export interface Facts {
  /** Of this shape of facts. */
  version: 1;
  /** When they were taken, by the clock of the machine that took them (RFC 3339). */
  taken: string;
  server: string;
  hub?: HubFacts;
  managed?: ManagedFacts;
  /** What could not be read, and why. */
  unread: string[];
}
