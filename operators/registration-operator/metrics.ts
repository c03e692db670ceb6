import type { Informer } from '../runtime/cache/informer.ts';
import type { Deployment } from '../runtime/client/kubernetes.ts';
import type { Condition, KubeObject } from '../runtime/client/object.ts';
import { counter, gauge } from '../runtime/process/metric-definition.ts';
import type { Metrics } from '../runtime/process/metrics.ts';
import { rolloutOf } from './apply/index.ts';
import { standingVersion } from './bundle-version.ts';

/** What both operators count beside what every controller does. None has a series for each resource. */
export const operatorMetrics = {
  conditions: gauge(
    'ocm_operator_resources',
    'ClusterManagers or Klusterlets, by condition and the status of it.',
    ['kind', 'condition', 'status'],
  ),
  deployments: gauge(
    'ocm_operator_deployments',
    'Deployments that the operator applied, by the version of their bundle and the state of their rollout.',
    ['version', 'rollout'],
  ),
  repairs: counter(
    'ocm_operator_repairs_total',
    'Number of times that an applied object was changed by somebody else and put back.',
    ['kind', 'change', 'fought'],
  ),
};

/** Those of the cluster-manager operator alone. */
export const hubOperatorMetrics = {
  certificates: gauge(
    'ocm_hub_certificate_expiration_timestamp_seconds',
    'When a certificate that the operator issued for a hub expires, in seconds since the epoch.',
    ['namespace', 'secret'],
  ),
};

interface WithConditions extends KubeObject {
  status?: { conditions?: Condition[] };
}

/** Counts the resources of an operator and its Deployments whenever somebody scrapes. */
export const countResources = <T extends WithConditions>(
  metrics: Metrics,
  resources: Pick<Informer<T>, 'list' | 'resource'>,
  deployments: Pick<Informer<Deployment>, 'list'>,
): void => {
  const conditions = metrics.gauge(operatorMetrics.conditions);
  const rollouts = metrics.gauge(operatorMetrics.deployments);
  const { kind } = resources.resource;
  metrics.onScrape(() => {
    conditions.clear();
    for (const { status } of resources.list())
      for (const condition of status?.conditions ?? [])
        conditions.inc({ kind, condition: condition.type, status: condition.status });
    rollouts.clear();
    for (const deployment of deployments.list())
      rollouts.inc({
        version: standingVersion(deployment) ?? 'unknown',
        rollout: rolloutOf(deployment).state,
      });
  });
};
