import { setTimeout as delay } from 'node:timers/promises';
import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { clusterManagers } from '../../operators/api/generated/operator.ts';
import { configMap, label, secret as secretName } from '../../operators/api/names.ts';
import { certRotationController } from '../../operators/registration-operator/clustermanager/certificates/cert-rotation-controller.ts';
import type {
  RotationDependencies,
  RotationTimes,
} from '../../operators/registration-operator/clustermanager/certificates/rotation.ts';
import { issueServing } from '../../operators/registration-operator/clustermanager/certificates/issue.ts';
import { certificateExpiries } from '../../operators/registration-operator/clustermanager/certificates/expiries.ts';
import { findBundles, loadBundles } from '../../operators/registration-operator/bundle/index.ts';
import { imageSettings } from '../../operators/registration-operator/own-images.ts';
import { hubNamespaceOf } from '../../operators/registration-operator/clustermanager/mode.ts';
import { certificatesOf } from '../../operators/registration-operator/clustermanager/certificates/renewal.ts';
import { createInformers } from '../../operators/runtime/cache/informers.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import {
  type ConfigMap,
  configMaps,
  type Namespace,
  namespaces,
  type Secret,
  secrets,
  type Service,
  services,
} from '../../operators/runtime/client/kubernetes.ts';
import { runControllers } from '../../operators/runtime/controller/run.ts';
import { createLogger } from '../../operators/runtime/process/logger.ts';
import { createMetrics } from '../../operators/runtime/process/metrics.ts';
import { type ControlPlane, startControlPlane, waitFor } from '../cluster/index.ts';
import { logStream } from '../cluster/logs.ts';
import { clientOf, controlPlaneOptions, hubNamespace, prepare } from './clustermanager/harness.ts';

/** Short, but with a fifth of each validity well above the interval, as operator.md 4.9 demands. */
const times: RotationTimes = { authorityMs: 48_000, servingMs: 24_000, intervalMs: 500 };
const names = [
  secretName.registrationWebhookServingCert,
  secretName.workWebhookServingCert,
  secretName.addonWebhookServingCert,
];

let controlPlane: ControlPlane;
let client: Client;
const stop = new AbortController();
const metrics = createMetrics();
let running: Promise<void>;

beforeAll(async () => {
  controlPlane = await startControlPlane({ name: 'certificates', ...controlPlaneOptions });
  client = clientOf(controlPlane);
  await prepare(controlPlane);
  const logger = createLogger({ stream: logStream('controller') });
  const informers = createInformers(client, { logger });
  const secretsNamed = (name: string) =>
    informers.informer<Secret>(secrets, { fieldSelector: `metadata.name=${name}`, metadataOnly: true });
  const hubs = informers.informer(clusterManagers);
  const deps: RotationDependencies = {
    settings: { images: imageSettings({}, ''), clusterDomain: 'cluster.local' },
    bundles: loadBundles(findBundles(), { sets: ['clustermanager'] }),
    management: { client },
    clusterManagers: hubs,
    certificates: certificateExpiries(metrics, () => hubs.list().map(hubNamespaceOf)),
    hubNamespaces: informers.informer<Namespace>(namespaces, { metadataOnly: true }),
    caBundles: informers.informer<ConfigMap>(configMaps, {
      fieldSelector: `metadata.name=${configMap.caBundle}`,
    }),
    operandServices: informers.informer<Service>(services, {
      labelSelector: label.createdByClusterManager,
      metadataOnly: true,
    }),
    certificateSecrets: [
      ...names,
      secretName.signer,
      secretName.grpcServerServingCert,
      secretName.placementDebugServingCert,
    ].map(secretsNamed),
  };
  informers.start(stop.signal);
  const options = { logger, metrics };
  running = runControllers([certRotationController(deps, times)], options, stop.signal);
});

afterAll(async () => {
  stop.abort();
  await running;
  await client?.close();
  await controlPlane?.stop();
});

/** How often the controller has looked, whatever came of it. */
const reconciles = (): number =>
  [...metrics.expose().matchAll(/^controller_runtime_reconcile_total\{.*\} (\d+)$/gm)]
    .map(([, times]) => Number(times))
    .reduce((sum, times) => sum + times, 0);

const secretsThere = async () => (await client.list(secrets, { namespace: hubNamespace })).items;

test('operator.md 62: without a ClusterManager or its namespace nothing is created', async () => {
  await client.create(namespaces, { metadata: { name: hubNamespace } });
  await client.create(namespaces, { metadata: { name: 'hosted' } });
  await client.create(clusterManagers, {
    metadata: { name: 'nowhere' },
    spec: { deployOption: { mode: 'Hosted' } },
  });
  const before = reconciles();
  await waitFor('the ClusterManager looked at twice', async () => reconciles() >= before + 2);
  expect(await secretsThere()).toEqual([]);
  expect(await client.find(namespaces, 'nowhere')).toBeUndefined();
  await client.delete(clusterManagers, { name: 'nowhere' });
});

