import { type ChildProcess } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type AddOnTemplateSpec,
  type ManagedClusterAddOn,
  addOnDeploymentConfigs,
  addOnTemplates,
  addOnTemplatesV1alpha1,
  clusterManagementAddOns,
  managedClusterAddOns,
} from '../../operators/api/generated/addon.ts';
import { managedClusters } from '../../operators/api/generated/cluster.ts';
import { type ManifestWork, manifestWorks } from '../../operators/api/generated/work.ts';
import {
  certificateSigningRequests,
  configMaps,
  roleBindings,
  secrets,
} from '../../operators/runtime/client/kubernetes.ts';
import { findCondition } from '../../operators/runtime/controller/conditions.ts';
import { selfSignedCertificate } from '../../operators/runtime/process/serving/self-signed.ts';
import { specHashOf } from '../../operators/addon-framework/configuration/spec-hash.ts';
import { untilQuiet, waitFor } from '../cluster/index.ts';
import { AddonRig } from './addon/rig.ts';
import {
  deployment,
  deploymentConfig,
  hook,
  hookIs,
  running,
  settings,
  signerName,
  templateConfig,
  templateOf,
} from './addon/template.ts';

let rig: AddonRig;
let manager: ChildProcess;
beforeAll(async () => {
  rig = await AddonRig.start('addon-template');
  manager = await rig.startManager();
});
afterAll(async () => {
  await rig?.stop();
});

const prefix = 'addon.open-cluster-management.io';
const apiGroup = 'rbac.authorization.k8s.io';

/** Templates are written in the newer version, and read by the manager in the older (since-1.3.1.md 28). */
const makeTemplate = (name: string, spec: AddOnTemplateSpec) =>
  rig.client.create(addOnTemplates, { metadata: { name }, spec });
const editTemplate = (name: string, spec: object) =>
  rig.client.patch(addOnTemplates, { name }, { type: 'merge', body: { spec } });

const manifestIn = (work: ManifestWork, kind: string) =>
  work.spec!.workload!.manifests!.find(
    (each) => each.kind === kind && each.metadata?.name !== 'agent-proxy-ca',
  );
const podIn = (work: ManifestWork) =>
  (manifestIn(work, 'Deployment') as unknown as { spec: { template: { spec: object } } }).spec.template.spec;
const hashesOf = ({ metadata }: ManifestWork) =>
  metadata.annotations?.['open-cluster-management.io/config-spec-hash'];
const workOf = (name: string, cluster: string) => rig.untilWork(`addon-${name}-deploy-0`, cluster);
const conditionOf = async (name: string, cluster: string, type: string) =>
  findCondition((await rig.addon(name, cluster))?.status?.conditions, type);
const bindingsIn = async (namespace: string, addon: string) => {
  const labelSelector = `open-cluster-management.io/addon-name=${addon}`;
  return (await rig.client.list(roleBindings, { namespace, labelSelector })).items;
};

describe('versions of templates', () => {
  const signer = (name: string): AddOnTemplateSpec['registration'] => [
    {
      type: 'CustomSigner',
      customSigner: {
        signerName: name,
        signingCA: { name: 'ca' },
        subject: { user: 'u', organizationUnit: ['o'] },
      },
    },
  ];

  test('since-1.3.1.md 29, 30, 34: the same in either, and written unchanged in either nothing changes', async () => {
    const made = await makeTemplate(
      'versions',
      templateOf('versions', [settings('x')], { registration: signer(signerName) }),
    );
    const older = await rig.client.get(addOnTemplatesV1alpha1, 'versions');
    expect(made).toMatchObject({ apiVersion: `${prefix}/v1beta1` });
    expect(older).toEqual({ ...made, apiVersion: `${prefix}/v1alpha1`, metadata: expect.anything() });
    const written = await rig.client.replace(addOnTemplatesV1alpha1, older);
    const newer = await rig.client.get(addOnTemplates, 'versions');
    for (const each of [older, written, newer]) {
      expect(each.metadata.generation).toBe(1);
      expect(specHashOf(each)).toBe(specHashOf(made));
    }
  });

  test.each<[string, AddOnTemplateSpec['registration'], string]>([
    ['a signer’s name of four characters', signer('a.b/'), 'signerName'],
    ['a type that there is not', [{ type: 'Foo' as 'KubeClient' }], 'Unsupported value: "Foo"'],
    [
      'a permission that there is not',
      [{ type: 'KubeClient', kubeClient: { hubPermissions: [{ type: 'Foo' as 'CurrentCluster' }] } }],
      'Unsupported value: "Foo"',
    ],
  ])('since-1.3.1.md 31: %s is refused', async (_, registration, message) => {
    await expect(makeTemplate('refused', templateOf('refused', [], { registration }))).rejects.toThrow(
      message,
    );
  });
});

