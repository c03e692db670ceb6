import type { Klusterlet } from '../../../api/generated/operator.ts';
import { authType } from '../../../api/names.ts';
import { dnsLabelProblem } from '../../../runtime/client/legal-name.ts';
import type { Bundles } from '../../bundle/index.ts';
import { knowsDriver } from '../../own-drivers.ts';
import { agentNamespaceOf, isHosted, isSingleton, type Mode, modeOf, modes } from '../mode.ts';
import { multipleHubs, usesGrpc } from '../rendering/agent-arguments.ts';
import { awsIdentity, usesAws } from '../rendering/aws-identity.ts';
import { holderOfNamespace } from '../shared-namespace.ts';

/** Most characters of the value of a label. */
const longestName = 63;

const imageFieldsOf = (mode: Mode) =>
  isSingleton(mode)
    ? (['imagePullSpec'] as const)
    : (['registrationImagePullSpec', 'workImagePullSpec'] as const);

/**
 * What is wrong with the name of a Klusterlet: everything that belongs to it carries the name as the value of a label,
 * and hosted agents live in a namespace of that name (operator.md 2.6).
 */
export const klusterletNameProblem = (name: string, mode: Mode): string | undefined => {
  const problem = isHosted(mode)
    ? dnsLabelProblem(name)
    : name.length > longestName
      ? `must be no more than ${longestName} characters`
      : undefined;
  const use = isHosted(mode) ? 'the namespace of its agents' : 'the value of a label of its agents';
  return (
    problem && `The name of the Klusterlet is also ${use}: ${problem}; create one of another name instead`
  );
};

/**
 * What is wrong with a Klusterlet that its schema does not see, in words that say what to do; undefined when nothing
 * is. Such a Klusterlet is not installed, and what it had installed before stays as it is.
 */
export const problemOf = (klusterlet: Klusterlet, all: readonly Klusterlet[]): string | undefined => {
  const { registrationConfiguration, deployOption } = klusterlet.spec ?? {};
  const mode = modeOf(klusterlet);
  if (!mode)
    return `spec.deployOption.mode ${JSON.stringify(deployOption?.mode)} is unknown; set it to one of ${modes.join(', ')}`;
  const nameProblem = klusterletNameProblem(klusterlet.metadata.name, mode);
  if (nameProblem) return nameProblem;
  const holder = holderOfNamespace(klusterlet, all);
  if (holder)
    return `Namespace ${agentNamespaceOf(klusterlet)} is used by Klusterlet ${holder.metadata.name}; give this Klusterlet another spec.namespace or, in hosted modes, another name`;
  const field = imageFieldsOf(mode).find((name) => !klusterlet.spec?.[name]?.trim());
  if (field) return `spec.${field} is empty; set it to the image of the agent`;
  const hubs = multipleHubs(klusterlet);
  if (hubs?.secrets.length === 1)
    return (
      'feature gate MultipleHubs is on, and spec.registrationConfiguration.bootstrapKubeConfigs lists one secret only; ' +
      'list at least two in localSecretsConfig.kubeConfigSecrets, or switch the gate off'
    );
  if (hubs?.secrets.length === 0)
    return (
      'feature gate MultipleHubs is on, and spec.registrationConfiguration.bootstrapKubeConfigs lists no secrets; ' +
      'set its type to LocalSecrets and list them in localSecretsConfig.kubeConfigSecrets'
    );
  if (hubs && usesGrpc(klusterlet))
    return (
      'feature gate MultipleHubs is on, and spec.registrationConfiguration.registrationDriver has authType grpc, ' +
      'by which nobody can choose between hubs; switch the gate off, or use another driver'
    );
  if (usesAws(klusterlet) && !awsIdentity(klusterlet)) {
    const given = registrationConfiguration?.registrationDriver?.awsIrsa;
    const what = given ? 'its ARNs are not those of two EKS clusters' : 'awsIrsa is missing';
    return `spec.registrationConfiguration.registrationDriver has authType awsirsa, and ${what}; set awsIrsa.hubClusterArn and awsIrsa.managedClusterArn`;
  }
  return undefined;
};

/**
 * Why the images of a Klusterlet cannot register in the way that it asks for; undefined when they can, or when their
 * tags do not say whose they are. To join in another way than asked for is not theirs to decide, so that such a Klusterlet
 * is not installed.
 */
export const driverProblem = (klusterlet: Klusterlet, bundles: Bundles): string | undefined => {
  const wanted = klusterlet.spec?.registrationConfiguration?.registrationDriver?.authType ?? authType.csr;
  const mode = modeOf(klusterlet);
  if (wanted === authType.csr || !mode) return undefined;
  const field = imageFieldsOf(mode).find((name) => !knowsDriver(bundles, klusterlet.spec?.[name], wanted));
  return (
    field &&
    `spec.registrationConfiguration.registrationDriver has authType ${wanted}, which spec.${field} ${klusterlet.spec?.[field]} does not have; set it to ${authType.csr}, or use an image that does`
  );
};
