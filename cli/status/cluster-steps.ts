import { managedClusterCondition as condition } from '../../operators/api/conditions.ts';
import type { ManagedCluster } from '../../operators/api/index.ts';
import type { CertificateSigningRequest, Lease } from '../../operators/runtime/client/kubernetes.ts';
import { conditionOf, type Step } from './step.ts';

/** What the hub knows of one cluster. */
export interface ClusterFacts {
  name: string;
  cluster?: ManagedCluster;
  /** The requests for certificates that carry the cluster's name. */
  requests: CertificateSigningRequest[];
  lease?: Lease;
  /** The sets that it is in, each with the namespaces to which the set is bound. */
  sets: { name: string; boundTo: string[] }[];
}

/**
 * The way of a cluster to the hub, from its wish to join to where placements choose it (registration.md 3, 4).
 * @param program what remedies begin with, such as `clusteradm`
 */
export const clusterSteps = (facts: ClusterFacts, program: string): Step[] => {
  const { cluster, name } = facts;
  const doctor = `run "${program} doctor" against ${name} itself`;
  if (!cluster) {
    const asked = facts.requests.length > 0 ? ', though an agent of this name asked for a certificate' : '';
    return [
      {
        step: 'Join requested',
        state: 'waiting',
        detail: `the hub has no ManagedCluster ${name}${asked}`,
        remedy: `join it (${program} get token prints how); if it has been joined, ${doctor}`,
      },
    ];
  }
  return [
    ...deletion(cluster, program),
    {
      step: 'Join requested',
      state: 'done',
      since: cluster.metadata.creationTimestamp,
      detail: `ManagedCluster ${name} is there`,
    },
    acceptance(cluster, program),
    ...certificate(facts, cluster, program, doctor),
    joined(cluster, doctor),
    lease(facts, doctor),
    availability(cluster, doctor),
    ...clock(cluster),
    ...taints(cluster),
    sets(facts, program),
  ];
};

const deletion = ({ metadata, status }: ManagedCluster, program: string): Step[] => {
  if (!metadata.deletionTimestamp) return [];
  const said = conditionOf(status?.conditions, condition.deleting.type);
  const finalizers = (metadata.finalizers ?? []).join(', ');
  return [
    {
      step: 'Deletion',
      state: 'waiting',
      since: metadata.deletionTimestamp,
      detail: said?.message || `its finalizers ${finalizers} are not removed yet`,
      remedy: `look at what is left in its namespace: ${program} get works --cluster ${metadata.name}; ${program} get addon --cluster ${metadata.name}`,
    },
  ];
};

const acceptance = ({ metadata, spec, status }: ManagedCluster, program: string): Step => {
  const step = 'Accepted by the hub';
  const said = conditionOf(status?.conditions, condition.hubAccepted.type);
  if (!spec?.hubAcceptsClient) {
    return {
      step,
      state: 'waiting',
      since: said?.lastTransitionTime ?? metadata.creationTimestamp,
      detail: said?.message || 'nobody has accepted it yet',
      remedy: `${program} accept --clusters ${metadata.name}`,
    };
  }
  if (said?.status === 'True') {
    return { step, state: 'done', since: said.lastTransitionTime, detail: said.message };
  }
  return {
    step,
    state: said ? 'failed' : 'waiting',
    since: said?.lastTransitionTime,
    detail: said?.message ?? 'it is accepted, and the registration controller has not looked at it yet',
    remedy: `look at the hub's registration controller: ${program} get hub-info`,
  };
};

const certificate = (
  { requests }: ClusterFacts,
  { metadata, status }: ManagedCluster,
  program: string,
  doctor: string,
): Step[] => {
  const rotated = conditionOf(status?.conditions, condition.certificateRotated.type);
  if (rotated?.status === 'False') {
    return [
      {
        step: 'Certificate',
        state: 'failed',
        since: rotated.lastTransitionTime,
        detail: rotated.message,
        remedy: doctor,
      },
    ];
  }
  const isJoined = conditionOf(status?.conditions, condition.joined.type)?.status === 'True';
  // Requests are gone an hour after they were decided.
  if (isJoined) return [{ step: 'Certificate', state: 'done', detail: 'the agent has been here with it' }];
  const newest = requests.toSorted((a, b) => (created(a) < created(b) ? 1 : -1))[0];
  if (!newest) {
    return [
      {
        step: 'Certificate requested',
        state: 'waiting',
        detail: 'no agent of this cluster asks for a certificate',
        remedy: doctor,
      },
    ];
  }
  return requestSteps(newest, metadata.name, program);
};

const created = ({ metadata }: CertificateSigningRequest): string => metadata.creationTimestamp ?? '';

