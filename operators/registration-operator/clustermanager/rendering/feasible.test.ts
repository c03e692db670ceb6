import { expect, test } from '@jest/globals';
import type { ClusterManagerSpec } from '../../../api/generated/operator.ts';
import { validFeatureGates } from '../../feature-gates.ts';
import { feasible } from './feasible.ts';
import { bundles } from './fixture.ts';
import { unknownGates } from './parameters.ts';
import { portProblem } from './webhook-settings.ts';

const enable = (feature: string) => ({ feature, mode: 'Enable' as const });
const hubClusterArn = 'arn:aws:eks:us-west-2:123456789012:cluster/hub';
const everything = (tag: string): ClusterManagerSpec => ({
  registrationImagePullSpec: `registration${tag}`,
  workImagePullSpec: `work${tag}`,
  registrationConfiguration: {
    featureGates: [enable('ClusterProfile'), enable('ClusterImporter'), enable('NoSuchGate')],
    registrationDrivers: [
      { authType: 'csr' },
      { authType: 'awsirsa', awsirsa: { hubClusterArn } },
      { authType: 'grpc' },
    ],
  },
  workConfiguration: { workDriver: 'mqtt', featureGates: [enable('CloudEventsDrivers')] },
});
const of = (spec: ClusterManagerSpec) => feasible(bundles, { metadata: { name: 'cm' }, spec });

test.each([':v0.1.0', ':v0.3.0', ':v0.3.0@sha256:0'])(
  'of an image%s of this project nothing is asked that it does not have, and it is said',
  (tag) => {
    const { clusterManager, gates, problems } = of(everything(tag));
    const { registrationConfiguration, workConfiguration } = clusterManager.spec ?? {};
    expect(registrationConfiguration?.featureGates?.map(({ feature }) => feature)).toEqual([
      'ClusterProfile',
      'NoSuchGate',
    ]);
    expect(registrationConfiguration?.registrationDrivers).toEqual([{ authType: 'csr' }]);
    expect(workConfiguration?.workDriver).toBe('kube');
    expect(problems).toEqual([
      expect.stringContaining(`driver awsirsa is not used: image registration${tag}`),
      expect.stringContaining(`driver grpc is not used: image registration${tag}`),
    ]);
    const condition = validFeatureGates(
      unknownGates({ metadata: { name: 'cm' }, spec: everything(tag) }),
      gates,
    );
    expect(condition).toMatchObject({
      status: 'False',
      reason: 'InvalidFeatureGatesExisting',
      message:
        'Unknown feature gates are ignored: Registration: [NoSuchGate]. Remove them or correct their names. ' +
        'Feature gates that the image of their component cannot do are ignored: Registration: [ClusterImporter]; ' +
        'Work: [CloudEventsDrivers with workDriver mqtt]. Disable them, or use an image that can',
    });
  },
);

test.each<[string, string | undefined, string[], RegExp[]]>([
  ['v0.4.0', undefined, ['csr', 'grpc'], []],
  ['v0.4.0', 'example.com/server', ['csr', 'grpc'], []],
  ['v0.4.0', 'registration:v0.4.0', ['csr', 'grpc'], []],
  ['v0.4.0', 'registration:v0.3.0', ['csr'], [/driver grpc is not used: image registration:v0.3.0/]],
  ['v0.3.0', 'registration:v0.2.0', ['csr'], [/driver grpc is not used: image registration:v0.3.0/]],
  ['v0.3.0', 'registration:v0.4.0', ['csr', 'grpc'], []],
  ['latest', 'registration:v0.3.0', ['csr'], [/driver grpc is not used: image registration:v0.3.0/]],
])(
  'operator.md 33: registration %s and a gRPC server of image %s use the drivers %j',
  (tag, imagePullSpec, used, said) => {
    const registrationDrivers = [{ authType: 'csr' as const }, { authType: 'grpc' as const }];
    const { clusterManager, problems } = of({
      registrationImagePullSpec: `registration:${tag}`,
      registrationConfiguration: { registrationDrivers },
      serverConfiguration: imagePullSpec === undefined ? undefined : { imagePullSpec },
    });
    const kept = clusterManager.spec?.registrationConfiguration?.registrationDrivers;
    expect(kept?.map(({ authType }) => authType)).toEqual(used);
    expect(problems).toEqual(said.map((message) => expect.stringMatching(message)));
  },
);

test('a gRPC server whose image somebody names stays, and it is said that nobody registers by it', () => {
  const spec = everything(':v0.3.0');
  const { clusterManager, problems, leftOut } = of({
    ...spec,
    serverConfiguration: { imagePullSpec: 'server' },
  });
  const { registrationDrivers } = clusterManager.spec?.registrationConfiguration ?? {};
  expect(registrationDrivers?.map(({ authType }) => authType)).toEqual(['csr', 'grpc']);
  expect(problems).toEqual([expect.stringContaining('driver awsirsa')]);
  expect(leftOut).toEqual([expect.stringContaining('driver grpc')]);
});

test.each(['', ':latest', ':v1.3.1', '@sha256:0'])(
  'an image%s that may be upstream is asked for all of it',
  (tag) => {
    const spec = everything(tag);
    expect(of(spec)).toEqual({
      clusterManager: { metadata: { name: 'cm' }, spec },
      gates: {},
      problems: [],
      leftOut: [],
    });
  },
);

test('a gate that is off is no problem', () => {
  const featureGates = [{ feature: 'ClusterImporter', mode: 'Disable' as const }];
  expect(
    of({ registrationImagePullSpec: 'r:v0.3.0', registrationConfiguration: { featureGates } }),
  ).toMatchObject({
    gates: { Registration: [] },
    problems: [],
  });
});

test('renderers that do not exist are left out', () => {
  const importerConfiguration = { renderers: ['render-auto', 'render-by-hand'] };
  const { clusterManager, leftOut } = of({ registrationConfiguration: { importerConfiguration } });
  expect(clusterManager.spec?.registrationConfiguration?.importerConfiguration?.renderers).toEqual([
    'render-auto',
  ]);
  expect(leftOut).toEqual([expect.stringContaining('["render-by-hand"] are unknown')]);
});

test.each([
  [{}, undefined],
  [{ port: 8000 }, /registrationWebhookConfiguration: port 8000, healthProbePort 8000/],
  [{ healthProbePort: 8080 }, /must differ/],
  [{ healthProbePort: 0, metricsPort: 0 }, undefined],
  [{ healthProbePort: -1, metricsPort: -1 }, undefined],
])('ports %j of a webhook', (bindConfiguration, expected) => {
  const deployOption = {
    mode: 'Default' as const,
    default: { registrationWebhookConfiguration: { bindConfiguration } },
  };
  const problem = portProblem({ metadata: { name: 'cm' }, spec: { deployOption } });
  if (expected) expect(problem).toMatch(expected);
  else expect(problem).toBeUndefined();
});
