import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { clusterManagers } from '../../operators/api/generated/operator.ts';
import { annotation, label, secret as secretName } from '../../operators/api/names.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import { parseKubeconfig } from '../../operators/runtime/client/kubeconfig/connection-of.ts';
import {
  clusterRoles,
  customResourceDefinitions,
  deployments,
  endpoints,
  namespaces,
  networkPolicies,
  secrets,
  serviceAccounts,
  services as serviceResource,
  validatingAdmissionPolicies,
  validatingWebhookConfigurations,
} from '../../operators/runtime/client/kubernetes.ts';
import { type ControlPlane, startControlPlane, waitFor } from '../cluster/index.ts';
import {
  argsOf,
  clientOf,
  controlPlaneOptions,
  getClusterManager,
  OperatorProcess,
  operatorNamespace,
  prepare,
  Rollouts,
  waitForAddOnManager,
  waitForCondition,
  waitForSettled,
} from './clustermanager/harness.ts';

/** CRDs go one after another. */

const name = 'hosted';
const operands = [
  'registration-controller',
  'registration-webhook',
  'work-webhook',
  'placement-controller',
  'addon-manager-controller',
];
const webhook = { address: 'webhooks.example.com', port: 8443 };
const spec = {
  deployOption: {
    mode: 'Hosted' as const,
    hosted: {
      registrationWebhookConfiguration: webhook,
      workWebhookConfiguration: webhook,
      addonWebhookConfiguration: webhook,
    },
  },
};

let managementPlane: ControlPlane;
let hubPlane: ControlPlane;
let management: Client;
let hub: Client;
let operator: OperatorProcess;
let rollouts: Rollouts;

const giveKubeconfig = () =>
  management.create(secrets, {
    metadata: { name: secretName.externalHubKubeconfig, namespace: name },
    data: { kubeconfig: Buffer.from(hubPlane.kubeconfigYaml).toString('base64') },
  });
const isGone = async () => (await management.find(clusterManagers, name)) === undefined;

beforeAll(async () => {
  [managementPlane, hubPlane] = await Promise.all([
    startControlPlane({ name: 'management', ...controlPlaneOptions }),
    startControlPlane({ name: 'hub', ...controlPlaneOptions }),
  ]);
  management = clientOf(managementPlane);
  hub = clientOf(hubPlane);
  rollouts = new Rollouts(management).start();
  operator = new OperatorProcess(await prepare(managementPlane));
});

afterAll(async () => {
  await operator?.stop();
  await rollouts?.stop();
  await Promise.all([management?.close(), hub?.close()]);
  await Promise.all([managementPlane?.stop(), hubPlane?.stop()]);
});

test('operator.md 55: without its kubeconfig secret a condition says what to do, and nothing happens', async () => {
  await management.create(namespaces, { metadata: { name } });
  await management.create(clusterManagers, { metadata: { name }, spec });
  const condition = await waitForCondition(management, 'Applied', 'False', 'HubResourceApplyFailed', name);
  expect(condition.message).toContain('Secret hosted/external-hub-kubeconfig does not exist');
  expect((await management.list(deployments)).items).toEqual([]);
});

