import { afterEach, expect, test } from '@jest/globals';
import { externalCluster } from './external-cluster.ts';

afterEach(() => {
  delete process.env['OCM_HUB_KUBECONFIG'];
});

test.each([undefined, ''])('there is no cluster of the user when the variable is %p', async (value) => {
  if (value !== undefined) process.env['OCM_HUB_KUBECONFIG'] = value;
  expect(await externalCluster('hub', 'hub')).toBeUndefined();
});
