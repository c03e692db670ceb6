import { type OperatorName, renderOperator } from '../../operators/registration-operator/bundle/index.ts';
import type { UnknownObject } from '../../operators/runtime/client/object.ts';

/** What installs an operator, but for its Deployment: tests run its process. Admission policies bound it. */
export const installationOf = (operator: OperatorName, namespace: string): UnknownObject[] =>
  renderOperator(operator, {
    namespace,
    image: 'unused',
    replicas: 1,
    arguments: [],
    admissionPolicies: true,
  }).filter(({ kind }) => kind !== 'Deployment');
