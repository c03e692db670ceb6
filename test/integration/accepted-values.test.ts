import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  hubAddonFeatures,
  hubPlacementFeatures,
  hubRegistrationFeatures,
  hubWorkFeatures,
  spokeRegistrationFeatures,
  spokeWorkFeatures,
} from '../../operators/api/features.ts';
import type {
  ClusterManagerSpec,
  KlusterletSpec,
  RegistrationDriver,
} from '../../operators/api/generated/operator.ts';
import { findBundles, loadBundles, render } from '../../operators/registration-operator/bundle/index.ts';
import * as hub from '../../operators/registration-operator/clustermanager/rendering/feasible.ts';
import * as hubParameters from '../../operators/registration-operator/clustermanager/rendering/parameters.ts';
import * as agent from '../../operators/registration-operator/klusterlet/rendering/feasible.ts';
import { type Mode, modes } from '../../operators/registration-operator/klusterlet/mode.ts';
import * as agentParameters from '../../operators/registration-operator/klusterlet/rendering/parameters.ts';
import { driverProblem } from '../../operators/registration-operator/klusterlet/install/spec-problem.ts';
import { parseTlsProfile } from '../../operators/registration-operator/tls-profile.ts';
import type { Deployment } from '../../operators/runtime/client/kubernetes.ts';
import { type ControlPlane, patience, startControlPlane } from '../cluster/index.ts';
import { createServing, type Serving, programsOf } from './accepted-values/serving.ts';

/**
 * No gate, flag or value that an operator accepts may keep an operand from serving: what each of them renders to is
 * started as its Pod would start it, both as images of this project and with tags of the upstream releases, which get
 * all arguments. `make images IMAGE_TAG=v1.3.1` gives such tags to images of this project.
 */
const tags = ['v0.4.0', 'v1.3.1'];

let controlPlane: ControlPlane;
let serving: Serving;

beforeAll(async () => {
  controlPlane = await startControlPlane({ name: 'accepted' });
  await controlPlane.kubectl(['create', '--filename', join(import.meta.dirname, '../../crds')]);
  serving = await createServing(controlPlane);
});

afterAll(async () => {
  await serving?.dispose();
  await controlPlane?.stop();
});

const bothWays = (gates: object) =>
  Object.keys(gates).flatMap((feature) => [
    { feature, mode: 'Enable' as const },
    { feature, mode: 'Disable' as const },
  ]);

/** Strings that a user, a suffix or an annotation may be. */
const oddTexts = ['CN=a,O=b', 'says "so"', 'a=b', ' blank ', 'two\nlines', '$(POD_NAME)', '--flag', ''];

const tlsProfiles = [
  'VersionTLS10',
  'VersionTLS11',
  'VersionTLS12',
  'VersionTLS13',
  'TLSv1.2',
  'TLSv1.3',
].flatMap((minTLSVersion) =>
  [
    '',
    'TLS_AES_128_GCM_SHA256',
    'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_RSA_WITH_AES_128_CBC_SHA,NO_SUCH',
  ].map((cipherSuites) => parseTlsProfile({ minTLSVersion, cipherSuites }).profile),
);

