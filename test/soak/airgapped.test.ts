import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { clusterManagers } from '../../operators/api/generated/operator.ts';
import { COMPONENTS } from '../../scripts/images.ts';
import { packageVersion } from '../../scripts/repository.ts';
import { ensureBinaryOf } from '../cluster/binaries.ts';
import { publishClusterInfo } from '../cluster/cluster-info.ts';
import { run } from '../cluster/command.ts';
import { imagesOfOtherTag } from '../cluster/image-tag.ts';
import { type Cluster, patienceFlag, startCluster, waitFor } from '../cluster/index.ts';
import { repositoryFolder } from '../cluster/paths.ts';
import { runSection, sectionOf } from '../docs/page.ts';
import { AGENT_NAMESPACE, HUB_NAMESPACE, json, OPERATOR_NAMESPACE } from '../e2e/fleet.ts';
import { settled } from '../e2e/installed.ts';
import { type Mirror, startMirror } from './mirror.ts';

interface Container {
  name: string;
  image: string;
  command?: string[];
  args: string[];
  securityContext: { readOnlyRootFilesystem?: boolean; runAsNonRoot?: boolean };
  readinessProbe?: { httpGet?: object };
}

interface Pod {
  metadata: { name: string };
  spec: { containers: Container[] };
  status: { phase: string; containerStatuses?: { ready: boolean }[] };
}

const version = packageVersion();
const page = 'install-airgapped.md';

let cluster: Cluster | undefined;
let mirror: Mirror | undefined;
let folder: string;
let unpacked: string;

/** Cuts a release and packs it, as `make airgap` does. */
const makeFile = async (): Promise<void> => {
  folder = await mkdtemp(join(tmpdir(), 'airgapped-'));
  unpacked = join(folder, `open-cluster-management-v${version}`);
  const release = join(folder, 'release');
  await run(process.execPath, ['scripts/release.ts', version, release], { cwd: repositoryFolder });
  await run(process.execPath, ['scripts/airgap.ts', release], { cwd: repositoryFolder });
  await rm(release, { recursive: true });
};

// One cluster, which joins itself: the images come from a registry, and two would pull no others.
beforeAll(async () => {
  [cluster] = await Promise.all([startCluster({ name: 'airgapped' }), makeFile()]);
  mirror = await startMirror(cluster);
  await publishClusterInfo(cluster);
});

afterAll(async () => {
  await mirror?.stop();
  await cluster?.stop();
  if (folder) await rm(folder, { recursive: true });
});

/** Runs the commands of a section of the page, in the folder that its first one unpacks. */
const follow = (heading: string, cwd = unpacked, env: Record<string, string> = {}) =>
  runSection(sectionOf(page, heading), {
    cwd,
    env: {
      ...process.env,
      REGISTRY: mirror!.registry,
      HUB: cluster!.kubeconfigPath,
      MANAGED: cluster!.kubeconfigPath,
      HUB_SERVER: cluster!.server,
      ...env,
    },
  });

const podsIn = async (namespace: string): Promise<Pod[]> =>
  (await json<{ items: Pod[] }>(cluster!, ['--namespace', namespace, 'get', 'pods'])).items;

const allPods = async (): Promise<Pod[]> =>
  (await Promise.all([OPERATOR_NAMESPACE, HUB_NAMESPACE, AGENT_NAMESPACE].map(podsIn))).flat();

test('packaging.md 22: a hub and a cluster from one file, with no registry in reach but a mirror', async () => {
  await follow('Unpack', folder);
  // This machine reaches the mirror by another address than the nodes do.
  await follow('Fill a registry', unpacked, {
    REGISTRY: mirror!.local,
    NODE_EXTRA_CA_CERTS: mirror!.caFile,
  });
  await follow('Make a hub');
  await follow('Join a cluster');
  await cluster!.kubectl([
    ...['wait', '--for=condition=ManagedClusterConditionAvailable', patienceFlag],
    'managedcluster/cluster1',
  ]);
  await settled(cluster!, clusterManagers, 'cluster-manager');
});

