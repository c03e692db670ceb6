import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  docker,
  ensureBinaries,
  importExecutable,
  patienceFlag,
  startCluster,
  waitFor,
  writesOf,
} from '../cluster/index.ts';
import type { Cluster } from '../cluster/index.ts';

/** An image with nothing but kubectl: enough to resolve names, reach API servers, serve and be entered. */
const image = 'registry.example.com/cluster-test:latest';
const network = `cluster-test-${process.pid}`;

let hub: Cluster;
let managed: Cluster;

beforeAll(async () => {
  [hub, managed] = await Promise.all([
    startCluster({ name: 'hub', network, audit: true }),
    startCluster({ name: 'managed', network, registry: true }),
  ]);
  const { kubectl } = await ensureBinaries();
  await importExecutable(image, 'kubectl', kubectl);
  await managed.loadImage(image);
  await managed.kubectl(['apply', '-f', '-'], prober(hub.internalKubeconfig()));
  await managed.kubectl([
    'wait',
    '--for=condition=Ready',
    'pod/prober',
    '--namespace=restricted',
    patienceFlag,
  ]);
});

afterAll(async () => {
  await Promise.all([hub?.stop(), managed?.stop()]);
  await docker(['image', 'rm', '--force', image]);
});

/** A Pod, and a Service before it, in a namespace that admits only restricted Pods; it has the hub's kubeconfig. */
const prober = (hubKubeconfig: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'List',
    items: [
      {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: 'restricted', labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
      },
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'hub', namespace: 'restricted' },
        stringData: { kubeconfig: hubKubeconfig },
      },
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'prober', namespace: 'restricted' } },
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'prober', namespace: 'restricted', labels: { app: 'prober' } },
        spec: {
          serviceAccountName: 'prober',
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 65532,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          containers: [
            {
              name: 'kubectl',
              image,
              args: ['proxy', '--address=0.0.0.0', '--port=8001', '--accept-hosts=.*'],
              readinessProbe: { httpGet: { path: '/version', port: 8001 }, periodSeconds: 1 },
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ['ALL'] },
              },
              volumeMounts: [{ name: 'hub', mountPath: '/etc/hub', readOnly: true }],
            },
          ],
          volumes: [{ name: 'hub', secret: { secretName: 'hub' } }],
        },
      },
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'prober', namespace: 'restricted' },
        spec: { selector: { app: 'prober' }, ports: [{ port: 80, targetPort: 8001 }] },
      },
    ],
  });

const inProber = (...args: string[]): Promise<string> =>
  managed.kubectl([
    'exec',
    '--namespace=restricted',
    'prober',
    '--',
    '/kubectl',
    '--request-timeout=10s',
    ...args,
  ]);

/** One request of a Pod on the managed cluster to the hub; the name of the node that the hub reports. */
const hubNodeSeenFromManaged = async (): Promise<string> => {
  const node = await inProber('--kubeconfig=/etc/hub/kubeconfig', 'get', '--raw=/api/v1/nodes/hub');
  return (JSON.parse(node) as { metadata: { name: string } }).metadata.name;
};

describe('two clusters on one network', () => {
  test('a Pod of one reaches the API server of the other by its name', async () => {
    expect(await waitFor('hub seen', hubNodeSeenFromManaged)).toBe('hub');
  });

  test('Services and their names work inside a cluster', async () => {
    // The way to a Pod that is ready is laid a little later.
    const version = await waitFor('an answer', () =>
      inProber('--server=http://prober.restricted.svc.cluster.local', 'get', '--raw', '/version'),
    );
    expect(JSON.parse(version)).toMatchObject({ major: '1', minor: '35' });
  });

  test('logs of a Pod can be read', async () => {
    await waitFor('what it said', async () =>
      (await managed.kubectl(['logs', '--namespace=restricted', 'prober'])).includes('Starting to serve'),
    );
  });

  test('a Pod that is not restricted is refused in that namespace', async () => {
    const create = ['run', 'plain', '--namespace=restricted', `--image=${image}`];
    await expect(managed.kubectl(create)).rejects.toThrow(/violates PodSecurity/);
  });

  test('writes on the hub are audited', async () => {
    await hub.kubectl(['create', 'configmap', 'audited']);
    const names = await waitFor('audited write', async () => {
      const writes = writesOf(await hub.auditLog()).map(({ objectRef }) => objectRef?.name);
      return writes.includes('audited') && writes;
    });
    expect(names).toContain('audited');
    expect(await managed.auditLog()).toEqual([]);
  });
});