test(
  'of a ClusterManager',
  async () => {
    const bundles = loadBundles(findBundles(), {
      sets: ['clustermanager'],
      supplies: { clustermanager: hubParameters.suppliedParameters() },
    });
    const arn = 'arn:aws:eks:us-west-2:123456789012:cluster/hub';
    const registration = (value: ClusterManagerSpec['registrationConfiguration']): ClusterManagerSpec => ({
      registrationConfiguration: value,
    });
    const csr: RegistrationDriver = { authType: 'csr', csr: { autoApprovedIdentities: oddTexts } };
    const aws: RegistrationDriver = {
      authType: 'awsirsa',
      awsirsa: { hubClusterArn: arn, autoApprovedIdentities: ['arn:.*', '['], tags: ['a=b', 'c'] },
    };
    const grpc: RegistrationDriver = { authType: 'grpc', grpc: { autoApprovedIdentities: oddTexts } };
    const importer = { feature: 'ClusterImporter', mode: 'Enable' } as const;
    const webhook = (bindConfiguration: object): ClusterManagerSpec => ({
      deployOption: {
        mode: 'Default',
        default: {
          registrationWebhookConfiguration: { bindConfiguration },
          workWebhookConfiguration: { bindConfiguration },
          addonWebhookConfiguration: { bindConfiguration },
        },
      },
    });
    const specs: ClusterManagerSpec[] = [
      {},
      ...bothWays({ ...hubRegistrationFeatures, NoSuchGate: false }).map((gate) =>
        registration({ featureGates: [gate] }),
      ),
      registration({
        featureGates: bothWays(hubRegistrationFeatures).filter(({ mode }) => mode === 'Enable'),
      }),
      ...bothWays({ ...hubWorkFeatures, NoSuchGate: false }).map((gate) => ({
        workConfiguration: { featureGates: [gate] },
      })),
      ...bothWays(hubAddonFeatures).map((gate) => ({ addOnManagerConfiguration: { featureGates: [gate] } })),
      ...bothWays(hubPlacementFeatures).map((gate) => ({ placementConfiguration: { featureGates: [gate] } })),
      ...[[], [csr], [aws], [{ authType: 'awsirsa' as const }], [grpc], [csr, aws, grpc]].map(
        (registrationDrivers) => registration({ registrationDrivers }),
      ),
      registration({ autoApproveUsers: oddTexts }),
      ...[[], ['render-auto'], ['render-auto', 'render-by-hand']].map((renderers) =>
        registration({ featureGates: [importer], importerConfiguration: { renderers } }),
      ),
      ...(['kube', 'mqtt', 'grpc'] as const).map((workDriver) => ({
        workConfiguration: {
          workDriver,
          featureGates: ['CloudEventsDrivers', 'ManifestWorkReplicaSet'].map((feature) => ({
            feature,
            mode: 'Enable' as const,
          })),
        },
      })),
      webhook({ healthProbePort: 0, metricsPort: -1 }),
    ];
    const tls = { minVersion: 'VersionTLS12', cipherSuites: [] };
    const programs = tags.flatMap((tag) =>
      [
        ...specs.map((spec) => ({ spec, tls })),
        ...tlsProfiles.map((profile) => ({ spec: {}, tls: profile })),
      ].flatMap(({ spec, tls }) => {
        const { clusterManager } = hub.feasible(bundles, {
          metadata: { name: 'cm' },
          spec: {
            registrationImagePullSpec: `registration:${tag}`,
            workImagePullSpec: `work:${tag}`,
            ...spec,
          },
        });
        const observed = {
          ...hubParameters.nothingObserved('open-cluster-management', tls),
          convertsAddons: true,
          agentImage: 'agent:1',
          syncLabels: true,
        };
        return programsOf(
          render(bundles[0], 'clustermanager', hubParameters.renderInput(clusterManager, observed)).flatMap(
            ({ objects }) => objects.map(({ object }) => object as unknown as Deployment),
          ),
        );
      }),
    );
    expect(await serving.failuresOf(programs)).toEqual([]);
  },
  12 * patience,
);