describe('an add-on that a placement installs from a template', () => {
  const manifests = (text: string) => [deployment(), settings(text), hook()];
  const identifier = { group: '', resource: 'configmaps', namespace: 'default', name: 'settings' };
  const spec = templateOf('agent', manifests('first'), {
    agentSpec: {
      workload: { manifests: manifests('first') },
      manifestConfigs: [{ resourceIdentifier: identifier, updateStrategy: { type: 'ServerSideApply' } }],
    },
    registration: [
      {
        type: 'KubeClient',
        kubeClient: {
          hubPermissions: [
            { type: 'CurrentCluster', currentCluster: { clusterRoleName: 'view' } },
            {
              type: 'SingleNamespace',
              singleNamespace: { namespace: 'default', roleRef: { apiGroup, kind: 'Role', name: 'reader' } },
            },
          ],
        },
      },
      {
        type: 'CustomSigner',
        customSigner: {
          signerName,
          signingCA: { name: 'ca', namespace: 'default' },
          subject: { user: 'me' },
        },
      },
    ],
  });
  const runs = async (cluster: string): Promise<void> => {
    await workOf('agent', cluster);
    await rig.agentReports('agent', cluster, 'True', { objects: [running(1, 'installed')] });
    await rig.says('agent', cluster, 'Progressing', 'Completed');
  };

  beforeAll(async () => {
    await rig.clusters('c1', 'c2', 'c10');
    await rig.annotateCluster('c2', {
      'open-cluster-management.io/image-registries': JSON.stringify({
        registries: [{ source: 'quay.io/a', mirror: 'mirror.io/b' }],
      }),
      [`${prefix}/mine`]: 'x',
    });
    await makeTemplate('agent-1', spec);
    await rig.client.create(addOnDeploymentConfigs, {
      metadata: { name: 'usual', namespace: 'default' },
      spec: {
        agentInstallNamespace: 'installed',
        customizedVariables: [{ name: 'TAG', value: 'v1' }],
        nodePlacement: { tolerations: [{ key: 'infra', operator: 'Exists' }] },
        proxyConfig: { httpsProxy: 'https://proxy', caBundle: btoa('PEM') },
      },
    });
    await rig.place('agent', [['c1', 'c2']]);
    const rolloutStrategy = { type: 'Progressive' as const, progressive: { maxConcurrency: 1 } };
    await rig.manageBy('agent', [{ rolloutStrategy }], {
      defaultConfigs: [templateConfig('agent-1'), deploymentConfig('usual')],
    });
  });

  test('addon.md 60, 69, 83, 102, 104, 105: one cluster has its work, with all that its configuration says', async () => {
    const work = await workOf('agent', 'c1');
    expect(podIn(work)).toMatchObject({
      tolerations: [{ key: 'infra', operator: 'Exists' }],
      containers: [
        {
          image: 'quay.io/a/agent:v1',
          env: [
            { name: 'HUB_KUBECONFIG', value: '/managed/hub-kubeconfig/kubeconfig' },
            { name: 'CLUSTER_NAME', value: 'c1' },
            { name: 'INSTALL_NAMESPACE', value: 'installed' },
            { name: 'HTTPS_PROXY', value: 'https://proxy' },
            { name: 'https_proxy', value: 'https://proxy' },
            { name: 'CA_BUNDLE_FILE_PATH', value: '/managed/proxy-ca/ca-bundle.crt' },
          ],
        },
      ],
      volumes: [
        { name: 'hub-kubeconfig', secret: { secretName: 'agent-hub-kubeconfig' } },
        { name: 'cert-example-com-signer', secret: { secretName: 'agent-example.com-signer-client-cert' } },
        { name: 'proxy-ca-bundle', configMap: { name: 'agent-proxy-ca' } },
      ],
    });
    expect(manifestIn(work, 'ConfigMap')).toMatchObject({ data: { cluster: 'c1', text: 'first' } });
    expect(manifestIn(work, 'Job')).toBeUndefined();
    expect(work.spec!.manifestConfigs).toMatchObject([
      { resourceIdentifier: { resource: 'deployments' }, feedbackRules: [{ type: 'WellKnownStatus' }] },
      { resourceIdentifier: identifier, updateStrategy: { type: 'ServerSideApply' } },
    ]);
    const addon = await waitFor('its registration', async () => {
      const found = (await rig.addon('agent', 'c1'))!;
      expect(findCondition(found.status?.conditions, 'RegistrationApplied')?.reason).toBe(
        'SetPermissionApplied',
      );
      expect(found.status).toMatchObject({
        namespace: 'installed',
        healthCheck: { mode: 'Customized' },
        supportedConfigs: [
          { group: prefix, resource: 'addondeploymentconfigs' },
          { group: prefix, resource: 'addontemplates' },
        ],
      });
      return found;
    });
    expect(work.metadata.ownerReferences).toMatchObject([{ name: 'agent', uid: addon.metadata.uid }]);
  });

  test('addon.md 100, 107; since-1.3.1.md 32: the other waits until the first is done', async () => {
    await rig.says('agent', 'c2', 'Configured', 'ConfigurationsNotConfigured');
    expect(await rig.findWork('addon-agent-deploy-0', 'c2')).toBeUndefined();
    await rig.agentReports('agent', 'c1', 'True', { objects: [running(0, 'installed')] });
    await rig.says('agent', 'c1', 'Available', 'ProbeUnavailable');
    await rig.agentReports('agent', 'c1', 'True', { objects: [running(1, 'installed')] });
    await rig.says('agent', 'c1', 'ManifestApplied', 'AddonManifestApplied');
    await rig.says('agent', 'c1', 'Available', 'ProbeAvailable');
    const work = await workOf('agent', 'c2');
    expect(podIn(work)).toMatchObject({ containers: [{ image: 'mirror.io/b/agent:v1' }] });
    expect(hashesOf(work)).toBe(hashesOf(await workOf('agent', 'c1')));
    const [first, second] = await Promise.all(['c1', 'c2'].map((cluster) => rig.addon('agent', cluster)));
    expect(second!.metadata.annotations).toMatchObject({ [`${prefix}/mine`]: 'x' });
    expect(first!.metadata.annotations ?? {}).not.toHaveProperty([`${prefix}/mine`]);
    await runs('c2');
    await rig.progresses('agent', /configured addons 2\/2 completed/);
  });

  test('addon.md 105: what images a cluster pulls is up to date, and the configuration counts more', async () => {
    const imageIs = (image: string) => (work: ManifestWork) => JSON.stringify(podIn(work)).includes(image);
    await rig.annotateCluster('c2', { 'open-cluster-management.io/image-registries': null });
    await rig.untilWork('addon-agent-deploy-0', 'c2', imageIs('quay.io/a/agent:v1'));
    await runs('c2');
  });

  test('addon.md 67, 104 (A13): its agent may do on the hub what the template says, for its own cluster', async () => {
    const [own] = await bindingsIn('c1', 'agent');
    const user = 'system:open-cluster-management:cluster:c1:addon:agent:agent:agent-agent';
    expect(own).toMatchObject({
      metadata: { name: 'open-cluster-management:agent:clusterrole:agent' },
      roleRef: { kind: 'ClusterRole', name: 'view' },
      subjects: [{ kind: 'User', name: user }, { kind: 'Group' }, { kind: 'Group' }],
    });
    await waitFor('those of both clusters', async () => (await bindingsIn('default', 'agent')).length === 2);
    await rig.client.delete(roleBindings, own!.metadata);
    await waitFor('the binding to come again', async () => (await bindingsIn('c1', 'agent')).length === 1);
  });

  test('addon.md 64, 65, 90c (A23): certificates for whom they are, and for nobody else', async () => {
    const applicant = { addon: 'agent', cluster: 'c1' };
    const agent = 'system:open-cluster-management:c1:agent';
    const kube = 'kubernetes.io/kube-apiserver-client';
    const group = 'system:open-cluster-management:cluster:c1:addon:agent';
    const subject = {
      commonName: `${group}:agent:agent-agent`,
      organizations: [group, 'system:open-cluster-management:addon:agent'],
    };
    const stranger = await rig.requestCertificate(
      'system:open-cluster-management:c10:agent',
      applicant,
      kube,
      subject,
    );
    const greedy = await rig.requestCertificate(agent, applicant, kube, {
      ...subject,
      organizations: [...subject.organizations, 'ops'],
    });
    const other = await rig.requestCertificate(agent, applicant, signerName, {
      commonName: 'admin',
      organizations: [],
    });
    const good = await rig.requestCertificate(agent, applicant, kube, subject);
    const custom = await rig.requestCertificate(agent, applicant, signerName, {
      commonName: 'me',
      organizations: [],
    });
    const now = ({ metadata }: typeof good) => rig.client.get(certificateSigningRequests, metadata.name);
    const approved = async (request: typeof good) =>
      (await now(request)).status?.conditions?.some(({ type }) => type === 'Approved') ?? false;
    await waitFor('both to be approved', async () => (await approved(good)) && (await approved(custom)));
    for (const each of [stranger, greedy, other]) expect(await approved(each)).toBe(false);
    expect((await now(custom)).status?.certificate).toBeUndefined();
    const { cert, key } = selfSignedCertificate(['ca']);
    const encoded = (text: string) => Buffer.from(text).toString('base64');
    await rig.client.create(secrets, {
      metadata: { name: 'ca', namespace: 'default' },
      data: { 'tls.crt': encoded(cert), 'tls.key': encoded(key) },
    });
    const signed = await waitFor('the certificate', async () => (await now(custom)).status?.certificate);
    const certificate = new X509Certificate(Buffer.from(signed, 'base64'));
    expect(certificate.subject).toBe('CN=me');
    expect(certificate.verify(new X509Certificate(cert).publicKey)).toBe(true);
  });

  test('addon.md 85, 98, 100 (A8): an edited template arrives cluster by cluster, and not before its turn', async () => {
    const before = hashesOf(await workOf('agent', 'c2'));
    await editTemplate('agent-1', {
      agentSpec: { ...spec.agentSpec, workload: { manifests: manifests('second') } },
    });
    const textIs = (text: string) => (work: ManifestWork) =>
      JSON.stringify(manifestIn(work, 'ConfigMap')).includes(text);
    await rig.untilWork('addon-agent-deploy-0', 'c1', textIs('second'));
    await rig.says('agent', 'c2', 'Configured', 'ConfigurationsNotConfigured');
    const waiting = await workOf('agent', 'c2');
    expect(hashesOf(waiting)).toBe(before);
    expect(textIs('first')(waiting)).toBe(true);
    expect((await conditionOf('agent', 'c2', 'ManifestApplied'))?.status).toBe('True');
    await runs('c1');
    await rig.untilWork('addon-agent-deploy-0', 'c2', textIs('second'));
    await runs('c2');
    await rig.progresses('agent', /configured addons 2\/2 completed/);
  });

  test('addon.md 112; since-1.3.1.md 28: settled, nobody writes; nor does who starts anew, nor for the other version', async () => {
    const writes = async () => (await rig.writes()).length;
    const before = await untilQuiet('writes of the manager', writes, 4_000);
    await rig.end(manager);
    const older = await rig.client.get(addOnTemplatesV1alpha1, 'agent-1');
    await rig.client.replace(addOnTemplatesV1alpha1, {
      ...older,
      metadata: { ...older.metadata, labels: { l: 'v' } },
    });
    manager = await rig.startManager();
    await rig.place('awake', [['c1']]);
    await rig.manageBy('awake', [{}]);
    await rig.isOn('awake', 'c1');
    await untilQuiet('writes of the manager', writes, 4_000);
    expect((await rig.writes()).slice(before).filter((write) => !write.includes('awake'))).toEqual([]);
  });

  test('addon.md 82, 59: a work that was edited or deleted comes again', async () => {
    const key = { name: 'addon-agent-deploy-0', namespace: 'c1' };
    const { metadata } = await rig.client.get(manifestWorks, key.name, key.namespace);
    await rig.client.patch(manifestWorks, key, {
      type: 'merge',
      body: { spec: { workload: { manifests: [] } } },
    });
    await rig.untilWork(key.name, 'c1', ({ spec: now }) => now?.workload?.manifests?.length === 3);
    await rig.client.delete(manifestWorks, key);
    await rig.untilWork(key.name, 'c1', (work) => work.metadata.uid !== metadata.uid);
  });

  test('addon.md 61, 88, 91, 104 (A17): with its owner and its template gone, it goes when its hooks have run', async () => {
    expect(await rig.findWork('addon-agent-pre-delete', 'c1')).toBeUndefined();
    await rig.client.delete(addOnTemplates, { name: 'agent-1' });
    await rig.client.delete(clusterManagementAddOns, { name: 'agent' });
    expect(await rig.client.find(clusterManagementAddOns, 'agent')).toBeUndefined();
    const work = { work: 'addon-agent-pre-delete' };
    for (const cluster of ['c1', 'c2'])
      expect(manifestIn(await rig.untilWork(work.work, cluster), 'Job')).toMatchObject({
        metadata: { name: 'clean-up' },
      });
    await rig.agentReports('agent', 'c1', 'True', { ...work, objects: [hookIs('JobFailed', 'installed')] });
    await rig.untilAddon('agent', 'c1', 'failed', ({ status }) =>
      Boolean(findCondition(status?.conditions, 'HookManifestCompleted')?.message.includes('has failed')),
    );
    await rig.agentReports('agent', 'c2', 'True', { ...work, objects: [hookIs('JobComplete', 'installed')] });
    await rig.isOn('agent', 'c1');
    await rig.agentReports('agent', 'c1', 'True', { ...work, objects: [hookIs('JobComplete', 'installed')] });
    await rig.isOn('agent');
    await waitFor('all that was made for it to go', async () => {
      const left = await Promise.all(
        ['c1', 'c2', 'default'].map((namespace) => bindingsIn(namespace, 'agent')),
      );
      const labelSelector = 'open-cluster-management.io/addon-name=agent';
      const { items } = await rig.client.list(manifestWorks, { labelSelector });
      const records = (await rig.client.list(configMaps, { labelSelector })).items;
      return left.flat().length + items.length + records.length === 0;
    });
  });
});

