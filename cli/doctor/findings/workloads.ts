import type { PodFacts, WorkloadFacts } from '../facts.ts';
import type { Finding } from './finding.ts';

/** Why a Deployment of the operators, hub or agents has not all its Pods; nothing when it has. */
export const workloadFindings = (workloads: readonly WorkloadFacts[]): Finding[] =>
  workloads.filter(({ available, wanted }) => available < wanted).map(findingOf);

const findingOf = (workload: WorkloadFacts): Finding => {
  const { namespace, name, wanted, available, failure, pods } = workload;
  const object = `Deployment ${namespace}/${name}`;
  const show = `kubectl -n ${namespace} describe deployment ${name}`;
  if (failure !== undefined) return { object, ...ofFailure(failure, namespace), cause: failure };
  const troubled = pods.find(({ ready, reason, unscheduled }) => !ready && (reason ?? unscheduled));
  if (troubled) return { ...ofPod(troubled, namespace), object: `Pod ${namespace}/${troubled.name}` };
  return {
    code: 'not-ready',
    object,
    cause: `${available} of ${wanted} Pods are available`,
    remedy: pods.length > 0 ? `kubectl -n ${namespace} logs deployment/${name}` : show,
  };
};

const ofFailure = (failure: string, namespace: string): Pick<Finding, 'code' | 'remedy'> => {
  if (/exceeded quota|must specify .*(?:limits|requests)/.test(failure)) {
    return {
      code: 'quota',
      remedy: `raise the ResourceQuota of namespace ${namespace} (kubectl -n ${namespace} get resourcequota)`,
    };
  }
  if (/PodSecurity/.test(failure)) {
    return {
      code: 'pod-security',
      remedy: `lower the Pod Security level that namespace ${namespace} enforces`,
    };
  }
  if (/webhook/.test(failure)) {
    return { code: 'pod-webhook', remedy: 'correct the webhook of that name, which refuses Pods' };
  }
  return { code: 'no-pods', remedy: `kubectl -n ${namespace} get events` };
};

const images = new Set(['ImagePullBackOff', 'ErrImagePull', 'InvalidImageName', 'ErrImageNeverPull']);

const ofPod = (
  { name, reason = '', message = '', image, unscheduled }: PodFacts,
  namespace: string,
): Pick<Finding, 'code' | 'cause' | 'remedy'> => {
  if (unscheduled !== undefined && !reason) {
    return {
      code: 'unschedulable',
      cause: unscheduled,
      remedy: 'add a node that fits, or correct nodePlacement and the resource requirements',
    };
  }
  const cause = message ? `${reason}: ${message}` : reason;
  if (images.has(reason)) {
    return {
      code: 'image',
      cause: `the image ${image ?? ''} cannot be pulled: ${cause}`,
      remedy: 'correct --image-registry or --bundle-version, or give --image-pull-credential-file',
    };
  }
  if (reason === 'OOMKilled') {
    return {
      code: 'memory',
      cause: `its container used more memory than its limit`,
      remedy: 'raise --resource-limits, with --resource-qos-class ResourceRequirement',
    };
  }
  if (reason === 'CreateContainerConfigError') {
    return { code: 'container-config', cause, remedy: `kubectl -n ${namespace} describe pod ${name}` };
  }
  return { code: 'crash', cause, remedy: `kubectl -n ${namespace} logs ${name} --previous` };
};
