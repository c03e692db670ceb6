import { createAuthority } from '../cluster/certificates.ts';
import { readFile, stat } from 'node:fs/promises';
import { describe, beforeAll, expect, test } from '@jest/globals';
import { dump, load, loadAll } from 'js-yaml';
import { certificateRequest } from '../../cli/accept/request-fixture.ts';
import { projectRegistry } from '../../operators/api/image-registry.ts';
import { type Any, condition, useCluster } from './cli/harness.ts';

const harness = useCluster('cli');
const { run, cli, succeed, fail, failToWait, file, get, exists, apply, setStatus, kubectl, path } = harness;

const secretText = async (namespace: string, name: string, key: string): Promise<string> =>
  Buffer.from((await get('-n', namespace, 'secret', name)).data[key], 'base64').toString();

const NAMESPACE = 'open-cluster-management';

describe('init', () => {
  test('cli.md 25: a dry run prints all objects and creates none', async () => {
    const stdout = await succeed('init', '--dry-run', '--output-join-command-file', path('dry'));
    const [yaml = '', text = ''] = stdout.split('The multicluster hub control plane');
    const [banner, ...documents] = loadAll(yaml) as Any[];
    expect(banner).toBe('init is running in dry-run mode');
    const kinds = documents.filter(Boolean).map(({ kind }) => kind);
    expect(kinds).toEqual([
      'CustomResourceDefinition',
      'Namespace',
      'ServiceAccount',
      'ServiceAccount',
      'Secret',
      'ClusterRole',
      'ClusterRole',
      'ClusterRoleBinding',
      'ClusterRoleBinding',
      ...Array<string>(6).fill('ValidatingAdmissionPolicy'),
      ...Array<string>(6).fill('ValidatingAdmissionPolicyBinding'),
      'Deployment',
      'ClusterManager',
    ]);
    expect(text).toContain('--hub-token  --hub-apiserver');
    for (const target of [
      ['namespace', NAMESPACE],
      ['-n', 'kube-public', 'configmap', 'cluster-info'],
      ['crd', 'clustermanagers.operator.open-cluster-management.io'],
    ]) {
      expect(await exists(...target)).toBe(false);
    }
    await expect(stat(path('dry'))).rejects.toThrow('ENOENT');
  });

  test('cli.md 86: hub commands refuse a cluster that is no hub', async () => {
    for (const command of [
      ['accept'],
      ['get', 'token'],
      ['get', 'clusters'],
      ['get', 'clustersets'],
      ['get', 'placements'],
      ['get', 'works'],
      ['create', 'clusterset', 's'],
      ['create', 'placement', 'p'],
      ['create', 'work', 'w'],
      ['clusterset', 'bind', 's'],
      ['clusterset', 'set', 's', '--clusters=c'],
      ['clusterset', 'unbind', 's'],
      ['delete', 'clusterset', 's'],
      ['delete', 'work', 'w', '--cluster=c'],
    ]) {
      expect(await fail(...command)).toBe(
        'Error: hub oriented command should not running against non-hub cluster\n',
      );
    }
    expect(await fail('clean')).toBe('Error: hub has not been initialized\n');
    expect(await fail('delete', 'token')).toBe('Error: this is not a hub\n');
    expect(await fail('upgrade', 'clustermanager')).toBe('Error: clustermanager is not installed\n');
    expect(await fail('upgrade', 'klusterlet')).toBe(
      'Error: managed cluster oriented command should not running against non-managed cluster\n',
    );
  });

  test('cli.md 56: there is nothing to unjoin without the CRD', async () => {
    expect(await succeed('unjoin', '--cluster-name', 'c1')).toContain(
      'klusterlet CRD not found, there is no need to unjoin.',
    );
  });

  test.each([
    ['cli.md 5', ['--bundle-version-overrides', '/none'], 'failed to read version bundle file'],
    ['cli.md 11', ['--registration-drivers=x'], 'unknown registration-drivers type: x'],
    [
      'cli.md 14',
      ['--auto-approved-csr-identities=u'],
      'should enable feature gate ManagedClusterAutoApproval before passing list of identities',
    ],
    [
      'cli.md 14',
      ['--feature-gates=ManagedClusterAutoApproval=true', '--auto-approved-arn-patterns=u'],
      'should not provide list of patterns for aws eks arn if not initializing hub with awsirsa registration',
    ],
    [
      'cli.md 17',
      ['--registration-drivers=grpc'],
      'grpc server should not be empty if the grpc endpoint type is hostname',
    ],
    [
      'cli.md 22',
      ['--cluster-manager-values-file=/none'],
      'failed to merge cluster-manager values file: failed to read',
    ],
    ['cli.md 24', ['-o', 'json', '--wait'], 'output should be text if --wait is set'],
    ['4.3', ['--image-registry='], 'registry should not be empty'],
    ['4.3', ['--image-pull-credential-file=/none'], 'failed read the image pull credential file /none'],
  ])('%s: %j is refused and nothing is installed', async (_, args, message) => {
    expect(await fail('init', ...args)).toContain(message);
    expect(await exists('namespace', NAMESPACE)).toBe(false);
  });

  test('cli.md 9 and 20: all objects, the join command, and where the hub is', async () => {
    await kubectl('delete', '-n', 'kube-public', 'configmap', 'cluster-info', '--ignore-not-found');
    const { code, stdout, stderr } = await cli('init');
    expect(code).toBe(0);
    expect(stderr).toContain(
      '\t[WARNING cluster-info check]: no ConfigMap named cluster-info in the kube-public namespace, clusteradm will creates it\nPreflight check: cluster-info check Passed with 1 warnings and 0 errors\n',
    );
    expect(stderr).toContain('Preflight check: HubApiServer check Passed with 0 warnings and 0 errors\n');
    const line = stdout.split('\n').find((candidate) => candidate.trim().startsWith('clusteradm'));
    const words = line!.trim().split(' ');
    expect(words[3]).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    expect(words[5]).toBe(harness.cluster().server);
    expect(stdout).toBe(`The multicluster hub control plane has been initialized successfully!

You can now register cluster(s) to the hub control plane. Log onto those cluster(s) and run the following command:

    clusteradm join --hub-token ${words[3]} --hub-apiserver ${harness.cluster().server} --cluster-name <cluster_name>

Replace <cluster_name> with a cluster name of your choice. For example, cluster1.

`);

    const info = await get('-n', 'kube-public', 'configmap', 'cluster-info');
    expect(info.immutable).toBe(true);
    const { clusters } = load(info.data.kubeconfig) as Any;
    expect(clusters).toEqual([
      {
        name: '',
        cluster: {
          server: harness.cluster().server,
          'certificate-authority-data': Buffer.from(harness.cluster().caPem).toString('base64'),
        },
      },
    ]);
    for (const target of [
      ['crd', 'clustermanagers.operator.open-cluster-management.io'],
      ['-n', NAMESPACE, 'deployment', 'cluster-manager'],
      ['-n', NAMESPACE, 'serviceaccount', 'cluster-manager'],
      ['clusterrole', 'cluster-manager'],
      ['clusterrolebinding', 'cluster-manager'],
      ['clusterrole', 'open-cluster-management:bootstrap'],
      ['-n', NAMESPACE, 'serviceaccount', 'agent-registration-bootstrap'],
      ['clusterrolebinding', 'open-cluster-management:bootstrap:agent-registration'],
    ]) {
      expect({ target, exists: await exists(...target) }).toEqual({ target, exists: true });
    }
    expect(
      await secretText(NAMESPACE, 'open-cluster-management-image-pull-credentials', '.dockerconfigjson'),
    ).toBe('{}');
    const { spec } = await get('clustermanager', 'cluster-manager');
    const image = (name: string) => `${projectRegistry}/${name}:v0.4.0`;
    expect(spec).toMatchObject({
      deployOption: { mode: 'Default' },
      resourceRequirement: { type: 'Default' },
      registrationImagePullSpec: image('registration'),
      workImagePullSpec: image('work'),
      placementImagePullSpec: image('placement'),
      addOnManagerImagePullSpec: image('addon-manager'),
      registrationConfiguration: {
        autoApproveUsers: [`system:serviceaccount:${NAMESPACE}:agent-registration-bootstrap`],
        featureGates: [
          { feature: 'DefaultClusterSet', mode: 'Enable' },
          { feature: 'ResourceCleanup', mode: 'Enable' },
        ],
        registrationDrivers: [{ authType: 'csr' }],
      },
      workConfiguration: { workDriver: 'kube' },
      addOnManagerConfiguration: { featureGates: [{ feature: 'AddonManagement', mode: 'Enable' }] },
      placementConfiguration: { featureGates: [{ feature: 'PlacementDebugServer', mode: 'Enable' }] },
    });
    const deployment = await get('-n', NAMESPACE, 'deployment', 'cluster-manager');
    expect(deployment.spec.replicas).toBe(3);
    expect(deployment.spec.template.spec.containers[0].image).toBe(image('registration-operator'));
  });

  test('cli.md 24: -o json is JSON alone', async () => {
    const { stdout } = await cli('init', '-o', 'json', '--create-namespace=false', '--set', 'a=b');
    const answer = JSON.parse(stdout);
    expect(Object.keys(answer)).toEqual(['hub-token', 'hub-apiserver']);
    expect(stdout).toBe(`${JSON.stringify(answer, null, 2)}\n`);
    expect(JSON.parse((await cli('init', '-o=json', '--dry-run')).stdout)['hub-token']).toBe('');
  });

  test('cli.md 20: cluster-info is left alone, and empty it is an error', async () => {
    const target = ['-n', 'kube-public', 'configmap', 'cluster-info'];
    const before = (await get(...target)).metadata.resourceVersion;
    await succeed('init');
    expect((await get(...target)).metadata.resourceVersion).toBe(before);
    await kubectl('delete', ...target);
    await kubectl('create', ...target);
    expect(await fail('init')).toContain(
      '\t[ERROR cluster-info check]: empty kubeconfig data in cluster-info',
    );
    await succeed('init', '--force');
    await kubectl('delete', ...target);
  });

  test('cli.md 21: --context chooses the server that is published', async () => {
    const { clusters, contexts, users } = harness.cluster().kubeconfig;
    const broken = { name: 'broken', cluster: { server: 'https://192.0.2.1:6443' } };
    const config = await file(
      'two-contexts',
      dump({
        ...harness.cluster().kubeconfig,
        clusters: [...clusters, broken],
        users,
        contexts: [...contexts, { name: 'broken', context: { cluster: 'broken', user: users[0]!.name } }],
        'current-context': 'broken',
      }),
    );
    const args = ['--kubeconfig', config, '--context', contexts[0]!.name];
    const { code, stdout } = await run([...args, 'init']);
    expect(code).toBe(0);
    expect(stdout).toContain(`--hub-apiserver ${harness.cluster().server} `);
    const info = await get('-n', 'kube-public', 'configmap', 'cluster-info');
    expect((load(info.data.kubeconfig) as Any).clusters[0].cluster.server).toBe(harness.cluster().server);

    const unknown = await run(['--kubeconfig', config, '--context', 'none', 'init']);
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain(
      'failed to find the given Current Context in Contexts of the kubeconfig',
    );
  });

  const registration = async () =>
    (await get('clustermanager', 'cluster-manager')).spec.registrationConfiguration;

  test('cli.md 10: a bootstrap token, which another init leaves valid', async () => {
    const first = await succeed('init', '--use-bootstrap-token');
    const [token] = /ocmhub\.[a-z0-9]{16}/.exec(first) ?? [];
    expect(token).toBeDefined();
    expect(await succeed('init', '--use-bootstrap-token')).toContain(`--hub-token ${token} `);
    const { featureGates, autoApproveUsers } = await registration();
    expect(featureGates).toHaveLength(2);
    expect(autoApproveUsers).toEqual(['system:bootstrap:ocmhub']);
    const secret = await get('-n', 'kube-system', 'secret', 'bootstrap-token-ocmhub');
    expect(secret).toMatchObject({
      type: 'bootstrap.kubernetes.io/token',
      metadata: { labels: { app: 'cluster-manager' } },
    });
    expect(await exists('clusterrolebinding', 'open-cluster-management:bootstrap:managedcluster')).toBe(true);
  });

  test('cli.md 11: one driver', async () => {
    await succeed(
      'init',
      '--registration-drivers=awsirsa',
      '--hub-cluster-arn=arn:aws:eks:us-west-2:123456789012:cluster/hub',
    );
    expect((await registration()).registrationDrivers).toMatchObject([
      { authType: 'awsirsa', awsirsa: { hubClusterArn: 'arn:aws:eks:us-west-2:123456789012:cluster/hub' } },
    ]);
  });

  test('cli.md 12 and 13: two drivers in order, with tags and identities', async () => {
    await succeed(
      'init',
      '--registration-drivers=awsirsa,csr',
      '--hub-cluster-arn=arn:aws:eks:us-west-2:123456789012:cluster/hub',
      '--aws-resource-tags=a=1,b=2',
      '--feature-gates=ManagedClusterAutoApproval=true',
      '--auto-approved-arn-patterns=arn:.*',
      '--auto-approved-csr-identities=u1,u2',
    );
    expect((await registration()).registrationDrivers).toMatchObject([
      { authType: 'awsirsa', awsirsa: { tags: ['a=1', 'b=2'], autoApprovedIdentities: ['arn:.*'] } },
      { authType: 'csr', csr: { autoApprovedIdentities: ['u1', 'u2'] } },
    ]);
  });

  test('cli.md 15 and 16: three gates; the credentials of the registry', async () => {
    const credentials = await file('credentials.json', '{"auths":{}}');
    await succeed(
      'init',
      '--feature-gates=ManagedClusterAutoApproval=true',
      '--image-pull-credential-file',
      credentials,
    );
    expect((await registration()).featureGates).toHaveLength(3);
    expect((await registration()).registrationDrivers).toMatchObject([{ authType: 'csr' }]);
    const name = 'open-cluster-management-image-pull-credentials';
    expect(await secretText(NAMESPACE, name, '.dockerconfigjson')).toBe('{"auths":{}}');
  });

  test('cli.md 17, packaging.md 88: the gRPC server, and both ways to register', async () => {
    await succeed('init', '--registration-drivers=grpc,csr', '--grpc-server=grpc.example.com');
    expect((await get('clustermanager', 'cluster-manager')).spec.serverConfiguration).toMatchObject({
      endpointsExposure: [
        { protocol: 'grpc', grpc: { type: 'hostname', hostname: { host: 'grpc.example.com' } } },
      ],
    });
    const drivers: { authType: string }[] = (await registration()).registrationDrivers;
    expect(drivers.map(({ authType }) => authType).toSorted()).toEqual(['csr', 'grpc']);
  });

  test('cli.md 22 and 23: values of the chart win', async () => {
    const values = await file(
      'values.yaml',
      'replicaCount: 2\nnodeSelector: { role: infra }\nimages: { overrides: { workImage: "r/w@sha256:1" } }\n',
    );
    await succeed('init', '--cluster-manager-values-file', values, '--enable-sync-labels');
    const { spec } = await get('-n', NAMESPACE, 'deployment', 'cluster-manager');
    expect(spec.replicas).toBe(2);
    expect(spec.template.spec.nodeSelector).toEqual({ role: 'infra' });
    expect(spec.template.spec.containers[0].args).toContain('--enable-sync-labels');
    expect((await get('clustermanager', 'cluster-manager')).spec.workImagePullSpec).toBe('r/w@sha256:1');

    await kubectl('delete', 'clustermanager', 'cluster-manager');
    const none = await file('none.yaml', 'clusterManager: { create: false }\nreplicaCount: 0\n');
    await succeed('init', '--cluster-manager-values-file', none);
    expect(await exists('clustermanager', 'cluster-manager')).toBe(false);
    expect((await get('-n', NAMESPACE, 'deployment', 'cluster-manager')).spec.replicas).toBe(0);
    await succeed('init');
  });

  test('cli.md 26: the output file holds what was applied last, for nobody else to read', async () => {
    const output = await file('objects.yaml', 'x\n'.repeat(100_000));
    await succeed('init', '--use-bootstrap-token', '--output-file', output);
    await succeed('init', '--output-file', output);
    const documents = loadAll(await readFile(output, 'utf8')) as Any[];
    expect(documents.map(({ kind }) => kind)).toContain('ClusterManager');
    expect(documents.every((document) => document.kind && document.metadata.name)).toBe(true);
    expect(documents.some(({ metadata }) => metadata.name === 'bootstrap-token-ocmhub')).toBe(false);
    expect((await stat(output)).mode & 0o777).toBe(0o600);
    await kubectl('apply', '-f', output);
  });

  test('applying again changes nothing', async () => {
    const versions = async () =>
      (await get('clustermanager,clusterrole', 'cluster-manager')).items.map(
        ({ metadata }: Any) => metadata.resourceVersion,
      );
    await succeed('init');
    const before = await versions();
    await succeed('init');
    expect(await versions()).toEqual(before);
  });

  test('a hub that does not get ready ends the wait with what is missing', async () => {
    expect(await failToWait('init', '--wait')).toMatch(
      /timed out after \d+s waiting for registration operator to become ready: (no pod yet|.*Pending)/,
    );
  });
});

