import { describe, expect, test } from '@jest/globals';
import type { Klusterlet, KlusterletSpec } from '../../api/generated/operator.ts';
import { ApiError, ConnectionError } from '../../runtime/client/errors.ts';
import { deployments, serviceAccounts } from '../../runtime/client/kubernetes.ts';
import { patience } from './access-review-controller.ts';
import { agentConditions, type Reading } from './availability.ts';
import { finalizersFor } from './cleanup-controller.ts';
import { type Finding, verdict } from './connection-verdict.ts';
import { decideOnFailure, isUnreachable } from './connectivity.ts';
import { klusterletsOfDeployment, klusterletsOfSecret } from './keys.ts';
import { isInstalled, outdated } from './leftovers.ts';
import { holdsNamesOnly } from './kubeconfig-check.ts';
import { Locks } from './locks.ts';
import type { Mode } from './mode.ts';
import { InstallError, statusAfter } from './outcome.ts';
import { problemOf } from './problems.ts';
import { secretsOf } from './remove.ts';
import { bootstrapReviews, hubReviews } from './reviews.ts';

const klusterletOf = (
  name: string,
  spec: KlusterletSpec = {},
  metadata: Partial<Klusterlet['metadata']> = {},
): Klusterlet => ({
  metadata: { name, generation: 2, creationTimestamp: '2026-01-01T00:00:00Z', ...metadata },
  spec: { registrationImagePullSpec: 'r', workImagePullSpec: 'w', imagePullSpec: 's', ...spec },
});
const listOf = (...list: Klusterlet[]) => ({ list: () => list });

describe('problemOf', () => {
  const multipleHubs = (bootstrapKubeConfigs: object | undefined): KlusterletSpec => ({
    registrationConfiguration: {
      featureGates: [{ feature: 'MultipleHubs', mode: 'Enable' }],
      bootstrapKubeConfigs: bootstrapKubeConfigs as never,
    },
  });
  test.each<[string, KlusterletSpec, RegExp | undefined]>([
    ['no mode (86)', {}, undefined],
    ['the empty mode (86)', { deployOption: { mode: '' } }, undefined],
    [
      'an unknown mode (87)',
      { deployOption: { mode: 'Detached' } },
      /"Detached" is unknown; set it to one of/,
    ],
    ['several hubs, nothing said (112, D2)', multipleHubs(undefined), /lists no secrets/],
    ['several hubs, type None (112, D2)', multipleHubs({ type: 'None' }), /lists no secrets/],
    [
      'several hubs without configuration (112, D2)',
      multipleHubs({ type: 'LocalSecrets' }),
      /lists no secrets/,
    ],
    [
      'several hubs (111)',
      multipleHubs({ type: 'LocalSecrets', localSecretsConfig: { kubeConfigSecrets: [{ name: 'a' }] } }),
      undefined,
    ],
    [
      'awsirsa without ARNs (109, D3)',
      { registrationConfiguration: { registrationDriver: { authType: 'awsirsa' } } },
      /awsIrsa is missing; set/,
    ],
    [
      'no image for registration (118)',
      { registrationImagePullSpec: '' },
      /spec.registrationImagePullSpec is empty/,
    ],
    ['no image for work (118)', { workImagePullSpec: undefined }, /spec.workImagePullSpec is empty/],
    ['no image that another mode needs', { imagePullSpec: '' }, undefined],
    [
      'no image for the singleton (118)',
      { imagePullSpec: '', deployOption: { mode: 'Singleton' } },
      /spec.imagePullSpec is empty/,
    ],
  ])('%s (operator.md)', (_, spec, expected) => {
    const problem = problemOf(klusterletOf('k', spec), []);
    if (expected) expect(problem).toMatch(expected);
    else expect(problem).toBeUndefined();
  });

  test('the younger of two in one namespace, in any order of looking', () => {
    const older = klusterletOf('b');
    const younger = klusterletOf('a', {}, { creationTimestamp: '2026-01-02T00:00:00Z' });
    const twin = klusterletOf('c');
    const hosted = klusterletOf('open-cluster-management-agent', { deployOption: { mode: 'Hosted' } });
    expect(problemOf(younger, [younger, older])).toMatch(/used by Klusterlet b/);
    expect(problemOf(older, [younger, older])).toBeUndefined();
    expect(problemOf(twin, [older, twin])).toMatch(/used by Klusterlet b/);
    expect(problemOf(hosted, [older, hosted])).toMatch(/used by Klusterlet b/);
    expect(problemOf(klusterletOf('x', { namespace: 'open-cluster-management-x' }), [older])).toBeUndefined();
  });
});

