import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { renderKubeconfig } from '../../operators/runtime/client/kubeconfig/kubeconfig-writer.ts';
import type { Klusterlet, KlusterletSpec } from '../../operators/api/generated/operator.ts';
import type { ConfigMap, Deployment } from '../../operators/runtime/client/kubernetes.ts';
import { findCondition } from '../../operators/runtime/controller/conditions.ts';
import {
  type ControlPlane,
  patienceFlag,
  readAuditLog,
  startControlPlane,
  toYaml,
  untilQuiet,
  writesOf,
} from '../cluster/index.ts';
import { startRelay } from '../scripted/relay.ts';
import { operatorNamespace, type Rig, rigOf, waitForKlusterlet } from './klusterlet/operator.ts';

const klusterletOf = (name: string, spec: KlusterletSpec = {}): Klusterlet => ({
  apiVersion: 'operator.open-cluster-management.io/v1',
  kind: 'Klusterlet',
  metadata: { name },
  spec: {
    registrationImagePullSpec: 'quay.io/open-cluster-management/registration:latest',
    workImagePullSpec: 'quay.io/open-cluster-management/work:latest',
    imagePullSpec: 'quay.io/open-cluster-management/registration-operator:latest',
    namespace: `open-cluster-management-${name}`,
    ...spec,
  },
});

let controlPlane: ControlPlane;
let rig: Rig;

beforeAll(async () => {
  controlPlane = await startControlPlane({ name: 'klusterlet-cases', audit: true });
  rig = await rigOf(controlPlane);
  await rig.start();
});

afterAll(async () => {
  await rig?.dispose();
  await controlPlane?.stop();
});

const klusterlet = (name: string) => rig.get<Klusterlet>('klusterlet', name);
const conditionOf = async (name: string, type: string) => {
  const { metadata, status } = await klusterlet(name);
  const condition = findCondition(status?.conditions, type);
  return condition?.observedGeneration === undefined || condition.observedGeneration === metadata.generation
    ? condition
    : undefined;
};
const untilCondition = (name: string, type: string, reason: string) =>
  waitForKlusterlet(rig, `${name}: ${type} ${reason}`, async () => {
    const condition = await conditionOf(name, type);
    return condition?.reason === reason ? condition : undefined;
  });
const untilApplied = async (name: string) => {
  await untilCondition(name, 'Applied', 'KlusterletApplied');
  return klusterlet(name);
};
const agent = (name: string, which: string, namespace = `open-cluster-management-${name}`) =>
  rig.find<Deployment>('deployment', `${name}-${which}`, namespace);
const secret = (namespace: string, name: string, stringData: Record<string, string>) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace },
  stringData,
});
const leave = async (...names: string[]) => {
  for (const name of names) await rig.remove('klusterlet', name, undefined, patienceFlag);
};