describe('join to a cluster that is no hub', () => {
  test.each([
    ['unjoin', [`--cluster-name=${'c'.repeat(64)}`], 'must be no more than 63 characters'],
    ['join', [`--cluster-name=${'c'.repeat(64)}`], 'has 64 characters, a name has at most 63'],
    ['join', ['--cluster-name=a.b'], 'validate ClusterName failed: should match'],
  ])('%s %j is refused, and nothing is changed', async (command, args, message) => {
    const path = await file('ca.crt', (await createAuthority('ca')).certificate);
    const hub = ['--hub-token=t', '--hub-apiserver', harness.cluster().server, '--ca-file', path];
    expect(await fail(command, ...args, ...(command === 'join' ? hub : []))).toContain(message);
    expect(await exists('namespace', 'open-cluster-management-agent')).toBe(false);
  });

  test('a hub whose certificate is of another CA is told apart, and --ca-file is named', async () => {
    const path = await file('other-ca.crt', (await createAuthority('another-ca')).certificate);
    const stderr = await fail(
      ...['join', '--hub-token=t', '--hub-apiserver', harness.cluster().server, '--cluster-name=c1'],
      ...['--ca-file', path],
    );
    expect(stderr).toMatch(
      /the server presented a certificate of "CN=[^"]+", issued by "CN=[^"]+", valid from/,
    );
    expect(stderr).toContain(
      `where one was expected from "CN=another-ca" (--ca-file ${path}); is this the right server? If it is, give the CA of the hub with --ca-file`,
    );
    expect(stderr).not.toMatch(/node\.?js|use-system-ca|NODE_/i);
    expect(await exists('namespace', 'open-cluster-management-agent')).toBe(false);
  });

  test('cli.md 30: the preflight says so', async () => {
    const token = JSON.parse(await succeed('init', '-o', 'json'))['hub-token'];
    const stderr = await fail(
      ...['join', '--hub-token', token, '--hub-apiserver', harness.cluster().server, '--cluster-name', 'c1'],
    );
    expect(stderr).toContain('Preflight check: HubKubeconfig check Failed with 0 warnings and 1 errors');
    expect(stderr).toContain('no apigroup cluster.open-cluster-management.io/v1 detected');
    expect(await exists('namespace', 'open-cluster-management-agent')).toBe(false);
  });
});