describe('agentConditions (operator.md 121)', () => {
  const deployment = (replicas: number, availableReplicas: number): Reading => ({
    metadata: { name: 'd' },
    spec: { replicas } as never,
    status: { availableReplicas },
  });
  const pair = (registration: Reading, work: Reading): [string, Reading][] => [
    ['k-registration-agent', registration],
    ['k-work-agent', work],
  ];
  test.each<[string, Mode, [string, Reading][], string[]]>([
    [
      'missing',
      'Default',
      pair('missing', 'missing'),
      ['False GetDeploymentFailed', 'True GetDeploymentFailed', 'True GetDeploymentFailed'],
    ],
    [
      'unreadable',
      'Default',
      pair(new Error('no'), deployment(1, 1)),
      ['False GetDeploymentFailed', 'True GetDeploymentFailed', 'False DeploymentsFunctional'],
    ],
    [
      'unavailable both',
      'Default',
      pair(deployment(3, 0), deployment(3, 0)),
      ['False NoAvailablePods', 'True UnavailablePods', 'True UnavailablePods'],
    ],
    [
      'only registration',
      'Default',
      pair(deployment(1, 1), deployment(1, 0)),
      ['False NoAvailablePods', 'False DeploymentsFunctional', 'True UnavailablePods'],
    ],
    [
      'only work',
      'Hosted',
      pair(deployment(1, 0), deployment(1, 1)),
      ['False NoAvailablePods', 'True UnavailablePods', 'False DeploymentsFunctional'],
    ],
    [
      'available but undesired',
      'Default',
      pair(deployment(3, 1), deployment(3, 2)),
      ['True KlusterletAvailable', 'True UnavailablePods', 'True UnavailablePods'],
    ],
    [
      'work at none',
      'Default',
      pair(deployment(1, 1), deployment(0, 0)),
      ['False NoAvailablePods', 'False DeploymentsFunctional', 'False DeploymentsFunctional'],
    ],
    [
      'all good',
      'Default',
      pair(deployment(3, 3), deployment(3, 3)),
      ['True KlusterletAvailable', 'False DeploymentsFunctional', 'False DeploymentsFunctional'],
    ],
    [
      'singleton',
      'Singleton',
      [['k-agent', deployment(1, 1)]],
      ['True KlusterletAvailable', 'False DeploymentsFunctional', 'False DeploymentsFunctional'],
    ],
    [
      'singleton missing',
      'SingletonHosted',
      [['k-agent', 'missing']],
      ['False GetDeploymentFailed', 'True GetDeploymentFailed', 'True GetDeploymentFailed'],
    ],
  ])('%s in %s mode', (_, mode, readings, expected) => {
    const conditions = agentConditions({ name: 'k', generation: 7 }, mode, 'ns', {
      readings: new Map(readings),
      causes: new Map(),
    });
    expect(conditions.every(({ observedGeneration }) => observedGeneration === 7)).toBe(true);
    expect(conditions.map(({ type }) => type)).toEqual([
      'Progressing',
      'Available',
      'RegistrationDesiredDegraded',
      'WorkDesiredDegraded',
    ]);
    expect(conditions.slice(1).map(({ status, reason }) => `${status} ${reason}`)).toEqual(expected);
  });
});

