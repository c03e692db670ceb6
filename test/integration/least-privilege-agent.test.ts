import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Klusterlet, KlusterletSpec } from '../../operators/api/generated/operator.ts';
import { refOf } from '../../operators/registration-operator/apply/index.ts';
import { findBundles, loadBundles, render } from '../../operators/registration-operator/bundle/index.ts';
import type { Mode } from '../../operators/registration-operator/klusterlet/mode.ts';
import {
  nothingObserved,
  renderInput,
} from '../../operators/registration-operator/klusterlet/rendering/parameters.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import {
  type ClusterRole,
  clusterRoleBindings,
  clusterRoles,
  configMaps,
  customResourceDefinitions,
  deployments,
  namespaces,
  networkPolicies,
  pods,
  roleBindings,
  roles,
  type Secret,
  secrets,
  serviceAccounts,
  validatingAdmissionPolicies,
} from '../../operators/runtime/client/kubernetes.ts';
import { type ControlPlane, patienceFlag, startControlPlane } from '../cluster/index.ts';
import { operatorNamespace } from './klusterlet/operator.ts';
import { installationOf } from './installation.ts';
import { holderOfToken, untilAllEnforced, untilEnforced, verdictOn } from './least-privilege/identity.ts';
import { deploymentWith, forbiddenPods } from './least-privilege/pods.ts';
import { clientOf } from './registration/rig.ts';

const dryRun = { dryRun: true };
const agentNamespace = 'open-cluster-management-agent';
const system = 'kube-system';
const ours = 'open-cluster-management:k-work:execution';

let controlPlane: ControlPlane;
let admin: Client;
/** Has the token of the klusterlet operator. */
let thief: Client;

const labelled = (name: string, owner: string) => ({
  metadata: { name, labels: { 'open-cluster-management.io/created-by-klusterlet': owner } },
});

beforeAll(async () => {
  controlPlane = await startControlPlane({ name: 'least-privilege-agent' });
  admin = clientOf(controlPlane);
  for (const name of [operatorNamespace, agentNamespace, 'open-cluster-management-hub'])
    await admin.create(namespaces, { metadata: { name } });
  await admin.create(namespaces, labelled('hosted', 'hosted'));
  await admin.create(namespaces, labelled('foreign', 'hosted'));
  await admin.apply(namespaces, labelled(system, system), { fieldManager: 'test' });
  const list = {
    apiVersion: 'v1',
    kind: 'List',
    items: installationOf('klusterlet', operatorNamespace),
  };
  await controlPlane.kubectl(['create', '-f', '-'], JSON.stringify(list));
  thief = await holderOfToken(admin, controlPlane, operatorNamespace, 'klusterlet');
  await untilAllEnforced(admin);
  await untilEnforced(() => thief.create(deployments, deploymentWith(system, 'x'), dryRun));
  await untilEnforced(() => thief.create(configMaps, { metadata: { name: 'x', namespace: system } }, dryRun));
  await untilEnforced(() => thief.create(clusterRoles, roleOf({ name: 'x' }), dryRun));
  await untilEnforced(() => thief.create(clusterRoleBindings, bindingOf({ name: 'x' }), dryRun));
});

afterAll(async () => {
  await Promise.all([thief?.close(), admin?.close()]);
  await controlPlane?.stop();
});

type Rule = NonNullable<ClusterRole['rules']>[number];
const reading: Rule = { apiGroups: [''], resources: ['nodes'], verbs: ['get'] };
const roleOf = (
  metadata: ClusterRole['metadata'],
  change: Partial<Rule> = {},
  more: Partial<ClusterRole> = {},
): ClusterRole => ({ metadata, rules: [{ ...reading, ...change }], ...more });
const bindingOf = (
  metadata: ClusterRole['metadata'],
  role = ours,
  account = 'k-work-sa',
  kind = 'ServiceAccount',
) => ({
  metadata,
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
  subjects: [
    kind === 'ServiceAccount'
      ? { kind, name: account, namespace: agentNamespace }
      : { kind, name: account, apiGroup: 'rbac.authorization.k8s.io' },
  ],
});

