import type { HubFacts, WebhookFacts } from '../facts.ts';
import { clusterManagerFindings } from './conditions.ts';
import type { Finding, Setting } from './finding.ts';
import { fleetFindings } from './fleet.ts';
import { workloadFindings } from './workloads.ts';

/** What is wrong on a hub; causes come before what follows from them. */
export const hubFindings = (facts: HubFacts, setting: Setting): Finding[] => {
  const { clusterManager, operator, operands } = facts;
  const { program } = setting;
  const none: Finding = {
    code: 'clustermanager-missing',
    object: 'ClusterManager cluster-manager',
    cause: 'nothing says what the hub should consist of',
    remedy: `${program} init`,
  };
  const noOperator: Finding = {
    code: 'operator-missing',
    object: 'Deployment open-cluster-management/cluster-manager',
    cause: 'there is a ClusterManager, and no operator that looks after it',
    remedy: `${program} upgrade clustermanager`,
  };
  return [
    ...(clusterManager === null ? [none] : []),
    ...(operator ? workloadFindings([operator]) : operator === null && clusterManager ? [noOperator] : []),
    ...workloadFindings(operands),
    ...facts.webhooks.flatMap((webhook) => webhookFindings(webhook, setting)),
    ...(clusterManager ? clusterManagerFindings(clusterManager, program) : []),
    ...facts.missingBootstrap.map((part): Finding => ({
      code: 'bootstrap-rbac',
      object: part,
      cause: 'it is not there, and without it no new cluster can ask to join',
      remedy: `${program} init`,
    })),
    ...fleetFindings(facts, setting),
  ];
};

const webhookFindings = (
  { configuration, service, ready, caUntil }: WebhookFacts,
  { now }: Setting,
): Finding[] => {
  const object = `webhook ${configuration}`;
  const [namespace = '', name = ''] = service.split('/');
  if (ready === 0) {
    return [
      {
        code: 'webhook-down',
        object,
        cause: `its Service ${service} has no endpoint that is ready, so that the API server refuses its objects`,
        remedy: `kubectl -n ${namespace} get pods,endpointslices -l kubernetes.io/service-name=${name}; see that its Deployment runs`,
      },
    ];
  }
  if (caUntil && Date.parse(caUntil) < now) {
    return [
      {
        code: 'webhook-ca',
        object,
        cause: `the authority that the API server trusts there ended at ${caUntil}`,
        remedy: `delete Secret signer-secret in namespace ${namespace}: the operator makes a new one`,
      },
    ];
  }
  return [];
};