describe('what a spec cannot mean', () => {
  test.each<[string, KlusterletSpec, RegExp]>([
    ['an unknown mode (operator.md 87)', { deployOption: { mode: 'Detached' } }, /"Detached" is unknown/],
    ['no image (operator.md 118, D16)', { workImagePullSpec: '' }, /spec.workImagePullSpec is empty/],
    [
      'several hubs and no secrets (operator.md 112, D2)',
      { registrationConfiguration: { featureGates: [{ feature: 'MultipleHubs', mode: 'Enable' }] } },
      /lists no secrets/,
    ],
    [
      'several hubs of type None (operator.md 112, D2)',
      {
        registrationConfiguration: {
          featureGates: [{ feature: 'MultipleHubs', mode: 'Enable' }],
          bootstrapKubeConfigs: { type: 'None' },
        },
      },
      /lists no secrets/,
    ],
    [
      'awsirsa without ARNs (operator.md 109, D3)',
      { registrationConfiguration: { registrationDriver: { authType: 'awsirsa' } } },
      /awsIrsa is missing/,
    ],
  ])('is said in Applied, and installs nothing: %s', async (_, spec, message) => {
    await rig.apply(klusterletOf('wrong', spec));
    const condition = await untilCondition('wrong', 'Applied', 'KlusterletApplyFailed');
    expect(condition).toMatchObject({ status: 'False', message: expect.stringMatching(message) });
    expect(await rig.find('namespace', 'open-cluster-management-wrong')).toBeUndefined();
    await leave('wrong');
  });

  test.each<[string, string, KlusterletSpec]>([
    ['no value of a label', 'k'.repeat(64), {}],
    ['longer than that', 'k.'.repeat(126) + 'k', {}],
    ['no namespace', 'k'.repeat(64), { deployOption: { mode: 'Hosted' } }],
    ['no namespace for its dots', 'k.k', { deployOption: { mode: 'SingletonHosted' } }],
  ])('so is a name that is %s, which can leave again', async (_, name, spec) => {
    const klusterlet = klusterletOf('wrong', spec);
    await rig.apply({ ...klusterlet, metadata: { ...klusterlet.metadata, name } });
    const condition = await untilCondition(name, 'Applied', 'KlusterletApplyFailed');
    expect(condition.message).toContain('create one of another name instead');
    expect(await rig.find('namespace', 'open-cluster-management-wrong')).toBeUndefined();
    await leave(name);
  });

  test('a Deployment that the API server refuses is told by Applied (operator.md 118, D16)', async () => {
    const placed = (operator: string) =>
      klusterletOf('refused', {
        clusterName: 'c1',
        nodePlacement: { tolerations: [{ key: 'infra', operator }] },
      });
    await rig.apply(placed('Exists'));
    await untilApplied('refused');
    const before = await agent('refused', 'work-agent');
    await rig.apply(placed('Matches'));
    const condition = await untilCondition('refused', 'Applied', 'KlusterletApplyFailed');
    expect(condition.status).toBe('False');
    expect(condition.message).toContain('refused-registration-agent');
    expect(condition.message).toContain('tolerations[0].operator');
    expect((await agent('refused', 'work-agent'))?.spec).toEqual(before?.spec);
    await rig.apply(placed('Exists'));
    await untilApplied('refused');
    await leave('refused');
  });

  test('an image that asks for an unknown version is refused, and what runs stays', async () => {
    await rig.apply(klusterletOf('version', { clusterName: 'c1' }));
    await untilApplied('version');
    const before = await agent('version', 'registration-agent');
    await rig.apply(
      klusterletOf('version', {
        clusterName: 'c1',
        registrationImagePullSpec: 'example.com/registration:v9.9.9',
      }),
    );
    const condition = await untilCondition('version', 'Applied', 'UnknownBundleVersion');
    expect(condition.message).toContain('v9.9.9');
    expect((await agent('version', 'registration-agent'))?.spec).toEqual(before?.spec);
    await leave('version');
  });

  test('unknown gates are named, and the others hold (operator.md 103)', async () => {
    await rig.apply(
      klusterletOf('gates', {
        clusterName: 'c1',
        registrationConfiguration: {
          featureGates: [
            { feature: 'NoSuch', mode: 'Enable' },
            { feature: 'ClusterClaim', mode: 'Disable' },
          ],
        },
      }),
    );
    const condition = await untilCondition('gates', 'ValidFeatureGates', 'InvalidFeatureGatesExisting');
    expect(condition.message).toContain('Registration: [NoSuch]');
    await untilApplied('gates');
    const args = (await agent('gates', 'registration-agent'))?.spec?.template.spec?.containers[0]?.args;
    expect(args).toContain('--feature-gates=ClusterClaim=false');
    await leave('gates');
  });

  test('a second Klusterlet in a namespace waits for the first to leave it', async () => {
    const namespace = 'open-cluster-management-shared';
    await rig.apply(klusterletOf('shared-first', { namespace, clusterName: 'c1' }));
    await untilApplied('shared-first');
    await rig.apply(klusterletOf('shared-second', { namespace, clusterName: 'c2' }));
    const condition = await untilCondition('shared-second', 'Applied', 'KlusterletApplyFailed');
    expect(condition.message).toContain('used by Klusterlet shared-first');
    expect(await rig.find('deployment', 'shared-second-registration-agent', namespace)).toBeUndefined();
    await rig.apply(
      klusterletOf('shared-first', { namespace: 'open-cluster-management-own', clusterName: 'c1' }),
    );
    await untilApplied('shared-second');
    await untilApplied('shared-first');
    expect(await rig.find('deployment', 'shared-second-registration-agent', namespace)).toBeDefined();
    await leave('shared-first', 'shared-second');
  });
});

