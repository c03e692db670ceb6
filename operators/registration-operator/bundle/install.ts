import { secret } from '../../api/names.ts';
import type { UnknownObject } from '../../runtime/client/object.ts';
import { embeddedBundle } from './embedded.ts';
import { findBundles, loadBundle, loadBundles } from './load.ts';
import { render } from './render.ts';
import type { Bundle, SetName } from './types.ts';

export type OperatorName = 'cluster-manager' | 'klusterlet';

/** What the installation of an operator depends on (packaging.md 2.3, 3.3). */
export interface OperatorInstallation {
  namespace: string;
  image: string;
  replicas: number;
  /** Arguments after the subcommand. */
  arguments: string[];
  /** Where images come from that a resource does not name; default: the project's registry. */
  imageRegistry?: string;
  /** Of the Pods of the cluster-manager operator, the first of which it copies for operands. Default the usual one. */
  imagePullSecrets?: readonly string[];
  /** Default `IfNotPresent`. */
  imagePullPolicy?: string;
  priorityClassName?: string;
  /** Whether the API server takes ValidatingAdmissionPolicies, which bound the operator; default false. */
  admissionPolicies?: boolean;
}

/** The flag is there for another name than the usual one only: operators of before do not know it. */
const pullSecretArguments = (name: string): string[] =>
  name === secret.imagePull ? [] : [`--image-pull-secret-name=${name}`];

/** What names of admission policies end with that come with an operator; those that it writes itself say of which hub. */
export const installedPolicySuffix = 'open-cluster-management.io';

/** What an operator's bundle has to know of admission policies, and whether they come with it. */
export const policyParameters = (operator: OperatorName, comeWithIt: boolean) => ({
  policySuffix: installedPolicySuffix,
  labels: { app: operator },
  policyVerbs: ['get', 'list', 'watch', ...(comeWithIt ? [] : ['create'])],
});

/** The newest bundle there is: the one in the program itself, or else of the folder. */
const newestOf = (set: SetName): Bundle => {
  const embedded = embeddedBundle();
  return embedded ? loadBundle(embedded, { sets: [set] }) : loadBundles(findBundles(), { sets: [set] })[0];
};

const called: Record<OperatorName, string> = {
  'cluster-manager': 'cluster manager',
  klusterlet: 'klusterlet',
};

/**
 * What installs one operator, by a bundle or the newest there is and in the order to apply it: CRD, admission policies where
 * the API server takes them, ServiceAccount, ClusterRole, ClusterRoleBinding, Deployment. The namespace is not among them.
 * Throws without a namespace, in the words of packaging.md 5.
 */
export const renderOperator = (
  operator: OperatorName,
  {
    admissionPolicies = false,
    imagePullSecrets = [secret.imagePull],
    arguments: args,
    ...installation
  }: OperatorInstallation,
  from?: Bundle,
): UnknownObject[] => {
  if (!installation.namespace) throw new Error(`${called[operator]} chart namespace is required`);
  const [pullSecret = secret.imagePull] = imagePullSecrets;
  const set = `install/${operator}` as const;
  return render(from ?? newestOf(set), set, {
    mode: 'Default',
    features: admissionPolicies ? ['AdmissionPolicies'] : [],
    parameters: {
      imagePullPolicy: 'IfNotPresent',
      ...installation,
      imagePullSecrets: imagePullSecrets.map((name) => ({ name })),
      imagePullSecretName: pullSecret,
      ...policyParameters(operator, admissionPolicies),
      arguments: [...pullSecretArguments(pullSecret), ...args],
    },
  }).flatMap(({ objects }) => objects.map(({ object }) => object));
};
