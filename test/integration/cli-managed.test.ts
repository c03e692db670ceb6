import { chmod, stat } from 'node:fs/promises';
import { delimiter } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { load, loadAll } from 'js-yaml';
import { patience, patienceFlag, waitFor } from '../cluster/index.ts';
import { projectRegistry } from '../../operators/api/image-registry.ts';
import { type Any, condition, program, runCommand, useCluster } from './cli/harness.ts';

const harness = useCluster('cli-managed');
const { run, cli, succeed, fail, failToWait, file, get, exists, apply, setStatus, kubectl, path } = harness;

const NAMESPACE = 'open-cluster-management';
const AGENT_NAMESPACE = 'open-cluster-management-agent';
const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nQUFB\n-----END CERTIFICATE-----';

let token: string;
beforeAll(async () => {
  token = JSON.parse(await succeed('init', '-o', 'json'))['hub-token'];
  await harness.installCrds();
});

const hub = (): string => harness.cluster().server;
const joinArgs = (name: string, ...args: string[]): string[] => [
  'join',
  '--hub-token',
  token,
  '--hub-apiserver',
  hub(),
  '--cluster-name',
  name,
  ...args,
];
const join = (name: string, ...args: string[]): Promise<string> => succeed(...joinArgs(name, ...args));
const failToJoin = (name: string, ...args: string[]): Promise<string> => fail(...joinArgs(name, ...args));

const klusterlet = async (name = 'klusterlet'): Promise<Any> => (await get('klusterlet', name)).spec;
const secret = async (namespace: string, name: string): Promise<Record<string, string>> =>
  Object.fromEntries(
    Object.entries((await get('-n', namespace, 'secret', name)).data as Record<string, string>).map(
      ([key, value]) => [key, Buffer.from(value, 'base64').toString()],
    ),
  );
const bootstrap = async (namespace = AGENT_NAMESPACE): Promise<Any> =>
  load((await secret(namespace, 'bootstrap-hub-kubeconfig')).kubeconfig!);
const klusterletNames = async (): Promise<string[]> =>
  (await get('klusterlets')).items.map(({ metadata }: Any) => metadata.name);

test('10.3: no klusterlet', async () => {
  expect(await succeed('get', 'klusterlet-info')).toBe(
    "No klusterlet detected! Please make sure you're using the correct context!\n",
  );
});

