import { expect, test } from '@jest/globals';
import type { KlusterletSpec } from '../../../api/generated/operator.ts';
import { findBundles, loadBundles } from '../../bundle/index.ts';
import { feasible } from './feasible.ts';
import { labelsWithoutEffect } from './labels-without-effect.ts';
import { suppliedParameters } from './parameters.ts';
import { driverProblem } from '../install/spec-problem.ts';

const bundles = loadBundles(findBundles(), {
  sets: ['klusterlet'],
  supplies: { klusterlet: suppliedParameters() },
});

type Registration = NonNullable<KlusterletSpec['registrationConfiguration']>;
const registration = (registrationConfiguration: Registration): KlusterletSpec => ({
  registrationConfiguration,
});

test.each<[string, KlusterletSpec, KlusterletSpec, RegExp[]]>([
  ['nothing', {}, {}, []],
  [
    'what serves',
    registration({
      clientCertExpirationSeconds: 3600,
      clusterAnnotations: { 'agent.open-cluster-management.io/a': 'b' },
    }),
    registration({
      clientCertExpirationSeconds: 3600,
      clusterAnnotations: { 'agent.open-cluster-management.io/a': 'b' },
    }),
    [],
  ],
  [
    'a certificate of two minutes',
    registration({ clientCertExpirationSeconds: 120 }),
    registration({ clientCertExpirationSeconds: 3600 }),
    [/registrationConfiguration.clientCertExpirationSeconds: 120 .*3600 is used/],
  ],
  [
    'a certificate of no time, which means none',
    registration({ clientCertExpirationSeconds: 0 }),
    registration({ clientCertExpirationSeconds: 0 }),
    [],
  ],
  [
    'a token of a minute',
    registration({
      addOnKubeClientRegistrationDriver: { authType: 'token', token: { expirationSeconds: 60 } },
    }),
    registration({
      addOnKubeClientRegistrationDriver: { authType: 'token', token: { expirationSeconds: 600 } },
    }),
    [/token.expirationSeconds: .*600 is used/],
  ],
  [
    'a token for ever',
    registration({
      addOnKubeClientRegistrationDriver: { authType: 'token', token: { expirationSeconds: 2 ** 52 } },
    }),
    registration({
      addOnKubeClientRegistrationDriver: { authType: 'token', token: { expirationSeconds: 2 ** 32 } },
    }),
    [/token.expirationSeconds: .*4294967296 is used/],
  ],
  [
    'less than no claims',
    registration({ clusterClaimConfiguration: { maxCustomClusterClaims: -1 } }),
    registration({ clusterClaimConfiguration: { maxCustomClusterClaims: 0 } }),
    [/maxCustomClusterClaims: -1/],
  ],
  [
    'annotations that do not pass',
    registration({
      clusterAnnotations: {
        'agent.open-cluster-management.io/a': '1',
        other: '2',
        'agent.open-cluster-management.io/b c': '3',
      },
    }),
    registration({ clusterAnnotations: { 'agent.open-cluster-management.io/a': '1' } }),
    [/clusterAnnotations: "agent.open-cluster-management.io\/b c", "other": keys must/],
  ],
  [
    "labels that are the hub's, and one that is none",
    registration({
      clusterLabels: {
        environment: 'production',
        'cluster.open-cluster-management.io/clusterset': 'a',
        'b c': 'd',
      },
    }),
    registration({ clusterLabels: { environment: 'production' } }),
    [/clusterLabels: "b c", "cluster.open-cluster-management.io\/clusterset": no legal label/],
  ],
  [
    'URLs that are not https',
    { externalServerURLs: [{ url: 'https://a' }, { url: 'http://b' }, { url: 'c' }] },
    { externalServerURLs: [{ url: 'https://a' }] },
    [/spec.externalServerURLs: "http:\/\/b", "c": no https URL/],
  ],
  [
    'waits that nobody waits',
    {
      workConfiguration: { statusSyncInterval: '0s', appliedManifestWorkEvictionGracePeriod: '99999999999h' },
    },
    {
      workConfiguration: {
        statusSyncInterval: undefined,
        appliedManifestWorkEvictionGracePeriod: '2562047h',
      },
    },
    [/workConfiguration.statusSyncInterval: nobody waits 0s/, /GracePeriod: nobody waits 99999999999h/],
  ],
])('of a spec with %s is passed on what agents start with', (_, spec, passed, said) => {
  const { klusterlet, leftOut } = feasible({ metadata: { name: 'k' }, spec });
  expect(klusterlet.spec).toEqual(passed);
  expect(leftOut).toEqual(said.map((message) => expect.stringMatching(message)));
});

test.each<[string, string, string | undefined, RegExp | undefined]>([
  ['Default', 'csr', 'registration:v0.3.0', undefined],
  [
    'Default',
    'grpc',
    'registration:v0.3.0',
    /authType grpc, which spec.registrationImagePullSpec registration:v0.3.0/,
  ],
  ['Default', 'grpc', 'registration:v0.4.0', undefined],
  ['Singleton', 'grpc', 'agent:v0.4.0', undefined],
  ['Default', 'awsirsa', 'registration:v0.2.0', /authType awsirsa/],
  ['Default', 'awsirsa', 'registration:v0.4.0', /authType awsirsa/],
  ['Default', 'awsirsa', 'registration@sha256:0', undefined],
  ['Default', 'grpc', 'registration:v1.3.1', undefined],
  ['Singleton', 'grpc', 'agent:v0.3.0', /which spec.imagePullSpec agent:v0.3.0/],
  ['Detached', 'grpc', undefined, undefined],
])(
  '%s mode with authType %s and image %s: an image registers as it can',
  (mode, authType, image, expected) => {
    const images = { registrationImagePullSpec: image, workImagePullSpec: image, imagePullSpec: image };
    const spec = {
      ...images,
      deployOption: { mode },
      registrationConfiguration: { registrationDriver: { authType: authType as 'csr' } },
    };
    const problem = driverProblem({ metadata: { name: 'k' }, spec }, bundles);
    if (expected) expect(problem).toMatch(expected);
    else expect(problem).toBeUndefined();
  },
);

test.each<[string, string | undefined, boolean]>([
  ['Default', 'registration:v0.3.0', true],
  ['Default', 'registration:latest', true],
  ['Default', 'registration:v0.2.0', false],
  ['Default', 'registration:v1.3.1', false],
  ['Singleton', 'registration:v1.3.1', false],
])('%s mode with image %s: the agent is told its labels: %s', (mode, image, expected) => {
  const images = { registrationImagePullSpec: image, imagePullSpec: image };
  const labelled = (clusterLabels: Record<string, string>) => ({
    metadata: { name: 'k' },
    spec: { ...images, deployOption: { mode }, registrationConfiguration: { clusterLabels } },
  });
  expect(labelsWithoutEffect(labelled({ a: 'b' }), bundles)).toHaveLength(expected ? 0 : 1);
  expect(labelsWithoutEffect(labelled({}), bundles)).toEqual([]);
});
