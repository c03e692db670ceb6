import type {
  ClusterManager,
  Klusterlet,
  ManagedCluster,
  ManifestWork,
} from '../../../operators/api/index.ts';
import type { CertificateSigningRequest, Lease } from '../../../operators/runtime/client/kubernetes.ts';
import type { KubeObject, ObjectMeta } from '../../../operators/runtime/client/object.ts';
import type { ClusterFacts } from '../../status/cluster-steps.ts';

/**
 * Objects with nothing but what the doctor judges by. Each field is chosen: an archive leaves the place where people may
 * see Secrets, so that what nobody chose does not get into it.
 */

export const leanMetadata = (metadata: ObjectMeta): ObjectMeta => ({
  name: metadata.name,
  namespace: metadata.namespace,
  uid: metadata.uid,
  generation: metadata.generation,
  creationTimestamp: metadata.creationTimestamp,
  deletionTimestamp: metadata.deletionTimestamp,
  finalizers: metadata.finalizers,
});

/** Metadata and conditions. */
export const leanStatus = <T extends KubeObject & { status?: { conditions?: unknown[] } }>(object: T): T =>
  ({
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: leanMetadata(object.metadata),
    status: { conditions: object.status?.conditions ?? [] },
  }) as unknown as T;

export const leanClusterManager = leanStatus<ClusterManager>;

export const leanKlusterlet = (klusterlet: Klusterlet): Klusterlet => ({
  ...leanStatus(klusterlet),
  spec: {
    clusterName: klusterlet.spec?.clusterName,
    namespace: klusterlet.spec?.namespace,
    deployOption: { mode: klusterlet.spec?.deployOption?.mode },
  },
});

const leanCluster = (cluster: ManagedCluster): ManagedCluster =>
  ({
    ...leanStatus(cluster),
    spec: { hubAcceptsClient: cluster.spec?.hubAcceptsClient, taints: cluster.spec?.taints },
  }) as ManagedCluster;

const leanRequest = ({ metadata, spec, status }: CertificateSigningRequest): CertificateSigningRequest =>
  ({
    metadata: leanMetadata(metadata),
    spec: { username: spec?.username, signerName: spec?.signerName },
    status: { conditions: status?.conditions, ...(status?.certificate && { certificate: 'issued' }) },
  }) as CertificateSigningRequest;

const leanLease = ({ metadata, spec }: Lease): Lease => ({
  metadata: leanMetadata(metadata),
  spec: { renewTime: spec?.renewTime },
});

export const leanClusterFacts = ({ name, cluster, requests, lease, sets }: ClusterFacts): ClusterFacts => ({
  name,
  cluster: cluster && leanCluster(cluster),
  requests: requests.map(leanRequest),
  lease: lease && leanLease(lease),
  sets,
});

/** Neither manifests nor feedback; and of Secrets not even what was said of them, which may quote them. */
export const leanWork = (work: ManifestWork): ManifestWork => ({
  ...leanStatus(work),
  spec: { workload: { manifests: (work.spec?.workload?.manifests ?? []).map(() => ({})) } },
  status: {
    conditions: work.status?.conditions,
    resourceStatus: {
      manifests: (work.status?.resourceStatus?.manifests ?? []).map(({ resourceMeta, conditions }) => ({
        resourceMeta,
        conditions: conditions.map((condition) =>
          resourceMeta?.resource === 'secrets'
            ? { ...condition, message: 'what was said of a Secret is not kept' }
            : condition,
        ),
      })),
    },
  },
});
