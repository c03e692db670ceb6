/**
 * `make demo` and `make clean-demo`: two clusters, a hub on one, the other managed by it, a workload that was created on
 * the hub running as Pods on the managed cluster, and an add-on that is available there. Every step can be run again. With
 * OCM_HUB_KUBECONFIG and OCM_MANAGED_KUBECONFIG on two clusters of the user's (test/cluster/README.md).
 */
import { externalCluster } from '../test/cluster/external-cluster.ts';
import { type Cluster, patienceFlag, removeCluster } from '../test/cluster/index.ts';
import { CLUSTER_NAME, condition, ensureManaged, leave, startFleet, succeed } from '../test/e2e/fleet.ts';

const HUB = 'demo-hub';
const MANAGED = 'demo-managed';
const WORK = 'hello';
/** The namespace of the Placement and of the set of works that follows it. */
const TENANT = 'default';
const SPREAD = 'everywhere';
const ADDON = 'greeter';
/** Where agents of add-ons are on a managed cluster. */
const ADDON_NAMESPACE = 'open-cluster-management-agent-addon';
const started = Date.now();

const say = (line: string) => {
  const seconds = ((Date.now() - started) / 1000).toFixed(0).padStart(4);
  process.stderr.write(`[${seconds}s] ${line}\n`);
};

const deployment = (name: string, namespace: string, replicas: number, image: string) => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  namespace: ${namespace}
spec:
  replicas: ${replicas}
  selector:
    matchLabels: { app: ${name} }
  template:
    metadata:
      labels: { app: ${name} }
    spec:
      securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: RuntimeDefault } }
      containers:
        - name: ${name}
          image: ${image}
          command: [/usr/local/bin/node, -e, "require('http').createServer((_, answer) => answer.end('hello')).listen(8080)"]
          ports: [{ containerPort: 8080 }]
          securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: [ALL] } }
`;

const workload = (image: string) => `apiVersion: v1
kind: Namespace
metadata:
  name: hello