test('conditions of agents give the cause that their Pods name', () => {
  const waiting = { metadata: { name: 'k-agent' }, spec: { replicas: 1 } as never };
  const conditions = agentConditions({ name: 'k' }, 'Singleton', 'ns', {
    readings: new Map([['k-agent', waiting]]),
    causes: new Map([['k-agent', 'container agent of Pod p (image x:1): ImagePullBackOff']]),
  });
  for (const { message } of conditions) expect(message).toMatch(/k-agent.*image x:1.*ImagePullBackOff/);
});

test.each([
  [
    'as wanted',
    { observedGeneration: 2, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 },
    'False',
  ],
  [
    'an old Pod beside the new one',
    { observedGeneration: 2, replicas: 2, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 },
    'True',
  ],
  [
    'of the generation before',
    { observedGeneration: 1, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 },
    'True',
  ],
])('Progressing: %s', (_, status, expected) => {
  const deployment = { metadata: { name: 'k-agent', generation: 2 }, spec: { replicas: 1 } as never, status };
  const readings = new Map([['k-agent', deployment]]);
  const [progressing] = agentConditions({ name: 'k' }, 'Singleton', 'ns', { readings, causes: new Map() });
  expect(progressing).toMatchObject({ type: 'Progressing', status: expected });
});

test.each([
  [
    'was just applied, and the cache has it as it was before',
    { generations: new Map([['k-agent', 2]]), held: [] },
  ],
  ['waits for the agent before it', { generations: new Map(), held: ['k-agent'] }],
])('Progressing: a complete Deployment %s', (_, pending) => {
  const counts = { replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 };
  const status = { observedGeneration: 1, ...counts };
  const live = { metadata: { name: 'k-agent', generation: 1 }, spec: { replicas: 1 } as never, status };
  const observation = { readings: new Map([['k-agent', live]]), causes: new Map() };
  const [before] = agentConditions({ name: 'k' }, 'Singleton', 'ns', observation);
  expect(before).toMatchObject({ type: 'Progressing', status: 'False' });
  const [condition] = agentConditions({ name: 'k' }, 'Singleton', 'ns', { ...observation, pending });
  expect(condition).toMatchObject({ status: 'True', message: expect.stringContaining('k-agent') });
});

