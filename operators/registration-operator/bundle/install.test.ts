import { expect, test } from '@jest/globals';
import { type OperatorName, renderOperator } from './index.ts';

test.each<[OperatorName, string]>([
  ['cluster-manager', 'cluster manager chart namespace is required'],
  ['klusterlet', 'klusterlet chart namespace is required'],
])('operator.md 143, packaging.md 2: %s without a namespace', (operator, message) => {
  const installation = { image: 'i', replicas: 1, arguments: [] };
  expect(() => renderOperator(operator, { ...installation, namespace: '' })).toThrow(new Error(message));
  expect(renderOperator(operator, { ...installation, namespace: 'ns' })).not.toHaveLength(0);
});
