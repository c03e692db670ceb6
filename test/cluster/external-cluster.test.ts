import { afterEach, expect, test } from '@jest/globals';
import { externalCluster, internalServerOf } from './external-cluster.ts';

afterEach(() => {
  delete process.env['OCM_HUB_KUBECONFIG'];
});

test.each([undefined, ''])('there is no cluster of the user when the variable is %p', async (value) => {
  if (value !== undefined) process.env['OCM_HUB_KUBECONFIG'] = value;
  expect(await externalCluster('hub', 'hub')).toBeUndefined();
});

test.each<[string, string, string, string, string | undefined]>([
  ['kind', '', 'https://127.0.0.1:40001', 'kind-hub', 'https://hub-control-plane:6443'],
  ['k3d', '', 'https://0.0.0.0:40001', 'k3d-hub', 'https://k3d-hub-serverlb:6443'],
  ['another on loopback', '', 'https://localhost:8443', 'minikube', undefined],
  ['one that all reach', '', 'https://10.0.0.1:6443', 'kind-hub', 'https://10.0.0.1:6443'],
  ['what the user says', 'https://hub:6443', 'https://127.0.0.1:40001', 'kind-hub', 'https://hub:6443'],
])('how Pods of other clusters reach the API server: %s', (_, given, server, context, expected) => {
  expect(internalServerOf(given, server, context)).toBe(expected);
});
