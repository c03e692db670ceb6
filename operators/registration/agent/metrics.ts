import { gauge } from '../../runtime/process/metric-definition.ts';
import type { Metrics } from '../../runtime/process/metrics.ts';

export const registrationAgentMetrics = {
  leaseRenewed: gauge(
    'ocm_agent_lease_renewal_timestamp_seconds',
    'When the agent last renewed the lease of its cluster on the hub, in seconds since the epoch.',
  ),
  accepted: gauge('ocm_agent_hub_accepted', 'Whether the hub accepts the cluster (1) or not (0).'),
};

/** What an agent says of its place in the fleet. */
export interface AgentMetrics {
  leaseRenewed(at: Date): void;
  accepted(is: boolean): void;
}

export const agentMetrics = (metrics: Metrics): AgentMetrics => {
  const leaseRenewed = metrics.gauge(registrationAgentMetrics.leaseRenewed);
  const accepted = metrics.gauge(registrationAgentMetrics.accepted);
  return {
    leaseRenewed: (at) => leaseRenewed.set(at.getTime() / 1000),
    accepted: (is) => accepted.set(is ? 1 : 0),
  };
};
