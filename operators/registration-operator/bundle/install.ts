import type { UnknownObject } from '../../runtime/client/object.ts';
import { render } from './render.ts';
import type { Bundle, Bundles } from './types.ts';

export type OperatorName = 'cluster-manager' | 'klusterlet';

/** What the installation of an operator depends on (packaging.md 2.3, 3.3). */
export interface OperatorInstallation {
  namespace: string;
  image: string;
  replicas: number;
  /** Arguments after the subcommand. */
  arguments: string[];
  /** Default `IfNotPresent`. */
  imagePullPolicy?: string;
  priorityClassName?: string;
  /** Whether the API server takes ValidatingAdmissionPolicies, which bound the operator; default false. */
  admissionPolicies?: boolean;
}

export const newestBundle = (bundles: Bundles): Bundle => bundles[0];

/**
 * What installs one operator, in the order to apply it: CRD, admission policies where the API server takes them,
 * ServiceAccount, ClusterRole, ClusterRoleBinding, Deployment. The namespace is not among them.
 */
export const renderOperator = (
  bundle: Bundle,
  operator: OperatorName,
  { admissionPolicies = false, ...installation }: OperatorInstallation,
): UnknownObject[] =>
  render(bundle, `install/${operator}`, {
    mode: 'Default',
    features: admissionPolicies ? ['AdmissionPolicies'] : [],
    parameters: { imagePullPolicy: 'IfNotPresent', ...installation },
  }).flatMap(({ objects }) => objects.map(({ object }) => object));
