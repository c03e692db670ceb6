import { describe, expect, test } from '@jest/globals';
import { byHubNamespace, byOperand } from './affected-cluster-managers.ts';
import { clusterManager } from './cluster-manager-fixture.ts';
import { hubNamespaceOf } from './mode.ts';

describe('keys (operator.md 4.1)', () => {
  const plain = clusterManager({}, 'plain');
  const hosted = clusterManager({ deployOption: { mode: 'Hosted' } }, 'hosted');
  const all = { list: () => [plain, hosted] };
  const object = (name: string, namespace: string) => ({ metadata: { name, namespace } });

  test('operator.md 53: the namespace is fixed in Default mode and the name in Hosted mode', () => {
    expect([hubNamespaceOf(plain), hubNamespaceOf(hosted)]).toEqual([
      'open-cluster-management-hub',
      'hosted',
    ]);
    expect(byHubNamespace(all)(object('x', 'hosted'))).toEqual(['hosted']);
    expect(byHubNamespace(all)(object('x', 'open-cluster-management-hub'))).toEqual(['plain']);
    expect(byHubNamespace(all)(object('x', 'other'))).toEqual([]);
  });

  test('Deployments count by their names, the gRPC server too (D14)', () => {
    expect(byOperand(all)(object('hosted-grpc-server', 'hosted'))).toEqual(['hosted']);
    expect(byOperand(all)(object('hosted-registration-controller', 'hosted'))).toEqual(['hosted']);
    expect(byOperand(all)(object('somebody', 'hosted'))).toEqual([]);
  });
});