describe('join', () => {
  test.each([
    [
      'cli.md 31',
      'Bad_Name',
      [],
      'validate ClusterName failed: should match `^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`',
    ],
    ['cli.md 31', 'a.b', [], 'validate ClusterName failed: '],
    [
      'cli.md 32',
      'c1',
      ['--managed-cluster-kubeconfig=f'],
      '[ERROR DeployMode Check]: --managed-cluster-kubeconfig should not be set in default deploy mode',
    ],
    [
      'cli.md 32',
      'c1',
      ['--mode=hosted'],
      '[ERROR DeployMode Check]: --managed-cluster-kubeconfig should be set in hosted deploy mode',
    ],
    ['cli.md 32', 'c1', ['-m', 'x'], '[ERROR DeployMode Check]: deploy mode should be default or hosted'],
    [
      '5.3',
      'c1',
      ['-m', 'Hosted', '--managed-cluster-kubeconfig=/none'],
      '[ERROR DeployMode Check]: validate managed kubeconfig file failed: ',
    ],
    ['5.2', 'c1', ['--ca-file=/none'], 'failed to read the CA file /none'],
    ['5.2', 'c1', ['--registration-auth=x'], 'invalid registration-Auth type'],
    [
      '5.2',
      'c1',
      ['--registration-auth=grpc'],
      'grpc-server is required when registration-auth type is grpc',
    ],
    [
      '5.2',
      'c1',
      ['--registration-auth=awsirsa'],
      'hub-cluster-arn is required when registration-auth type is awsirsa',
    ],
    [
      'cli.md 37',
      'c1',
      ['--addon-token-expiration-seconds=-1'],
      'addon-token-expiration-seconds must be non-negative',
    ],
    [
      'cli.md 37',
      'c1',
      ['--addon-kubeclient-registration-auth=x'],
      "invalid addon-kubeclient-registration-auth type. Must be 'csr' or 'token'",
    ],
    ['cli.md 38', 'c1', ['--grpc-server=s', '--grpc-ca-file=/none'], '--grpc-ca-file "/none" read failed: '],
    [
      'cli.md 38',
      'c1',
      ['--grpc-server=s'],
      "ca-bundle-configmap is missing or has empty key 'ca-bundle.crt'",
    ],
    ['5.5', 'c1', ['--klusterlet-values-file=/none'], 'failed to merge klusterlet values file: '],
    ['5.2', 'c1', ['--capi-import'], 'capi-cluster-name must be set'],
    ['cli.md 4', 'c1', ['--bundle-version=v9'], "couldn't find the requested version bundle: 9"],
  ])('%s: %s %j is refused and nothing is installed', async (_, name, args, message) => {
    expect(await failToJoin(name, ...args)).toContain(message);
    expect(await exists('namespace', AGENT_NAMESPACE)).toBe(false);
  });

  test('a hub that cannot be reached, and one that does not know the token', async () => {
    const unreachable = await fail(
      ...['join', '--hub-token', 't', '--hub-apiserver', 'https://127.0.0.1:1', '--cluster-name', 'c1'],
    );
    expect(unreachable).toContain('cannot read from the hub https://127.0.0.1:1: ');
    const unauthorized = await fail(
      ...['join', '--hub-token', 'wrong-token', '--hub-apiserver', hub(), '--cluster-name', 'c1'],
    );
    expect(unauthorized).toContain('Unauthorized; check --hub-apiserver and --hub-token');
    expect(unauthorized).not.toContain('wrong-token');
    const noScheme = await fail(
      ...['join', '--hub-token', 't', '--hub-apiserver', '127.0.0.1:1', '--cluster-name', 'c1'],
    );
    expect(noScheme).toContain(
      '[ERROR HubKubeconfig check]: --hub-apiserver should start with http:// or https://',
    );
  });

  test('cli.md 25: a dry run creates nothing', async () => {
    const stdout = await join('c1', '--dry-run');
    const [yaml = ''] = stdout.split('Please log onto');
    const kinds = loadAll(yaml)
      .slice(1)
      .filter(Boolean)
      .map((document) => (document as Any).kind);
    expect(kinds.slice(0, 3)).toEqual(['CustomResourceDefinition', 'Namespace', 'Namespace']);
    expect(kinds.at(-1)).toBe('Klusterlet');
    expect(await exists('namespace', AGENT_NAMESPACE)).toBe(false);
  });

  test('cli.md 33 and 35: the objects of a plain join', async () => {
    const { code, stdout, stderr } = await cli(
      ...joinArgs('c1', '--klusterlet-annotation', 'foo=bar', '--klusterlet-annotation', 'malformed'),
    );
    expect(code).toBe(0);
    expect(stdout).toBe(`Please log onto the hub cluster and run the following command:

    clusteradm accept --clusters c1

This is not needed when the ManagedClusterAutoApproval feature is enabled

`);
    expect(stderr).toContain('--klusterlet-annotation malformed is not key=value and is left out');
    const image = (name: string) => `${projectRegistry}/${name}:v0.4.0`;
    expect(await klusterlet()).toMatchObject({
      clusterName: 'c1',
      namespace: AGENT_NAMESPACE,
      deployOption: { mode: 'Default' },
      registrationImagePullSpec: image('registration'),
      workImagePullSpec: image('work'),
      imagePullSpec: image('registration-operator'),
      externalServerURLs: [{ url: hub() }],
      registrationConfiguration: {
        clientCertExpirationSeconds: 31_536_000,
        clusterAnnotations: { 'agent.open-cluster-management.io/foo': 'bar' },
        featureGates: [
          { feature: 'AddonManagement', mode: 'Enable' },
          { feature: 'ClusterClaim', mode: 'Enable' },
        ],
      },
    });
    expect(await bootstrap()).toMatchObject({
      clusters: [
        {
          name: 'hub',
          cluster: {
            server: hub(),
            'certificate-authority-data': Buffer.from(harness.cluster().caPem).toString('base64'),
          },
        },
      ],
      users: [{ name: 'bootstrap', user: { token } }],
      contexts: [{ name: 'bootstrap', context: { cluster: 'hub', user: 'bootstrap', namespace: 'default' } }],
      'current-context': 'bootstrap',
    });
    const { metadata } = await get('namespace', AGENT_NAMESPACE);
    expect(metadata.annotations).toMatchObject({ 'workload.openshift.io/allowed': 'management' });
    for (const target of [
      ['-n', NAMESPACE, 'deployment', 'klusterlet'],
      ['-n', NAMESPACE, 'serviceaccount', 'klusterlet'],
      ['-n', NAMESPACE, 'secret', 'open-cluster-management-image-pull-credentials'],
      ['clusterrole', 'klusterlet'],
      ['clusterrolebinding', 'klusterlet'],
    ]) {
      expect({ target, exists: await exists(...target) }).toEqual({ target, exists: true });
    }
  });

  test('cli.md 27: the join command in a file joins the cluster that it is given', async () => {
    const command = await file('join-command', 'something older and longer '.repeat(100));
    await chmod(command, 0o644);
    await succeed('init', '--output-join-command-file', command);
    expect((await stat(command)).mode & 0o777).toBe(0o700);
    await file('clusteradm', `#!/bin/sh\nexec ${process.execPath} ${program} "$@"\n`);
    await chmod(path('clusteradm'), 0o755);
    const { code, stdout } = await runCommand('/bin/sh', [command, 'from-file'], {
      PATH: [path('.'), process.env['PATH']].join(delimiter),
      KUBECONFIG: harness.cluster().kubeconfigPath,
      HOME: path('.'),
    });
    expect(code).toBe(0);
    expect(stdout).toContain('clusteradm accept --clusters from-file');
    expect((await klusterlet()).clusterName).toBe('from-file');
  });

  test('cli.md 34: one agent', async () => {
    await join('c1', '--singleton');
    expect((await klusterlet()).deployOption.mode).toBe('Singleton');
    await join('c1');
  });

  test('cli.md 36: values of the chart win', async () => {
    const values = await file(
      'klusterlet.yaml',
      `priorityClassName: agents
klusterlet:
  namespace: open-cluster-management-custom
  clusterName: from-values
  nodePlacement: { nodeSelector: { role: infra } }
  registrationConfiguration:
    featureGates: [{ feature: ClusterClaim, mode: Disable }]
`,
    );
    await join('c1', '--klusterlet-values-file', values);
    expect(await klusterlet()).toMatchObject({
      namespace: 'open-cluster-management-custom',
      clusterName: 'from-values',
      nodePlacement: { nodeSelector: { role: 'infra' } },
      priorityClassName: 'agents',
      registrationConfiguration: { featureGates: [{ feature: 'ClusterClaim', mode: 'Disable' }] },
    });
    expect((await bootstrap('open-cluster-management-custom')).users[0].user.token).toBe(token);
    expect((await get('priorityclass', 'agents')).value).toBe(1_000_000);
    const { spec } = await get('-n', NAMESPACE, 'deployment', 'klusterlet');
    expect(spec.template.spec.priorityClassName).toBe('agents');

    const bad = await file('bad.yaml', 'klusterlet: { clusterName: Bad_Name }\n');
    expect(await failToJoin('c1', '--klusterlet-values-file', bad)).toContain('validate ClusterName failed');
    await join('c1');
  });

  test('cli.md 37: how add-ons register', async () => {
    const driver = async () =>
      (await klusterlet()).registrationConfiguration.addOnKubeClientRegistrationDriver;
    await join('c1', '--addon-kubeclient-registration-auth=token', '--addon-token-expiration-seconds=3600');
    expect(await driver()).toEqual({ authType: 'token', token: { expirationSeconds: 3600 } });
    await join('c1', '--addon-kubeclient-registration-auth=token');
    expect(await driver()).toEqual({ authType: 'token' });
    await join('c1', '--addon-kubeclient-registration-auth=csr', '--addon-token-expiration-seconds=3600');
    expect(await driver()).toBeUndefined();
  });

  test('cli.md 38, packaging.md 88: gRPC', async () => {
    const ca = await file('grpc-ca', CERTIFICATE);
    await join('c1', '--registration-auth=grpc', '--grpc-server=grpc.example.com', '--grpc-ca-file', ca);
    expect((await klusterlet()).registrationConfiguration.registrationDriver).toMatchObject({
      authType: 'grpc',
    });
    const config = (await secret(AGENT_NAMESPACE, 'bootstrap-hub-kubeconfig'))['config.yaml']!;
    expect(load(config)).toEqual({
      url: 'grpc.example.com',
      token,
      caData: Buffer.from(CERTIFICATE).toString('base64'),
    });
  });

  test('cli.md 39: through a proxy', async () => {
    const proxyCa = await file('proxy-ca', `${CERTIFICATE}\n${harness.cluster().caPem}\n${CERTIFICATE}\n`);
    await join('c1', '--proxy-url=http://proxy:3128', '--proxy-ca-file', proxyCa);
    const [{ cluster }] = (await bootstrap()).clusters;
    expect(cluster['proxy-url']).toBe('http://proxy:3128');
    const ca = Buffer.from(cluster['certificate-authority-data'], 'base64').toString();
    expect(ca).toBe(`${harness.cluster().caPem.trim()}\n${CERTIFICATE}\n`);
  });

  test('the server that the hub publishes, for clusters that reach it by another address', async () => {
    const port = new URL(hub()).port;
    await fail(...joinArgs('c1', '--hub-apiserver', `https://localhost:${port}`, '--ca-file', '/none'));
    await join('c1', '--hub-apiserver', `https://localhost:${port}`, '--force-internal-endpoint-lookup');
    expect((await bootstrap()).clusters[0].cluster.server).toBe(hub());
  });

  test('cli.md 43: a wait ends in time and says what is missing', async () => {
    const stderr = await failToWait(...joinArgs('c1', '--wait'));
    expect(stderr).toMatch(
      /timed out after \d+s waiting for registration operator to become ready: (no pod|.*Pending)/,
    );
  });

  describe('with an operator', () => {
    beforeAll(async () => {
      await waitFor('the operator Pod', () => exists('-n', NAMESPACE, 'pod', '-l', 'app=klusterlet'));
    });

    test('cli.md 33: --wait follows operator, agents and hub', async () => {
      const joining = join('waiting', '--wait', '--timeout', `${patience / 1000}`);
      const [pod] = (await get('-n', NAMESPACE, 'pod', '-l', 'app=klusterlet')).items;
      await setStatus(
        { phase: 'Running', conditions: [condition('Ready', 'True')] },
        '-n',
        NAMESPACE,
        'pod',
        pod.metadata.name,
      );
      await waitFor('the Klusterlet', async () => (await klusterlet()).clusterName === 'waiting');
      await setStatus(
        {
          observedGeneration: 1_000_000,
          conditions: [
            condition('RegistrationDesiredDegraded', 'False'),
            condition('WorkDesiredDegraded', 'False'),
          ],
        },
        'klusterlet',
        'klusterlet',
      );
      await apply({
        apiVersion: 'cluster.open-cluster-management.io/v1',
        kind: 'ManagedCluster',
        metadata: { name: 'waiting' },
        spec: { hubAcceptsClient: false },
      });
      expect(await joining).toContain('clusteradm accept --clusters waiting');
    });

    test('10.3: get klusterlet-info', async () => {
      // The Deployment hears of its Pod by itself.
      const stdout = await waitFor('the operator that runs', async () => {
        const info = await succeed('get', 'klusterlet-info');
        return info.includes('(1/1)') && info;
      });
      expect(stdout).toMatch(
        /^Klusterlet Conditions:\n {2}Type +Status +LastTransitionTime +Reason +Message\n/,
      );
      expect(stdout).toMatch(/\n {2}WorkDesiredDegraded +False +2026-01-01T00:00:00Z +Tested +tested\n/);
      expect(stdout).toContain(`
Registration Operator:
  Controller:\t(1/1) ${projectRegistry}/registration-operator:v0.4.0
  CustomResourceDefinition:
    (installed) klusterlets.operator.open-cluster-management.io [*v1]
Components:
  Registration:
  Work:
  CustomResourceDefinition:
`);
    });

    test('cli.md 40: an operator that is available stays as it is', async () => {
      await setStatus(
        { conditions: [condition('Available', 'True')] },
        '-n',
        NAMESPACE,
        'deployment',
        'klusterlet',
      );
      const { generation } = (await get('-n', NAMESPACE, 'deployment', 'klusterlet')).metadata;
      await join('c1', '--image-registry', 'registry.example.com/ocm');
      expect((await get('-n', NAMESPACE, 'deployment', 'klusterlet')).metadata.generation).toBe(generation);
      expect((await klusterlet()).workImagePullSpec).toBe('registry.example.com/ocm/work:v0.4.0');
    });

    test('cli.md 41 and 42: hosted, twice', async () => {
      const managed = harness.cluster().kubeconfigPath;
      for (const name of ['h1', 'h2']) {
        await join(name, '--mode=hosted', '--managed-cluster-kubeconfig', managed);
      }
      await join('h3', '--mode=hosted', '--singleton', '--managed-cluster-kubeconfig', managed);
      const hosted = (await get('klusterlets')).items.filter(({ spec }: Any) =>
        spec.clusterName.startsWith('h'),
      );
      const names: string[] = hosted.map(({ metadata }: Any) => metadata.name);
      expect(new Set(names).size).toBe(3);
      expect(new Set(hosted.map(({ spec }: Any) => spec.deployOption.mode))).toEqual(
        new Set(['Hosted', 'SingletonHosted']),
      );
      for (const { metadata, spec } of hosted) {
        const { name } = metadata;
        expect(name).toMatch(/^klusterlet-hosted-[a-z0-9]{6}$/);
        expect(spec.namespace).toBe(`open-cluster-management-${name}`);
        expect((await bootstrap(name)).users[0].user.token).toBe(token);
        expect(await secret(name, 'external-managed-kubeconfig')).toEqual({
          kubeconfig: harness.cluster().kubeconfigYaml,
        });
      }
    });
  });

  test('a cluster of Cluster API', async () => {
    await apply({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'clusters.cluster.x-k8s.io' },
      spec: {
        group: 'cluster.x-k8s.io',
        scope: 'Namespaced',
        names: { kind: 'Cluster', plural: 'clusters' },
        versions: [
          { name: 'v1beta1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } },
        ],
      },
    });
    await kubectl('wait', '--for=condition=Established', patienceFlag, 'crd/clusters.cluster.x-k8s.io');
    const args = ['--capi-import', '--capi-cluster-name', 'default/capi1'];
    expect(await failToJoin('capi1', ...args)).toContain(
      'failed to get cluster default/capi1 from capi, got error ',
    );
    await waitFor('the CAPI cluster', () =>
      apply({
        apiVersion: 'cluster.x-k8s.io/v1beta1',
        kind: 'Cluster',
        metadata: { name: 'capi1', namespace: 'default' },
      }),
    );
    expect(await failToJoin('capi1', ...args)).toContain(
      'kubeconfig sercret for cluster default/capi1 is not found, try again later',
    );
    await kubectl(
      ...[
        'create',
        'secret',
        'generic',
        'capi1-kubeconfig',
        `--from-file=value=${harness.cluster().kubeconfigPath}`,
      ],
    );
    await join('capi1', ...args);
    expect((await klusterlet()).clusterName).toBe('capi1');
    await join('c1');
  });
});