describe('on a hub', () => {
  beforeAll(harness.installCrds);

  test('cli.md 64: get token, as text and JSON, of both kinds', async () => {
    const text = await succeed('get', 'token');
    const [, token] = /^token=(.*)$/m.exec(text) ?? [];
    expect(text).toBe(
      `token=${token}\nplease log on spoke and run:\nclusteradm join --hub-token ${token} --hub-apiserver ${harness.cluster().server} --cluster-name <cluster_name>\n`,
    );
    expect(JSON.parse(await succeed('get', 'token', '-o', 'json'))).toEqual({
      'hub-token': expect.stringMatching(/\..+\./),
      'hub-apiserver': harness.cluster().server,
    });
    await succeed('init', '--use-bootstrap-token');
    expect(await succeed('get', 'token', '--use-bootstrap-token')).toMatch(/^token=ocmhub\.[a-z0-9]{16}\n/);
    expect(await succeed('delete', 'token', '--dry-run')).toBe('token is running in dry-run mode\n');
    expect(await succeed('get', 'token', '--use-bootstrap-token')).toContain('token=');
    expect(await succeed('delete', 'token')).toBe('');
    expect(await kubectl('get', 'clusterroles,clusterrolebindings', '-o', 'name')).not.toContain(
      'open-cluster-management:bootstrap',
    );
    expect(await fail('get', 'token', '--use-bootstrap-token')).toContain(
      'secrets "bootstrap-token-*" not found',
    );
    expect(await fail('get', 'token')).toContain(
      `failed to get token from sa ${NAMESPACE}/agent-registration-bootstrap: `,
    );
    await succeed('init');
    expect(await succeed('get', 'token')).toContain('token=');
  });

  test('cli.md 67: get hub-info', async () => {
    await kubectl('create', 'namespace', 'open-cluster-management-hub');
    const related = (resource: string, name: string, namespace?: string) => ({
      group: '',
      version: 'v1',
      resource,
      name,
      ...(namespace && { namespace }),
    });
    const hub = 'open-cluster-management-hub';
    for (const component of ['registration-controller', 'registration-webhook', 'work-webhook']) {
      const name = `cluster-manager-${component}`;
      const image = `r/${component.split('-')[0]}:v7`;
      await kubectl('create', 'deployment', '-n', hub, name, '--image', image, '--replicas=2');
    }
    const crd = 'managedclusters.cluster.open-cluster-management.io';
    await setStatus(
      {
        relatedResources: [
          related('deployments', 'cluster-manager-registration-controller', hub),
          related('deployments', 'cluster-manager-registration-webhook', hub),
          related('deployments', 'cluster-manager-work-webhook', hub),
          related('deployments', 'cluster-manager-placement-controller', hub),
          related('customresourcedefinitions', crd),
          related('customresourcedefinitions', 'gone.example.com'),
        ],
      },
      'clustermanager',
      'cluster-manager',
    );
    expect(await succeed('get', 'hub-info')).toBe(`Registration Operator:
  Controller:\t(0/3) ${projectRegistry}/registration-operator:v0.4.0
  CustomResourceDefinition:
    (installed) clustermanagers.operator.open-cluster-management.io [*v1]
Components:
  AddOn Manager:
  Registration:
    Controller:\t(0/2) r/registration:v7
    Webhook:\t(0/2) r/registration:v7
  Work:
    Webhook:\t(0/2) r/work:v7
  Placement:
  CustomResourceDefinition:
    (installed) ${crd} [*v1]
    (absent) gone.example.com []
`);
    expect(await fail('get', 'hub-info', 'x')).toBe('Error: there should be no argument\n');
    await kubectl('delete', 'clustermanager', 'cluster-manager');
    expect(await succeed('get', 'hub-info')).toContain('Components:\t<uninstalled>\n');
    await kubectl('delete', '-n', NAMESPACE, 'deployment', 'cluster-manager');
    expect(await succeed('get', 'hub-info')).toBe(
      'Registration Operator:\t<none>\nComponents:\t<uninstalled>\n',
    );
    await succeed('init');
  });

  test('cli.md 66: nothing there is an empty table', async () => {
    expect(await succeed('get', 'clusters', '-o', 'table')).toBe('');
    expect(await succeed('get', 'clusters', '-o', 'yaml')).toBe('');
    expect(await succeed('get', 'clusters')).toBe('<ManagedCluster> \n');
  });

  describe('accept', () => {
    const bootstrapGroups = ['system:serviceaccounts:open-cluster-management'];
    const bootstrapUser = `system:serviceaccount:${NAMESPACE}:agent-registration-bootstrap`;

    const createCluster = async (name: string, annotations = {}): Promise<void> => {
      await apply({
        apiVersion: 'cluster.open-cluster-management.io/v1',
        kind: 'ManagedCluster',
        metadata: { name, annotations },
        spec: { hubAcceptsClient: false },
      });
    };
    const createCsr = async (
      name: string,
      clusterName: string,
      { agent = 'agent', user = bootstrapUser, groups = bootstrapGroups } = {},
    ): Promise<void> => {
      const group = `system:open-cluster-management:${clusterName}`;
      const request = await certificateRequest(`${group}:${agent}`, [
        group,
        'system:open-cluster-management:managed-clusters',
      ]);
      const csr = {
        apiVersion: 'certificates.k8s.io/v1',
        kind: 'CertificateSigningRequest',
        metadata: { name, labels: { 'open-cluster-management.io/cluster-name': clusterName } },
        spec: {
          request: Buffer.from(request).toString('base64'),
          signerName: 'kubernetes.io/kube-apiserver-client',
          usages: ['client auth'],
        },
      };
      const impersonation = ['--as', user, ...groups.flatMap((each) => ['--as-group', each])];
      await harness
        .cluster()
        .kubectl(
          ['create', '-f', '-', ...impersonation, '--as-group', 'system:masters'],
          JSON.stringify(csr),
        );
    };
    const approved = async (name: string): Promise<Any> =>
      ((await get('csr', name)).status.conditions ?? []).find(({ type }: Any) => type === 'Approved');
    const accepted = async (name: string): Promise<boolean> =>
      (await get('managedcluster', name)).spec.hubAcceptsClient;

    test('cli.md 44: one CSR of the bootstrap service account', async () => {
      await createCluster('a44');
      await createCsr('csr44', 'a44');
      expect(await succeed('accept', '--clusters', 'a44')).toBe(
        `Starting approve csrs for the cluster a44
CSR csr44 approved
set hubAcceptsClient to true for managed cluster a44

 Your managed cluster a44 has joined the Hub successfully. Visit https://open-cluster-management.io/scenarios or https://github.com/open-cluster-management-io/OCM/tree/main/solutions for next steps.
`,
      );
      expect(await approved('csr44')).toMatchObject({
        status: 'True',
        reason: 'clusteradm Approve',
        message: 'This CSR was approved by clusteradm certificate approve.',
      });
      expect(await accepted('a44')).toBe(true);
      expect(await succeed('accept', '-c', 'a44')).toContain(
        'CSR csr44 already approved\nhubAcceptsClient already set for managed cluster a44\n',
      );
    });

    test('cli.md 45: a CSR of somebody else', async () => {
      await createCluster('a45');
      await createCsr('csr45', 'a45', { user: `system:serviceaccount:${NAMESPACE}:other` });
      const stderr = await fail('accept', '--clusters', 'a45');
      expect(stderr).toContain(`csr csr45 was made by system:serviceaccount:${NAMESPACE}:other`);
      expect(stderr).toContain('no csr is approved yet for cluster a45');
      expect(await approved('csr45')).toBeUndefined();
      expect(await accepted('a45')).toBe(false);
      await succeed('accept', '--clusters', 'a45', '--skip-approve-check');
      expect(await approved('csr45')).toBeDefined();
    });

    test('cli.md 46: CSRs of different requesters', async () => {
      await createCluster('a46');
      await createCsr('csr46a', 'a46', { agent: 'a' });
      await createCsr('csr46b', 'a46', { agent: 'b' });
      const skipped = await cli('accept', '--clusters', 'a46');
      expect(skipped.code).toBe(1);
      expect(skipped.stdout).toContain('There are CSRs of different requesters: ');
      await succeed('accept', '--clusters', 'a46', '--requesters', 'system:open-cluster-management:a46:a');
      expect(await approved('csr46a')).toBeDefined();
      expect(await approved('csr46b')).toBeUndefined();
    });

    test('cli.md 47: a denied CSR stays denied', async () => {
      await createCluster('a47');
      await createCsr('csr47', 'a47');
      await kubectl('certificate', 'deny', 'csr47');
      const { code, stdout } = await cli('accept', '--clusters', 'a47');
      expect({ code, stdout }).toEqual({ code: 1, stdout: 'CSR csr47 already denied\n' });
      expect(await approved('csr47')).toBeUndefined();
    });

    test('cli.md 48: a cluster with an ARN needs no CSR', async () => {
      await createCluster('a48', { 'agent.open-cluster-management.io/managed-cluster-arn': 'arn' });
      await succeed('accept', '--clusters', 'a48');
      expect(await accepted('a48')).toBe(true);
    });

    test('cli.md 49: an accepted cluster whose CSR is gone, at once', async () => {
      await kubectl('delete', 'csr', 'csr44');
      expect(await succeed('accept', '--clusters', 'a44', '--wait')).toContain(
        'hubAcceptsClient already set',
      );
    });

    test('cli.md 50: no name', async () => {
      expect(await fail('accept')).toBe('Error: either --cluster or --clusters needs to be set\n');
      expect(await fail('accept', '--clusters', '')).toBe(
        'Error: --clusters cannot be set as an empty value\n',
      );
    });

    test('cli.md 51: a dry run', async () => {
      await createCluster('a51');
      await createCsr('csr51', 'a51');
      expect(await succeed('accept', '--clusters', 'a51', '--dry-run')).toMatch(
        /^accept is running in dry-run mode\n/,
      );
      expect(await approved('csr51')).toBeUndefined();
      expect(await accepted('a51')).toBe(false);
    });

    test('all clusters are tried; the errors come together', async () => {
      const stderr = await fail('accept', '--clusters', 'none1,a51,none2');
      expect(stderr).toContain('fail to get managedcluster none1: ');
      expect(stderr).toContain('fail to get managedcluster none2: ');
      expect(await accepted('a51')).toBe(true);
    });

    test('--wait waits for the cluster and its CSR', async () => {
      const accepting = succeed('accept', '--clusters', 'late', '--wait');
      await createCluster('late');
      await createCsr('csr-late', 'late');
      expect(await accepting).toContain('CSR csr-late approved');
      expect(await failToWait('accept', '--clusters', 'never', '--wait')).toMatch(
        /timed out after \d+s waiting for managed cluster never to be created: the hub has no ManagedCluster never yet/,
      );
    });
  });

  test('cli.md 65: get clusters', async () => {
    await apply({
      apiVersion: 'cluster.open-cluster-management.io/v1beta2',
      kind: 'ManagedClusterSet',
      metadata: { name: 'set1' },
      spec: {},
    });
    await kubectl('label', 'managedcluster', 'a44', 'cluster.open-cluster-management.io/clusterset=set1');
    await setStatus(
      {
        conditions: [condition('ManagedClusterConditionAvailable', 'False')],
        capacity: { cpu: '4', memory: '8Gi' },
        version: { kubernetes: 'v1.35.4' },
      },
      'managedcluster',
      'a44',
    );
    expect(await succeed('get', 'clusters', '--clusterset', 'set1', '-o', 'table')).toBe(
      'NAME   ACCEPTED   AVAILABLE   CLUSTERSET   CPU   MEMORY   KUBERNETES VERSION\na44    true       false       set1         4     8Gi      v1.35.4\n',
    );
    expect(await succeed('get', 'clusters', '--clusterset', 'set1')).toBe(`<ManagedCluster> 
└── a44 
    ├── Accepted true
    ├── Available false
    ├── Capacity 
    │   ├── Cpu 4
    │   └── Memory 8Gi
    ├── ClusterSet set1
    └── KubernetesVersion v1.35.4
`);
    const documents = loadAll(await succeed('get', 'clusters', '-o', 'yaml')) as Any[];
    expect(documents.length).toBeGreaterThan(5);
    expect(documents[0]).toMatchObject({
      apiVersion: 'cluster.open-cluster-management.io/v1',
      kind: 'ManagedCluster',
    });
    expect(await fail('get', 'clusters', '-o', 'json')).toContain('invalid output format');
    expect(await fail('get', 'clusters', 'x')).toBe('Error: there should be no argument\n');
    expect(await fail('get', 'clusters', '--clusterset', 'none')).toContain('"none" not found');
  });

  describe('create work', () => {
    const works = async (name: string): Promise<string[]> =>
      (await get('manifestworks', '-A')).items
        .filter(({ metadata }: Any) => metadata.name === name)
        .map(({ metadata }: Any) => metadata.namespace);
    const manifest = (value: string) =>
      `apiVersion: v1\nkind: List\nitems:\n- { apiVersion: v1, kind: ConfigMap, metadata: { name: a, namespace: default }, data: { key: "${value}" } }\n---\napiVersion: v1\nkind: Namespace\nmetadata: { name: b }\n`;
    const decide = (...clusters: string[]) =>
      setStatus(
        { decisions: clusters.map((clusterName) => ({ clusterName, reason: '' })) },
        '-n',
        'default',
        'placementdecision',
        'p-1',
      );

    beforeAll(async () => {
      for (const name of ['c1', 'c2', 'c3']) {
        await kubectl('create', 'namespace', name);
        await apply({
          apiVersion: 'cluster.open-cluster-management.io/v1',
          kind: 'ManagedCluster',
          metadata: { name },
          spec: { hubAcceptsClient: true },
        });
      }
      const api = { apiVersion: 'cluster.open-cluster-management.io/v1beta1' };
      const metadata = { namespace: 'default' };
      await apply({ ...api, kind: 'Placement', metadata: { ...metadata, name: 'p' }, spec: {} });
      const labels = { 'cluster.open-cluster-management.io/placement': 'p' };
      await apply({ ...api, kind: 'PlacementDecision', metadata: { ...metadata, name: 'p-1', labels } });
    });

    test.each([
      [['w'], '--clusters or --placement must be specified'],
      [['w', '--clusters=c1', '--placement=a/b'], '--clusters and --placement can only specify one'],
      [['w', '--placement=p'], 'the name of the placement p must be in the format of <namespace>/<name>'],
      [['w', '--clusters=c1', '-r'], '--placement must be specified when enable --replicaset'],
      [['w', '--clusters=c1'], 'manifest files must be specified'],
      [['w', '--clusters=c1', '-f', '/none'], 'the path "/none" does not exist'],
      [['w', 'x'], 'only one work name can be specified'],
      [['W'], 'the work cannot be named "W"'],
      [['w'.repeat(254)], 'must be no more than 253 characters'],
      [['w', '--clusters=c1,C2'], 'a cluster cannot be named "C2"'],
      [['w', '--placement=a.b/p'], 'the namespace of --placement cannot be named "a.b"'],
      [['w', '--placement=a/P'], 'the placement cannot be named "P"'],
    ])('%j is refused', async (args, message) => {
      expect(await fail('create', 'work', ...args)).toContain(message);
    });

    test.each(['ManifestWork', 'ManifestWorkReplicaSet'])('a %s in a file is refused', async (kind) => {
      const apiVersion = `work.open-cluster-management.io/${kind === 'ManifestWork' ? 'v1' : 'v1alpha1'}`;
      const object = { apiVersion, kind, metadata: { name: 'inner', namespace: 'c1' }, spec: {} };
      const path = await file('inner.yaml', `${manifest('1')}---\n${JSON.stringify(object)}\n`);
      expect(await fail('create', 'work', 'outer', '--clusters=c1', '-f', path)).toContain(
        `${path} holds ${kind} inner, which belongs on the hub itself and not into a work: apply it with kubectl apply -f ${path}`,
      );
      expect(await works('outer')).toEqual([]);
    });

    test('manifests are what kubectl would make of them', async () => {
      const path = await file(
        'modes.yaml',
        [
          'base: &labels { a: "1" }',
          'apiVersion: v1',
          'kind: Secret',
          'metadata: { name: m, namespace: default, labels: { <<: *labels, b: "2" } }',
          'mode: 0400',
          'immutable: no',
          'big: 9007199254740993',
        ].join('\n'),
      );
      await succeed('create', 'work', 'modes', '--clusters=c1', '-f', path);
      const work = await kubectl('get', '-n', 'c1', 'manifestwork', 'modes', '-o', 'json');
      expect(work).toMatch(/"big": 9007199254740993,/);
      expect(JSON.parse(work).spec.workload.manifests[0]).toMatchObject({
        metadata: { labels: { a: '1', b: '2' } },
        mode: 256,
        immutable: false,
      });
      expect(await succeed('get', 'works', '--cluster=c1', '-o', 'yaml')).toContain(
        'big: 9007199254740993\n',
      );
      await kubectl('delete', '-n', 'c1', 'manifestwork', 'modes');
    });

    test('cli.md 71: on clusters', async () => {
      const path = await file('work.yaml', manifest('1'));
      const args = ['create', 'work', 'w71', '--clusters', 'c1,c2', '-f', path];
      expect(await succeed(...args, '--dry-run')).toContain('create work w71 in cluster c1');
      expect(await works('w71')).toEqual([]);
      expect(await succeed(...args)).toBe('create work w71 in cluster c1\ncreate work w71 in cluster c2\n');
      expect(await succeed(...args)).toBe(
        'work w71 in cluster c1 already exists\nwork w71 in cluster c2 already exists\n',
      );
      const { stdout } = await run(
        ['--kubeconfig', harness.cluster().kubeconfigPath, ...args.slice(0, -1), '-', '--overwrite'],
        manifest('2'),
      );
      expect(stdout).toBe('update work w71 in cluster c1\nupdate work w71 in cluster c2\n');
      const { manifests } = (await get('-n', 'c1', 'manifestwork', 'w71')).spec.workload;
      expect(manifests.map(({ kind, data }: Any) => [kind, data?.key])).toEqual([
        ['ConfigMap', '2'],
        ['Namespace', undefined],
      ]);
    });

    test('cli.md 72: where a placement decides', async () => {
      const path = await file('work.yaml', manifest('1'));
      const args = ['create', 'work', 'w72', '--placement', 'default/p', '-f', path];
      await decide('c1', 'c2');
      expect(await succeed(...args)).toBe('create work w72 in cluster c1\ncreate work w72 in cluster c2\n');
      await decide('c2', 'c3');
      await file('work.yaml', manifest('3'));
      expect(await succeed(...args, '--overwrite')).toBe(
        'update work w72 in cluster c2\ncreate work w72 in cluster c3\ndelete work w72 in cluster c1\n',
      );
      expect(await works('w72')).toEqual(['c2', 'c3']);
      const { manifests } = (await get('-n', 'c2', 'manifestwork', 'w72')).spec.workload;
      expect(manifests[0].data.key).toBe('3');
      expect(await fail('create', 'work', 'x', '--placement', 'default/none', '-f', path)).toContain(
        'failed to get placement default/none: ',
      );
    });

    test('cli.md 73: as a replica set', async () => {
      const path = await file('work.yaml', manifest('1'));
      const args = ['create', 'work', 'w73', '-r', '--placement', 'default/p', '-f', path];
      expect(await succeed(...args)).toBe('create manifestworkreplicaset w73 in namespace default\n');
      expect(await succeed(...args)).toBe('manifestworkreplicaset w73 in namespace default already exists\n');
      expect(await succeed(...args, '--overwrite')).toBe(
        'update manifestworkreplicaset w73 in namespace default\n',
      );
      const { spec } = await get('-n', 'default', 'manifestworkreplicaset', 'w73');
      expect(spec.placementRefs).toMatchObject([{ name: 'p' }]);
      expect(spec.manifestWorkTemplate.workload.manifests).toHaveLength(2);
    });

    test('cli.md 65: get works', async () => {
      await setStatus(
        {
          conditions: [condition('Applied', 'True')],
          resourceStatus: {
            manifests: [
              {
                resourceMeta: { ordinal: 0, resource: 'configmaps', namespace: 'default', name: 'a' },
                conditions: [condition('Applied', 'True')],
              },
            ],
          },
        },
        '-n',
        'c1',
        'manifestwork',
        'w71',
      );
      expect(await succeed('get', 'works', '-c', 'c1', 'w71')).toBe(`<ManifestWork> 
└── c1 
    └── w71 
        ├── Applied true
        ├── Available unknown
        ├── Number of Manifests 2
        └── Resources 
            └── configmaps 
                └── default/a applied
`);
      expect(await succeed('get', 'works', '--clusters', 'c1,c2', 'w71', '-o', 'table')).toBe(
        'NAME   CLUSTER   NUMBER OF MANIFESTS   APPLIED   AVAILABLE\nw71    c1        2                     true      unknown\nw71    c2        2                     unknown   unknown\n',
      );
      expect(await succeed('get', 'works', '-c', 'c1', 'none', '-o', 'table')).toBe('');
      expect(await fail('get', 'works')).toContain('either --cluster or --clusters needs to be set');
      expect(await fail('get', 'works', '-c', 'none')).toContain('"none" not found');
      expect(await fail('get', 'works', 'a', 'b')).toBe('Error: can only specify one manifestwork\n');
    });
  });
});
