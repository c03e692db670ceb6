import { expect, test } from '@jest/globals';
import { serviceAccounts } from '../../runtime/client/kubernetes.ts';
import { outdated } from './owned-objects.ts';

test('tells what an earlier spec left behind, CRDs apart', () => {
  const listed = [
    { group: 'apps', version: 'v1', resource: 'deployments', namespace: 'ns', name: 'k-agent' },
    { group: '', version: 'v1', resource: 'serviceaccounts', namespace: 'ns', name: 'k-work-sa' },
    { group: 'apiextensions.k8s.io', version: 'v1', resource: 'customresourcedefinitions', name: 'a.b' },
  ];
  const account = { ref: { resource: serviceAccounts, name: 'k-work-sa', namespace: 'ns' }, written: false };
  expect(outdated(listed, [account]).map(({ name }) => name)).toEqual(['k-agent']);
  expect(outdated(undefined, [account])).toEqual([]);
});