describe('unjoin', () => {
  const createWork = (name: string, agentID: string): Promise<string> =>
    apply({
      apiVersion: 'work.open-cluster-management.io/v1',
      kind: 'AppliedManifestWork',
      metadata: { name },
      spec: { hubHash: 'x', manifestWorkName: 'w', agentID },
    });

  test('cli.md 56: an unknown cluster', async () => {
    expect(await succeed('unjoin', '--cluster-name', 'none')).toBe(
      'Remove applied resources in the managed cluster none ... \nklusterlet corresponds to none not found\n',
    );
  });

  test('cli.md 53: works that are left', async () => {
    await createWork('left', 'whoever');
    expect(await succeed('unjoin', '--cluster-name', 'c1')).toContain(
      'appliedManifestWorks [left] still exist on the managed cluster,you should manually clean them, uninstall kluster will cause those works out of control.',
    );
    expect(await klusterletNames()).toContain('klusterlet');
    await kubectl('delete', 'appliedmanifestwork', 'left');
  });

  test('cli.md 57: a dry run', async () => {
    const before = await klusterletNames();
    await succeed('unjoin', '--cluster-name', 'c1', '--dry-run');
    expect(await klusterletNames()).toEqual(before);
    expect(await exists('namespace', AGENT_NAMESPACE)).toBe(true);
    expect(await exists('-n', NAMESPACE, 'deployment', 'klusterlet')).toBe(true);
  });

  test('cli.md 54 and 55: of several Klusterlets the right one; the operator stays', async () => {
    const named = async (clusterName: string): Promise<string> =>
      (await get('klusterlets')).items.find(({ spec }: Any) => spec.clusterName === clusterName).metadata
        .name;
    // The works of another Klusterlet are none of this one's business.
    await createWork('other', (await get('klusterlet', 'klusterlet')).metadata.uid);
    for (const clusterName of ['h1', 'h3']) {
      const name = await named(clusterName);
      expect(await succeed('unjoin', '--cluster-name', clusterName)).toContain(
        'operator not purged: there are other klusterlet on cluster',
      );
      expect(await klusterletNames()).not.toContain(name);
      expect(await exists('namespace', name)).toBe(false);
    }
    await kubectl('delete', 'appliedmanifestwork', 'other');
    expect(await klusterletNames()).toContain('klusterlet');
    expect(await exists('namespace', AGENT_NAMESPACE)).toBe(true);
    await succeed('unjoin', '--cluster-name', 'h2');
  });

  test('cli.md 55: a namespace from a values file', async () => {
    const values = await file(
      'namespace.yaml',
      'klusterlet: { name: second, namespace: open-cluster-management-custom }\n',
    );
    await join('c2', '--klusterlet-values-file', values);
    await succeed('unjoin', '--cluster-name', 'c2');
    expect(await exists('namespace', 'open-cluster-management-custom')).toBe(false);
    expect(await klusterletNames()).toEqual(['klusterlet']);
  });

  test('a namespace that is not of the Klusterlet alone is kept', async () => {
    const values = await file('shared.yaml', 'klusterlet: { name: default }\n');
    const hosted = ['--mode=hosted', '--managed-cluster-kubeconfig', harness.cluster().kubeconfigPath];
    await join('c2', ...hosted, '--klusterlet-values-file', values);
    expect(await succeed('unjoin', '--cluster-name', 'c2')).toContain('namespace default is kept');
    expect((await get('namespace', 'default')).metadata.deletionTimestamp).toBeUndefined();
  });

  test('a Klusterlet that nobody finalizes is named', async () => {
    const finalizers = (list: string[]) =>
      kubectl(
        ...['patch', 'klusterlet', 'klusterlet', '--type=merge', '-p'],
        JSON.stringify({ metadata: { finalizers: list } }),
      );
    await finalizers(['operator.open-cluster-management.io/klusterlet-cleanup']);
    expect(await failToWait('unjoin', '--cluster-name', 'c1')).toMatch(
      /klusterlet still exists: timed out after \d+s .*: its finalizers operator.open-cluster-management.io\/klusterlet-cleanup are not removed yet/,
    );
    await finalizers([]);
    await join('c1');
  });

  test('cli.md 52: everything of the last one; the hub is left alone', async () => {
    expect(await succeed('unjoin', '--cluster-name', 'c1')).toBe(
      'Remove applied resources in the managed cluster c1 ... \nApplied resources have been deleted during the c1 joined stage. The status of mcl c1 will be unknown in the hub cluster.\n',
    );
    for (const target of [
      ['crd', 'klusterlets.operator.open-cluster-management.io'],
      ['namespace', AGENT_NAMESPACE],
      ['-n', NAMESPACE, 'deployment', 'klusterlet'],
      ['-n', NAMESPACE, 'serviceaccount', 'klusterlet'],
      ['clusterrole', 'klusterlet'],
      ['clusterrolebinding', 'klusterlet'],
      ['validatingadmissionpolicies,validatingadmissionpolicybindings', '--selector=app=klusterlet'],
    ]) {
      expect({ target, exists: await exists(...target) }).toEqual({ target, exists: false });
    }
    for (const target of [
      ['validatingadmissionpolicy', 'cluster-manager-deployments.open-cluster-management.io'],
      ['managedcluster', 'waiting'],
      ['-n', NAMESPACE, 'deployment', 'cluster-manager'],
      ['-n', NAMESPACE, 'secret', 'open-cluster-management-image-pull-credentials'],
    ]) {
      expect({ target, exists: await exists(...target) }).toEqual({ target, exists: true });
    }
    expect(await succeed('unjoin', '--cluster-name', 'c1')).toContain('there is no need to unjoin');
    await join('c1');
    await succeed('unjoin', '--cluster-name', 'c1');
  });
});