describe('a stolen token of the klusterlet operator runs no Pod (CVE-2024-9779, A15)', () => {
  test.each(forbiddenPods)('with %s', async (_, changes, message) => {
    const attempt = deploymentWith(system, 'k-work-sa', changes);
    expect(await verdictOn(() => thief.create(deployments, attempt, dryRun))).toMatch(message);
    expect(await verdictOn(() => admin.create(deployments, attempt, dryRun))).toBe('admitted');
  });

  test('without the ServiceAccount of an agent, or in the network of its node', async () => {
    const without = deploymentWith(agentNamespace, undefined);
    expect(await verdictOn(() => thief.create(deployments, without, dryRun))).toMatch(
      /ServiceAccounts of its agents/,
    );
    const host = deploymentWith(agentNamespace, 'k-work-sa', { hostNetwork: true });
    expect(await verdictOn(() => thief.create(deployments, host, dryRun))).toMatch(/namespace of its node/);
  });

  // Users name the Secrets of several hubs: such names are taken in namespaces of agents, and nowhere else.
  test.each([
    [agentNamespace, 'named-by-a-user', 'admitted'],
    ['hosted', 'named-by-a-user', 'admitted'],
    ['foreign', 'named-by-a-user', /mounts empty folders/],
    [system, 'named-by-a-user', /mounts empty folders/],
    ['open-cluster-management-hub', 'signer-secret', /mounts empty folders/],
    [operatorNamespace, 'named-by-a-user', /mounts empty folders/],
    ['default', 'named-by-a-user', /mounts empty folders/],
    ['default', 'bootstrap-hub-kubeconfig', 'admitted'],
  ])('in %s with Secret %s: %s', async (namespace, secretName, expected) => {
    const volumes = [{ name: 'v', secret: { secretName } }];
    const attempt = deploymentWith(namespace, 'k-registration-sa', { volumes });
    expect(await verdictOn(() => thief.create(deployments, attempt, dryRun))).toMatch(expected);
  });
});