test('operator.md 64: with short validities certificates are valid at all times, their issuer in the bundle', async () => {
  await client.create(clusterManagers, { metadata: { name: 'cluster-manager' } });
  await waitFor('all certificates', async () => (await secretsThere()).length === names.length + 1);
  const authorities = new Set<string>();
  const leaves = new Set<string>();
  /**
   * A machine that stood still for a part of the time that there is to renew leaves the controller no chance: certificates
   * count again once it has looked anew.
   */
  let [last, judgedFrom] = [performance.now(), reconciles()];
  const hadItsTime = (): boolean => {
    const now = performance.now();
    if (now - last > times.servingMs / 10) judgedFrom = reconciles() + 2;
    last = now;
    return reconciles() >= judgedFrom;
  };
  let judged = 0;
  // An authority more, and of each certificate two more.
  while (authorities.size < 2 || leaves.size <= 2 * names.length || judged < 50) {
    const trusted = await client.get(configMaps, configMap.caBundle, hubNamespace);
    const bundle = certificatesOf(trusted.data?.['ca-bundle.crt'] ?? '');
    authorities.add(bundle[0]?.fingerprint256 ?? '');
    for (const name of names) {
      const { data } = await client.get(secrets, name, hubNamespace);
      const leaf = new X509Certificate(Buffer.from(data?.['tls.crt'] ?? '', 'base64'));
      leaves.add(leaf.fingerprint256);
      const known = [
        ...bundle,
        ...certificatesOf(
          (await client.get(configMaps, configMap.caBundle, hubNamespace)).data?.['ca-bundle.crt'] ?? '',
        ),
      ];
      if (!hadItsTime()) continue;
      judged += 1;
      expect(leaf.validToDate.getTime()).toBeGreaterThan(Date.now());
      expect(known.some((authority) => leaf.verify(authority.publicKey))).toBe(true);
    }
    await delay(500);
  }
  const told = () => [
    ...metrics.expose().matchAll(/^ocm_hub_certificate_\w+\{namespace="(.+)",secret="(.+)"\} (\d+)$/gm),
  ];
  expect(
    told()
      .map(([, namespace, secret]) => `${namespace}/${secret}`)
      .toSorted(),
  ).toEqual([secretName.signer, ...names].map((name) => `${hubNamespace}/${name}`).toSorted());
  await waitFor('all that is told to be of certificates that are valid', async () =>
    told().every(([, , , expiresAt]) => Number(expiresAt) * 1000 > Date.now()),
  );
});

test('operator.md 33, 65: the gRPC certificate comes and goes with its driver, and follows its hosts', async () => {
  const edit = (spec: object) =>
    client.patch(clusterManagers, { name: 'cluster-manager' }, { type: 'merge', body: { spec } });
  const hostsOf = async () => {
    const secret = await client.find(secrets, secretName.grpcServerServingCert, hubNamespace);
    return (
      secret && new X509Certificate(Buffer.from(secret.data?.['tls.crt'] ?? '', 'base64')).subjectAltName
    );
  };
  const own = `DNS:cluster-manager-grpc-server.${hubNamespace}.svc`;
  await edit({ registrationConfiguration: { registrationDrivers: [{ authType: 'grpc' }] } });
  await waitFor('the certificate', async () => (await hostsOf()) === own);
  const exposure = { protocol: 'grpc', grpc: { type: 'hostname', hostname: { host: 'grpc.example.com' } } };
  await edit({ serverConfiguration: { endpointsExposure: [exposure] } });
  await waitFor(
    'its host',
    async () => (await hostsOf())?.split(', ').toSorted().join(' ') === `${own} DNS:grpc.example.com`,
  );

  const service = { name: 'cluster-manager-grpc-server', namespace: hubNamespace };
  await client.create<Service>(services, {
    metadata: { ...service, labels: { [label.createdByClusterManager]: 'cluster-manager' } },
    spec: { type: 'LoadBalancer', ports: [{ port: 443 }] },
  });
  const addressed = (ip: string) =>
    client.patch(
      services,
      service,
      { type: 'merge', body: { status: { loadBalancer: { ingress: [{ ip }] } } } },
      { subresource: 'status' },
    );
  await edit({
    serverConfiguration: { endpointsExposure: [{ protocol: 'grpc', grpc: { type: 'loadBalancer' } }] },
  });
  for (const ip of ['192.0.2.1', '192.0.2.2']) {
    await addressed(ip);
    await waitFor(
      'the address of the load balancer',
      async () => (await hostsOf())?.split(', ').toSorted().join(' ') === `DNS:${ip} ${own} IP Address:${ip}`,
      { interval: 20 },
    );
  }
  await edit({ registrationConfiguration: null });
  await waitFor('its end', async () => (await hostsOf()) === undefined);
});

test('since-1.3.1.md 77, 78, 79: the certificate of the debug server has both names, anew where it had one, and goes with the gate', async () => {
  const name = secretName.placementDebugServingCert;
  const edit = (mode: string) =>
    client.patch(
      clusterManagers,
      { name: 'cluster-manager' },
      {
        type: 'merge',
        body: {
          spec: { placementConfiguration: { featureGates: [{ feature: 'PlacementDebugServer', mode }] } },
        },
      },
    );
  const leafOf = async () => {
    const secret = await client.find(secrets, name, hubNamespace);
    return secret && new X509Certificate(Buffer.from(secret.data?.['tls.crt'] ?? '', 'base64'));
  };
  const own = `cluster-manager-placement.${hubNamespace}.svc`;
  const hasBoth = async () =>
    (await leafOf())?.subjectAltName?.split(', ').toSorted().join() === `DNS:${own},DNS:${own}.cluster.local`;
  const signer = await client.get(secrets, secretName.signer, hubNamespace);
  const pem = (key: string) => Buffer.from(signer.data?.[key] ?? '', 'base64').toString();
  const authority = { certificate: pem('tls.crt'), key: pem('tls.key') };
  const old = await issueServing(authority, [own], new Date(), times.servingMs);
  const encode = (text: string) => Buffer.from(text).toString('base64');
  await edit('Enable');
  await waitFor('both names', hasBoth);
  // As operators before the second name made it.
  await client.patch(
    secrets,
    { name, namespace: hubNamespace },
    {
      type: 'merge',
      body: { data: { 'tls.crt': encode(old.certificate), 'tls.key': encode(old.key) } },
    },
  );
  await waitFor('both names again', hasBoth);
  await edit('Disable');
  await waitFor('its end', async () => (await leafOf()) === undefined);
});
