import { type OperatorName, renderOperator } from '../../operators/registration-operator/bundle/index.ts';
import type { UnknownObject } from '../../operators/runtime/client/object.ts';

/** What installs an operator, but for its Deployment: tests run its process. By default admission policies bound it. */
export const installationOf = (
  operator: OperatorName,
  namespace: string,
  admissionPolicies = true,
): UnknownObject[] =>
  renderOperator(operator, {
    namespace,
    image: 'unused',
    replicas: 1,
    arguments: [],
    admissionPolicies,
  }).filter(({ kind }) => kind !== 'Deployment');
