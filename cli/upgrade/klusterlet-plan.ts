import { type Klusterlet, klusterlets } from '../../operators/api/index.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import {
  customResourceDefinitions,
  type Deployment,
  deployments,
} from '../../operators/runtime/client/kubernetes.ts';
import { requireManagedCluster, takesAdmissionPolicies } from '../cluster/required-apis.ts';
import { imageValues } from '../flags/install-flags.ts';
import { agentsReady, describeKlusterlet, klusterletProblem } from '../join/wait.ts';
import { KLUSTERLET, KLUSTERLET_CRD, OPERATOR_NAMESPACE } from '../names.ts';
import {
  agentNamespace,
  installsOperator,
  isHosted,
  klusterletObject,
  type KlusterletValues,
} from '../objects/klusterlet.ts';
import { imageOf, isCrd, operatorObjects } from '../objects/operator.ts';
import { mergeValuesFile } from '../objects/values.ts';
import { conditionValue } from '../output/conditions.ts';
import type { UpgradeFlags } from './flags.ts';
import { keptValues } from './operator-values.ts';
import type { Plan } from './plan.ts';

/** The Klusterlet to upgrade; throws unless it is there, on a cluster that has what one has. */
export const klusterletToUpgrade = async (client: Client, name: string): Promise<Klusterlet> => {
  const found = await client.find(klusterlets, name);
  // The kinds of a managed cluster are on the one that is managed, not where the agents of a hosted Klusterlet run.
  if (!isHosted(found?.spec?.deployOption?.mode)) await requireManagedCluster(client);
  if (!(await client.find(customResourceDefinitions, KLUSTERLET_CRD))) {
    throw new Error('klusterlet is not installed');
  }
  return found ?? client.get(klusterlets, name);
};

/**
 * What is installed as a klusterlet, and what it is to become by the flags and a file of values (cli.md 9.2); of a hosted
 * one, whose operator serves others too, the agents only.
 */
export const planKlusterlet = async (
  client: Client,
  present: Klusterlet,
  flags: UpgradeFlags,
  valuesFile: string,
): Promise<Plan<Klusterlet>> => {
  const operator = await client.find(deployments, KLUSTERLET, OPERATOR_NAMESPACE);
  const values = mergeValuesFile(valuesOf(present, operator, flags), valuesFile, 'klusterlet');
  const admissionPolicies = await takesAdmissionPolicies(client);
  const objects = operatorObjects('klusterlet', { ...values, admissionPolicies });
  return {
    client,
    operator: installsOperator(values) ? objects : objects.filter(isCrd),
    resource: klusterlets,
    present,
    spec: klusterletObject(values)['spec'] as object,
    target: imageOf(values.images, 'registration-operator'),
    components: agentsOf(present),
    look: (now) => ({ reached: isUpgraded(now), state: describeKlusterlet(now) }),
    problem: klusterletProblem,
  };
};

/** The Deployments of the agents; one serves as both in the modes of one agent. */
const agentsOf = ({ metadata: { name }, spec }: Klusterlet): Plan['components'] => {
  const mode = spec?.deployOption?.mode;
  const namespace = agentNamespace({ name, namespace: spec?.namespace, mode });
  const one = mode?.startsWith('Singleton');
  const agent = (which: string) => ({ name: one ? `${name}-agent` : `${name}-${which}-agent`, namespace });
  return { registration: agent('registration'), work: agent('work') };
};

/** What is installed, with the images of the flags. */
const valuesOf = (
  { metadata, spec = {} }: Klusterlet,
  operator: Deployment | undefined,
  flags: UpgradeFlags,
): KlusterletValues => {
  const base: KlusterletValues = {
    createNamespace: false,
    replicaCount: 1,
    images: imageValues(flags),
    enableSyncLabels: false,
    noOperator: false,
    bootstrapHubKubeConfig: '',
    grpcConfig: '',
    externalManagedKubeConfig: '',
    klusterlet: {
      create: true,
      name: metadata.name,
      clusterName: spec.clusterName ?? '',
      namespace: spec.namespace ?? '',
      mode: spec.deployOption?.mode ?? 'Default',
      externalServerURLs: spec.externalServerURLs,
      resourceRequirement: spec.resourceRequirement,
      nodePlacement: spec.nodePlacement,
      registrationConfiguration: spec.registrationConfiguration ?? {},
      workConfiguration: spec.workConfiguration ?? {},
    },
  };
  const kept = keptValues(operator, operatorObjects('klusterlet', base), base.replicaCount);
  return { ...base, ...kept, priorityClassName: spec.priorityClassName ?? kept.priorityClassName };
};

const isUpgraded = (found: Klusterlet | undefined): boolean =>
  agentsReady(found) && conditionValue(found?.status?.conditions, 'Progressing') !== 'true';