describe('verdict (operator.md 122, 125)', () => {
  const finding = (reason: Finding['reason']): Finding => ({ reason, message: `${reason}.` });
  test.each<[Finding['reason'], Finding['reason'] | undefined, string, string, number | undefined]>([
    [
      'HubKubeConfigUnauthorized',
      'BootstrapSecretMissing',
      'True',
      'BootstrapSecretMissing,HubKubeConfigUnauthorized',
      30_000,
    ],
    [
      'HubKubeConfigSecretMissing',
      'BootstrapSecretFunctional',
      'True',
      'BootstrapSecretFunctional,HubKubeConfigSecretMissing',
      undefined,
    ],
    [
      'HubKubeConfigUnauthorized',
      'BootstrapSecretError',
      'True',
      'BootstrapSecretError,HubKubeConfigUnauthorized',
      30_000,
    ],
    [
      'HubKubeConfigError',
      'BootstrapSecretFunctional',
      'True',
      'BootstrapSecretFunctional,HubKubeConfigError',
      30_000,
    ],
    [
      'HubKubeConfigUnauthorized',
      'BootstrapSecretUnauthorized',
      'True',
      'BootstrapSecretUnauthorized,HubKubeConfigUnauthorized',
      30_000,
    ],
    [
      'HubKubeConfigMissing',
      'BootstrapSecretMissing',
      'True',
      'BootstrapSecretMissing,HubKubeConfigMissing',
      undefined,
    ],
    ['HubKubeConfigError', undefined, 'True', 'HubKubeConfigError', 30_000],
    ['HubConnectionFunctional', undefined, 'False', 'HubConnectionFunctional', 300_000],
  ])('%s with %s', (hub, bootstrap, status, reason, recheckMs) => {
    const result = verdict(finding(hub), bootstrap && finding(bootstrap), 4);
    expect(result.condition).toMatchObject({
      type: 'HubConnectionDegraded',
      status,
      reason,
      observedGeneration: 4,
    });
    expect(result.condition.message).toBe(
      reason
        .split(',')
        .map((each) => `${each}.`)
        .join('\n'),
    );
    expect(result.recheckMs).toBe(recheckMs);
  });

  test.each<[string, boolean]>([
    ['', false],
    ['cluster-name', true],
    ['cluster-name agent-name', true],
    ['cluster-name agent-name tls.key', false],
    ['token', false],
  ])('operator.md 122: a secret with the keys "%s" holds names only: %s', (keys, only) => {
    const data = Object.fromEntries(
      keys
        .split(' ')
        .filter(Boolean)
        .map((key) => [key, 'eA==']),
    );
    expect(holdsNamesOnly({ metadata: { name: 'hub-kubeconfig-secret' }, data })).toBe(only);
  });

  const bootstraps = [
    'BootstrapSecretMissing',
    'BootstrapSecretError',
    'BootstrapSecretUnauthorized',
    'BootstrapSecretFunctional',
  ] as const;
  const hubs = [
    'HubKubeConfigSecretMissing',
    'HubKubeConfigMissing',
    'HubKubeConfigError',
    'ClusterNameMissing',
    'HubKubeConfigUnauthorized',
  ] as const;
  test.each(hubs.flatMap((hub) => bootstraps.map((bootstrap) => [bootstrap, hub] as const)))(
    'operator.md 122: %s with %s, the bootstrap reason first',
    (bootstrap, hub) => {
      expect(verdict(finding(hub), finding(bootstrap), 4).condition).toMatchObject({
        type: 'HubConnectionDegraded',
        status: 'True',
        reason: `${bootstrap},${hub}`,
        message: `${bootstrap}.\n${hub}.`,
      });
    },
  );

  test('looks again soon at first and every 30 s in the end (operator.md 123)', () => {
    expect([0, 1, 2, 3, 4, 5, 6].map((times) => patience(times, 30_000))).toEqual([
      1000, 2000, 4000, 8000, 16_000, 30_000, 30_000,
    ]);
  });

  test('asks 6 reviews of a bootstrap kubeconfig and 24 of a hub kubeconfig (operator.md 5.8)', () => {
    expect(bootstrapReviews()).toHaveLength(6);
    expect(hubReviews('c1')).toHaveLength(24);
    expect(hubReviews('c1').filter(({ namespace }) => namespace !== undefined && namespace !== 'c1')).toEqual(
      [],
    );
    expect(hubReviews('c1')[9]).toEqual({
      group: 'register.open-cluster-management.io',
      resource: 'managedclusters',
      subresource: 'clientcertificates',
      verb: 'renew',
    });
  });
});

