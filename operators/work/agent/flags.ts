import { spokeWorkFeatures } from '../../api/features.ts';
import type { FlagSpecs } from '../../runtime/process/command.ts';

/** Flags of the work agent beside those of every controller (work.md 1.2 and 1.3). */
export const workAgentFlags = {
  'spoke-kubeconfig': {
    type: 'string',
    default: '',
    help: 'Kubeconfig of the managed cluster, when the agent does not run on it. Default: that of the process',
  },
  'spoke-cluster-name': {
    type: 'string',
    default: '',
    help: 'Name of the managed cluster: the namespace on the hub whose ManifestWorks are applied',
    aliases: ['cluster-name'],
  },
  'hub-kubeconfig-dir': {
    type: 'string',
    default: '/spoke/hub-kubeconfig',
    help: 'Folder with the kubeconfig of the hub; of no effect on the work agent alone',
  },
  'hub-kubeconfig': {
    type: 'string',
    default: '',
    help: 'Kubeconfig of the hub; of no effect on the work agent alone',
  },
  'agent-id': {
    type: 'string',
    default: '',
    help: 'Tells the AppliedManifestWorks of this agent from those of others. Default: the hash of the hub',
  },
  'hub-kube-api-qps': {
    type: 'string',
    default: '50',
    help: 'Accepted for compatibility: requests to the hub are not throttled by the agent',
  },
  'hub-kube-api-burst': {
    type: 'int',
    default: 100,
    help: 'Accepted for compatibility: requests to the hub are not throttled by the agent',
  },
  'workload-source-driver': {
    type: 'string',
    default: 'kube',
    help: 'Where ManifestWorks come from: kube or grpc',
  },
  'workload-source-config': {
    type: 'string',
    default: '/spoke/hub-kubeconfig/kubeconfig',
    help: 'Kubeconfig of the hub, or the configuration of another driver',
  },
  'cloudevents-client-id': {
    type: 'string',
    default: '',
    help: 'Client id for drivers that carry events',
  },
  'cloudevents-client-codecs': {
    type: 'list',
    default: [],
    help: 'Accepted for compatibility: there is one codec, manifestbundle',
  },
  'status-sync-interval': {
    type: 'duration',
    default: 10_000,
    help: 'How often the status of what cannot be watched is read',
  },
  'appliedmanifestwork-eviction-grace-period': {
    type: 'duration',
    default: 3_600_000,
    help: 'How long an AppliedManifestWork without a ManifestWork is kept; 876000h or more keeps it for ever',
  },
  'max-json-raw-length': {
    type: 'int',
    default: 1024,
    help: 'Most bytes of one raw JSON feedback value; the hub stores no more than 1024',
  },
  'max-feedback-watch': {
    type: 'int',
    default: 50,
    help: 'Accepted for compatibility: all feedback is reported as it changes, without watches of its own',
  },
  'workload-agent-workers': {
    type: 'int',
    default: 10,
    help: 'How many works the agent applies, reports and removes at a time; at least 1',
  },
  'feature-gates': {
    type: 'gates',
    default: {},
    gates: spokeWorkFeatures,
    help: 'Feature gates, as Name=true,Other=false',
  },
} as const satisfies FlagSpecs;