test("the work agent takes the cluster's name from the registration agent's secret (operator.md 92)", async () => {
  await rig.apply(klusterletOf('named'));
  const condition = await untilCondition('named', 'Applied', 'KlusterletApplyFailed');
  expect(condition.message).toContain("waits for the cluster's name");
  expect(await agent('named', 'registration-agent')).toBeDefined();
  expect(await agent('named', 'work-agent')).toBeUndefined();
  const nameOf = async () =>
    (await agent('named', 'work-agent'))?.spec?.template.spec?.containers[0]?.args?.find((arg) =>
      arg.startsWith('--spoke-cluster-name='),
    );
  await rig.apply(
    secret('open-cluster-management-named', 'hub-kubeconfig-secret', { 'cluster-name': 'chosen' }),
  );
  await waitForKlusterlet(rig, 'chosen', async () => (await nameOf()) === '--spoke-cluster-name=chosen');
  await untilApplied('named');
  await rig.apply(klusterletOf('named', { clusterName: 'given' }));
  await waitForKlusterlet(rig, 'given', async () => (await nameOf()) === '--spoke-cluster-name=given');
  const registration = (await agent('named', 'registration-agent'))?.spec?.template.spec?.containers[0];
  expect(registration?.args).toContain('--spoke-cluster-name=given');
  await leave('named');
});

test('nothing is applied before the finalizer stands (operator.md 89)', async () => {
  const writes = async () =>
    writesOf(await readAuditLog(controlPlane.auditLogPath ?? '')).filter(({ user }) =>
      user.username.endsWith(':klusterlet'),
    );
  // What others left is put away first.
  const before = await untilQuiet("the operator's writes", async () => (await writes()).length, 4000);
  await rig.apply(klusterletOf('guarded', { clusterName: 'c1' }));
  await untilApplied('guarded');
  const resources = await waitForKlusterlet(rig, 'the status in the log', async () => {
    const written = (await writes())
      .slice(before)
      .map(({ objectRef }) => `${objectRef?.resource}/${objectRef?.subresource ?? ''}`);
    return written.includes('klusterlets/status') && written;
  });
  // The finalizer is a patch of the object itself; the conditions of what is installed come after it.
  expect(resources[0]).toBe('klusterlets/');
  expect(resources).toContain('namespaces/');
  expect(resources.indexOf('klusterlets/status')).toBeGreaterThan(0);
  await leave('guarded');
});

