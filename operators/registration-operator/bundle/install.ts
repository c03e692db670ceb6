import type { UnknownObject } from '../../runtime/client/object.ts';
import { embeddedBundle } from './embedded.ts';
import { findBundles, loadBundle, loadBundles } from './load.ts';
import { render } from './render.ts';

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
  /** Default `IfNotPresent`. */
  imagePullPolicy?: string;
  priorityClassName?: string;
  /** Whether the API server takes ValidatingAdmissionPolicies, which bound the operator; default false. */
  admissionPolicies?: boolean;
}

const called: Record<OperatorName, string> = {
  'cluster-manager': 'cluster manager',
  klusterlet: 'klusterlet',
};

/**
 * What installs one operator, by the newest bundle there is and in the order to apply it: CRD, admission policies where
 * the API server takes them, ServiceAccount, ClusterRole, ClusterRoleBinding, Deployment. The namespace is not among them.
 * Throws without a namespace, in the words of packaging.md 5.
 */
export const renderOperator = (
  operator: OperatorName,
  { admissionPolicies = false, ...installation }: OperatorInstallation,
): UnknownObject[] => {
  if (!installation.namespace) throw new Error(`${called[operator]} chart namespace is required`);
  const set = `install/${operator}` as const;
  const embedded = embeddedBundle();
  const newest = embedded
    ? loadBundle(embedded, { sets: [set] })
    : loadBundles(findBundles(), { sets: [set] })[0];
  return render(newest, set, {
    mode: 'Default',
    features: admissionPolicies ? ['AdmissionPolicies'] : [],
    parameters: { imagePullPolicy: 'IfNotPresent', ...installation },
  }).flatMap(({ objects }) => objects.map(({ object }) => object));
};