test(
  'of a Klusterlet',
  async () => {
    const bundles = loadBundles(findBundles(), {
      sets: ['klusterlet'],
      supplies: { klusterlet: agentParameters.suppliedParameters() },
    });
    const registration = (value: KlusterletSpec['registrationConfiguration']): KlusterletSpec => ({
      registrationConfiguration: value,
    });
    const arns = {
      hubClusterArn: 'arn:aws:eks:us-west-2:123456789012:cluster/hub',
      managedClusterArn: 'arn:aws:eks:us-west-2:987654321098:cluster/spoke',
    };
    const prefix = 'agent.open-cluster-management.io';
    const bootstrapKubeConfigs = {
      type: 'LocalSecrets' as const,
      localSecretsConfig: {
        kubeConfigSecrets: [{ name: 'hub1' }, { name: 'hub2' }],
        hubConnectionTimeoutSeconds: 180,
      },
    };
    const specs: KlusterletSpec[] = [
      {},
      ...bothWays({ ...spokeRegistrationFeatures, NoSuchGate: false }).map((gate) =>
        registration({ featureGates: [gate], bootstrapKubeConfigs }),
      ),
      ...bothWays({ ...spokeWorkFeatures, NoSuchGate: false }).map((gate) => ({
        workConfiguration: { featureGates: [gate] },
      })),
      registration({ registrationDriver: { authType: 'csr' } }),
      registration({ registrationDriver: { authType: 'grpc' } }),
      registration({ registrationDriver: { authType: 'awsirsa', awsIrsa: arns } }),
      ...[-1, 1, 3599, 2 ** 31 - 1].map((clientCertExpirationSeconds) =>
        registration({ clientCertExpirationSeconds }),
      ),
      ...[-1, 1, 2 ** 53, 9_223_372_036_854_775_807n].map((expirationSeconds) =>
        registration({
          addOnKubeClientRegistrationDriver: { authType: 'token', token: { expirationSeconds } },
        }),
      ),
      registration({ addOnKubeClientRegistrationDriver: { authType: 'csr' } }),
      ...[-(2 ** 31), -1, 0, 2 ** 31 - 1].map((maxCustomClusterClaims) =>
        registration({
          clusterClaimConfiguration: {
            maxCustomClusterClaims,
            reservedClusterClaimSuffixes: oddTexts.filter(Boolean),
          },
        }),
      ),
      ...[-1, 0, 2 ** 31 - 1].map((limit) => ({
        registrationConfiguration: { kubeAPIQPS: limit, kubeAPIBurst: limit },
        workConfiguration: {
          kubeAPIQPS: limit,
          kubeAPIBurst: limit,
          hubKubeAPIQPS: limit,
          hubKubeAPIBurst: limit,
        },
      })),
      ...['0s', '1s', '876000h', '99999999999h', '1h1m1s1h'].map((text) => ({
        workConfiguration: { statusSyncInterval: text, appliedManifestWorkEvictionGracePeriod: text },
      })),
      ...[['https://a:6443'], ['http://a'], ['', 'a', 'https://'], ['https://a,b', 'https://c']].map(
        (urls) => ({
          externalServerURLs: urls.map((url) => ({ url })),
        }),
      ),
      registration({
        clusterAnnotations: Object.fromEntries(oddTexts.map((text, index) => [`${prefix}/a${index}`, text])),
        clusterLabels: Object.fromEntries(oddTexts.map((text, index) => [`label${index}`, text])),
      }),
      ...oddTexts.map((text) =>
        registration({ clusterAnnotations: { [`${prefix}/a`]: text, [`${prefix}${text}`]: 'a' } }),
      ),
    ];
    const cases: { spec: KlusterletSpec; mode: Mode; tls?: (typeof tlsProfiles)[number] }[] = [
      ...specs.flatMap((spec) => (['Default', 'Singleton'] as const).map((mode) => ({ spec, mode }))),
      ...modes.map((mode) => ({ spec: {}, mode })),
      ...tlsProfiles.map((tls) => ({ spec: {}, mode: 'Default' as const, tls })),
    ];
    const programs = tags.flatMap((tag) =>
      cases.flatMap(({ spec, mode, tls }) => {
        const asked = {
          metadata: { name: 'klusterlet', uid: 'uid-1' },
          spec: {
            clusterName: 'cluster1',
            registrationImagePullSpec: `registration:${tag}`,
            workImagePullSpec: `work:${tag}`,
            imagePullSpec: `registration-operator:${tag}`,
            deployOption: { mode },
            ...spec,
          },
        };
        if (driverProblem(asked, bundles)) return []; // said by Applied, and not installed
        const input = agentParameters.renderInput(agent.feasible(asked).klusterlet, {
          ...agentParameters.nothingObserved(mode),
          workReplicas: 1,
          workClusterName: 'cluster1',
          tls,
        });
        return programsOf(
          render(bundles[0], 'klusterlet', input).flatMap(({ objects }) =>
            objects.map(({ object }) => object as unknown as Deployment),
          ),
        );
      }),
    );
    expect(await serving.failuresOf(programs)).toEqual([]);
  },
  12 * patience,
);