test('operator.md 54, 20: the hub gets RBAC, CRDs and webhooks, the management cluster the Pods', async () => {
  await giveKubeconfig();
  await waitForAddOnManager(management, name);
  await waitFor(
    'the webhooks',
    async () => (await hub.list(validatingWebhookConfigurations)).items.length === 3,
  );

  // What bounds the add-on manager there; on its own cluster the operator has it from who installed it.
  const policies = (await hub.list(validatingAdmissionPolicies)).items.map(({ metadata }) => metadata.name);
  expect(policies.toSorted()).toEqual(
    ['bindings', 'roles', 'tokens'].map((each) => `addon-manager-${each}.${name}.open-cluster-management.io`),
  );
  for (const operand of operands) await hub.get(serviceAccounts, `${operand}-sa`, name);
  await hub.get(clusterRoles, `open-cluster-management:${name}-registration:controller`);
  expect((await hub.list(customResourceDefinitions)).items).toHaveLength(12);
  const ofOperator = (await management.list(customResourceDefinitions)).items;
  expect(ofOperator.map(({ metadata }) => metadata.name)).toEqual([
    'clustermanagers.operator.open-cluster-management.io',
  ]);
  expect((await hub.list(deployments)).items).toEqual([]);
  const service = await hub.get(serviceResource, 'cluster-manager-registration-webhook', name);
  expect(service.spec).toMatchObject({ type: 'ExternalName', externalName: webhook.address });
  for (const { webhooks } of (await hub.list(validatingWebhookConfigurations)).items)
    expect(webhooks?.[0]?.clientConfig.service).toMatchObject({ namespace: name, port: 8443 });

  expect((await management.list(validatingWebhookConfigurations)).items).toEqual([]);
  expect(
    await management.find(clusterRoles, `open-cluster-management:${name}-registration:controller`),
  ).toBeUndefined();
  for (const operand of operands) {
    const deployment = await management.get(deployments, `${name}-${operand}`, name);
    const pod = deployment.spec?.template.spec;
    expect(deployment.spec?.replicas).toBe(1);
    expect(pod?.serviceAccountName ?? 'default').toBe('default');
    expect(argsOf(deployment)).toContain('--kubeconfig=/var/run/secrets/hub/kubeconfig');
    expect(pod?.volumes).toContainEqual(
      expect.objectContaining({
        name: 'kubeconfig',
        secret: expect.objectContaining({ secretName: `${operand}-sa-kubeconfig` }),
      }),
    );
  }
  const { status } = await getClusterManager(management, name);
  // As in Default mode; the namespace, which is on both clusters, is listed for each.
  expect(status?.relatedResources).toHaveLength(57 + 6);
  // What asks nothing of the hub has no way to it.
  const ofWebhook = await management.get(deployments, `${name}-addon-webhook`, name);
  expect(JSON.stringify(ofWebhook.spec?.template.spec)).not.toContain('kubeconfig');
  await hub.get(serviceAccounts, 'addon-webhook-sa', name);
  expect(await management.find(secrets, 'addon-webhook-sa-kubeconfig', name)).toBeUndefined();
});

test('operator.md 57, 58: operands act on the hub by tokens of their own ServiceAccounts', async () => {
  const secret = await management.get(secrets, 'registration-controller-sa-kubeconfig', name);
  const text = (key: string) => Buffer.from(secret.data?.[key] ?? '', 'base64').toString();
  const connection = parseKubeconfig(text('kubeconfig'));
  expect(connection).toMatchObject({ server: hubPlane.server, tokenFile: '/var/run/secrets/hub/token' });
  expect(text('serviceaccount_name')).toBe('registration-controller-sa');
  const account = await hub.get(serviceAccounts, 'registration-controller-sa', name);
  expect(text('serviceaccount_uid')).toBe(account.metadata.uid);
  expect(Date.parse(text('expiration'))).toBeGreaterThan(Date.now());
  expect(secret.metadata.labels?.[label.createdByClusterManager]).toBeUndefined();
});

test('a kubeconfig of an operand that was deleted comes back', async () => {
  const secret = { name: 'work-webhook-sa-kubeconfig', namespace: name };
  await management.delete(secrets, secret);
  const isBack = async () => (await management.find(secrets, secret.name, name)) !== undefined;
  await waitFor('the Secret came back', isBack);
});

test('operator.md 61: the gRPC server of a hosted hub stands with its Service where the Pods are (D11, D12)', async () => {
  const drivers = (list: object[] | null) =>
    management.patch(
      clusterManagers,
      { name },
      { type: 'merge', body: { spec: { registrationConfiguration: { registrationDrivers: list } } } },
    );
  const server = `${name}-grpc-server`;
  const kubeconfig = () => management.find(secrets, 'grpc-server-sa-kubeconfig', name);
  await drivers([{ authType: 'grpc' }]);
  await waitForSettled(management, name);
  await hub.get(serviceAccounts, 'grpc-server-sa', name);
  await hub.get(clusterRoles, `open-cluster-management:${name}-grpc-server`);
  await management.get(serviceResource, server, name);
  expect(await hub.find(serviceResource, server, name)).toBeUndefined();
  const deployment = await management.get(deployments, server, name);
  expect(argsOf(deployment)).toContain('--kubeconfig=/var/run/secrets/hub/kubeconfig');
  const made = await kubeconfig();
  const account = Buffer.from(made?.data?.serviceaccount_name ?? '', 'base64').toString();
  expect(account).toBe('grpc-server-sa');
  await waitFor(
    'the certificate',
    async () => (await management.find(secrets, secretName.grpcServerServingCert, name)) !== undefined,
  );

  await management.delete(secrets, { name: 'grpc-server-sa-kubeconfig', namespace: name });
  await waitFor('the kubeconfig came back', async () => (await kubeconfig()) !== undefined);

  await drivers(null);
  await waitFor('all of it went', async () => {
    const left = await Promise.all([
      management.find(deployments, server, name),
      management.find(serviceResource, server, name),
      management.find(secrets, secretName.grpcServerServingCert, name),
      kubeconfig(),
      hub.find(serviceAccounts, 'grpc-server-sa', name),
      hub.find(clusterRoles, `open-cluster-management:${name}-grpc-server`),
    ]);
    return left.every((object) => object === undefined);
  });
  await waitForSettled(management, name);
});

