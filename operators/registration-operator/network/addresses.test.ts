import { expect, test } from '@jest/globals';
import type { Secret } from '../../runtime/client/kubernetes.ts';
import { encode } from '../secrets/secret.ts';
import { addressesOf } from './addresses.ts';

const secret = (values: Record<string, string>): Secret => ({
  metadata: { name: 's', namespace: 'ns' },
  data: Object.fromEntries(Object.entries(values).map(([key, value]) => [key, encode(value)])),
});

const kubeconfig = (cluster: object): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user: { token: 't' } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  });

test.each<[string, Record<string, string>, string[]]>([
  ['nothing', {}, []],
  ['an API server', { kubeconfig: kubeconfig({ server: 'https://hub:16443' }) }, ['https://hub:16443']],
  [
    'a proxy before it',
    { kubeconfig: kubeconfig({ server: 'https://hub', 'proxy-url': 'http://proxy:3128' }) },
    ['https://hub', 'http://proxy:3128'],
  ],
  ['a gRPC server', { 'config.yaml': 'url: hub:8090\ntoken: t\n' }, ['hub:8090']],
  ['a gRPC server, and who looks it up', { 'config.yaml': 'url: dns:///hub:8090\n' }, ['hub:8090']],
  ['a broker', { 'config.yaml': 'brokerHost: broker:1883\n' }, ['broker:1883']],
  ['what is no kubeconfig', { kubeconfig: '{' }, []],
  ['a kubeconfig without a cluster', { kubeconfig: 'kind: Config\ncurrent-context: none\n' }, []],
  ['what is no configuration', { 'config.yaml': '{' }, []],
  ['a configuration of another kind', { 'config.yaml': 'url: [1]\n' }, []],
])('since-1.3.1 3.6: a Secret with %s', (_, values, addresses) => {
  expect(addressesOf(secret(values))).toEqual(addresses);
});