---
${deployment('hello', 'hello', 2, image)}`;

/** What a tenant needs to choose clusters: all of them are bound to its namespace, and the Placement takes every one. */
const placement = `apiVersion: cluster.open-cluster-management.io/v1beta2
kind: ManagedClusterSetBinding
metadata: { name: global, namespace: ${TENANT} }
spec: { clusterSet: global }
---
apiVersion: cluster.open-cluster-management.io/v1beta1
kind: Placement
metadata: { name: ${SPREAD}, namespace: ${TENANT} }
spec: {}
`;

const settings = `apiVersion: v1
kind: ConfigMap
metadata: { name: ${SPREAD}, namespace: default }
data: { greeting: hello }
`;

/** Work for whatever clusters a Placement selects: a work each, by a ManifestWorkReplicaSet. */
const spread = async (hub: Cluster): Promise<void> => {
  const gates = [{ feature: 'ManifestWorkReplicaSet', mode: 'Enable' }];
  const patch = JSON.stringify({ spec: { workConfiguration: { featureGates: gates } } });
  await hub.kubectl(['patch', 'clustermanager', 'cluster-manager', '--type=merge', '--patch', patch]);
  await hub.kubectl(['apply', '--filename', '-'], placement);
  await condition(hub, ['placement', '--namespace', TENANT, SPREAD], 'PlacementSatisfied');
  const target = ['--placement', `${TENANT}/${SPREAD}`, '--replicaset'];
  await succeed(hub, ['create', 'work', SPREAD, ...target, '--overwrite', '-f', '-'], {
    input: settings,
    echo: true,
  });
  await condition(hub, ['manifestworkreplicaset', '--namespace', TENANT, SPREAD], 'ManifestworkApplied');
};

/** An add-on from a template, enabled on the managed cluster; resolves when its agent runs there. */
const extend = async (hub: Cluster, image: string): Promise<void> => {
  await succeed(hub, ['addon', 'create', ADDON, '--overwrite', '-f', '-'], {
    input: deployment(ADDON, ADDON_NAMESPACE, 1, image),
    echo: true,
  });
  await succeed(hub, ['addon', 'enable', '--names', ADDON, '--clusters', CLUSTER_NAME], { echo: true });
  await condition(hub, ['managedclusteraddon', '--namespace', CLUSTER_NAME, ADDON], 'Available');
};

const up = async (): Promise<void> => {
  const fleet = await startFleet({ hubName: HUB, managedName: MANAGED, keep: true, say });
  const { hub, managed, images } = fleet;
  say('clusteradm init, join, accept');
  await ensureManaged(fleet, true);
  say(`clusteradm create work ${WORK}`);
  await succeed(hub, ['create', 'work', WORK, '--clusters', CLUSTER_NAME, '--overwrite', '-f', '-'], {
    input: workload(images.references.work),
    echo: true,
  });
  say('waiting for the work to be available on the managed cluster');
  await condition(hub, ['manifestwork', '--namespace', CLUSTER_NAME, WORK], 'Available');
  await managed.kubectl(['--namespace', 'hello', 'rollout', 'status', 'deployment/hello', patienceFlag]);
  say(`placement ${SPREAD}, and clusteradm create work --replicaset for what it selects`);
  await spread(hub);
  say(`clusteradm addon create and enable ${ADDON}`);
  await extend(hub, images.references.work);
  await show(hub, managed);
  say('done');
};

const show = async (hub: Cluster, managed: Cluster): Promise<void> => {
  const section = async (title: string, cluster: Cluster, args: string[]) => {
    process.stdout.write(`\n${title}\n${await cluster.kubectl(args)}`);
  };
  await section('On the hub, the managed clusters:', hub, ['get', 'managedclusters']);
  await section('On the hub, what the placement selects:', hub, [
    ...['get', 'placements,manifestworkreplicasets', '--namespace', TENANT],
  ]);
  await section('On the hub, the works of the managed cluster:', hub, [
    'get',
    'manifestworks',
    '--all-namespaces',
    '--output',
    'custom-columns=CLUSTER:.metadata.namespace,WORK:.metadata.name,APPLIED:.status.conditions[?(@.type=="Applied")].status,AVAILABLE:.status.conditions[?(@.type=="Available")].status',
  ]);
  await section('On the hub, the add-ons of the managed cluster:', hub, [
    ...['get', 'managedclusteraddons', '--all-namespaces'],
  ]);
  await section('On the managed cluster, its Pods:', managed, ['get', 'pods', '--namespace', 'hello']);
  await section('On the managed cluster, the agent of the add-on:', managed, [
    ...['get', 'pods', '--namespace', ADDON_NAMESPACE],
  ]);
  const kubectlOf = ({ name, isExternal, kubeconfigPath }: Cluster) =>
    isExternal
      ? `kubectl --kubeconfig ${kubeconfigPath}`
      : `node_modules/.bin/node test/cluster/main.ts kubectl ${name}`;
  process.stdout.write(`
Look around:
  ${kubectlOf(hub)} get clustermanagers,managedclusters,manifestworks,managedclusteraddons -A
  ${kubectlOf(managed)} get klusterlets,appliedmanifestworks,pods -A
  export KUBECONFIG=${hub.kubeconfigPath}   # the hub, for kubectl and clusteradm
Stop:
  make clean-demo
`);
};

/** Removes the clusters; from those of the user's what the demo put there. */
const down = async (): Promise<void> => {
  const [hub, managed] = [await externalCluster('hub', HUB), await externalCluster('managed', MANAGED)];
  const own = (kind: string, name = SPREAD) => ({ kind, name, namespace: TENANT });
  const others = [
    // With its works, which the agent that leaves next takes back.
    { ...own('managedclusteraddon', ADDON), namespace: CLUSTER_NAME, cascade: 'foreground' },
    own('clustermanagementaddon', ADDON),
    own('addontemplate', `${ADDON}-0.0.1`),
    own('manifestworkreplicaset'),
    own('placement'),
    own('managedclustersetbinding', 'global'),
  ];
  if (hub && managed) await leave({ hub, managed }, WORK, others);
  else for (const name of [HUB, MANAGED]) await removeCluster(name);
  say('the demo is removed');
};

const [action] = process.argv.slice(2);
if (action === 'up') await up();
else if (action === 'down') await down();
else {
  process.stderr.write('usage: node scripts/demo.ts up|down\n');
  process.exitCode = 1;
}
