/** Series by name with their values a minute apart, as promtool writes them, and when the loud ones have fired. */
interface Case {
  quiet: Record<string, string>;
  loud: Record<string, string>;
  at: string;
}

const day = 86_400;

/** One series, with values at which its alert stays quiet and fires. */
const of = (series: string, quiet: string, loud: string, at: string): Case => ({
  quiet: { [series]: quiet },
  loud: { [series]: loud },
  at,
});

const controller = 'job="ocm-work-agent", controller="c"';
const requests = (code: string) =>
  `rest_client_requests_total{job="ocm-work-agent", host="h", method="GET", code="${code}"}`;
const agent = 'job="ocm-registration-agent", instance="a"';
const hub = 'job="ocm-registration-controller"';
const lease = `ocm_agent_lease_renewal_timestamp_seconds{${agent}}`;
const accepted = `ocm_agent_hub_accepted{${agent}}`;

/** For each alert what does not let it fire, and what does. */
export const cases: Record<string, Case> = {
  OCMProcessDown: of('up{job="ocm-work-agent", instance="a"}', '1x20', '0x20', '11m'),
  OCMNoLeader: {
    quiet: {
      'leader_election_master_status{job="ocm-work-agent", name="l", instance="a"}': '0x10',
      'leader_election_master_status{job="ocm-work-agent", name="l", instance="b"}': '1x10',
    },
    loud: { 'leader_election_master_status{job="ocm-work-agent", name="l", instance="a"}': '0x10' },
    at: '6m',
  },
  OCMReconcileErrors: {
    quiet: {
      [`controller_runtime_reconcile_errors_total{${controller}}`]: '0+1x30',
      [`controller_runtime_reconcile_total{${controller}, result="success"}`]: '0+9x30',
      [`controller_runtime_reconcile_total{${controller}, result="error"}`]: '0+1x30',
    },
    loud: {
      [`controller_runtime_reconcile_errors_total{${controller}}`]: '0+6x30',
      [`controller_runtime_reconcile_total{${controller}, result="success"}`]: '0+4x30',
      [`controller_runtime_reconcile_total{${controller}, result="error"}`]: '0+6x30',
    },
    at: '20m',
  },
  OCMReconcileStuck: of(
    `workqueue_longest_running_processor_seconds{${controller}}`,
    '0 300 0 300 0x10',
    '0+120x20',
    '15m',
  ),
  OCMQueueBacklog: of(`workqueue_depth{${controller}}`, '500 3x30', '101x30', '16m'),
  OCMApiRequestsFail: {
    quiet: { [requests('200')]: '0+99x30', [requests('503')]: '0+1x30' },
    loud: { [requests('200')]: '0+60x30', [requests('503')]: '0+20x30', [requests('<error>')]: '0+20x30' },
    at: '20m',
  },
  OCMServingCertificateExpires: of(
    'serving_certificate_expiration_timestamp_seconds{job="ocm-work-webhook"}',
    `${6 * day}x90`,
    `${2 * day}x90`,
    '61m',
  ),
  OCMHubCertificateExpires: of(
    'ocm_hub_certificate_expiration_timestamp_seconds{job="ocm-cluster-manager-operator", namespace="n", secret="s"}',
    `${6 * day}x90`,
    `${2 * day}x90`,
    '61m',
  ),
  OCMAgentCertificateExpires: of(
    `rest_client_certificate_expiration_timestamp_seconds{${agent}, host="h"}`,
    `${6 * day}x90`,
    `${2 * day}x90`,
    '61m',
  ),
  OCMNotApplied: of(
    'ocm_operator_resources{job="ocm-klusterlet-operator", kind="Klusterlet", condition="Applied", status="False"}',
    '1 0x30',
    '1x30',
    '16m',
  ),
  OCMDegraded: {
    quiet: {
      'ocm_operator_resources{job="ocm-klusterlet-operator", condition="HubConnectionDegraded", status="False"}':
        '1x30',
      'ocm_operator_resources{job="ocm-klusterlet-operator", condition="Available", status="True"}': '1x30',
    },
    loud: {
      'ocm_operator_resources{job="ocm-klusterlet-operator", condition="HubConnectionDegraded", status="True"}':
        '1x30',
    },
    at: '16m',
  },
  OCMRolloutIncomplete: {
    quiet: {
      'ocm_operator_deployments{job="ocm-klusterlet-operator", version="v1.0.0", rollout="complete"}': '2x40',
      'ocm_operator_deployments{job="ocm-klusterlet-operator", version="v1.0.0", rollout="progressing"}':
        '1x10 _x30',
    },
    loud: {
      'ocm_operator_deployments{job="ocm-klusterlet-operator", version="v1.0.0", rollout="stalled"}': '1x40',
    },
    at: '31m',
  },
  OCMRepairConflict: {
    quiet: {
      'ocm_operator_repairs_total{job="ocm-klusterlet-operator", kind="Role", change="changed", fought="false"}':
        '0+1x20',
      'ocm_operator_repairs_total{job="ocm-klusterlet-operator", kind="Role", change="changed", fought="true"}':
        '3x20',
    },
    loud: {
      'ocm_operator_repairs_total{job="ocm-klusterlet-operator", kind="Role", change="changed", fought="true"}':
        '0 0 0+1x20',
    },
    at: '10m',
  },
  OCMClustersUnavailable: {
    quiet: {
      [`ocm_managed_clusters{${hub}, accepted="true", joined="true", available="True"}`]: '5x30',
      [`ocm_managed_clusters{${hub}, accepted="true", joined="true", available="Unknown"}`]: '0x30',
      [`ocm_managed_clusters{${hub}, accepted="false", joined="false", available="Unknown"}`]: '2x30',
    },
    loud: {
      [`ocm_managed_clusters{${hub}, accepted="true", joined="true", available="False"}`]: '0x30',
      [`ocm_managed_clusters{${hub}, accepted="true", joined="true", available="Unknown"}`]: '1x30',
    },
    at: '16m',
  },
  OCMLeasesLate: of(`ocm_managed_cluster_oldest_lease_seconds{${hub}}`, '70x20', '250x20', '6m'),
  OCMClustersWait: of(`ocm_managed_cluster_pending_csrs{${hub}}`, '1x30 0x60', '1x90', '61m'),
  OCMAddOnsUnavailable: {
    quiet: { [`ocm_managed_cluster_addons{${hub}, available="True"}`]: '9x30' },
    loud: { [`ocm_managed_cluster_addons{${hub}, available="Unknown"}`]: '1x30' },
    at: '16m',
  },
  OCMReplicaSetWorksDegraded: {
    quiet: { 'ocm_manifestworkreplicaset_works{job="ocm-work-controller", state="total"}': '9x30' },
    loud: { 'ocm_manifestworkreplicaset_works{job="ocm-work-controller", state="degraded"}': '1x30' },
    at: '16m',
  },
  OCMWebhookFails: {
    quiet: {
      'controller_runtime_webhook_requests_total{job="ocm-work-webhook", webhook="/w", code="200"}': '0+9x30',
      'controller_runtime_webhook_requests_total{job="ocm-work-webhook", webhook="/w", code="500"}': '1x30',
    },
    loud: {
      'controller_runtime_webhook_requests_total{job="ocm-work-webhook", webhook="/w", code="500"}': '0+1x30',
    },
    at: '15m',
  },
  OCMAgentNotAccepted: of(accepted, '1x90', '0x90', '61m'),
  OCMAgentLeaseNotRenewed: {
    // Renewed each minute; and not renewed because the hub does not accept the cluster.
    quiet: {
      [lease]: '0+60x20',
      [accepted]: '1x20',
      [lease.replaceAll('"a"', '"b"')]: '0x20',
      [accepted.replaceAll('"a"', '"b"')]: '0x20',
    },
    loud: { [lease]: '0x20', [accepted]: '1x20' },
    at: '8m',
  },
  OCMWorksNotApplied: {
    quiet: { [`work_manifestworks{${agent}, applied="True", available="True"}`]: '9x30' },
    loud: { [`work_manifestworks{${agent}, applied="False", available="Unknown"}`]: '1x30' },
    at: '16m',
  },
  OCMWorksUnavailable: {
    quiet: {
      [`work_manifestworks{${agent}, applied="True", available="True"}`]: '9x40',
      [`work_manifestworks{${agent}, applied="False", available="False"}`]: '1x40',
    },
    loud: { [`work_manifestworks{${agent}, applied="True", available="False"}`]: '1x40' },
    at: '31m',
  },
  OCMWorksEvicted: {
    quiet: { [`work_appliedmanifestworks{${agent}, evicting="false"}`]: '5x20' },
    loud: { [`work_appliedmanifestworks{${agent}, evicting="true"}`]: '1x20' },
    at: '11m',
  },
};