test('packaging.md 89, 90: every component runs the image of the release, from the mirror', async () => {
  const pods = await allPods();
  const images = Object.fromEntries(
    pods.flatMap(({ metadata, spec }) =>
      spec.containers.map(({ name, image }) => [`${metadata.name}/${name}`, image]),
    ),
  );
  expect(imagesOfOtherTag(images, `v${version}`)).toEqual([]);
  const { spec } = await json<{ spec: Record<string, string> }>(cluster!, [
    'get',
    'clustermanager/cluster-manager',
  ]);
  const named = Object.entries(spec).filter(([field]) => field.endsWith('ImagePullSpec'));
  expect(imagesOfOtherTag(Object.fromEntries(named), `v${version}`)).toEqual([]);
  for (const component of COMPONENTS)
    expect(Object.values(images)).toContain(`${mirror!.registry}/${component}:v${version}`);
});

test.each(['cluster-manager', 'klusterlet'])(
  'packaging.md 90: the chart %s in the file is of the release',
  async (chart) => {
    const helm = await ensureBinaryOf('helm');
    const { stdout } = await run(helm, ['show', 'chart', join(unpacked, `${chart}-${version}.tgz`)]);
    expect(stdout).toContain(`\nversion: ${version}\n`);
    expect(stdout).toContain(`appVersion: v${version}\n`);
  },
);

test('packaging.md 40, 41: what runs was started by its arguments alone, with a read-only root, not as root, and says that it is healthy', async () => {
  const pods = await waitFor('all Pods ready', async () => {
    const found = await allPods();
    const isReady = ({ status }: Pod) => status.containerStatuses?.every(({ ready }) => ready);
    return found.every(isReady) && found;
  });
  for (const { metadata, spec } of pods)
    for (const { args, command, securityContext } of spec.containers) {
      const { name } = metadata;
      expect({ name, command, ...securityContext }).toMatchObject({
        name,
        command: undefined,
        readOnlyRootFilesystem: true,
        runAsNonRoot: true,
      });
      expect(args[0]).toMatch(/^\/[a-z-]+$/);
    }
  const probes = pods
    .filter(({ metadata }) => /^(cluster-manager|klusterlet)-[0-9a-f]+-/.test(metadata.name))
    .flatMap(({ spec }) => spec.containers.map(({ readinessProbe }) => readinessProbe?.httpGet));
  expect(probes.length).toBeGreaterThan(1);
  for (const probe of probes) expect(probe).toMatchObject({ path: '/healthz', port: 8443, scheme: 'HTTPS' });
});

const commands: [image: string, ...args: string[]][] = [
  ['registration-operator', '/registration-operator', 'hub'],
  ['registration-operator', '/registration-operator', 'klusterlet'],
  ['registration-operator', '/registration-operator', 'agent'],
  ['registration', '/registration', 'controller'],
  ['registration', '/registration', 'agent'],
  ['registration', '/registration', 'webhook-server'],
  ['work', '/work', 'manager'],
  ['work', '/work', 'agent'],
  ['work', '/work', 'webhook-server'],
  ['placement', '/placement', 'controller'],
  ['addon-manager', '/addon', 'manager'],
  ['addon-manager', '/addon', 'webhook-server'],
];

test('packaging.md 41, since-1.3.1.md 104: every command starts as the user of its image, with a read-only root and no other file system', async () => {
  const namespace = 'commands';
  const names = commands.map(([, ...args]) => args.join('-').slice(1));
  const items = commands.map(([image, ...args], index) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: names[index], namespace },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'command',
          image: `${mirror!.registry}/${image}:v${version}`,
          args: [...args, '--help'],
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
        },
      ],
    },
  }));
  // Pod Security "restricted" admits them as well.
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  const home = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } };
  await cluster!.kubectl(
    ['create', '-f', '-'],
    JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [home, ...items] }),
  );
  const ended = await waitFor('the commands at their end', async () => {
    const pods = await podsIn(namespace);
    return pods.every(({ status }) => ['Succeeded', 'Failed'].includes(status.phase)) && pods;
  });
  expect(new Map(ended.map(({ metadata, status }) => [metadata.name, status.phase]))).toEqual(
    new Map(names.map((name) => [name, 'Succeeded'])),
  );
  const log = await cluster!.kubectl(['--namespace', namespace, 'logs', 'registration-controller']);
  expect(log).toContain('registration controller [flags]');
});