test('CRDs of an operator of a higher version are left as they are (operator.md 120)', async () => {
  const names = [
    'appliedmanifestworks.work.open-cluster-management.io',
    'clusterclaims.cluster.open-cluster-management.io',
  ];
  const version = 'operator.open-cluster-management.io/version';
  const columns = async (name: string) =>
    (
      (await rig.get('crd', name)) as unknown as {
        spec: { versions: { additionalPrinterColumns?: { name: string }[] }[] };
      }
    ).spec.versions[0]?.additionalPrinterColumns?.map((column) => column.name);
  const change = (name: string, writer: string) =>
    controlPlane.kubectl([
      'patch',
      'crd',
      name,
      '--type=json',
      '--patch',
      JSON.stringify([
        { op: 'add', path: '/metadata/annotations', value: { [version]: writer } },
        {
          op: 'add',
          path: '/spec/versions/0/additionalPrinterColumns',
          value: [{ name: 'Theirs', type: 'string', jsonPath: '.metadata.name' }],
        },
      ]),
    ]);
  await rig.apply(klusterletOf('crds', { clusterName: 'c1' }));
  await untilApplied('crds');
  for (const name of names) await change(name, '99.0.0');
  await rig.apply(klusterletOf('crds', { clusterName: 'c2' }));
  const { status } = await untilApplied('crds');
  for (const name of names) {
    expect(await columns(name)).toEqual(['Theirs']);
    const { metadata } = await rig.get('crd', name);
    expect(metadata.annotations?.[version]).toBe('99.0.0');
    expect(status?.relatedResources?.map((each) => each.name)).toContain(name);
  }
  // One of a lower version is taken over at the next look: what is left to others is not watched.
  for (const name of names) await change(name, '0.0.1');
  await rig.apply(klusterletOf('crds', { clusterName: 'c3' }));
  for (const name of names)
    await waitForKlusterlet(rig, `${name} taken over`, async () => {
      const { metadata } = await rig.get('crd', name);
      const isOurs = !['0.0.1', undefined].includes(metadata.annotations?.[version]);
      return isOurs && !(await columns(name))?.includes('Theirs');
    });
  await leave('crds');
});

test('replicas follow the control-plane nodes, by old and new label (operator.md 95, D21)', async () => {
  await rig.apply(klusterletOf('nodes', { clusterName: 'c1' }));
  await untilApplied('nodes');
  const replicas = async () => (await agent('nodes', 'registration-agent'))?.spec?.replicas;
  expect(await replicas()).toBe(1);
  const node = (name: string, role: string) => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { [`node-role.kubernetes.io/${role}`]: '' } },
  });
  await rig.apply(node('n1', 'control-plane'), node('n2', 'control-plane'), node('n3', 'master'));
  await controlPlane.kubectl(['label', 'klusterlet', 'nodes', 'touched=yes']);
  await waitForKlusterlet(rig, 'three replicas', async () => (await replicas()) === 3);
  await controlPlane.kubectl(['delete', 'nodes', '--all']);
  await leave('nodes');
});

test('another namespace takes the place of the old one (operator.md 115)', async () => {
  await rig.apply(klusterletOf('moved', { clusterName: 'c1' }));
  await untilApplied('moved');
  await rig.apply(klusterletOf('moved', { clusterName: 'c1', namespace: 'open-cluster-management-next' }));
  await waitForKlusterlet(
    rig,
    'the old namespace gone',
    async () => !(await rig.find('namespace', 'open-cluster-management-moved')),
  );
  await untilApplied('moved');
  expect(await agent('moved', 'work-agent', 'open-cluster-management-next')).toBeDefined();
  expect(await rig.find('namespace', 'open-cluster-management-agent-addon')).toBeDefined();
  await waitForKlusterlet(rig, 'what is there to be listed', async () => {
    const listed = (await klusterlet('moved')).status?.relatedResources ?? [];
    expect(listed).toHaveLength(24);
    expect(listed.map(({ namespace }) => namespace)).not.toContain('open-cluster-management-moved');
    return true;
  });
  await leave('moved');
});

test('the namespace of add-ons stays until the last Klusterlet leaves (operator.md 135)', async () => {
  await rig.apply(klusterletOf('one', { clusterName: 'c1' }), klusterletOf('two', { clusterName: 'c2' }));
  await untilApplied('one');
  await untilApplied('two');
  const addon = () => rig.find('namespace', 'open-cluster-management-agent-addon');
  const isThere = async () => {
    const found = await addon();
    return found !== undefined && !found.metadata.deletionTimestamp;
  };
  // The one of Klusterlets that left before may still be on its way out.
  await waitForKlusterlet(rig, 'the namespace', isThere);
  await leave('one');
  expect(await isThere()).toBe(true);
  await leave('two');
  await waitForKlusterlet(rig, 'the namespace gone', async () => !(await addon()));
});

