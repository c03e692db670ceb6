import { placementMetrics } from '../../operators/placement/controller/metrics.ts';
import { hubOperatorMetrics, operatorMetrics } from '../../operators/registration-operator/metrics.ts';
import { registrationAgentMetrics } from '../../operators/registration/agent/metrics.ts';
import { fleetMetrics } from '../../operators/registration/hub/metrics.ts';
import { grpcServerMetrics } from '../../operators/registration/server/metrics.ts';
import { webhookMetrics } from '../../operators/runtime/admission/webhook-server.ts';
import { reflectorMetrics } from '../../operators/runtime/cache/reflector.ts';
import { clientMetrics } from '../../operators/runtime/client/client-metrics.ts';
import { leaderMetrics } from '../../operators/runtime/controller/leader/leader-election.ts';
import { workqueueMetrics } from '../../operators/runtime/controller/queue/queue-metrics.ts';
import { reconcileMetricDefinitions } from '../../operators/runtime/controller/reconcile-metrics.ts';
import type { MetricDefinition } from '../../operators/runtime/process/metric-definition.ts';
import { buildInfo, processMetrics } from '../../operators/runtime/process/process-metrics.ts';
import { workAgentMetrics } from '../../operators/work/agent/metrics.ts';
import { replicaSetMetrics } from '../../operators/work/hub/metrics.ts';

/** Metrics that belong together, and the processes that serve them. */
export interface Group {
  title: string;
  metrics: readonly MetricDefinition[];
}

const group = (title: string, ...definitions: Readonly<Record<string, MetricDefinition>>[]): Group => ({
  title,
  metrics: definitions.flatMap((each) => Object.values(each)),
});

/** What stands in the documents for the namespace of a process in the name of its `build_info`. */
const namespacePlaceholder = 'NAMESPACE';

const everywhere = group('Every process', processMetrics, { buildInfo: buildInfo(namespacePlaceholder) });
const client = group('Requests to API servers', clientMetrics);
const watches = group('Watches of API servers', reflectorMetrics);
const controllers = group('Controllers', reconcileMetricDefinitions, workqueueMetrics);
const leader = group('Leader election', leaderMetrics);
const webhooks = group('Admission webhooks', webhookMetrics);
const operators = group('Operators', operatorMetrics);
const hubOperator = group('Cluster-manager operator', hubOperatorMetrics);
const fleet = group('Registration controller', fleetMetrics);
const grpcServer = group('gRPC server', grpcServerMetrics);
const replicaSets = group('Work controller', replicaSetMetrics);
const placements = group('Placement controller', placementMetrics);
const registrationAgent = group('Registration agent', registrationAgentMetrics);
const workAgent = group('Work agent', workAgentMetrics);

export const groups: readonly Group[] = [
  everywhere,
  client,
  watches,
  controllers,
  leader,
  webhooks,
  operators,
  hubOperator,
  fleet,
  grpcServer,
  replicaSets,
  placements,
  registrationAgent,
  workAgent,
];

const controller = [everywhere, client, watches, controllers, leader];

/** A process: the value of the label `job` by which dashboards and alerts know it, and what it serves. */
export interface ServingProcess {
  job: string;
  runs: string;
  groups: readonly Group[];
}

export const processes: readonly ServingProcess[] = [
  {
    job: 'ocm-cluster-manager-operator',
    runs: '`registration-operator hub`',
    groups: [...controller, operators, hubOperator],
  },
  {
    job: 'ocm-klusterlet-operator',
    runs: '`registration-operator klusterlet`',
    groups: [...controller, operators],
  },
  {
    job: 'ocm-registration-controller',
    runs: '`registration controller`',
    groups: [...controller, fleet],
  },
  { job: 'ocm-work-controller', runs: '`work manager`', groups: [...controller, replicaSets] },
  {
    job: 'ocm-placement-controller',
    runs: '`placement controller`',
    groups: [...controller, placements],
  },
  { job: 'ocm-addon-manager', runs: '`addon manager`', groups: controller },
  {
    job: 'ocm-registration-webhook',
    runs: '`registration webhook-server`',
    groups: [everywhere, client, webhooks],
  },
  { job: 'ocm-work-webhook', runs: '`work webhook-server`', groups: [everywhere, client, webhooks] },
  { job: 'ocm-addon-webhook', runs: '`addon webhook-server`', groups: [everywhere, client, webhooks] },
  { job: 'ocm-grpc-server', runs: '`server grpc`', groups: [everywhere, client, watches, grpcServer] },
  { job: 'ocm-registration-agent', runs: '`registration agent`', groups: [...controller, registrationAgent] },
  { job: 'ocm-work-agent', runs: '`work agent`', groups: [...controller, workAgent] },
  {
    job: 'ocm-singleton-agent',
    runs: '`registration-operator agent`',
    groups: [...controller, registrationAgent, workAgent],
  },
];

/** The name of `build_info` with the placeholder of the documents, whatever the namespace; other names as they are. */
export const documentedName = (name: string): string =>
  name.endsWith('_build_info') ? buildInfo(namespacePlaceholder).name : name;