describe('a stolen token of the klusterlet operator', () => {
  const secret = (name: string, more: Partial<Secret> = {}): Secret => ({
    metadata: { name, namespace: system },
    data: {},
    ...more,
  });
  const create =
    (metadata: ClusterRole['metadata'], change?: Partial<Rule>, more?: Partial<ClusterRole>) => () =>
      thief.create(clusterRoles, roleOf(metadata, change, more), dryRun);
  const bind =
    (...args: Parameters<typeof bindingOf>) =>
    () =>
      thief.create(clusterRoleBindings, bindingOf(...args), dryRun);
  const granted = /what they are known to need/;

  const selector = [{ key: 'app', operator: 'In', values: ['x'] }];
  const policy = (name: string, namespace: string, podSelector: object) => ({
    metadata: { name, namespace },
    spec: { podSelector },
  });

  test.each<[string, () => Promise<unknown>, RegExp]>([
    [
      'cuts the Pods of the system off',
      () =>
        thief.create(
          networkPolicies,
          policy('default-deny-all', 'kube-system', { matchExpressions: selector }),
          dryRun,
        ),
      /network policies of its agents only/,
    ],
    [
      'cuts off every Pod of a namespace',
      () => thief.create(networkPolicies, policy('default-deny-all', 'default', {}), dryRun),
      /network policies of its agents only/,
    ],
    [
      'writes the network policy of somebody else',
      () =>
        thief.create(
          networkPolicies,
          policy('somebody-elses', 'default', { matchExpressions: selector }),
          dryRun,
        ),
      /network policies of its agents only/,
    ],
    ['binds cluster-admin', bind({ name: ours }, 'cluster-admin'), /to roles of its agents/],
    [
      'binds cluster-admin as admin is',
      bind({ name: 'open-cluster-management:k-work:execution-admin' }, 'cluster-admin'),
      /to roles of its agents/,
    ],
    [
      'binds admin elsewhere',
      bind({ name: 'open-cluster-management:k-other' }, 'admin'),
      /to roles of its agents/,
    ],
    [
      'binds admin to the registration agent',
      bind({ name: 'open-cluster-management:k-work:execution-admin' }, 'admin', 'k-registration-sa'),
      /to roles of its agents/,
    ],
    ['binds a user', bind({ name: ours }, ours, 'mallory', 'User'), /ServiceAccounts of its agents only/],
    [
      'binds a group',
      bind({ name: ours }, ours, 'system:authenticated', 'Group'),
      /ServiceAccounts of its agents only/,
    ],
    [
      'binds another ServiceAccount',
      bind({ name: ours }, ours, 'default'),
      /ServiceAccounts of its agents only/,
    ],
    ['writes the binding of somebody else', bind({ name: 'cluster-admins' }), /bindings of its agents only/],
    [
      'deletes the binding of somebody else',
      () => thief.delete(clusterRoleBindings, { name: 'cluster-admin' }, dryRun),
      /bindings of its agents only/,
    ],
    [
      'binds a role of a namespace',
      () =>
        thief.create(
          roleBindings,
          {
            ...bindingOf({ name: ours, namespace: system }),
            roleRef: {
              apiGroup: 'rbac.authorization.k8s.io',
              kind: 'Role',
              name: 'system::leader-locking-kube-scheduler',
            },
          },
          dryRun,
        ),
      /to roles of its agents/,
    ],
    ['writes the role of somebody else', create({ name: 'somebody-elses' }), /roles of its agents only/],
    [
      'changes the role of everybody',
      () =>
        thief.patch(clusterRoles, { name: 'view' }, { type: 'merge', body: { rules: [reading] } }, dryRun),
      /roles of its agents only/,
    ],
    [
      'deletes the role of everybody',
      () => thief.delete(clusterRoles, { name: 'cluster-admin' }, dryRun),
      /roles of its agents only/,
    ],
    ['grants all verbs', create({ name: ours }, { verbs: ['*'] }), granted],
    ['grants all resources', create({ name: ours }, { resources: ['*'] }), granted],
    ['grants all groups', create({ name: ours }, { apiGroups: ['*'] }), granted],
    [
      'grants a way into Pods',
      create({ name: ours }, { resources: ['pods/exec'], verbs: ['create'] }),
      granted,
    ],
    ['grants a way to nodes', create({ name: ours }, { resources: ['nodes/proxy'] }), granted],
    [
      'grants a path',
      create({ name: ours }, {}, { rules: [{ nonResourceURLs: ['/*'], verbs: ['get'] }] }),
      granted,
    ],
    [
      'grants tokens of ServiceAccounts',
      create({ name: ours }, { resources: ['serviceaccounts/token'], verbs: ['create'] }),
      granted,
    ],
    [
      'grants to be users',
      create(
        { name: 'open-cluster-management:k-work:agent' },
        { resources: ['users'], verbs: ['impersonate'] },
      ),
      granted,
    ],
    [
      'grants to be ServiceAccounts elsewhere',
      create({ name: ours }, { resources: ['serviceaccounts'], verbs: ['impersonate'] }),
      granted,
    ],
    [
      'grants more of ServiceAccounts',
      create(
        { name: 'open-cluster-management:k-work:agent' },
        { resources: ['serviceaccounts'], verbs: ['impersonate', 'create'] },
      ),
      /their impersonation only/,
    ],
    [
      'grants to write ServiceAccounts',
      create(
        { name: 'open-cluster-management:k-work:agent' },
        { resources: ['serviceaccounts'], verbs: ['create'] },
      ),
      /their impersonation only/,
    ],
    [
      'grants to bind elsewhere',
      create(
        { name: 'open-cluster-management:k-registration:agent' },
        { apiGroups: ['rbac.authorization.k8s.io'], resources: ['clusterroles'], verbs: ['bind'] },
      ),
      granted,
    ],
    [
      'aggregates all roles',
      create({ name: ours }, {}, { rules: [], aggregationRule: { clusterRoleSelectors: [{}] } }),
      /aggregate only what users label/,
    ],
    [
      'adds to the role of all admins',
      create({ name: ours, labels: { 'rbac.authorization.k8s.io/aggregate-to-admin': 'true' } }),
      /not aggregated into other roles/,
    ],
    [
      'grants all in a namespace',
      () => thief.create(roles, roleOf({ name: ours, namespace: system }, { verbs: ['*'] }), dryRun),
      granted,
    ],
    [
      'reads a foreign Secret',
      () => thief.get(secrets, 'somebody-elses', system),
      /cannot get resource "secrets"/,
    ],
    ['lists Secrets', () => thief.list(secrets), /cannot list resource "secrets"/],
    [
      'writes a foreign Secret',
      () => thief.create(secrets, secret('somebody-elses'), dryRun),
      /image pull Secret/,
    ],
    [
      'has a Secret filled with the token of another ServiceAccount',
      () =>
        thief.create(
          secrets,
          secret('external-managed-kubeconfig-work', {
            type: 'kubernetes.io/service-account-token',
            metadata: {
              name: 'external-managed-kubeconfig-work',
              namespace: system,
              annotations: { 'kubernetes.io/service-account.name': 'default' },
            },
          }),
          dryRun,
        ),
      /no Secret that becomes a token/,
    ],
    [
      'asks for the token of another ServiceAccount',
      () =>
        thief.createSubresource(serviceAccounts, { name: 'default', namespace: system }, 'token', {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenRequest',
          spec: {},
        }),
      /cannot create resource "serviceaccounts\/token"/,
    ],
    [
      'maps users in aws-auth',
      () => thief.create(configMaps, { metadata: { name: 'aws-auth', namespace: system } }, dryRun),
      /copies of the TLS profile only/,
    ],
    [
      'changes the CRD of its own kind',
      () =>
        thief.patch(
          customResourceDefinitions,
          { name: 'klusterlets.operator.open-cluster-management.io' },
          { type: 'merge', body: { metadata: { labels: { a: 'b' } } } },
          dryRun,
        ),
      /CRDs of its agents only/,
    ],
    [
      'creates a Pod',
      () =>
        thief.create(pods, { metadata: { name: 'p', namespace: system }, spec: { containers: [] } }, dryRun),
      /cannot create resource "pods"/,
    ],
    [
      'lifts its own bounds',
      () =>
        thief.delete(
          validatingAdmissionPolicies,
          { name: 'klusterlet-roles.open-cluster-management.io' },
          dryRun,
        ),
      /cannot delete resource "validatingadmissionpolicies"/,
    ],
    [
      'becomes somebody else',
      () => thief.request({ method: 'GET', path: '/api', headers: { 'Impersonate-User': 'admin' } }),
      /cannot impersonate/,
    ],
  ])('%s: refused', async (_, attempt, message) => {
    expect(await verdictOn(attempt)).toMatch(message);
  });
});

