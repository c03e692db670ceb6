import { expect, test } from '@jest/globals';
import { load } from 'js-yaml';
import { certificateKubeconfig, toYaml, withServer } from './kubeconfig.ts';

const kubeconfig = certificateKubeconfig('hub', 'https://127.0.0.1:1', 'CA', 'admin', {
  certificate: 'CERTIFICATE',
  privateKey: 'KEY',
});

test('stands alone: certificates are inline and the context is chosen', () => {
  expect(kubeconfig).toMatchObject({
    clusters: [{ name: 'hub', cluster: { 'certificate-authority-data': 'Q0E=' } }],
    users: [
      { name: 'admin', user: { 'client-certificate-data': 'Q0VSVElGSUNBVEU=', 'client-key-data': 'S0VZ' } },
    ],
    contexts: [{ name: 'hub', context: { cluster: 'hub', user: 'admin' } }],
    'current-context': 'hub',
  });
});

test('survives being written and read', () => {
  expect(load(toYaml(kubeconfig))).toEqual(kubeconfig);
});

test('another server changes nothing else', () => {
  const moved = withServer(kubeconfig, 'https://hub:6443');
  expect(moved.clusters[0]?.cluster.server).toBe('https://hub:6443');
  expect(withServer(moved, 'https://127.0.0.1:1')).toEqual(kubeconfig);
  expect(kubeconfig.clusters[0]?.cluster.server).toBe('https://127.0.0.1:1');
});
