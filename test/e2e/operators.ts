import { type OperatorName, renderOperator } from '../../operators/registration-operator/bundle/index.ts';
import { patienceFlag } from '../cluster/index.ts';
import { type Api, OPERATOR_NAMESPACE } from './fleet.ts';

/** What installs an operator and nothing for it to do, which the command line has no way of. */
const objectsOf = (operator: OperatorName, image: string): string => {
  const items = renderOperator(operator, {
    namespace: OPERATOR_NAMESPACE,
    image,
    replicas: 1,
    arguments: [],
    admissionPolicies: true,
  });
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
};

/** Installs an operator and resolves when it runs; its namespace too, which stays when the operator is removed. */
export const installOperator = async (cluster: Api, operator: OperatorName, image: string): Promise<void> => {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: OPERATOR_NAMESPACE } };
  await cluster.kubectl(['apply', '--server-side', '-f', '-'], JSON.stringify(namespace));
  await cluster.kubectl(['apply', '--server-side', '-f', '-'], objectsOf(operator, image));
  await cluster.kubectl([
    'rollout',
    'status',
    `deployment/${operator}`,
    '--namespace',
    OPERATOR_NAMESPACE,
    patienceFlag,
  ]);
};

export const removeOperator = async (cluster: Api, operator: OperatorName, image: string): Promise<void> => {
  await cluster.kubectl(
    ['delete', '-f', '-', '--ignore-not-found', patienceFlag],
    objectsOf(operator, image),
  );
};