describe('images', () => {
  test('a loaded image can be pulled, as Kubernetes does for :latest', async () => {
    const policy = '{.spec.containers[0].imagePullPolicy}';
    const pod = ['pod', 'prober', '--namespace=restricted'];
    expect(await managed.kubectl(['get', ...pod, `--output=jsonpath=${policy}`])).toBe('Always');
    const events = [
      'get',
      'events',
      '--namespace=restricted',
      '--field-selector=reason=Pulled',
      '--output=json',
    ];
    await waitFor('the event', async () =>
      (await managed.kubectl(events)).includes('Successfully pulled image'),
    );
  });

  test('an image that Docker does not have is an error that names it', async () => {
    await expect(managed.loadImage('registry.example.com/missing:1')).rejects.toThrow(
      /missing:1: .*(does not exist|No such)/s,
    );
  });

  test('a file that is no image is an error', async () => {
    await expect(managed.loadImage('/does/not/exist.tar')).rejects.toThrow(/ENOENT/);
  });
});

describe('faults', () => {
  test('a cut network separates the clusters but not the tests from them, and heals', async () => {
    await managed.disconnectNetwork();
    await expect(hubNodeSeenFromManaged()).rejects.toThrow(/timeout|deadline|unreachable/i);
    expect(await managed.kubectl(['get', 'nodes', '--output=name'])).toBe('node/managed\n');

    await managed.connectNetwork();
    expect(await waitFor('hub seen again', hubNodeSeenFromManaged)).toBe('hub');
  });

  test('a killed API server comes back with its data', async () => {
    await hub.kubectl(['create', 'configmap', 'survivor']);
    await hub.restartApiServer();
    expect(await hub.kubectl(['get', 'configmap', 'survivor', '--output=name'])).toBe('configmap/survivor\n');
  });

  test('a paused node does not answer until it goes on', async () => {
    await hub.pauseNode();
    await expect(hubNodeSeenFromManaged()).rejects.toThrow(/timeout|deadline/i);
    await hub.unpauseNode();
    expect(await waitFor('hub seen again', hubNodeSeenFromManaged)).toBe('hub');
  });

  test('a restarted node brings its Pods back and is found by the same name', async () => {
    await Promise.all([managed.restartNode(), hub.restartNode()]);
    expect(await waitFor('hub seen again', hubNodeSeenFromManaged)).toBe('hub');
  });
});

describe('removal', () => {
  const leftOf = async (name: string): Promise<string> =>
    [
      await docker(['ps', '--all', '--quiet', '--filter', `network=${name}`]),
      await docker(['network', 'ls', '--quiet', '--filter', `name=^${name}$`]),
    ].join('');

  test('stop leaves neither container nor volume nor network', async () => {
    const volumes = (
      await docker(['inspect', '--format', '{{range .Mounts}}{{.Name}} {{end}}', `${network}-hub`])
    )
      .split(' ')
      .filter((name) => name !== '');
    expect(volumes).toHaveLength(1);

    await Promise.all([hub.stop(), managed.stop()]);

    expect(await leftOf(network)).toBe('');
    expect(await docker(['volume', 'ls', '--quiet', '--filter', `name=${volumes[0]}`])).toBe('');
  });

  test('a cluster whose process is killed goes by itself', async () => {
    const abandoned = `${network}-abandoned`;
    const script = `
        import { startCluster } from ${JSON.stringify(new URL('../cluster/index.ts', import.meta.url).href)};
        await startCluster({ name: 'abandoned', network: ${JSON.stringify(abandoned)} });
        process.kill(process.pid, 'SIGKILL');`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'inherit' });
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);

    await waitFor('nothing left', async () => (await leftOf(abandoned)) === '');
  });
});