const requestSteps = (request: CertificateSigningRequest, cluster: string, program: string): Step[] => {
  const { name } = request.metadata;
  const said = (type: string) => request.status?.conditions?.find((each) => each.type === type);
  const requested: Step = {
    step: 'Certificate requested',
    state: 'done',
    since: created(request),
    detail: `CSR ${name} of ${request.spec?.username ?? 'an unknown user'}`,
  };
  const denied = said('Denied') ?? said('Failed');
  if (denied) {
    return [
      requested,
      {
        step: 'Certificate issued',
        state: 'failed',
        since: denied.lastTransitionTime,
        detail: `CSR ${name} is ${denied.type === 'Denied' ? 'denied' : 'refused by its signer'}: ${denied.message ?? denied.reason ?? ''}`,
        remedy: `remove the cause, then kubectl delete csr ${name}: the agent asks again`,
      },
    ];
  }
  const approved = said('Approved');
  if (!approved) {
    return [
      requested,
      {
        step: 'Certificate approved',
        state: 'waiting',
        since: created(request),
        detail: `nobody has approved CSR ${name}`,
        remedy: `${program} accept --clusters ${cluster}`,
      },
    ];
  }
  if (request.status?.certificate) {
    return [
      requested,
      {
        step: 'Certificate issued',
        state: 'done',
        since: approved.lastTransitionTime,
        detail: `CSR ${name} is signed`,
      },
    ];
  }
  return [
    requested,
    {
      step: 'Certificate issued',
      state: 'waiting',
      since: approved.lastTransitionTime,
      detail: `CSR ${name} is approved and not signed`,
      remedy: `look at the hub's signer ${request.spec?.signerName ?? ''}, usually in kube-controller-manager`,
    },
  ];
};

const joined = ({ status }: ManagedCluster, doctor: string): Step => {
  const said = conditionOf(status?.conditions, condition.joined.type);
  return said?.status === 'True'
    ? { step: 'Joined', state: 'done', since: said.lastTransitionTime, detail: said.message }
    : {
        step: 'Joined',
        state: 'waiting',
        detail: 'the agent has not come back with its certificate',
        remedy: doctor,
      };
};

/** Whether the lease is old is judged by the hub, which sees it change; two clocks are not compared. */
const lease = ({ lease: held }: ClusterFacts, doctor: string): Step =>
  held?.spec?.renewTime
    ? { step: 'Lease', state: 'done', detail: `renewed last at ${held.spec.renewTime}` }
    : {
        step: 'Lease',
        state: 'waiting',
        detail: 'the agent has not renewed its lease yet',
        remedy: doctor,
      };

const availability = ({ status }: ManagedCluster, doctor: string): Step => {
  const step = 'Available';
  const said = conditionOf(status?.conditions, condition.available.type);
  if (!said) {
    return { step, state: 'waiting', detail: 'the agent has not reported yet', remedy: doctor };
  }
  const { lastTransitionTime: since, message: detail, reason } = said;
  if (said.status === 'True') return { step, state: 'done', since, detail };
  const silent = reason === condition.available.reason.ManagedClusterLeaseUpdateStopped;
  const remedy = silent
    ? `see that its agent runs and reaches the hub: ${doctor}`
    : `see that its API server answers /readyz; ${doctor}`;
  return { step, state: 'failed', since, detail, remedy };
};

const clock = ({ status }: ManagedCluster): Step[] => {
  const said = conditionOf(status?.conditions, condition.clockSynced.type);
  if (said?.status !== 'False') return [];
  const { lastTransitionTime: since, message: detail } = said;
  const remedy = 'set the clocks of the cluster and of the hub by NTP';
  return [{ step: 'Clock', state: 'failed', since, detail, remedy }];
};

const taints = ({ spec }: ManagedCluster): Step[] =>
  (spec?.taints ?? []).map(({ key, value, effect, timeAdded }) => ({
    step: 'Taint',
    state: 'note',
    since: timeAdded ?? undefined,
    detail: `${key}${value ? `=${value}` : ''}:${effect} keeps placements without its toleration away`,
  }));

const sets = ({ sets: found, name }: ClusterFacts, program: string): Step => {
  if (found.length === 0) {
    return {
      step: 'Sets',
      state: 'note',
      detail: 'it is in no set, so that no placement can choose it',
      remedy: `${program} clusterset set SET --clusters ${name}`,
    };
  }
  const texts = found.map(({ name: set, boundTo }) =>
    boundTo.length > 0 ? `${set} (bound to ${boundTo.join(', ')})` : `${set} (bound to no namespace)`,
  );
  return { step: 'Sets', state: 'note', detail: texts.join(', ') };
};