describe('add-on namespaces', () => {
  test('hold a copy of the TLS profile for as long as there is one (operator.md 127)', async () => {
    const profile = (namespace: string, minTLSVersion: string) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'ocm-tls-profile', namespace },
      data: { minTLSVersion },
    });
    const copy = () => rig.find<ConfigMap>('configmap', 'ocm-tls-profile', 'addon-tls');
    const namespace = (name: string, labels = {}) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels },
    });
    const ofAddons = { 'addon.open-cluster-management.io/namespace': 'true' };
    await rig.apply(
      profile(operatorNamespace, 'VersionTLS12'),
      namespace('unlabelled'),
      namespace('addon-tls', ofAddons),
      namespace('addon-two', ofAddons),
    );
    await waitForKlusterlet(
      rig,
      'a copy',
      async () => (await copy())?.data?.['minTLSVersion'] === 'VersionTLS12',
    );
    await rig.apply(profile(operatorNamespace, 'VersionTLS13'));
    await waitForKlusterlet(
      rig,
      'its change',
      async () => (await copy())?.data?.['minTLSVersion'] === 'VersionTLS13',
    );
    expect(await rig.find('configmap', 'ocm-tls-profile', 'unlabelled')).toBeUndefined();
    const settled = (await copy())?.metadata.resourceVersion;
    await controlPlane.kubectl(['annotate', 'namespace', 'addon-tls', 'touched=yes']);
    await rig.remove('configmap', 'ocm-tls-profile', 'addon-two');
    await waitForKlusterlet(rig, 'the copy beside it', () =>
      rig.find('configmap', 'ocm-tls-profile', 'addon-two'),
    );
    expect((await copy())?.metadata.resourceVersion).toBe(settled);
    await rig.remove('configmap', 'ocm-tls-profile', 'addon-tls');
    await waitForKlusterlet(rig, 'it again', async () => copy());
    await rig.remove('configmap', 'ocm-tls-profile', operatorNamespace);
    await waitForKlusterlet(rig, 'no copy', async () => !(await copy()));
  });
});

