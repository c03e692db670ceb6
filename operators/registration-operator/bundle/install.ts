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
}

export const newestBundle = (bundles: Bundles): Bundle => bundles[0];

/**
 * What installs one operator, in the order to apply it: CRD, ServiceAccount, ClusterRole, ClusterRoleBinding,
 * Deployment. The namespace is not among them.
 */
export const renderOperator = (
  bundle: Bundle,
  operator: OperatorName,
  installation: OperatorInstallation,
): UnknownObject[] =>
  render(bundle, `install/${operator}`, {
    mode: 'Default',
    features: [],
    parameters: { imagePullPolicy: 'IfNotPresent', ...installation },
  }).flatMap(({ objects }) => objects.map(({ object }) => object));
