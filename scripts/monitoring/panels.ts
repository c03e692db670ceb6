/** What a dashboard shows: all else of its JSON is the same for each (dashboard.ts). */
export interface Board {
  /** File name without its ending, and the identity in Grafana. */
  name: string;
  title: string;
  description: string;
  /** The jobs that may be chosen, as a regular expression. */
  jobs: string;
  rows: readonly Row[];
}

export interface Row {
  title: string;
  panels: readonly Panel[];
}

export interface Panel {
  title: string;
  description: string;
  kind: 'timeseries' | 'stat';
  /** A unit as Grafana names it. */
  unit: 'short' | 's' | 'bytes' | 'ops' | 'reqps' | 'percentunit' | 'dateTimeAsIso';
  queries: readonly Query[];
}

export interface Query {
  expr: string;
  /** How each series is called. */
  legend: string;
}

/** The matchers that the choices at the top of a dashboard need in every selector. */
const chosen = 'job=~"$job", instance=~"$instance"';

const of = (metric: string, matchers = ''): string => `${metric}{${chosen}${matchers && `, ${matchers}`}}`;
const perSecond = (counter: string, matchers?: string): string =>
  `rate(${of(counter, matchers)}[$__rate_interval])`;
const sum = (labels: string, expr: string): string => `sum by (${labels}) (${expr})`;
const quantile = (histogram: string, labels: string): string =>
  `histogram_quantile(0.99, ${sum(`${labels}, le`, perSecond(`${histogram}_bucket`))})`;

const graph = (
  title: string,
  unit: Panel['unit'],
  description: string,
  ...queries: [expr: string, legend: string][]
): Panel => ({
  title,
  description,
  kind: 'timeseries',
  unit,
  queries: queries.map(([expr, legend]) => ({ expr, legend })),
});

const stat = (title: string, unit: Panel['unit'], description: string, expr: string, legend = ''): Panel => ({
  ...graph(title, unit, description, [expr, legend || title]),
  kind: 'stat',
});

const processes: Row = {
  title: 'Processes',
  panels: [
    graph('Memory', 'bytes', 'Resident memory of each process.', [
      of('process_resident_memory_bytes'),
      '{{job}} {{instance}}',
    ]),
    graph('Processor', 'short', 'Seconds of processor time in a second.', [
      perSecond('process_cpu_seconds_total'),
      '{{job}} {{instance}}',
    ]),
    graph('Up', 'short', 'Whether Prometheus reaches a process (1) or not (0).', [
      of('up'),
      '{{job}} {{instance}}',
    ]),
  ],
};

const controllers: Row = {
  title: 'Controllers',
  panels: [
    graph('Reconciles', 'ops', 'Reconciles in a second by how they ended.', [
      sum('job, controller, result', perSecond('controller_runtime_reconcile_total')),
      '{{controller}} {{result}}',
    ]),
    graph('Time of a reconcile', 's', 'The time within which 99 of 100 reconciles end.', [
      quantile('controller_runtime_reconcile_time_seconds', 'job, controller'),
      '{{controller}}',
    ]),
    graph('Queues', 'short', 'Objects that wait for a controller.', [
      sum('job, name', of('workqueue_depth')),
      '{{name}}',
    ]),
    graph('Watch events', 'ops', 'Events that watches bring in a second.', [
      sum('job, resource', perSecond('reflector_watch_events_total')),
      '{{job}} {{resource}}',
    ]),
    graph('Leaders', 'short', 'Which process holds its lease (1) and which waits for it (0).', [
      of('leader_election_master_status'),
      '{{name}} {{instance}}',
    ]),
  ],
};

const requests: Row = {
  title: 'Requests to API servers',
  panels: [
    graph('Requests', 'reqps', 'Requests in a second by the code of the answer.', [
      sum('job, code', perSecond('rest_client_requests_total')),
      '{{job}} {{code}}',
    ]),
    graph('Time of a request', 's', 'The time within which 99 of 100 requests are answered.', [
      quantile('rest_client_request_duration_seconds', 'job, verb'),
      '{{job}} {{verb}}',
    ]),
    graph('Patches', 'ops', 'Patches of finalizers and statuses in a second by how they ended.', [
      sum('job, operation, status', perSecond('patcher_operations_total')),
      '{{operation}} {{status}}',
    ]),
  ],
};

const hub: Board = {
  name: 'ocm-hub',
  title: 'Open Cluster Management / Hub',
  description: 'The operators, controllers and webhooks of a hub.',
  jobs: 'ocm-.+-(operator|controller|webhook)',
  rows: [
    {
      title: 'Installation',
      panels: [
        stat(
          'Resources that are not installed',
          'short',
          'ClusterManagers and Klusterlets whose condition Applied is False.',
          `sum(${of('ocm_operator_resources', 'condition="Applied", status="False"')}) or vector(0)`,
        ),
        graph('Conditions', 'short', 'ClusterManagers and Klusterlets by condition.', [
          sum('kind, condition, status', of('ocm_operator_resources')),
          '{{kind}} {{condition}}={{status}}',
        ]),
        graph(
          'Deployments by bundle',
          'short',
          'Deployments that operators applied, by version and rollout.',
          [sum('job, version, rollout', of('ocm_operator_deployments')), '{{version}} {{rollout}}'],
        ),
        graph('Certificates', 's', 'Seconds until the certificates of the hub expire.', [
          `${of('ocm_hub_certificate_expiration_timestamp_seconds')} - time()`,
          '{{secret}}',
        ]),
      ],
    },
    {
      title: 'Webhooks',
      panels: [
        graph('Reviews', 'reqps', 'Reviews in a second by the code of the answer.', [
          sum('webhook, code', perSecond('controller_runtime_webhook_requests_total')),
          '{{webhook}} {{code}}',
        ]),
        graph('Decisions', 'ops', 'Objects that are let in and refused in a second.', [
          sum('webhook, allowed', perSecond('admission_decisions_total')),
          '{{webhook}} allowed={{allowed}}',
        ]),
        graph(
          'Serving certificates',
          's',
          'Seconds until the certificates that processes serve with expire.',
          [`${of('serving_certificate_expiration_timestamp_seconds')} - time()`, '{{job}} {{instance}}'],
        ),
      ],
    },
    controllers,
    requests,
    processes,
  ],
};