describe('the connection to the hub', () => {
  const namespace = 'open-cluster-management-hub-check';
  const hubSecret = async (user: string, cluster = 'c1') =>
    secret(namespace, 'hub-kubeconfig-secret', {
      kubeconfig: toYaml(await controlPlane.kubeconfigFor(user)),
      'cluster-name': cluster,
    });
  const bootstrapSecret = (kubeconfig: string) =>
    secret(namespace, 'bootstrap-hub-kubeconfig', { kubeconfig });
  const expectReason = async (reason: string) => {
    const condition = await untilCondition('hub-check', 'HubConnectionDegraded', reason);
    const text = JSON.stringify(condition);
    expect(text).not.toMatch(/PRIVATE KEY|client-key-data/);
    return condition;
  };

  test('is reported as it is found (operator.md 122, 124)', async () => {
    await rig.apply(klusterletOf('hub-check', { clusterName: 'c1' }));
    await expectReason('BootstrapSecretMissing,HubKubeConfigSecretMissing');
    await rig.apply(bootstrapSecret('clusters: ['));
    await expectReason('BootstrapSecretError,HubKubeConfigSecretMissing');
    await rig.apply(bootstrapSecret(toYaml(await controlPlane.kubeconfigFor('nobody'))));
    await expectReason('BootstrapSecretUnauthorized,HubKubeConfigSecretMissing');
    await rig.apply(bootstrapSecret(controlPlane.kubeconfigYaml));
    await expectReason('BootstrapSecretFunctional,HubKubeConfigSecretMissing');
    const names = { 'cluster-name': 'c1', 'agent-name': 'a1' };
    await rig.apply(secret(namespace, 'hub-kubeconfig-secret', { ...names, 'tls.key': 'broken' }));
    await expectReason('BootstrapSecretFunctional,HubKubeConfigMissing');
    // What earlier agents left there before they had a kubeconfig. To apply less of stringData takes nothing away.
    const without = JSON.stringify([{ op: 'remove', path: '/data/tls.key' }]);
    const target = ['secret', 'hub-kubeconfig-secret', '--namespace', namespace];
    await controlPlane.kubectl(['patch', ...target, '--type=json', '--patch', without]);
    await expectReason('BootstrapSecretFunctional,HubKubeConfigSecretMissing');
    await rig.apply(await hubSecret('agent'));
    const denied = await expectReason('BootstrapSecretFunctional,HubKubeConfigUnauthorized');
    expect(denied.message).toContain('certificatesigningrequests.certificates.k8s.io');
    // Allowed on the hub alone: nothing on this cluster changes.
    await controlPlane.kubectl([
      'create',
      'clusterrolebinding',
      'agent',
      '--clusterrole=cluster-admin',
      '--user=agent',
    ]);
    const works = await expectReason('HubConnectionFunctional');
    expect(works.status).toBe('False');
    // An agent does not use what leads elsewhere than its bootstrap kubeconfig, and without a token asks in vain.
    const { server, caPem } = controlPlane;
    const widened = renderKubeconfig(
      { server, caData: `${caPem.trimEnd()}\n${caPem}`, token: 'expired' },
      { cluster: controlPlane.kubeconfig.clusters[0]!.name },
    );
    await rig.apply(bootstrapSecret(widened));
    const unused = await expectReason('BootstrapSecretError,HubKubeConfigError');
    expect(unused.message).toContain('leads elsewhere (certificate-authority)');
    await rig.apply(bootstrapSecret(controlPlane.kubeconfigYaml));
    await expectReason('HubConnectionFunctional');
  });

  test('is looked into once at a time, and once more for all that changed meanwhile (operator.md 123)', async () => {
    const relay = await startRelay(Number(new URL(controlPlane.server).port));
    try {
      const { kubeconfig } = controlPlane;
      const relayed = {
        ...kubeconfig,
        clusters: kubeconfig.clusters.map((each) => ({
          ...each,
          cluster: { ...each.cluster, server: `https://127.0.0.1:${relay.port}` },
        })),
      };
      const changed = (data: string) =>
        secret(namespace, 'hub-kubeconfig-secret', {
          kubeconfig: toYaml(relayed),
          'cluster-name': 'c1',
          data,
        });
      relay.hold();
      await rig.apply(changed('first'));
      await waitForKlusterlet(rig, 'a check of it', async () => relay.accepted > 0);
      for (const hostname of ['a.example.com', 'b.example.com', 'c.example.com'])
        await rig.apply(
          klusterletOf('hub-check', {
            clusterName: 'c1',
            hubApiServerHostAlias: { ip: '192.0.2.1', hostname },
          }),
          changed(hostname),
        );
      // The operator has seen the last of them.
      await untilApplied('hub-check');
      const before = relay.accepted;
      relay.release();
      // Of the present generation, which the first check did not know yet.
      await expectReason('HubConnectionFunctional');
      // A check that is given up, where changes take long, is followed by another, never joined by one.
      expect(relay.mostHeld).toBe(1);
      expect(relay.accepted).toBeLessThanOrEqual(before + 1);
    } finally {
      await rig.apply(await hubSecret('agent'));
      await relay.close();
    }
  });

  test('with several hubs is written too when the hub does not answer (operator.md 125, D17)', async () => {
    await rig.apply(
      klusterletOf('hub-check', {
        clusterName: 'c1',
        registrationConfiguration: {
          featureGates: [{ feature: 'MultipleHubs', mode: 'Enable' }],
          bootstrapKubeConfigs: {
            type: 'LocalSecrets',
            localSecretsConfig: { kubeConfigSecrets: [{ name: 'hub1' }, { name: 'hub2' }] },
          },
        },
      }),
    );
    await expectReason('HubConnectionFunctional');
    const { kubeconfig } = controlPlane;
    const gone = {
      ...kubeconfig,
      clusters: kubeconfig.clusters.map((each) => ({
        ...each,
        cluster: { ...each.cluster, server: 'https://127.0.0.1:1' },
      })),
    };
    await rig.apply(
      secret(namespace, 'hub-kubeconfig-secret', { kubeconfig: toYaml(gone), 'cluster-name': 'c1' }),
    );
    const condition = await expectReason('HubKubeConfigError');
    expect(condition.status).toBe('True');
    await leave('hub-check');
  });
});

