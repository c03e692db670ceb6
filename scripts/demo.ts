/**
 * `make demo` and `make clean-demo`: two clusters, a hub on one, the other managed by it, and a workload that was created
 * on the hub running as Pods on the managed cluster. Every step can be run again.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { type Cluster, removeCluster, startCluster } from '../test/cluster/index.ts';
import { publishClusterInfo } from '../test/cluster/cluster-info.ts';
import { cacheFolder, repositoryFolder } from '../test/cluster/paths.ts';
import { buildImages } from './images.ts';

const HUB = 'demo-hub';
const MANAGED = 'demo-managed';
const CLUSTER_NAME = 'cluster1';
const WORK = 'hello';
const started = Date.now();

const say = (line: string) => {
  const seconds = ((Date.now() - started) / 1000).toFixed(0).padStart(4);
  process.stderr.write(`[${seconds}s] ${line}\n`);
};

/** Runs a command with its output on ours; rejects when it fails. */
const run = (command: string, args: string[], quiet = false): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: repositoryFolder, stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (!quiet) process.stderr.write(chunk);
    });
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve(output) : reject(new Error(`${command} ${args.join(' ')} ended with ${code}`)),
    );
  });

const clusteradm = (cluster: Cluster, args: string[], quiet = false): Promise<string> => {
  say(
    `clusteradm ${args.map((arg, index) => (args[index - 1] === '--hub-token' ? '<token>' : arg)).join(' ')}`,
  );
  const program = join(repositoryFolder, 'dist/clusteradm');
  return run(process.execPath, [program, '--kubeconfig', cluster.kubeconfigPath, ...args], quiet);
};

const workload = `apiVersion: v1
kind: Namespace
metadata:
  name: hello
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: hello
  namespace: hello
spec:
  replicas: 2
  selector:
    matchLabels: { app: hello }
  template:
    metadata:
      labels: { app: hello }
    spec:
      securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: RuntimeDefault } }
      containers:
        - name: hello
          image: ${'IMAGE'}
          command: [/usr/local/bin/node, -e, "require('http').createServer((_, answer) => answer.end('hello\\\\n')).listen(8080)"]
          ports: [{ containerPort: 8080 }]
          securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: [ALL] } }
`;

const up = async (): Promise<void> => {
  say('building the executables');
  await run('npm', ['run', '--silent', 'build']);
  say('starting two clusters (the first time this builds Kubernetes and takes some minutes)');
  const [hub, managed] = await Promise.all([
    startCluster({ name: HUB, keep: true }),
    startCluster({ name: MANAGED, keep: true }),
  ]);
  say('building the images');
  const images = buildImages({ cache: cacheFolder() });
  say('loading the images into both clusters');
  await Promise.all([hub.loadImage(images.archive), managed.loadImage(images.archive)]);

  await publishClusterInfo(hub);
  await clusteradm(hub, ['init', '--wait']);
  const answer = await clusteradm(hub, ['get', 'token', '-o', 'json'], true);
  const { 'hub-token': token } = JSON.parse(answer) as { 'hub-token': string };
  await clusteradm(managed, [
    'join',
    '--hub-token',
    token,
    '--hub-apiserver',
    hub.server,
    '--force-internal-endpoint-lookup',
    '--cluster-name',
    CLUSTER_NAME,
    '--wait',
  ]);
  await clusteradm(hub, ['accept', '--clusters', CLUSTER_NAME, '--wait']);
  await waitForCondition(hub, ['managedcluster', CLUSTER_NAME], 'ManagedClusterConditionAvailable');

  const manifest = workload.replace('IMAGE', images.references.work);
  await createWork(hub, manifest);
  await waitForCondition(hub, ['manifestwork', '--namespace', CLUSTER_NAME, WORK], 'Available');
  await managed.kubectl(['--namespace', 'hello', 'rollout', 'status', 'deployment/hello', '--timeout=120s']);
  await show(hub, managed);
};

const createWork = async (hub: Cluster, manifest: string): Promise<void> => {
  say(`clusteradm create work ${WORK} --clusters ${CLUSTER_NAME} -f -`);
  const program = join(repositoryFolder, 'dist/clusteradm');
  const args = ['create', 'work', WORK, '--clusters', CLUSTER_NAME, '--overwrite', '-f', '-'];
  await new Promise<void>((resolve, reject) => {
    const child = spawn(process.execPath, [program, '--kubeconfig', hub.kubeconfigPath, ...args], {
      stdio: ['pipe', 'inherit', 'inherit'],
    });
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`create work ended with ${code}`)),
    );
    child.stdin.end(manifest);
  });
};

const waitForCondition = async (cluster: Cluster, target: string[], type: string): Promise<void> => {
  say(`waiting for ${target.join(' ')}: ${type}`);
  await cluster.kubectl(['wait', `--for=condition=${type}`, '--timeout=120s', ...target]);
};

const show = async (hub: Cluster, managed: Cluster): Promise<void> => {
  const section = async (title: string, cluster: Cluster, args: string[]) => {
    process.stdout.write(`\n${title}\n${await cluster.kubectl(args)}`);
  };
  await section('On the hub, the managed clusters:', hub, ['get', 'managedclusters']);
  await section('On the hub, the work of the managed cluster:', hub, [
    'get',
    'manifestworks',
    '--all-namespaces',
    '--output',
    'custom-columns=CLUSTER:.metadata.namespace,WORK:.metadata.name,APPLIED:.status.conditions[?(@.type=="Applied")].status,AVAILABLE:.status.conditions[?(@.type=="Available")].status',
  ]);
  await section('On the managed cluster, its Pods:', managed, ['get', 'pods', '--namespace', 'hello']);
  process.stdout.write(`
Look around:
  node test/cluster/main.ts kubectl ${HUB} get clustermanagers,managedclusters,manifestworks -A
  node test/cluster/main.ts kubectl ${MANAGED} get klusterlets,appliedmanifestworks,pods -A
  export KUBECONFIG=${hub.kubeconfigPath}   # the hub, for kubectl and clusteradm
Stop:
  make clean-demo
`);
};

const down = async (): Promise<void> => {
  for (const name of [HUB, MANAGED]) await removeCluster(name);
  say('the demo is removed');
};

const [action] = process.argv.slice(2);
if (action === 'up') await up();
else if (action === 'down') await down();
else {
  process.stderr.write('usage: node scripts/demo.ts up|down\n');
  process.exitCode = 1;
}
