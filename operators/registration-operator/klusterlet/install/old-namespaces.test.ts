import { expect, test } from '@jest/globals';
import type { Klusterlet } from '../../../api/generated/operator.ts';
import type { Applier, Cluster } from '../../apply/index.ts';
import { OldNamespaces } from './old-namespaces.ts';

const klusterlet = (generation: number, uid = 'u'): Klusterlet => ({
  metadata: { name: 'klusterlet', uid, generation },
  spec: {},
});

/** A cluster with these namespaces, and how often they were listed. */
const clusterWith = (...names: string[]) => {
  const present = new Set(names);
  const seen = { lists: 0 };
  const list = () => {
    seen.lists += 1;
    return Promise.resolve({ items: [...present].map((name) => ({ metadata: { name } })) });
  };
  const remove = (_: Cluster, { name }: { name: string }) => Promise.resolve(present.delete(name));
  return {
    seen,
    present,
    cluster: { client: { list } } as unknown as Cluster,
    old: new OldNamespaces({ remove } as unknown as Applier),
  };
};

test('namespaces that were left go, the present one and that of add-ons stay (operator.md 5.7)', async () => {
  const { cluster, old, present } = clusterWith(
    'open-cluster-management-agent',
    'open-cluster-management-agent-addon',
    'open-cluster-management-old',
  );
  await old.remove(klusterlet(1), cluster);
  expect([...present]).toEqual(['open-cluster-management-agent', 'open-cluster-management-agent-addon']);
});

test('a cluster without old namespaces is asked once for each spec, and again after something was removed', async () => {
  const { cluster, old, seen } = clusterWith('open-cluster-management-old');
  const lists: number[] = [];
  for (const each of [
    klusterlet(1),
    klusterlet(1),
    klusterlet(1),
    klusterlet(2),
    klusterlet(2),
    klusterlet(2, 'v'),
  ]) {
    await old.remove(each, cluster);
    lists.push(seen.lists);
  }
  expect(lists).toEqual([1, 2, 2, 3, 3, 4]);
});