test('a settled operator writes nothing (DESIGN.md 3)', async () => {
  await rig.apply(klusterletOf('quiet', { clusterName: 'c1' }));
  await untilApplied('quiet');
  await waitForKlusterlet(rig, 'all conditions', async () => {
    const conditions = (await klusterlet('quiet')).status?.conditions ?? [];
    return conditions.length === 7;
  });
  const user = `system:serviceaccount:${operatorNamespace}:klusterlet`;
  const writes = async () =>
    writesOf(await readAuditLog(controlPlane.auditLogPath ?? '')).filter(
      (event) => event.user.username === user && event.objectRef?.resource !== 'selfsubjectaccessreviews',
    );
  const count = async () => (await writes()).length;
  const before = await untilQuiet("the operator's writes", count, 8000);
  // What others do to the Klusterlet without changing its spec is no reason to write.
  await controlPlane.kubectl(['annotate', 'klusterlet', 'quiet', 'touched=yes']);
  await untilQuiet("the operator's writes", count, 4000);
  expect((await writes()).slice(before)).toEqual([]);
  await leave('quiet');
});

test('with --disable-default-addon-namespace it is neither made nor removed (operator.md 114)', async () => {
  const addon = 'open-cluster-management-agent-addon';
  await waitForKlusterlet(
    rig,
    'the namespace of the others gone',
    async () => !(await rig.find('namespace', addon)),
  );
  await rig.end();
  await rig.start({}, ['--disable-default-addon-namespace']);
  await rig.apply(klusterletOf('apart', { clusterName: 'c1' }));
  await untilApplied('apart');
  expect(await rig.find('namespace', addon)).toBeUndefined();
  await rig.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: addon } });
  await leave('apart');
  expect((await rig.get('namespace', addon)).metadata.deletionTimestamp).toBeUndefined();
  await rig.remove('namespace', addon);
});

test('the operator may not read what it has no business with (packaging.md 4.2)', async () => {
  const as = `--as=system:serviceaccount:${operatorNamespace}:klusterlet`;
  const may = async (...what: string[]) =>
    (
      await controlPlane
        .kubectl(['auth', 'can-i', as, '--all-namespaces', ...what])
        .catch((error: Error) => error.message)
    ).includes('yes');
  expect(await may('get', 'secrets/hub-kubeconfig-secret')).toBe(true);
  expect(await may('get', 'secrets')).toBe(false);
  expect(await may('list', 'secrets')).toBe(false);
  expect(await may('get', 'secrets/any')).toBe(false);
  expect(await may('patch', 'secrets/hub-kubeconfig-secret')).toBe(false);
  expect(await may('create', 'pods')).toBe(false);
  expect(await may('impersonate', 'users')).toBe(false);
});

test('packaging.md 22: images that nobody named are those of the operator, from the mirror', async () => {
  const registry = 'mirror.example:5000/ocm';
  await rig.end();
  await rig.start({ OCM_VERSION: 'v0.4.0', IMAGE_REGISTRY: registry });
  const unnamed = { registrationImagePullSpec: '', workImagePullSpec: undefined, imagePullSpec: undefined };
  const singleton = { ...unnamed, deployOption: { mode: 'Singleton' } };
  await rig.apply(
    klusterletOf('plain', { ...unnamed, clusterName: 'c1' }),
    klusterletOf('single', singleton),
  );
  await untilApplied('plain');
  await untilApplied('single');
  const imageOf = async (name: string, which: string) =>
    (await agent(name, which))?.spec?.template.spec?.containers[0]?.image;
  expect(await imageOf('plain', 'registration-agent')).toBe(`${registry}/registration:v0.4.0`);
  expect(await imageOf('plain', 'work-agent')).toBe(`${registry}/work:v0.4.0`);
  expect(await imageOf('single', 'agent')).toBe(`${registry}/registration-operator:v0.4.0`);
  await leave('plain', 'single');
});