test('operator.md D13, placement.md P14: the debug server stands where the Pods are, with a kubeconfig of the hub', async () => {
  const gate = (mode: string) =>
    management.patch(
      clusterManagers,
      { name },
      {
        type: 'merge',
        body: {
          spec: { placementConfiguration: { featureGates: [{ feature: 'PlacementDebugServer', mode }] } },
        },
      },
    );
  const service = () => management.find(serviceResource, `${name}-placement`, name);
  const certificate = () => management.find(secrets, secretName.placementDebugServingCert, name);
  await gate('Enable');
  await waitFor('its Service and certificate', async () => (await service()) && (await certificate()));
  await waitForSettled(management, name);
  const deployment = await management.get(deployments, `${name}-placement-controller`, name);
  const [, server] = deployment.spec?.template.spec?.containers ?? [];
  expect(server?.args).toContain('--kubeconfig=/var/run/secrets/hub/kubeconfig');
  expect(server?.volumeMounts).toContainEqual({
    name: 'kubeconfig',
    mountPath: '/var/run/secrets/hub',
    readOnly: true,
  });
  expect(await hub.find(serviceResource, `${name}-placement`, name)).toBeUndefined();
  expect(await hub.find(secrets, secretName.placementDebugServingCert, name)).toBeUndefined();
  await gate('Disable');
  await waitFor('all of it went', async () => !(await service()) && !(await certificate()));
  await waitForSettled(management, name);
});

test('drift on the hub is repaired as on the management cluster', async () => {
  const role = `open-cluster-management:${name}-work:webhook`;
  await hub.delete(clusterRoles, { name: role });
  await hub.patch(
    serviceResource,
    { name: 'cluster-manager-work-webhook', namespace: name },
    { type: 'merge', body: { spec: { externalName: 'elsewhere.example.com' } } },
  );
  await waitFor('both repaired', async () => {
    const service = await hub.get(serviceResource, 'cluster-manager-work-webhook', name);
    return (
      (await hub.find(clusterRoles, role)) !== undefined && service.spec?.externalName === webhook.address
    );
  });
});

test('operator.md 60, 81: webhooks that are reached by address have Endpoints, all with the port of the hub (D9)', async () => {
  const reachedAt = async (address: string) => {
    const bindConfiguration = { port: 9444 };
    const configuration = { address, port: 8443, bindConfiguration };
    const hosted = {
      registrationWebhookConfiguration: configuration,
      workWebhookConfiguration: configuration,
      addonWebhookConfiguration: configuration,
    };
    const body = { spec: { deployOption: { mode: 'Hosted', hosted } } };
    await management.patch(clusterManagers, { name }, { type: 'merge', body });
    await waitForSettled(management, name);
  };
  const serviceNames = ['registration', 'work', 'addon'].map((each) => `cluster-manager-${each}-webhook`);
  const endpointsOf = (service: string) => hub.find(endpoints, service, name);
  const untilReachedAt = (service: string, ip: string) =>
    waitFor(`${service} at ${ip}`, async () => {
      const found = await endpointsOf(service);
      return found?.subsets?.[0]?.addresses?.[0]?.ip === ip ? found : undefined;
    });

  await reachedAt('10.0.0.1');
  for (const service of serviceNames) {
    const found = await untilReachedAt(service, '10.0.0.1');
    expect(found.subsets).toEqual([
      { addresses: [{ ip: '10.0.0.1' }], ports: [{ name: 'tls', port: 8443, protocol: 'TCP' }] },
    ]);
    expect(found.metadata.labels?.[label.createdByClusterManager]).toBe(name);
    const { spec: ofService } = await hub.get(serviceResource, service, name);
    expect(ofService).toMatchObject({
      type: 'ClusterIP',
      ports: [{ name: 'tls', port: 8443, targetPort: 8443 }],
    });
    expect([ofService?.selector, ofService?.externalName]).toEqual([undefined, undefined]);
  }
  for (const operand of ['registration-webhook', 'work-webhook', 'addon-webhook']) {
    const deployment = await management.get(deployments, `${name}-${operand}`, name);
    expect(argsOf(deployment)).toContain('--port=9444');
    expect(deployment.spec?.template.spec?.containers[0]?.ports?.[0]?.containerPort).toBe(9444);
  }
  for (const { webhooks } of (await hub.list(validatingWebhookConfigurations)).items)
    expect(webhooks?.[0]?.clientConfig.service?.port).toBe(8443);

  const versions = async () =>
    Promise.all(serviceNames.map(async (service) => (await endpointsOf(service))?.metadata.resourceVersion));
  const before = await versions();
  await management.patch(
    clusterManagers,
    { name },
    { type: 'merge', body: { spec: { nodePlacement: { nodeSelector: { a: 'b' } } } } },
  );
  await waitForSettled(management, name);
  expect(await versions()).toEqual(before);

  await reachedAt('10.0.0.2');
  for (const service of serviceNames) await untilReachedAt(service, '10.0.0.2');
  const [first = ''] = serviceNames;
  const body = { subsets: [{ addresses: [{ ip: '10.9.9.9' }], ports: [{ name: 'tls', port: 1 }] }] };
  await hub.patch(endpoints, { name: first, namespace: name }, { type: 'merge', body });
  await untilReachedAt(first, '10.0.0.2');

  await reachedAt(webhook.address);
  for (const service of serviceNames) {
    await waitFor(`no Endpoints of ${service}`, async () => (await endpointsOf(service)) === undefined);
    const { spec: ofService } = await hub.get(serviceResource, service, name);
    expect(ofService).toMatchObject({ type: 'ExternalName', externalName: webhook.address });
  }
});