describe('a managed cluster that cannot be reached (operator.md 133)', () => {
  const refused = new ConnectionError('refused', 'ECONNREFUSED');
  const now = new Date('2026-01-01T12:00:00Z');
  const since = (value: string | undefined) =>
    klusterletOf(
      'k',
      {},
      {
        annotations:
          value === undefined
            ? {}
            : { 'operator.open-cluster-management.io/managed-resources-eviction-timestamp': value },
      },
    );

  test.each([
    [refused, true],
    [new ConnectionError('no answer within 30 s', 'ETIMEDOUT'), true],
    [new ConnectionError('no such host', 'ENOTFOUND'), true],
    [new ConnectionError('wrong certificate', 'ERR_TLS_CERT_ALTNAME_INVALID'), false],
    [new ApiError(403, { reason: 'Forbidden' }, 'GET'), false],
    [new Error('dial tcp'), false],
  ])('%s → %s', (error, expected) => {
    expect(isUnreachable(error)).toBe(expected);
  });

  test.each([
    ['not marked', undefined, refused, { action: 'mark', since: '2026-01-01T12:00:00Z' }],
    ['marked with nonsense', 'yesterday', refused, { action: 'mark', since: '2026-01-01T12:00:00Z' }],
    ['marked a minute ago', '2026-01-01T11:59:00Z', refused, { action: 'wait', forMs: 30_000 }],
    ['five minutes less a second', '2026-01-01T11:55:01Z', refused, { action: 'wait', forMs: 2000 }],
    ['five minutes and a second', '2026-01-01T11:54:59Z', refused, { action: 'give up' }],
    ['refusing', '2026-01-01T11:50:00Z', new ApiError(403, {}, 'GET'), { action: 'retry', forget: true }],
    ['refusing, not marked', undefined, new ApiError(500, {}, 'GET'), { action: 'retry', forget: false }],
  ])('%s', (_, mark, error, expected) => {
    expect(decideOnFailure(since(mark), error, now)).toEqual(expected);
  });
});

test.each<[Mode, string[]]>([
  ['Default', []],
  ['Singleton', []],
  ['Hosted', ['registration', 'work', 'agent']],
  ['SingletonHosted', ['registration', 'work', 'agent']],
])('%s: the secrets that go with a Klusterlet, those of every agent (D25)', (mode, agents) => {
  expect(secretsOf(mode)).toEqual([
    'hub-kubeconfig-secret',
    ...agents.map((agent) => `external-managed-kubeconfig-${agent}`),
  ]);
});

describe('finalizersFor (operator.md 134)', () => {
  const ready = (status: 'True' | 'False') => ({
    conditions: [{ type: 'ReadyToApply', status, reason: 'r', message: '', lastTransitionTime: '' }],
  });
  const cleanup = 'operator.open-cluster-management.io/klusterlet-cleanup';
  const hosted = 'operator.open-cluster-management.io/klusterlet-hosted-cleanup';
  test.each<[string, Klusterlet['status'], string[]]>([
    ['Default', undefined, [cleanup]],
    ['Default', ready('True'), [cleanup]],
    ['Hosted', undefined, [cleanup]],
    ['Hosted', ready('False'), [cleanup]],
    ['Hosted', ready('True'), [cleanup, hosted]],
    ['SingletonHosted', ready('True'), [cleanup, hosted]],
    ['Unknown', undefined, []],
  ])('%s', (mode, status, expected) => {
    expect(finalizersFor({ ...klusterletOf('k', { deployOption: { mode } }), status })).toEqual(expected);
  });
});

describe('keys (operator.md 139)', () => {
  const all = listOf(
    klusterletOf('default'),
    klusterletOf('hosted', {
      namespace: 'open-cluster-management-hosted',
      deployOption: { mode: 'Hosted' },
    }),
    klusterletOf('other', { namespace: 'open-cluster-management-other' }),
  );
  test.each([
    ['hub-kubeconfig-secret', 'open-cluster-management-agent', ['default']],
    ['bootstrap-hub-kubeconfig', 'open-cluster-management-other', ['other']],
    ['external-managed-kubeconfig', 'hosted', ['hosted']],
    ['external-managed-kubeconfig-work', 'hosted', ['hosted']],
    ['any', 'hosted', []],
    ['hub-kubeconfig-secret', 'elsewhere', []],
    ['hub-kubeconfig-secret', '', []],
    // The namespace of a Default Klusterlet is not its name, and that of a hosted one is not spec.namespace.
    ['hub-kubeconfig-secret', 'default', []],
    ['hub-kubeconfig-secret', 'open-cluster-management-hosted', []],
    ['hub-kubeconfig-secret', undefined, []],
  ])('Secret %s in %s → %j', (name, namespace, expected) => {
    expect(klusterletsOfSecret(all)({ metadata: { name, namespace } })).toEqual(expected);
  });
  test.each([
    ['default-registration-agent', 'open-cluster-management-agent', ['default']],
    ['hosted-agent', 'hosted', ['hosted']],
    ['nginx', 'hosted', []],
    ['default-work-agent', undefined, []],
    ['default-work-agent', '', []],
    ['default-work-agent', 'default', []],
  ])('Deployment %s in %s → %j', (name, namespace, expected) => {
    expect(klusterletsOfDeployment(all)({ metadata: { name, namespace } })).toEqual(expected);
  });
});