describe('clean', () => {
  const bootstrapParts = [
    ['clusterrole', 'open-cluster-management:bootstrap'],
    ['clusterrolebinding', 'open-cluster-management:bootstrap:agent-registration'],
    ['clusterrolebinding', 'open-cluster-management:bootstrap:managedcluster'],
    ['-n', 'kube-system', 'secret', 'bootstrap-token-ocmhub'],
  ];

  test('cli.md 57: a dry run', async () => {
    await succeed('init', '--use-bootstrap-token');
    expect(await succeed('clean', '--dry-run')).toMatch(/^clean is running in dry-run mode\n/);
    for (const target of [...bootstrapParts, ['clustermanager', 'cluster-manager']]) {
      expect({ target, exists: await exists(...target) }).toEqual({ target, exists: true });
    }
  });

  test('cli.md 58: refused while a cluster is available', async () => {
    const available = (status: 'True' | 'False') =>
      setStatus(
        { conditions: [condition('ManagedClusterConditionAvailable', status)] },
        'managedcluster',
        'waiting',
      );
    await available('True');
    const { code, stdout, stderr } = await cli('clean');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'Please detach all managed clusters from the hub control plane\n',
    });
    expect(stderr).toContain('waiting');
    expect(await exists('clustermanager', 'cluster-manager')).toBe(true);
    await available('False');
  });

  test('cli.md 59: without the operator, then init again', async () => {
    await succeed('clean', '--purge-operator=false');
    expect(await exists('clustermanager', 'cluster-manager')).toBe(false);
    expect(await exists('-n', NAMESPACE, 'deployment', 'cluster-manager')).toBe(true);
    expect(await succeed('clean')).toBe('The multicluster hub control plane is cleand up already\n');
    await succeed('init', '--use-bootstrap-token');
    expect(await exists('clustermanager', 'cluster-manager')).toBe(true);
  });

  test('cli.md 58: everything, with what was made for joining; then init again at once', async () => {
    expect(await succeed('clean')).toBe(
      'The multicluster hub control plane has been clean up successfully!\n',
    );
    for (const target of [
      ...bootstrapParts,
      ['crd', 'clustermanagers.operator.open-cluster-management.io'],
      ['clusterrole', 'cluster-manager'],
      ['clusterrolebinding', 'cluster-manager'],
      ['validatingadmissionpolicies,validatingadmissionpolicybindings', '--selector=app=cluster-manager'],
      ['namespace', NAMESPACE],
    ]) {
      expect({ target, exists: await exists(...target) }).toEqual({ target, exists: false });
    }
    expect(await fail('clean')).toBe('Error: hub has not been initialized\n');
    await succeed('init');
    expect(await exists('-n', NAMESPACE, 'deployment', 'cluster-manager')).toBe(true);
  });
});

test('a kubeconfig from the environment', async () => {
  const { kubeconfigPath } = harness.cluster();
  const env = { HOME: path('.'), KUBECONFIG: ['/none', kubeconfigPath].join(delimiter) };
  const { code } = await runCommand(process.execPath, [program, 'get', 'clusters'], env);
  expect(code).toBe(0);
  const { stderr } = await run(['get', 'clusters']);
  expect(stderr).toContain('there is no kubeconfig: name one with --kubeconfig or KUBECONFIG');
});
