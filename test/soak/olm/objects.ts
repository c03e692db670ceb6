import { patienceFlag, waitFor } from '../../cluster/index.ts';
import { type Api, json } from '../../e2e/fleet.ts';

/** A Subscription to one of our packages, with what may be said of it. */
export interface Subscription {
  /** Of the package, and of the Subscription. */
  name: string;
  namespace: string;
  channel: string;
  source: { name: string; namespace: string };
  startingCSV?: string;
  approval?: 'Automatic' | 'Manual';
  config?: object;
}

const group = 'operators.coreos.com';

export const applyAll = async (cluster: Api, ...objects: object[]): Promise<void> => {
  const list = { apiVersion: 'v1', kind: 'List', items: objects };
  await cluster.kubectl(['apply', '--server-side', '--filename', '-'], JSON.stringify(list));
};

export const namespaceObject = (name: string, labels: Record<string, string> = {}): object => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels },
});

export const operatorGroup = (name: string, namespace: string, targetNamespaces: string[]): object => ({
  apiVersion: `${group}/v1`,
  kind: 'OperatorGroup',
  metadata: { name, namespace },
  spec: { targetNamespaces },
});

export const catalogSource = (name: string, namespace: string, image: string): object => ({
  apiVersion: `${group}/v1alpha1`,
  kind: 'CatalogSource',
  metadata: { name, namespace },
  spec: {
    sourceType: 'grpc',
    image,
    grpcPodConfig: { securityContextConfig: 'restricted', extractContent: { catalogDir: '/configs' } },
  },
});

export const subscriptionObject = (subscription: Subscription): object => {
  const { name, namespace, channel, source, startingCSV, approval = 'Automatic', config } = subscription;
  return {
    apiVersion: `${group}/v1alpha1`,
    kind: 'Subscription',
    metadata: { name, namespace },
    spec: {
      name,
      channel,
      source: source.name,
      sourceNamespace: source.namespace,
      installPlanApproval: approval,
      startingCSV,
      config,
    },
  };
};

/** Resolves when the catalog is served. */
export const untilServed = async (cluster: Api, name: string, namespace: string): Promise<void> => {
  await cluster.kubectl([
    ...['wait', `catalogsource/${name}`, '--namespace', namespace, patienceFlag],
    '--for=jsonpath={.status.connectionState.lastObservedState}=READY',
  ]);
};

interface InstallPlan {
  metadata: { name: string };
  spec: { approved: boolean; clusterServiceVersionNames: string[] };
  status?: { phase: string; conditions?: { type: string; status: string; message?: string }[] };
}

/** The plans of a namespace, oldest first. */
export const installPlans = async (cluster: Api, namespace: string): Promise<InstallPlan[]> => {
  const order = '--sort-by=.metadata.creationTimestamp';
  const args = ['get', 'installplans', '--namespace', namespace, order];
  return (await json<{ items: InstallPlan[] }>(cluster, args)).items;
};

/** Resolves to the plan for a version that waits to be approved; rejects with the plans that there are. */
export const waitingPlan = (cluster: Api, namespace: string, csv: string): Promise<InstallPlan> =>
  waitFor(`a plan for ${csv} that waits for approval`, async () => {
    const plans = await installPlans(cluster, namespace);
    const found = plans.find(
      ({ spec, status }) =>
        !spec.approved &&
        status?.phase === 'RequiresApproval' &&
        spec.clusterServiceVersionNames.includes(csv),
    );
    if (!found) throw new Error(JSON.stringify(plans.map(({ spec, status }) => ({ spec, status }))));
    return found;
  });

/** Resolves when a condition of a Subscription is true with this in its message; rejects with what all of them say. */
export const untilSaid = (
  cluster: Api,
  namespace: string,
  name: string,
  type: string,
  message: RegExp,
): Promise<string> =>
  waitFor(`Subscription ${namespace}/${name} to say ${type} with ${message}`, async () => {
    interface Said {
      status?: { conditions?: { type: string; status: string; reason?: string; message?: string }[] };
    }
    const { status } = await json<Said>(cluster, ['get', 'subscription', name, '--namespace', namespace]);
    const found = status?.conditions?.find((each) => each.type === type && each.status === 'True');
    const said = `${found?.reason ?? ''}: ${found?.message ?? ''}`;
    if (!found || !message.test(said)) throw new Error(JSON.stringify(status));
    return said;
  });

/** Changes fields of a Subscription's spec. */
export const changeSubscription = async (
  cluster: Api,
  namespace: string,
  name: string,
  spec: Record<string, string | null>,
): Promise<void> => {
  const patch = JSON.stringify({ spec });
  await cluster.kubectl([
    'patch',
    'subscription',
    name,
    '--namespace',
    namespace,
    '--type=merge',
    '--patch',
    patch,
  ]);
};
