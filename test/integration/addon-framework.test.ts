import { X509Certificate } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  addOnDeploymentConfigs,
  clusterManagementAddOns,
  clusterManagementAddOnsV1alpha1,
  managedClusterAddOns,
  managedClusterAddOnsV1alpha1,
} from '../../operators/api/generated/addon.ts';
import { managedClusters } from '../../operators/api/generated/cluster.ts';
import { manifestWorks } from '../../operators/api/generated/work.ts';
import { specHashOf } from '../../operators/addon-framework/configuration/spec-hash.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import { connect } from '../../operators/runtime/client/connect.ts';
import { parseKubeconfig } from '../../operators/runtime/client/kubeconfig/connection-of.ts';
import { renderKubeconfig } from '../../operators/runtime/client/kubeconfig/kubeconfig-writer.ts';
import {
  type Deployment,
  certificateSigningRequests,
  configMaps,
  deployments,
  leases,
  namespaces,
  roleBindings,
  secrets,
  serviceAccounts,
} from '../../operators/runtime/client/kubernetes.ts';
import type { KubeObject } from '../../operators/runtime/client/object.ts';
import type { Resource } from '../../operators/runtime/client/resource.ts';
import { findCondition } from '../../operators/runtime/controller/conditions.ts';
import { ensureBinaryOf } from '../cluster/binaries.ts';
import { type ControlPlane, patience, waitFor } from '../cluster/index.ts';
import { AddonFleet, hosting, managed, runProgram } from './addon/fleet.ts';
import { type Deleted, removeInOrder } from './addon/removal-orders.ts';

/** Add-ons whose managers are Go programs on the published framework, on a fleet of this project (addon.md 12). */

let fleet: AddonFleet;
let hub: Client;
let spoke: Client;
beforeAll(async () => {
  await ensureBinaryOf('addons');
  fleet = await AddonFleet.start('addon-framework');
  ({ hub, spoke } = fleet.registration);
}, 12 * patience);
afterAll(async () => {
  await fleet?.stop();
});

const prefix = 'addon.open-cluster-management.io';
const config = { group: prefix, resource: 'addondeploymentconfigs' };

const there = <T extends KubeObject>(
  client: Client,
  resource: Resource<T>,
  name: string,
  namespace?: string,
) => waitFor(`${resource.kind} ${namespace ?? ''}/${name}`, () => client.find(resource, name, namespace));
const gone = (client: Client, resource: Resource<KubeObject>, name: string, namespace?: string) =>
  waitFor(
    `${resource.kind} ${namespace ?? ''}/${name} to go`,
    async () => !(await client.find(resource, name, namespace)),
  );
const text = (encoded: string | undefined): string => Buffer.from(encoded ?? '', 'base64').toString();

/** Says of the one Pod with a label what a kubelet would say. */
const podIs = async (plane: ControlPlane, selector: string, namespace: string, status: object) => {
  const pod = await waitFor(`a Pod with ${selector}`, async () =>
    (await plane.kubectl(['get', 'pods', '-o', 'name', '-l', selector, `--namespace=${namespace}`])).trim(),
  );
  const patch = `--patch=${JSON.stringify({ status })}`;
  await plane.kubectl([
    'patch',
    pod,
    `--namespace=${namespace}`,
    '--subresource=status',
    '--type=merge',
    patch,
  ]);
};