describe('status', () => {
  const applied = (name: string, generation = 5) => ({
    ref: { resource: deployments, name, namespace: 'ns' },
    written: true,
    generation,
  });
  const before: Klusterlet = {
    ...klusterletOf('k'),
    status: {
      observedGeneration: 1,
      relatedResources: [
        { group: 'apps', version: 'v1', resource: 'deployments', namespace: 'ns', name: 'k-agent' },
        { group: '', version: 'v1', resource: 'serviceaccounts', namespace: 'ns', name: 'k-work-sa' },
        { group: 'apiextensions.k8s.io', version: 'v1', resource: 'customresourcedefinitions', name: 'a.b' },
      ],
    },
  };

  test('after success lists what is installed and nothing else (operator.md D23)', () => {
    const status = statusAfter(before, [applied('k-work-agent')], []);
    expect(status.relatedResources?.map(({ name }) => name)).toEqual(['k-work-agent']);
    expect(status.generations).toEqual([
      {
        group: 'apps',
        version: 'v1',
        resource: 'deployments',
        namespace: 'ns',
        name: 'k-work-agent',
        lastGeneration: 5,
      },
    ]);
    expect(status.conditions?.[0]).toMatchObject({ type: 'Applied', status: 'True', observedGeneration: 2 });
  });

  test('after a failure keeps the lists and says of which generation it speaks (operator.md D16, D22)', () => {
    const status = statusAfter(before, new InstallError('CRDApplyFailed', 'no'), []);
    expect(status.relatedResources).toBe(before.status?.relatedResources);
    expect(status.observedGeneration).toBe(2);
    expect(status.conditions?.[0]).toMatchObject({
      type: 'Applied',
      status: 'False',
      reason: 'CRDApplyFailed',
      message: 'no',
      observedGeneration: 2,
    });
  });

  test('tells what an earlier spec left behind, CRDs apart', () => {
    const account = {
      ref: { resource: serviceAccounts, name: 'k-work-sa', namespace: 'ns' },
      written: false,
    };
    expect(outdated(before.status?.relatedResources, [account]).map(({ name }) => name)).toEqual(['k-agent']);
    expect(outdated(undefined, [account])).toEqual([]);
  });

  test.each([
    ['never', undefined, false],
    ['of the generation before', { observedGeneration: 1, conditions: [{ status: 'True' }] }, false],
    ['but failed', { observedGeneration: 2, conditions: [{ status: 'False' }] }, false],
    ['applied and observed', { observedGeneration: 2, conditions: [{ status: 'True' }] }, true],
  ])('old namespaces go only after the new one is installed: %s (operator.md 115)', (_, status, expected) => {
    const conditions = status?.conditions.map((each) => ({ type: 'Applied', ...each }));
    expect(
      isInstalled({ ...klusterletOf('k'), status: status && ({ ...status, conditions } as never) }),
    ).toBe(expected);
  });
});

test('Locks let one at a time work on a key, whatever becomes of the one before', async () => {
  const locks = new Locks();
  const said: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = locks.exclusive('a', async () => {
    await gate.promise;
    said.push('first');
    throw new Error('failed');
  });
  const second = locks.exclusive('a', async () => said.push('second'));
  await locks.exclusive('b', async () => said.push('other'));
  gate.resolve();
  await expect(first).rejects.toThrow('failed');
  await second;
  expect(said).toEqual(['other', 'first', 'second']);
});
