import { expect, test } from '@jest/globals';
import { clusterDomain } from './cluster-domain.ts';

const pod = (domain: string) =>
  `search open-cluster-management.svc.${domain} svc.${domain} ${domain} example.com\nnameserver 10.96.0.10\noptions ndots:5\n`;

test.each([
  ['of a Pod', {}, pod('cluster.local'), 'cluster.local'],
  ['of a Pod in a cluster with another domain', {}, pod('k8s.example.com'), 'k8s.example.com'],
  ['that somebody names', { CLUSTER_DOMAIN: ' own.example ' }, pod('cluster.local'), 'own.example'],
  ['outside of a cluster', {}, 'search example.com\nnameserver 192.0.2.1\n', 'cluster.local'],
  ['without a resolver', {}, '', 'cluster.local'],
])('since-1.3.1.md 12: the domain of Services, %s', (_, env, resolvConf, expected) => {
  expect(clusterDomain(env, resolvConf)).toBe(expected);
});