describe('helloworld, of Go templates and with a signer of its own', () => {
  const name = 'helloworld';
  const namespace = 'greetings';
  const user = `system:open-cluster-management:cluster:${managed}:addon:${name}:agent:greeter`;
  const spec = {
    agentInstallNamespace: namespace,
    nodePlacement: {
      nodeSelector: { 'kubernetes.io/os': 'linux' },
      tolerations: [{ key: 'infra', operator: 'Exists' as const, effect: 'NoSchedule' as const }],
    },
    proxyConfig: { httpsProxy: 'https://proxy' },
  };
  const installed = (matches: (deployment: Deployment) => boolean = () => true) =>
    waitFor('the Deployment on the managed cluster', async () => {
      const found = await spoke.find(deployments, 'helloworld-agent', namespace);
      if (found && matches(found)) return found;
      throw new Error(JSON.stringify(found?.spec));
    });
  const container = (deployment: Deployment) =>
    (deployment as unknown as { spec: { template: { spec: { containers: Record<string, unknown>[] } } } })
      .spec.template.spec.containers[0]!;

  test('addon.md 111, 12.1, 12.2, 12.5: installed by a client of v1alpha1, it belongs to its ClusterManagementAddOn', async () => {
    await spoke.create(namespaces, { metadata: { name: namespace } });
    await hub.create(addOnDeploymentConfigs, { metadata: { name: 'usual', namespace: 'default' }, spec });
    await fleet.startProgram('helloworld', ['manager', fleet.hub.kubeconfigPath]);
    await runProgram('helloworld', ['install', fleet.hub.kubeconfigPath, managed, 'usual']);
    const { metadata } = await hub.get(clusterManagementAddOns, name);
    // Our manager says whose it is, the add-on's own the rest.
    const addon = await waitFor('the add-on, registered and owned', async () => {
      const found = await hub.get(managedClusterAddOns, name, managed);
      expect(findCondition(found.status?.conditions, 'RegistrationApplied')?.reason).toBe(
        'SetPermissionApplied',
      );
      expect(found.metadata.ownerReferences).toMatchObject([
        { apiVersion: `${prefix}/v1beta1`, kind: 'ClusterManagementAddOn', name, uid: metadata.uid },
      ]);
      expect(found.status).toMatchObject({ namespace, supportedConfigs: [config] });
      return found;
    });
    expect(addon.metadata.annotations).toMatchObject({ [`${prefix}/v1alpha1-install-namespace`]: namespace });
    const older = await hub.get(managedClusterAddOnsV1alpha1, name, managed);
    expect(older.spec?.installNamespace).toBe(namespace);
    expect(older.metadata).toMatchObject({ uid: addon.metadata.uid });
    expect(older.metadata.annotations ?? {}).not.toHaveProperty([`${prefix}/v1alpha1-install-namespace`]);
    expect(await fleet.registration.condition(managed, 'ManagedClusterConditionAvailable')).toBe('True');
  });

  test('addon.md 12.3, 12.4: its configuration, with the hash that its own manager found, in either version', async () => {
    const specHash = specHashOf(await hub.get(addOnDeploymentConfigs, 'usual', 'default'));
    const desiredConfig = { namespace: 'default', name: 'usual', specHash };
    await waitFor('its hash', async () => {
      const { status } = await hub.get(managedClusterAddOns, name, managed);
      expect(status?.configReferences).toMatchObject([{ ...config, desiredConfig }]);
      expect(findCondition(status?.conditions, 'Configured')?.status).toBe('True');
      return true;
    });
    const older = await hub.get(managedClusterAddOnsV1alpha1, name, managed);
    expect(older.status?.configReferences).toMatchObject([
      { ...config, namespace: 'default', name: 'usual' },
    ]);
    const managing = await hub.get(clusterManagementAddOns, name);
    expect(managing.status?.defaultConfigReferences).toEqual([{ ...config, desiredConfig }]);
    const managingOlder = await hub.get(clusterManagementAddOnsV1alpha1, name);
    expect(managingOlder.status).toHaveProperty('defaultconfigReferences', [{ ...config, desiredConfig }]);
  });

  test('addon.md 12.6, 12.14: its work is applied, with the values of its configuration', async () => {
    // The framework makes a first work before the add-on's configuration is known, as for an add-on without one.
    const deployment = await installed((found) => 'env' in container(found));
    expect(container(deployment)).toMatchObject({
      args: expect.arrayContaining([`--cluster-name=${managed}`, `--addon-namespace=${namespace}`]),
      env: [{ name: 'HTTPS_PROXY', value: 'https://proxy' }],
    });
    expect(deployment.spec).toMatchObject({ template: { spec: { ...spec.nodePlacement } } });
    await fleet.addons.says(name, managed, 'ManifestApplied', 'AddonManifestApplied');
    await fleet.addons.says(name, managed, 'Progressing', 'Completed');
    await waitFor('its work, applied and available as it is now', async () => {
      const { metadata, status } = await hub.get(manifestWorks, `addon-${name}-deploy-0`, managed);
      const says = ['Applied', 'Available'].map((type) => findCondition(status?.conditions, type));
      return says.every(
        (condition) => condition?.status === 'True' && condition.observedGeneration === metadata.generation,
      );
    });
  });

  test('addon.md 12.7, 12.8: its requests are approved and signed, and their certificates kept where it looks', async () => {
    const kubeconfig = await there(spoke, secrets, `${name}-hub-kubeconfig`, namespace);
    expect(Object.keys(kubeconfig.data ?? {}).toSorted()).toEqual(
      expect.arrayContaining(['cluster-name', 'kubeconfig', 'tls.crt', 'tls.key']),
    );
    expect(new X509Certificate(text(kubeconfig.data!['tls.crt'])).subject).toContain(`CN=${user}`);
    const own = await there(spoke, secrets, `${name}-example.com-${name}-client-cert`, namespace);
    const certificate = new X509Certificate(text(own.data!['tls.crt']));
    expect(certificate.issuer).toBe(`CN=${name}-authority`);
    expect(certificate.subject.split('\n').toSorted()).toEqual([
      `CN=greeter-of-${managed}`,
      'O=greeters',
      `OU=${name}`,
    ]);
    const labelSelector = `open-cluster-management.io/addon-name=${name}`;
    const { items } = await hub.list(certificateSigningRequests, { labelSelector });
    expect(items).toHaveLength(2);
    for (const { metadata, spec: asked, status } of items) {
      expect(metadata.name).toMatch(new RegExp(`^addon-${managed}-${name}-`));
      expect(metadata.labels).toMatchObject({ 'open-cluster-management.io/cluster-name': managed });
      expect(asked.username).toMatch(new RegExp(`^system:open-cluster-management:${managed}:`));
      expect(status?.certificate).toBeDefined();
    }
  });

  test('addon.md 12.10, 12.12: its agent, with that kubeconfig, makes it Available and does its work', async () => {
    const { data } = await spoke.get(secrets, `${name}-hub-kubeconfig`, namespace);
    const folder = join(fleet.registration.workspace.folder, 'greeter');
    await mkdir(folder);
    for (const [file, content] of Object.entries(data!))
      await writeFile(join(folder, file), text(content), { mode: 0o600 });
    await hub.create(configMaps, {
      metadata: { name: 'greeting', namespace: managed },
      data: { to: 'world' },
    });
    const args = ['agent', fleet.spoke.kubeconfigPath, join(folder, 'kubeconfig'), managed, namespace];
    const agent = await fleet.startProgram('helloworld', args);
    const copied = await there(spoke, configMaps, 'greeting', namespace);
    expect(copied.data).toEqual({ to: 'world' });
    await there(spoke, leases, name, namespace);
    const addon = await fleet.addons.says(name, managed, 'Available', 'ManagedClusterAddOnLeaseUpdated');
    expect(addon.status?.healthCheck?.mode).toBe('Lease');
    await waitFor('the label of the cluster', async () => {
      const { metadata } = await hub.get(managedClusters, managed);
      return metadata.labels?.[`feature.open-cluster-management.io/addon-${name}`] === 'available';
    });
    await agent.end();
  });

  test('addon.md 12.3, 12.13: what its configuration or its cluster says of images reaches it', async () => {
    const source = 'quay.io/open-cluster-management';
    const imageOf = (deployment: Deployment) => String(container(deployment)['image']);
    const registries = JSON.stringify({ registries: [{ source, mirror: 'mirror.of/cluster' }] });
    await fleet.addons.annotateCluster(managed, {
      'open-cluster-management.io/image-registries': registries,
    });
    await installed((deployment) => imageOf(deployment).startsWith('mirror.of/cluster/'));
    await hub.patch(
      addOnDeploymentConfigs,
      { name: 'usual', namespace: 'default' },
      { type: 'merge', body: { spec: { registries: [{ source, mirror: 'mirror.of/config' }] } } },
    );
    await installed((deployment) => imageOf(deployment).startsWith('mirror.of/config/'));
    await fleet.addons.untilAddon(name, managed, 'done with it', ({ status }) => {
      const [reference] = status?.configReferences ?? [];
      const { desiredConfig, lastAppliedConfig } = reference ?? {};
      return desiredConfig?.specHash !== undefined && desiredConfig.specHash === lastAppliedConfig?.specHash;
    });
  });

  test('addon.md 12.9, 109: with tokens its agent is a ServiceAccount of the hub, and nobody has granted anything', async () => {
    await fleet.startAgent(['--addon-kubeclient-registration-auth=token']);
    const account = `system:serviceaccount:${managed}:${name}-agent`;
    await there(hub, serviceAccounts, `${name}-agent`, managed);
    const secret = await waitFor('a token', async () => {
      const found = await spoke.find(secrets, `${name}-hub-kubeconfig`, namespace);
      return found?.data?.['token'] ? found : undefined;
    });
    expect(text(secret.data!['kubeconfig'])).toContain('token');
    const { server, caPem: caData } = fleet.hub;
    const kubeconfig = renderKubeconfig({ server, caData, token: text(secret.data!['token']) });
    const agent = connect(parseKubeconfig(kubeconfig), { userAgent: 'test' });
    const who = await agent.request<{ status: { userInfo: { username: string } } }>({
      method: 'POST',
      path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
    });
    await agent.close();
    expect(who.status.userInfo.username).toBe(account);
    await fleet.addons.says(name, managed, 'TokenRefreshed', 'AddonTokenRefreshed');
    const registered = await fleet.addons.untilAddon(name, managed, 'registered by token', ({ status }) =>
      Boolean(status?.registrations?.some(({ kubeClient }) => kubeClient?.subject?.user === account)),
    );
    expect(registered.status!.registrations).toMatchObject([
      { kubeClient: { driver: 'token' } },
      { customSigner: { signerName: 'example.com/helloworld' } },
    ]);
    await waitFor('the permission of the account', async () => {
      const binding = await hub.find(roleBindings, 'open-cluster-management:helloworld:agent', managed);
      return JSON.stringify(binding?.subjects).includes(account);
    });
  });

  test('addon.md 12.11: what was made for it goes with it', async () => {
    await hub.delete(clusterManagementAddOns, { name });
    await gone(hub, managedClusterAddOns, name, managed);
    await gone(hub, manifestWorks, `addon-${name}-deploy-0`, managed);
    await gone(hub, roleBindings, 'open-cluster-management:helloworld:agent', managed);
    await gone(hub, serviceAccounts, `${name}-agent`, managed);
    await gone(spoke, deployments, 'helloworld-agent', namespace);
    await gone(spoke, secrets, `${name}-hub-kubeconfig`, namespace);
  });
});