const agents: Board = {
  name: 'ocm-agents',
  title: 'Open Cluster Management / Agents',
  description: 'The agents of managed clusters: their place in the fleet, and the works that they apply.',
  jobs: 'ocm-.+-agent',
  rows: [
    {
      title: 'Connection to the hub',
      panels: [
        graph('Since the lease was renewed', 's', 'Seconds since an agent renewed its lease on the hub.', [
          `time() - ${of('ocm_agent_lease_renewal_timestamp_seconds')}`,
          '{{instance}}',
        ]),
        graph('Accepted', 'short', 'Whether the hub accepts the cluster (1) or not (0).', [
          of('ocm_agent_hub_accepted'),
          '{{instance}}',
        ]),
        graph(
          'Client certificates',
          's',
          'Seconds until the certificates that agents identify with expire.',
          [`${of('rest_client_certificate_expiration_timestamp_seconds')} - time()`, '{{job}} {{host}}'],
        ),
      ],
    },
    {
      title: 'Works',
      panels: [
        graph('Works', 'short', 'ManifestWorks by their conditions.', [
          sum('applied, available', of('work_manifestworks')),
          'applied={{applied}} available={{available}}',
        ]),
        graph('Manifests', 'ops', 'Manifests handled in a second by result.', [
          sum('result', perSecond('work_manifests_total')),
          '{{result}}',
        ]),
        graph('Time of a pass', 's', 'The time within which 99 of 100 passes over a work end.', [
          quantile('work_apply_duration_seconds', 'job'),
          '{{job}}',
        ]),
        graph('Repairs', 'ops', 'Passes in a second that undid what somebody else did.', [
          sum('job', perSecond('work_repairs_total')),
          '{{job}}',
        ]),
        graph(
          'Objects',
          'short',
          'Objects that works manage, and watches open on them.',
          [sum('job', of('work_tracked_objects')), '{{job}} objects'],
          [sum('job', of('work_object_watches')), '{{job}} watches'],
        ),
        graph('Records of applied works', 'short', 'AppliedManifestWorks, and those about to be removed.', [
          sum('job, evicting', of('work_appliedmanifestworks')),
          '{{job}} evicting={{evicting}}',
        ]),
      ],
    },
    controllers,
    requests,
    processes,
  ],
};

const fleet: Board = {
  name: 'ocm-fleet',
  title: 'Open Cluster Management / Fleet',
  description: 'The clusters of a hub, their add-ons and rollouts.',
  jobs: 'ocm-(registration|work|placement)-controller',
  rows: [
    {
      title: 'Clusters',
      panels: [
        stat('Clusters', 'short', 'All ManagedClusters.', `sum(${of('ocm_managed_clusters')})`),
        stat(
          'Not available',
          'short',
          'Clusters that joined and are not available.',
          `sum(${of('ocm_managed_clusters', 'joined="true", available!="True"')})`,
        ),
        stat(
          'Waiting requests',
          'short',
          'Certificate signing requests that nobody approved or denied.',
          `sum(${of('ocm_managed_cluster_pending_csrs')})`,
        ),
        graph('Availability', 'short', 'Clusters that joined by the status of their condition Available.', [
          sum('available', of('ocm_managed_clusters', 'joined="true"')),
          '{{available}}',
        ]),
        graph(
          'Longest silence',
          's',
          'Seconds since the most silent of the available clusters renewed its lease.',
          [of('ocm_managed_cluster_oldest_lease_seconds'), '{{instance}}'],
        ),
        graph('Add-ons', 'short', 'Add-ons by the status of their condition Available.', [
          sum('available', of('ocm_managed_cluster_addons')),
          '{{available}}',
        ]),
      ],
    },
    {
      title: 'Placement',
      panels: [
        graph(
          'Placements',
          'short',
          'Placements by the statuses of their conditions PlacementSatisfied and PlacementMisconfigured.',
          [
            sum('satisfied, misconfigured', of('ocm_placements')),
            'satisfied: {{satisfied}}, misconfigured: {{misconfigured}}',
          ],
        ),
        graph('Passes over placements', 'ops', 'Passes per second that decided on a Placement.', [
          sum('job', perSecond('scheduling_scheduling_duration_seconds_count')),
          'passes',
        ]),
      ],
    },
    {
      title: 'Rollouts',
      panels: [
        graph(
          'ManifestWorkReplicaSets',
          'short',
          'Sets by the status of their condition PlacementRolledOut.',
          [sum('rolled_out', of('ocm_manifestworkreplicasets')), 'rolled out: {{rolled_out}}'],
        ),
        graph('Works of sets', 'short', 'Works of all sets by state.', [
          sum('state', of('ocm_manifestworkreplicaset_works')),
          '{{state}}',
        ]),
      ],
    },
  ],
};

export const boards: readonly Board[] = [hub, agents, fleet];
