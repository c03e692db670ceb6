import type { OperatorName } from '../../../operators/registration-operator/bundle/index.ts';
import { type Cluster, patienceFlag } from '../../cluster/index.ts';
import { json } from '../../e2e/fleet.ts';
import { untilPhase } from './install.ts';
import { applyAll, installPlans, type Subscription, subscriptionObject } from './objects.ts';

/** A package on a cluster, and the namespace that it is subscribed to in. */
export interface Site {
  name: OperatorName;
  cluster: Cluster;
  namespace: string;
}

/** The name of a package's version; `version` begins with a v. */
export const csvOf = (name: OperatorName, version: string): string => `${name}.${version}`;

/** Subscribes to a version, by default to the newest of the channel, and resolves when its operator runs. */
export const subscribe = async (
  { name, cluster, namespace }: Site,
  version: string,
  options: Omit<Subscription, 'name' | 'namespace'>,
): Promise<void> => {
  await applyAll(cluster, subscriptionObject({ name, namespace, ...options }));
  await untilPhase(cluster, namespace, csvOf(name, version));
};

/** What a user does to be rid of an operator: its resource and the CRDs stay. */
export const unsubscribe = async ({ name, cluster, namespace }: Site): Promise<void> => {
  const flags = ['--namespace', namespace, patienceFlag];
  await cluster.kubectl(['delete', 'subscription', name, ...flags]);
  // OLM's label of the package comes to a new version some time after it runs.
  const all = await cluster.kubectl(['get', 'clusterserviceversions', '--namespace', namespace, '--output=name']);
  const own = all.split('\n').filter((csv) => csv.includes(`/${name}.v`));
  await cluster.kubectl(['delete', ...own, ...flags]);
};

/** The versions of a package that plans of its namespace led to, oldest plan first. */
export const passedThrough = async ({ name, cluster, namespace }: Site): Promise<string[]> => {
  const plans = await installPlans(cluster, namespace);
  const names = plans
    .filter(({ status }) => status?.phase === 'Complete')
    .flatMap(({ spec }) => spec.clusterServiceVersionNames);
  return [...new Set(names.filter((csv) => csv.startsWith(`${name}.v`)))];
};

interface Pod {
  metadata: { name: string };
  spec: {
    nodeSelector?: Record<string, string>;
    tolerations?: { key?: string }[];
    containers: { image: string; env?: { name: string; value?: string }[] }[];
  };
  status: { conditions?: { type: string; status: string }[] };
}

/** The Pods of the operator that are ready. */
export const readyPods = async ({ name, cluster, namespace }: Site): Promise<Pod[]> => {
  const { items } = await json<{ items: Pod[] }>(cluster, ['get', 'pods', '-n', namespace, '-l', `app=${name}`]);
  return items.filter(({ status }) =>
    status.conditions?.some(({ type, status: isOn }) => type === 'Ready' && isOn === 'True'),
  );
};