describe('helloworldhelm, of a chart and by a placement', () => {
  const name = 'helloworldhelm';
  const namespace = 'charts';
  const image = { group: '', resource: 'configmaps' };
  const settings = { agentInstallNamespace: namespace, proxyConfig: { httpsProxy: 'https://proxy' } };
  const resources = { requests: { memory: '48Mi' }, limits: { memory: '96Mi' } };
  const container = (deployment: Deployment | undefined) =>
    (deployment?.spec as { template: { spec: { containers: object[] } } } | undefined)?.template.spec
      .containers[0];
  const deployed = (what: object) =>
    waitFor(`the Deployment with ${JSON.stringify(what)}`, async () => {
      const found = await spoke.find(deployments, `${name}-agent`, namespace);
      expect(found?.spec).toMatchObject({ template: { spec: what } });
      return found;
    });
  test('addon.md 12.3, 12.14: its chart has the values of both its configurations', async () => {
    await spoke.create(namespaces, { metadata: { name: namespace } });
    const requirement = { containerID: 'deployments:*:*', resources };
    const spec = { ...settings, resourceRequirements: [requirement] };
    await hub.create(addOnDeploymentConfigs, { metadata: { name: 'chart', namespace: 'default' }, spec });
    const data = { image: 'example.com/greeter:1', imagePullPolicy: 'Never' };
    await hub.create(configMaps, { metadata: { name: 'image', namespace: 'default' }, data });
    await fleet.startProgram('chart', [fleet.hub.kubeconfigPath]);
    await fleet.addons.place('greeted', [[managed]]);
    const configs = [{ ...image, namespace: 'default', name: 'image' }];
    await fleet.addons.manageBy(name, [{ name: 'greeted', configs }], {
      defaultConfigs: [{ ...config, namespace: 'default', name: 'chart' }],
    });
    const deployment = await deployed({
      containers: [
        {
          image: data.image,
          imagePullPolicy: 'Never',
          env: [{ name: 'HTTPS_PROXY', value: 'https://proxy' }],
        },
      ],
    });
    expect(container(deployment)).toMatchObject({ resources });
    await fleet.addons.says(name, managed, 'Progressing', 'Completed');
  });

  test('addon.md 12.6: it is available by what is fed back of its Deployment', async () => {
    await fleet.addons.says(name, managed, 'Available', 'ProbeUnavailable');
    const lastTransitionTime = new Date().toISOString().replace(/\.\d+/, '');
    await podIs(fleet.spoke, `app=${name}`, namespace, {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime }],
    });
    await fleet.addons.says(name, managed, 'Available', 'ProbeAvailable');
  });

  test('addon.md 12.3: a change of its configuration reaches it', async () => {
    const nodeSelector = { 'kubernetes.io/os': 'linux' };
    await hub.patch(
      addOnDeploymentConfigs,
      { name: 'chart', namespace: 'default' },
      { type: 'merge', body: { spec: { nodePlacement: { nodeSelector } } } },
    );
    await deployed({ nodeSelector });
    const addon = await fleet.addons.untilAddon(name, managed, 'up to date', ({ status }) =>
      (status?.configReferences ?? []).every(
        ({ desiredConfig, lastAppliedConfig }) =>
          desiredConfig?.specHash !== undefined && desiredConfig.specHash === lastAppliedConfig?.specHash,
      ),
    );
    expect(addon.status?.configReferences).toHaveLength(2);
  });

  test('addon.md 12.6, 12.11: it goes when its Job has run, and leaves what is to stay', async () => {
    await hub.delete(clusterManagementAddOns, { name });
    await there(hub, manifestWorks, `addon-${name}-pre-delete`, managed);
    await podIs(fleet.spoke, `job=${name}-cleanup-configmap`, namespace, { phase: 'Succeeded' });
    await gone(hub, managedClusterAddOns, name, managed);
    for (const each of [`addon-${name}-deploy-0`, `addon-${name}-pre-delete`])
      await gone(hub, manifestWorks, each, managed);
    await gone(spoke, serviceAccounts, `${name}-agent-sa`, namespace);
    expect(await spoke.find(deployments, `${name}-agent`, namespace)).toBeDefined();
  });
});