describe('add-ons that are installed by hand', () => {
  const install = async (name: string, cluster: string, metadata: object = {}) => {
    await rig.manage(name, { defaultConfigs: [templateConfig(name)] });
    await rig.install(name, cluster, metadata);
  };

  beforeAll(() => rig.clusters('m1', 'm2', 'h1', 'h2'));

  test('addon.md 63: without its template it says so, and goes on when the template comes', async () => {
    await install('late', 'm1');
    const fails = (message: RegExp) =>
      rig.untilAddon('late', 'm1', String(message), ({ status }) => {
        const found = findCondition(status?.conditions, 'ManifestApplied');
        return found?.reason === 'ManifestWorkApplyFailed' && message.test(found.message);
      });
    await fails(/^failed to get manifest from agent interface: AddOnTemplate late does not exist$/);
    await makeTemplate('late', templateOf('late', [settings('x')]));
    await workOf('late', 'm1');
    await rig.agentReports('late', 'm1');
    await rig.says('late', 'm1', 'ManifestApplied', 'AddonManifestApplied');
    await rig.says('late', 'm1', 'RegistrationApplied', 'SetPermissionApplied');
    await editTemplate('late', { agentSpec: { workload: { manifests: [settings('{{OPEN')] } } });
    await fails(/is not closed/);
  });

  test('addon.md 67, 68: whose agent uses tokens has its permissions when it has its account, and under no other name', async () => {
    const hubPermissions = [{ type: 'CurrentCluster' as const, currentCluster: { clusterRoleName: 'view' } }];
    await makeTemplate(
      'token',
      templateOf('token', [], { registration: [{ type: 'KubeClient', kubeClient: { hubPermissions } }] }),
    );
    await install('token', 'm1');
    await rig.says('token', 'm1', 'RegistrationApplied', 'SetPermissionApplied');
    const recorded = (subject?: object) =>
      rig.report('token', 'm1', {
        registrations: [{ type: 'kubeClient', kubeClient: { driver: 'token', ...(subject && { subject }) } }],
      });
    await recorded();
    await rig.says('token', 'm1', 'RegistrationApplied', 'PermissionConfigPending');
    await recorded({ user: 'somebody', groups: ['system:serviceaccounts'] });
    await recorded({ user: 'system:serviceaccount:m1:token-agent' });
    await rig.says('token', 'm1', 'RegistrationApplied', 'SetPermissionApplied');
    await waitFor('the binding', async () => {
      const [binding] = await bindingsIn('m1', 'token');
      return binding?.subjects?.map(({ name }) => name).join() === 'system:serviceaccount:m1:token-agent';
    });
  });

  test('addon.md 84, 88, 89, 109 (A6): in Hosted mode on the hosting cluster, and in Default mode on its own', async () => {
    const location = { [`${prefix}/hosted-manifest-location`]: 'hosting' };
    await makeTemplate('hosted', templateOf('hosted', [deployment(location), settings('x'), hook(location)]));
    await install('hosted', 'm1', { annotations: { [`${prefix}/hosting-cluster-name`]: 'h1' } });
    const there = 'addon-hosted-deploy-hosting-m1-0';
    const work = await rig.untilWork(there, 'h1');
    expect(work.spec!.workload!.manifests!.map(({ kind }) => kind)).toEqual(['Deployment']);
    expect(manifestIn(await workOf('hosted', 'm1'), 'ConfigMap')).toBeDefined();
    await rig.says('hosted', 'm1', 'HostingClusterValidity', 'HostingClusterValid');
    await rig.agentReports('hosted', 'h1', 'True', { work: there, objects: [running(1)] });
    await rig.agentReports('hosted', 'm1');
    await rig.says('hosted', 'm1', 'Progressing', 'Completed');
    await rig.says('hosted', 'm1', 'Available', 'ProbeAvailable');
    const hostedBy = (name: string | null) =>
      rig.client.patch(
        managedClusterAddOns,
        { name: 'hosted', namespace: 'm1' },
        { type: 'merge', body: { metadata: { annotations: { [`${prefix}/hosting-cluster-name`]: name } } } },
      );
    await hostedBy('nowhere');
    await rig.says('hosted', 'm1', 'HostingClusterValidity', 'HostingClusterInvalid');
    await waitFor('the hosted work to go', async () => !(await rig.findWork(there, 'h1')));
    await hostedBy('h1');
    await rig.untilWork(there, 'h1');
    await hostedBy(null);
    await rig.untilWork('addon-hosted-deploy-0', 'm1', (own) => own.spec!.workload!.manifests!.length === 2);
    await waitFor('the hosted work to go', async () => !(await rig.findWork(there, 'h1')));
    const heldBy = (...finalizers: string[]) =>
      rig.untilAddon(
        'hosted',
        'm1',
        `held by ${finalizers.join()}`,
        ({ metadata }) =>
          metadata.finalizers?.toSorted().join() === finalizers.map((each) => `${prefix}/${each}`).join(),
      );
    await heldBy('addon-pre-delete');
    await rig.untilAddon(
      'hosted',
      'm1',
      'without conditions of Hosted mode',
      ({ status }) => !findCondition(status?.conditions, 'HostingManifestApplied'),
    );
    await hostedBy('h1');
    await heldBy('hosting-addon-pre-delete', 'hosting-manifests-cleanup');
    await rig.untilWork(there, 'h1');
    await hostedBy('h2');
    await rig.untilWork(there, 'h2');
    await waitFor('the work on the other cluster to go', async () => !(await rig.findWork(there, 'h1')));
    await hostedBy('h1');
    await rig.untilWork(there, 'h1');
    await rig.client.delete(managedClusterAddOns, { name: 'hosted', namespace: 'm1' });
    const hookWork = 'addon-hosted-pre-delete-hosting-m1';
    await rig.untilWork(hookWork, 'h1');
    expect(await rig.findWork(there, 'h1')).toBeDefined();
    await rig.agentReports('hosted', 'h1', 'True', { work: hookWork, objects: [hookIs('JobComplete')] });
    await rig.isOn('hosted');
    for (const namespace of ['h1', 'h2'])
      await waitFor(
        `no works in ${namespace}`,
        async () => (await rig.client.list(manifestWorks, { namespace })).items.length === 0,
      );
  });

  test('addon.md 88, 106: deleted in the foreground, its owner waits for its hooks', async () => {
    await makeTemplate('awaited', templateOf('awaited', [settings('x'), hook()]));
    await install('awaited', 'm1');
    await workOf('awaited', 'm1');
    await rig.untilAddon('awaited', 'm1', 'held', ({ metadata }) => metadata.finalizers?.length === 1);
    await rig.client.delete(
      clusterManagementAddOns,
      { name: 'awaited' },
      { propagationPolicy: 'Foreground' },
    );
    const work = 'addon-awaited-pre-delete';
    const { metadata } = await rig.untilWork(work, 'm1');
    await untilQuiet('writes of the manager', async () => (await rig.writes()).length, 2_000);
    expect((await rig.findWork(work, 'm1'))!.metadata.uid).toBe(metadata.uid);
    expect((await rig.managed('awaited')).metadata.deletionTimestamp).toBeDefined();
    await rig.agentReports('awaited', 'm1', 'True', { work, objects: [hookIs('JobComplete')] });
    await rig.isOn('awaited');
    await waitFor(
      'its owner to go',
      async () => !(await rig.client.find(clusterManagementAddOns, 'awaited')),
    );
    await waitFor('its hooks to go', async () => !(await rig.findWork(work, 'm1')));
  });

  test('addon.md 88, 92 (A17): hooks that do not succeed are waited for as long as users say', async () => {
    await makeTemplate('limited', templateOf('limited', [settings('x'), hook()]));
    await install('limited', 'm1');
    await rig.untilAddon('limited', 'm1', 'held', ({ metadata }) => metadata.finalizers?.length === 1);
    await rig.client.delete(managedClusterAddOns, { name: 'limited', namespace: 'm1' });
    const limit = (text: string) => {
      const body = { metadata: { annotations: { [`${prefix}/pre-delete-timeout`]: text } } };
      return rig.client.patch(
        managedClusterAddOns,
        { name: 'limited', namespace: 'm1' },
        { type: 'merge', body },
      );
    };
    const told = (message: string) =>
      rig.untilAddon('limited', 'm1', message, ({ status }) =>
        Boolean(findCondition(status?.conditions, 'HookManifestCompleted')?.message.includes(message)),
      );
    await limit('soon');
    await told('There is no time limit');
    await limit('10h');
    await told('The add-on goes without them at ');
    await limit('1ms');
    await rig.isOn('limited');
    const work = 'addon-limited-pre-delete';
    await waitFor('its hooks to go', async () => !(await rig.findWork(work, 'm1')));
    await waitFor('their record to go', async () => !(await rig.client.find(configMaps, work, 'm1')));
  });

  test('addon.md 86, 92, 102 (A21): a cluster that leaves keeps its works; one that is gone holds nobody up', async () => {
    await makeTemplate('left', templateOf('left', [settings('x'), hook()]));
    await makeTemplate('kept', templateOf('kept', [settings('x')]));
    await install('left', 'm2');
    await install('kept', 'm2');
    const { metadata } = await workOf('kept', 'm2');
    await rig.untilAddon('left', 'm2', 'held', (addon) => addon.metadata.finalizers?.length === 1);
    const finalizers = (list: string[]) =>
      rig.client.patch(
        managedClusters,
        { name: 'm2' },
        { type: 'merge', body: { metadata: { finalizers: list } } },
      );
    await finalizers(['test.example/held']);
    await rig.client.delete(managedClusters, { name: 'm2' });
    const hash = (addon: ManagedClusterAddOn | undefined) =>
      addon?.status?.configReferences?.[0]?.desiredConfig?.specHash;
    const before = hash(await rig.addon('kept', 'm2'));
    await editTemplate('kept', { agentSpec: { workload: { manifests: [settings('y')] } } });
    await rig.untilAddon('kept', 'm2', 'told of the template', (addon) => hash(addon) !== before);
    await untilQuiet('writes of the manager', async () => (await rig.writes()).length, 2_000);
    expect((await workOf('kept', 'm2')).metadata.generation).toBe(metadata.generation);
    await rig.client.delete(managedClusterAddOns, { name: 'left', namespace: 'm2' });
    await rig.says('left', 'm2', 'HookManifestCompleted', 'HookManifestIsNotCompleted');
    await finalizers([]);
    await rig.isOn('left');
    await waitFor(
      'their works to go',
      async () => (await rig.client.list(manifestWorks, { namespace: 'm2' })).items.length === 0,
    );
  });
});