test('addon.md A22: versions of add-ons are converted while the hub is told where the webhook is', async () => {
  const tell = async (address: string | null) => {
    const addonWebhookConfiguration = address && { address, port: 8443 };
    const body = { spec: { deployOption: { mode: 'Hosted', hosted: { addonWebhookConfiguration } } } };
    await management.patch(clusterManagers, { name }, { type: 'merge', body });
    await waitForSettled(management, name);
  };
  const conversion = async () => {
    const crd = 'managedclusteraddons.addon.open-cluster-management.io';
    return (await hub.get(customResourceDefinitions, crd)).spec.conversion;
  };
  const manager = () => management.find(deployments, `${name}-addon-manager-controller`, name);
  const asked = { namespace: name, name: 'cluster-manager-addon-webhook', path: '/convert', port: 8443 };
  expect((await conversion())?.webhook?.clientConfig?.service).toEqual(asked);

  await tell(null);
  const reason = 'GetAddOnManagerDeploymentFailed';
  const { message } = await waitForCondition(management, 'HubAddOnManagerDegraded', 'True', reason, name);
  expect(message).toContain('set spec.deployOption.hosted.addonWebhookConfiguration.address');
  expect((await conversion())?.strategy).toBe('None');
  await waitFor('the manager went', async () => (await manager()) === undefined);
  await waitFor('its Service went', async () => !(await hub.find(serviceResource, asked.name, name)));

  await tell(webhook.address);
  await waitForCondition(management, 'HubAddOnManagerDegraded', 'False', 'AddOnManagerFunctional', name);
  expect((await conversion())?.webhook?.clientConfig?.service).toEqual(asked);
  expect(await manager()).toBeDefined();
});

test('operator.md 59: pull secret and work driver reach the cluster of the Pods, and not the hub (D8)', async () => {
  const metadata = { name: secretName.imagePull, namespace: operatorNamespace };
  const data = { '.dockerconfigjson': Buffer.from('{"auths":{}}').toString('base64') };
  await management.create(secrets, { metadata, type: 'kubernetes.io/dockerconfigjson', data });
  const driver = { name: secretName.workDriverConfig, namespace: operatorNamespace };
  await management.create(secrets, { metadata: driver, data: { 'config.yaml': 'eA==' } });
  const edit = (workConfiguration: object | null) =>
    management.patch(clusterManagers, { name }, { type: 'merge', body: { spec: { workConfiguration } } });
  const enabled = ['ManifestWorkReplicaSet', 'CloudEventsDrivers'];
  await edit({ workDriver: 'grpc', featureGates: enabled.map((feature) => ({ feature, mode: 'Enable' })) });
  for (const copy of [secretName.imagePull, secretName.workDriverConfig])
    await waitFor(
      `the copy of ${copy}`,
      async () => (await management.find(secrets, copy, name)) !== undefined,
    );
  await waitForSettled(management, name);
  const controller = await management.get(deployments, `${name}-work-controller`, name);
  expect(controller.spec?.template.spec?.volumes).toContainEqual(
    expect.objectContaining({
      secret: expect.objectContaining({ secretName: secretName.workDriverConfig }),
    }),
  );
  for (const copy of [secretName.imagePull, secretName.workDriverConfig])
    expect(await hub.find(secrets, copy, name)).toBeUndefined();
  await edit(null);
  await waitForSettled(management, name);
});