describe('helloworldhosted, with hooks and on another cluster than its own', () => {
  const name = 'helloworldhosted';
  const namespace = 'open-cluster-management-agent-addon';
  const work = `addon-${name}-deploy-hosting-${managed}-0`;
  const hookWork = `addon-${name}-pre-delete-hosting-${managed}`;

  test('addon.md 12.6, 12.10, 12.12: it is deployed on its hosting cluster, and available when its agent runs', async () => {
    await fleet.startProgram('hosted', [fleet.hub.kubeconfigPath]);
    await fleet.addons.manage(name, {});
    const annotations = { [`${prefix}/hosting-cluster-name`]: hosting };
    await fleet.addons.install(name, managed, { annotations });
    await there(hub, deployments, `${name}-agent`, namespace);
    const { metadata } = await hub.get(namespaces, namespace);
    expect(metadata.labels).toMatchObject({ [`${prefix}/namespace`]: 'true' });
    await there(spoke, namespaces, namespace);
    await waitFor('it to be done, and held', async () => {
      const { metadata: found, status } = await hub.get(managedClusterAddOns, name, managed);
      expect(findCondition(status?.conditions, 'Progressing')?.reason).toBe('Completed');
      expect(findCondition(status?.conditions, 'HostingClusterValidity')?.status).toBe('True');
      expect(found.finalizers?.toSorted()).toEqual([
        `${prefix}/hosting-addon-pre-delete`,
        `${prefix}/hosting-manifests-cleanup`,
      ]);
      return true;
    });
    await fleet.addons.says(name, managed, 'Available', 'ProbeUnavailable');
    const lastTransitionTime = new Date().toISOString().replace(/\.\d+/, '');
    await podIs(fleet.hub, `app=${name}-agent`, namespace, {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime }],
    });
    await fleet.addons.says(name, managed, 'Available', 'ProbeAvailable');
    const { status } = await hub.get(manifestWorks, work, hosting);
    const feedback = status?.resourceStatus?.manifests?.flatMap(({ statusFeedback }) =>
      (statusFeedback?.values ?? []).map((value) => value.name),
    );
    expect(feedback).toEqual(expect.arrayContaining(['ReadyReplicas', 'Replicas']));
  });

  test('addon.md 12.6, 12.11, 12.12: it goes when its Job has run, and nothing of it is left', async () => {
    await hub.delete(managedClusterAddOns, { name, namespace: managed });
    await there(hub, manifestWorks, hookWork, hosting);
    await fleet.addons.says(name, managed, 'HookManifestCompleted', 'HookManifestIsNotCompleted');
    await podIs(fleet.hub, `job=${name}-cleanup-configmap`, namespace, { phase: 'Succeeded' });
    await gone(hub, managedClusterAddOns, name, managed);
    for (const each of [work, hookWork]) await gone(hub, manifestWorks, each, hosting);
    await gone(hub, deployments, `${name}-agent`, namespace);
  });
});

describe('add-ons of clusters that never come back', () => {
  const orders: Deleted[][] = [
    ['addon', 'cluster'],
    ['cluster', 'addon'],
    ['owner', 'cluster'],
    ['cluster', 'owner'],
    ['template', 'owner', 'cluster'],
    ['cluster', 'template', 'addon', 'owner'],
  ];

  test('addon.md 92 (A17, A21), faults-attacks-asks.md R26: deletions end in every order, and what stays is named', async () => {
    await Promise.all(orders.map((order, at) => removeInOrder(fleet.addons, `order${at}`, order)));
  });
});