describe('what the operator applies is admitted', () => {
  const gates = [
    { feature: 'ClusterProperty', mode: 'Enable' as const },
    { feature: 'MultipleHubs', mode: 'Enable' as const },
    { feature: 'NetworkPolicies', mode: 'Enable' as const },
  ];
  const arn = (cluster: string) => `arn:aws:eks:us-west-2:123456789012:cluster/${cluster}`;
  const everything: KlusterletSpec = {
    hubApiServerHostAlias: { ip: '10.0.0.1', hostname: 'hub' },
    priorityClassName: 'system-node-critical',
    registrationConfiguration: {
      featureGates: gates,
      bootstrapKubeConfigs: {
        type: 'LocalSecrets',
        localSecretsConfig: { kubeConfigSecrets: [{ name: 'hub-one' }, { name: 'hub-two' }] },
      },
      registrationDriver: {
        authType: 'awsirsa',
        awsIrsa: { hubClusterArn: arn('hub'), managedClusterArn: arn('spoke') },
      },
    },
  };

  test.each<[Mode, string, KlusterletSpec]>([
    ['Default', 'k', {}],
    ['Default', 'k', everything],
    ['Singleton', 'k', everything],
    ['Hosted', 'hosted', everything],
    ['SingletonHosted', 'hosted', everything],
  ])('%s, as %s, of every bundle', async (mode, name, spec) => {
    const klusterlet: Klusterlet = {
      metadata: { name, uid: 'u', labels: { team: 'a' } },
      spec: {
        registrationImagePullSpec: 'r',
        workImagePullSpec: 'w',
        imagePullSpec: 's',
        clusterName: 'c1',
        deployOption: { mode },
        ...spec,
      },
    };
    const input = renderInput(klusterlet, {
      ...nothingObserved(mode),
      replicas: 3,
      workReplicas: 3,
      workClusterName: 'c1',
      hasPriorityClasses: true,
      syncLabels: true,
    });
    for (const bundle of loadBundles(findBundles())) {
      const objects = render(bundle, 'klusterlet', input).flatMap((stage) => stage.objects);
      expect(objects.length).toBeGreaterThan(20);
      for (const { object } of objects) {
        const apply = () => thief.apply(refOf(object).resource, object, { fieldManager: 'test' });
        const { kind, metadata } = object;
        expect([bundle.version, kind, metadata.name, await verdictOn(apply)]).toEqual([
          bundle.version,
          kind,
          metadata.name,
          'admitted',
        ]);
      }
    }
  });

  test('and so is the aggregate role with what users labelled for it', async () => {
    const label = { 'open-cluster-management.io/aggregate-to-work': 'true' };
    await admin.create(clusterRoles, {
      metadata: { name: 'users', labels: label },
      rules: [{ apiGroups: ['example.com'], resources: ['*'], verbs: ['*'] }],
    });
    const name = 'open-cluster-management:k-work:aggregate';
    await untilAggregated(name);
    const body = { metadata: { labels: { touched: 'yes' } } };
    expect(await verdictOn(() => thief.patch(clusterRoles, { name }, { type: 'merge', body }))).toBe(
      'admitted',
    );
  });

  const untilAggregated = (name: string) =>
    controlPlane.kubectl([
      'wait',
      `clusterrole/${name}`,
      '--for=jsonpath={.rules[?(@.apiGroups[0]=="example.com")].verbs[0]}=*',
      patienceFlag,
    ]);

  test.each([
    'open-cluster-management-image-pull-credentials',
    'external-managed-kubeconfig-registration',
    'external-managed-kubeconfig-work',
    'external-managed-kubeconfig-agent',
  ])('Secret %s is written, read and deleted', async (name) => {
    const secret: Secret = { metadata: { name, namespace: agentNamespace }, data: { a: 'MQ==' } };
    const requests = [
      () => thief.create(secrets, secret),
      () => thief.get(secrets, name, agentNamespace),
      () => thief.replace(secrets, { ...secret, data: {} }),
      () => thief.delete(secrets, { name, namespace: agentNamespace }),
    ];
    for (const request of requests) expect(await verdictOn(request)).toBe('admitted');
  });

  test('the hub kubeconfig of a leaving Klusterlet is deleted, and the TLS profile copied', async () => {
    const name = 'hub-kubeconfig-secret';
    await admin.create(secrets, { metadata: { name, namespace: agentNamespace } });
    const profile = { metadata: { name: 'ocm-tls-profile', namespace: agentNamespace }, data: {} };
    const requests = [
      () => thief.delete(secrets, { name, namespace: agentNamespace }),
      () => thief.apply(configMaps, profile, { fieldManager: 'test' }),
      () => thief.delete(configMaps, profile.metadata),
    ];
    for (const request of requests) expect(await verdictOn(request)).toBe('admitted');
  });
});