test('since-1.3.1.md 12, 13: network policies stand where the Pods are, with the ports of both API servers, and go', async () => {
  const edit = (mode: string) =>
    management.patch(
      clusterManagers,
      { name },
      {
        type: 'merge',
        body: {
          spec: { registrationConfiguration: { featureGates: [{ feature: 'NetworkPolicies', mode }] } },
        },
      },
    );
  const policies = async (client: Client) => (await client.list(networkPolicies)).items;
  await edit('Enable');
  await waitFor('five policies', async () => (await policies(management)).length === 5);
  await waitForSettled(management, name);
  expect(await policies(hub)).toEqual([]);
  const egress = (await management.get(networkPolicies, 'allow-egress', name)).spec?.egress ?? [];
  const open = egress.flatMap(({ ports = [] }) => ports.map(({ port }) => port));
  for (const plane of [managementPlane, hubPlane])
    expect(open).toContain(Number(new URL(parseKubeconfig(plane.kubeconfigYaml).server).port));
});

test('operator.md 53: a Default ClusterManager beside it has certificates of its own', async () => {
  await management.create(clusterManagers, { metadata: { name: 'plain' } });
  await waitForSettled(management, 'plain');
  const of = async (namespace: string) =>
    (await management.get(secrets, secretName.signer, namespace)).data?.['tls.crt'];
  const hosted = await of(name);
  const before = await of('open-cluster-management-hub');
  expect(before).not.toBe(hosted);
  // A new authority of the one is none of the other's.
  const signer = { name: secretName.signer, namespace: 'open-cluster-management-hub' };
  await management.delete(secrets, signer);
  await waitFor('a new authority', async () => {
    const { data } = (await management.find(secrets, signer.name, signer.namespace)) ?? {};
    return data !== undefined && data['tls.crt'] !== before;
  });
  await waitForSettled(management, 'plain');
  expect(await of(name)).toBe(hosted);
  for (const namespace of [name, signer.namespace])
    for (const component of ['registration', 'work', 'addon']) {
      const { data } = await waitFor(`the certificate of ${component} in ${namespace}`, () =>
        management.find(secrets, `${component}-webhook-serving-cert`, namespace),
      );
      const leaf = new X509Certificate(Buffer.from(data?.['tls.crt'] ?? '', 'base64'));
      expect(leaf.subjectAltName).toBe(`DNS:cluster-manager-${component}-webhook.${namespace}.svc`);
    }
});

test('operator.md 78: removal takes the hub its webhooks, and leaves those of the management cluster (D7)', async () => {
  await waitFor(
    'the webhooks of the other',
    async () => (await management.list(validatingWebhookConfigurations)).items.length === 3,
  );
  await management.delete(clusterManagers, { name });
  await waitFor('the ClusterManager went', isGone);
  expect((await hub.list(validatingAdmissionPolicies)).items).toEqual([]);
  expect((await hub.list(validatingWebhookConfigurations)).items).toEqual([]);
  expect((await hub.list(customResourceDefinitions)).items).toEqual([]);
  expect((await hub.list(clusterRoles, { labelSelector: label.createdByClusterManager })).items).toEqual([]);
  expect((await management.list(validatingWebhookConfigurations)).items).toHaveLength(3);
  expect((await management.list(networkPolicies)).items).toEqual([]);
  await waitFor(
    'the namespaces went',
    async () => !(await hub.find(namespaces, name)) && !(await management.find(namespaces, name)),
  );
});

test('operator.md 79: a hub that is gone does not keep its ClusterManager for ever (D24)', async () => {
  await management.create(namespaces, { metadata: { name } });
  await giveKubeconfig();
  await management.create(clusterManagers, { metadata: { name }, spec });
  await waitForSettled(management, name);
  await hubPlane.shutdown();
  await management.delete(clusterManagers, { name });
  await waitFor('the time was noted', async () => {
    const { metadata } = await getClusterManager(management, name);
    return metadata.annotations?.[annotation.evictionTimestamp];
  });
  const long = new Date(Date.now() - 6 * 60_000).toISOString();
  const body = { metadata: { annotations: { [annotation.evictionTimestamp]: long } } };
  await management.patch(clusterManagers, { name }, { type: 'merge', body });
  await waitFor('the ClusterManager went', isGone);
  expect(await management.find(deployments, `${name}-work-webhook`, name)).toBeUndefined();
  await management.get(deployments, 'plain-work-webhook', 'open-cluster-management-hub');
});
