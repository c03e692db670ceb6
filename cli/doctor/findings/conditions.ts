import { clusterManagerCondition, klusterletCondition } from '../../../operators/api/conditions.ts';
import type { ClusterManager, Klusterlet } from '../../../operators/api/index.ts';
import { conditionOf } from '../../status/step.ts';
import type { Code, Finding } from './finding.ts';

/** What a condition of an operator tells when it has a status that it should not have. */
interface Rule {
  type: string;
  bad: 'True' | 'False';
  code: (reason: string) => Code;
  remedy: (program: string) => string;
}

const refusals = new Set([
  'UnknownBundleVersion',
  'ComponentVersionsTooFarApart',
  'KubernetesVersionUnsupported',
  'DowngradeRefused',
  'UpgradeUnsupported',
]);

const applied = (type: string, command: string): Rule => ({
  type,
  bad: 'False',
  code: (reason) => (refusals.has(reason) ? 'version-refused' : 'apply-failed'),
  remedy: (program) =>
    `correct what its message names; another version comes by ${program} upgrade ${command} --bundle-version`,
});

const gates: Rule[] = [
  {
    type: klusterletCondition.validFeatureGates.type,
    bad: 'False',
    code: () => 'feature-gates',
    remedy: () => 'take the gates that its message names out of spec',
  },
  {
    type: klusterletCondition.validConfiguration.type,
    bad: 'False',
    code: () => 'configuration',
    remedy: () => 'correct the values that its message names in spec',
  },
];

const degraded = (type: string): Rule => ({
  type,
  bad: 'True',
  code: () => 'degraded',
  remedy: (program) =>
    `look at the Pods that its message names: ${program} get hub-info, get klusterlet-info`,
});

const ofClusterManager: Rule[] = [
  applied(clusterManagerCondition.applied.type, 'clustermanager'),
  ...gates,
  {
    type: clusterManagerCondition.migrationSucceeded.type,
    bad: 'False',
    code: () => 'migration',
    remedy: () => 'correct the objects that its message names, which the newer API version does not take',
  },
  degraded(clusterManagerCondition.registrationDegraded.type),
  degraded(clusterManagerCondition.placementDegraded.type),
  degraded(clusterManagerCondition.addOnManagerDegraded.type),
];

const ofKlusterlet: Rule[] = [
  {
    type: klusterletCondition.deleting.type,
    bad: 'True',
    code: () => 'klusterlet-deletion',
    remedy: () =>
      'bring the managed cluster back, or correct its kubeconfig in Secret external-managed-kubeconfig',
  },
  {
    type: klusterletCondition.readyToApply.type,
    bad: 'False',
    code: () => 'not-prepared',
    remedy: () => 'correct Secret external-managed-kubeconfig, with which it reaches the managed cluster',
  },
  applied(klusterletCondition.applied.type, 'klusterlet'),
  ...gates,
  {
    type: klusterletCondition.hubConnectionDegraded.type,
    bad: 'True',
    code: () => 'hub-connection',
    remedy: (program) => `on the hub: ${program} get cluster NAME tells at which step it is`,
  },
  degraded(klusterletCondition.registrationDegraded.type),
  degraded(klusterletCondition.workDegraded.type),
];

export const clusterManagerFindings = (object: ClusterManager, program: string): Finding[] =>
  findings(`ClusterManager ${object.metadata.name}`, object.status?.conditions, ofClusterManager, program);

export const klusterletFindings = (object: Klusterlet, program: string): Finding[] =>
  findings(`Klusterlet ${object.metadata.name}`, object.status?.conditions, ofKlusterlet, program);

const findings = (
  object: string,
  conditions: Parameters<typeof conditionOf>[0],
  rules: readonly Rule[],
  program: string,
): Finding[] =>
  rules.flatMap(({ type, bad, code, remedy }) => {
    const said = conditionOf(conditions, type);
    if (said?.status !== bad) return [];
    const { reason, message, lastTransitionTime: since } = said;
    return [
      {
        code: code(reason),
        object,
        cause: `${type} is ${bad}: ${reason}: ${message}`,
        since,
        remedy: remedy(program),
      },
    ];
  });
