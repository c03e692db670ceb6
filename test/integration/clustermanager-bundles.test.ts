import { spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { clusterManagers } from '../../operators/api/generated/operator.ts';
import { configMap, label, secret as secretName } from '../../operators/api/names.ts';
import { bundleVersionAnnotation } from '../../operators/registration-operator/bundle/index.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import {
  clusterRoleBindings,
  clusterRoles,
  configMaps,
  customResourceDefinitions,
  deployments,
  leases,
  roleBindings,
  roles,
  secrets,
  serviceAccounts,
  services,
  subjectAccessReviews,
} from '../../operators/runtime/client/kubernetes.ts';
import { type ControlPlane, startControlPlane, toYaml, waitFor } from '../cluster/index.ts';
import { imagesOf as images } from './clustermanager/bundles.ts';
import {
  argsOf,
  clientOf,
  conditionOf,
  controlPlaneOptions,
  deploymentOf,
  getClusterManager,
  hubNamespace,
  OperatorProcess,
  prepare,
  Rollouts,
  waitForAddOnManager,
  waitForCondition,
  waitForSettled,
} from './clustermanager/harness.ts';
import { KeptDecisions } from './clustermanager/kept-decisions.ts';

const root = join(import.meta.dirname, '../..');
const roleName = (suffix: string) => `open-cluster-management:cluster-manager-${suffix}`;

let controlPlane: ControlPlane;
let client: Client;
let operator: OperatorProcess;
let rollouts: Rollouts;
/** Made on v0.1.0. */
let kept: KeptDecisions;

const server = { imagePullSpec: 'example.com/server:v1' };
/** Registration images of v0.1.0 to v0.3.0 have no gRPC server, so that another one is named. */
const grpc = {
  registrationConfiguration: { registrationDrivers: [{ authType: 'csr' }, { authType: 'grpc' }] },
  serverConfiguration: server,
};
const gates = {
  workConfiguration: { featureGates: [{ feature: 'ManifestWorkReplicaSet', mode: 'Enable' }] },
};

const edit = (spec: object) =>
  client.patch(clusterManagers, { name: 'cluster-manager' }, { type: 'merge', body: { spec } });
const versions = async () =>
  Promise.all(
    ['registration-controller', 'work-webhook'].map(
      async (suffix) => (await deploymentOf(client, suffix)).metadata.annotations?.[bundleVersionAnnotation],
    ),
  );

const placementVersion = async () =>
  (await deploymentOf(client, 'placement-controller')).metadata.annotations?.[bundleVersionAnnotation];

/** Which parts of the gRPC server there are. */
const grpcParts = async (): Promise<string[]> => {
  const name = 'cluster-manager-grpc-server';
  const parts = {
    Deployment: await client.find(deployments, name, hubNamespace),
    Service: await client.find(services, name, hubNamespace),
    ServiceAccount: await client.find(serviceAccounts, 'grpc-server-sa', hubNamespace),
    ClusterRole: await client.find(clusterRoles, roleName('grpc-server')),
    ClusterRoleBinding: await client.find(clusterRoleBindings, roleName('grpc-server')),
    Role: await client.find(roles, roleName('grpc-server'), hubNamespace),
    RoleBinding: await client.find(roleBindings, roleName('grpc-server'), hubNamespace),
    'RoleBinding in kube-system': await client.find(roleBindings, roleName('grpc-server'), 'kube-system'),
  };
  return Object.entries(parts).flatMap(([part, found]) => (found ? [part] : []));
};
const allParts = [
  'Deployment',
  'Service',
  'ServiceAccount',
  'ClusterRole',
  'ClusterRoleBinding',
  'Role',
  'RoleBinding',
  'RoleBinding in kube-system',
];

/** Which parts of placement there are. */
const placementParts = async (): Promise<string[]> => {
  const role = roleName('placement:controller');
  const parts = {
    Deployment: await client.find(deployments, 'cluster-manager-placement-controller', hubNamespace),
    ServiceAccount: await client.find(serviceAccounts, 'placement-controller-sa', hubNamespace),
    ClusterRole: await client.find(clusterRoles, role),
    ClusterRoleBinding: await client.find(clusterRoleBindings, role),
    Role: await client.find(roles, role, hubNamespace),
    RoleBinding: await client.find(roleBindings, role, hubNamespace),
    'RoleBinding in kube-system': await client.find(roleBindings, role, 'kube-system'),
  };
  return Object.entries(parts).flatMap(([part, found]) => (found ? [part] : []));
};
const allOfPlacement = allParts.filter((part) => part !== 'Service');

/** Which parts of the add-on manager and of its webhook there are, and whether their kinds are converted. */
const addonParts = async (): Promise<string[]> => {
  const role = roleName('addon-manager:controller');
  const crds = await Promise.all(
    ['clustermanagementaddons', 'managedclusteraddons'].map((plural) =>
      client.get(customResourceDefinitions, `${plural}.addon.open-cluster-management.io`),
    ),
  );
  const parts = {
    webhook: await client.find(deployments, 'cluster-manager-addon-webhook', hubNamespace),
    'webhook account': await client.find(serviceAccounts, 'addon-webhook-sa', hubNamespace),
    'webhook service': await client.find(services, 'cluster-manager-addon-webhook', hubNamespace),
    conversion: crds.every(({ spec }) => spec.conversion?.strategy === 'Webhook'),
    'some conversion': crds.some(({ spec }) => spec.conversion?.strategy === 'Webhook'),
    manager: await client.find(deployments, 'cluster-manager-addon-manager-controller', hubNamespace),
    account: await client.find(serviceAccounts, 'addon-manager-controller-sa', hubNamespace),
    ClusterRole: await client.find(clusterRoles, role),
    ClusterRoleBinding: await client.find(clusterRoleBindings, role),
    executor: await client.find(clusterRoleBindings, roleName('addon-manager-work-executor:controller')),
    Role: await client.find(roles, role, hubNamespace),
    RoleBinding: await client.find(roleBindings, role, hubNamespace),
    'RoleBinding in kube-system': await client.find(roleBindings, role, 'kube-system'),
  };
  return Object.entries(parts).flatMap(([part, found]) => (found ? [part] : []));
};
/** Those that there are before the webhook serves. */
const ofWebhook = ['webhook', 'webhook account', 'webhook service'];

/** Whether an operand reads ConfigMaps everywhere, or in its own namespace only. */
const reads = async (suffix: string): Promise<string[]> => {
  const everywhere = await client.find(clusterRoles, roleName(suffix));
  const here = await client.find(roles, roleName(suffix), hubNamespace);
  const readsConfigMaps = (role: typeof here) =>
    role?.rules?.some(({ resources }) => resources?.includes('configmaps')) ?? false;
  return [
    ...(readsConfigMaps(everywhere as typeof here) ? ['everywhere'] : []),
    ...(readsConfigMaps(here) ? ['here'] : []),
  ];
};
const columnsOf = async (plural: string): Promise<string[]> => {
  const { spec } = await client.get(customResourceDefinitions, `${plural}.work.open-cluster-management.io`);
  return spec.versions[0]?.additionalPrinterColumns?.map(({ name }) => name) ?? [];
};

/**
 * Takes from the operator's role what upstream's chart does not grant: reasons of rollouts, addresses of webhooks, and
 * the kubeconfig of the gRPC server (D11); and the certificate of placement's debug server, which not all of its charts name.
 * Every bundle must do without.
 */
const asUpstreamsChart = async (): Promise<void> => {
  const role = await client.get(clusterRoles, 'cluster-manager');
  const rules = (role.rules ?? [])
    .filter(({ resources }) => !resources?.includes('endpoints'))
    .map((rule) => ({
      ...rule,
      ...(rule.resources?.includes('pods') && { verbs: ['get'] }),
      ...(rule.resourceNames && {
        resourceNames: rule.resourceNames.filter(
          (name) => !['grpc-server-sa-kubeconfig', secretName.placementDebugServingCert].includes(name),
        ),
      }),
    }));
  await client.patch(clusterRoles, { name: 'cluster-manager' }, { type: 'merge', body: { rules } });
};

beforeAll(async () => {
  controlPlane = await startControlPlane({ name: 'bundles', ...controlPlaneOptions });
  client = clientOf(controlPlane);
  rollouts = new Rollouts(client).start();
  const kubeconfig = await prepare(controlPlane);
  await asUpstreamsChart();
  operator = new OperatorProcess(kubeconfig);
  // Until Pods run there are no webhooks, which nobody serves here.
  rollouts.hold();
  await client.create(clusterManagers, {
    metadata: { name: 'cluster-manager' },
    spec: { ...images('v0.1.0', 'v0.1.0'), ...grpc, ...gates } as never,
  });
  await waitForCondition(client, 'Progressing', 'True', 'ClusterManagerDeploymentRolling');
  kept = await KeptDecisions.create(client);
  await rollouts.release();
  await waitForSettled(client);
});

afterAll(async () => {
  await kept?.stop();
  await operator?.stop();
  await rollouts?.stop();
  await client?.close();
  await controlPlane?.stop();
});

describe('from v0.1.0, version by version, to v0.4.0 (DESIGN.md 4)', () => {
  test('v0.1.0: no gRPC server, wide roles, bare columns', async () => {
    expect(await versions()).toEqual(['0.1.0', '0.1.0']);
    expect(await grpcParts()).toEqual([]);
    expect(await reads('work:controller')).toEqual(['everywhere']);
    expect(await columnsOf('manifestworks')).toEqual([]);
    expect((await getClusterManager(client)).status?.relatedResources).toHaveLength(36);
  });

  test('since-1.3.1.md 80, packaging.md 4.1: what the role lacks for a feature that is off keeps nobody waiting', async () => {
    const said = `failed to delete secret "${secretName.placementDebugServingCert}" for cluster-manager "cluster-manager": PlacementDebugServer feature disabled`;
    for (const text of [
      // As JSON has it.
      JSON.stringify(said).slice(1, -1),
      'the debug server of placement has no certificate of the hub',
    ])
      await waitFor(`"${text}" in the log`, async () => operator.log.includes(text));
    await client.get(configMaps, configMap.caBundle, hubNamespace);
  });

  test('all at once to v0.3.0 is refused, and the message says to go by v0.2.0', async () => {
    await edit(images('v0.3.0', 'v0.3.0'));
    const { message } = await waitForCondition(client, 'Applied', 'False', 'UpgradeUnsupported');
    expect(message).toContain('Go to 0.2.0 first');
    expect(await versions()).toEqual(['0.1.0', '0.1.0']);
    await edit(images('v0.1.0', 'v0.1.0'));
    await waitForSettled(client);
  });

  test('an upgrade that does not get on is undone by the old images, with what only the newer bundle had', async () => {
    rollouts.hold();
    await edit(images('v0.2.0', 'v0.2.0'));
    const { message } = await waitForCondition(
      client,
      'Progressing',
      'True',
      'ClusterManagerDeploymentRolling',
    );
    expect(message).toContain('cluster-manager-registration-controller');
    await waitFor('everything of the newer one', async () => (await grpcParts()).length === allParts.length);
    expect(await reads('work:webhook')).toEqual(['here']);

    await edit(images('v0.1.0', 'v0.1.0'));
    await waitFor('nothing of the newer one', async () => (await grpcParts()).length === 0);
    await rollouts.release();
    await waitForSettled(client);
    expect(await versions()).toEqual(['0.1.0', '0.1.0']);
    for (const operand of ['work:webhook', 'work:controller', 'registration:webhook'])
      expect(await reads(operand)).toEqual(['everywhere']);
    expect(await columnsOf('manifestworks')).toEqual([]);
  });

  test('one component at a time: the other keeps its roles, and CRDs follow the newest', async () => {
    await edit(images('v0.2.0', 'v0.1.0'));
    await waitForSettled(client);
    expect(await versions()).toEqual(['0.2.0', '0.1.0']);
    expect(await reads('registration:webhook')).toEqual(['here']);
    expect(await reads('work:webhook')).toEqual(['everywhere']);
    expect(await grpcParts()).toEqual(allParts);
    expect(await columnsOf('manifestworks')).toEqual(['Applied', 'Available', 'Age']);

    await edit(images('v0.2.0', 'v0.2.0'));
    await waitForSettled(client);
    expect(await versions()).toEqual(['0.2.0', '0.2.0']);
    for (const operand of ['work:webhook', 'work:controller']) expect(await reads(operand)).toEqual(['here']);
    // The 36 of v0.1.0, nine Roles and RoleBindings of three operands, and eight objects of the gRPC server.
    expect((await getClusterManager(client)).status?.relatedResources).toHaveLength(53);
  });

  test('on to v0.3.0: the work controller may ask who reads its metrics, and roles that are the same stay untouched', async () => {
    const role = (operand: string) => client.get(clusterRoles, roleName(operand));
    const asksWhoReads = async () =>
      ((await role('work:controller')).rules ?? []).some(({ resources }) =>
        resources?.includes('tokenreviews'),
      );
    const before = (await role('work:webhook')).metadata.resourceVersion;
    expect(await asksWhoReads()).toBe(false);
    await edit(images('v0.3.0', 'v0.3.0'));
    await waitForSettled(client);
    expect(await versions()).toEqual(['0.3.0', '0.3.0']);
    expect((await role('work:webhook')).metadata.resourceVersion).toBe(before);
    expect(await asksWhoReads()).toBe(true);
  });

  test('on to v0.4.0: placement comes with it, goes when it is undone, and decisions stay whatever comes', async () => {
    const missing = await waitForCondition(client, 'HubPlacementDegraded', 'False', 'PlacementNotInBundle');
    expect(missing.message).toContain('Bundle 0.3.0');
    expect(await placementParts()).toEqual([]);

    rollouts.hold();
    await edit(images('v0.4.0', 'v0.4.0'));
    await waitForCondition(client, 'HubPlacementDegraded', 'True', 'UnavailablePlacementPod');
    await waitForCondition(client, 'HubAddOnManagerDegraded', 'True', 'UnavailableAddOnManagerPod');
    // These conditions tell of Deployments as soon as they are there, which is before all of a stage is.
    await waitFor('all parts', async () => {
      const [placement, addons] = [await placementParts(), await addonParts()];
      if (placement.join() === allOfPlacement.join() && addons.join() === ofWebhook.join()) return true;
      throw new Error(`${placement.join()} and ${addons.join()}`);
    });
    // It decides already, when the upgrade is undone.
    await kept.decide(controlPlane);
    await edit(images('v0.3.0', 'v0.3.0'));
    await kept.stopDeciding();
    await waitFor('nothing of placement', async () => (await placementParts()).length === 0);
    await waitFor('nothing of add-ons', async () => (await addonParts()).length === 0);
    await waitForCondition(client, 'HubPlacementDegraded', 'False', 'PlacementNotInBundle');
    await waitForCondition(client, 'HubAddOnManagerDegraded', 'False', 'AddOnManagerNotInBundle');
    await rollouts.release();
    await waitForSettled(client);
    expect(kept.states).toEqual([await kept.now()]);

    await edit(images('v0.4.0', 'v0.3.0'));
    await waitForSettled(client);
    expect([...(await versions()), await placementVersion()]).toEqual(['0.4.0', '0.3.0', '0.4.0']);
    await edit(images('v0.4.0', 'v0.4.0'));
    await waitForSettled(client);
    await waitForCondition(client, 'HubPlacementDegraded', 'False', 'PlacementFunctional');
    expect(await versions()).toEqual(['0.4.0', '0.4.0']);
    await kept.decide(controlPlane);
    expect(kept.states).toEqual([await kept.now()]);
    await waitForAddOnManager(client);
    // The 53 of v0.2.0, seven objects of placement, eleven of add-ons.
    expect((await getClusterManager(client)).status?.relatedResources).toHaveLength(71);
    await waitForCondition(client, 'HubAddOnManagerDegraded', 'False', 'AddOnManagerFunctional');
    expect(await addonParts()).toHaveLength(13);
  });

  test('images without a version go to the newest bundle by way of those between', async () => {
    const annotations = { 'operator.open-cluster-management.io/allow-downgrade': 'true' };
    const metadata = (value: object | null) => ({
      type: 'merge' as const,
      body: { metadata: { annotations: value } },
    });
    await client.patch(clusterManagers, { name: 'cluster-manager' }, metadata(annotations));
    await edit(images('v0.1.0', 'v0.1.0'));
    await waitFor('v0.1.0', async () => (await versions()).join() === '0.1.0,0.1.0');
    await waitForSettled(client);
    expect(await placementParts()).toEqual([]);
    expect(await addonParts()).toEqual([]);
    await kept.stopDeciding();
    expect(kept.states).toEqual([await kept.now()]);
    await client.patch(clusterManagers, { name: 'cluster-manager' }, metadata(null));

    rollouts.hold();
    await edit(images('latest', 'latest'));
    await waitFor('v0.2.0', async () => (await versions()).join() === '0.2.0,0.2.0');
    await waitForCondition(client, 'Progressing', 'True', 'ClusterManagerDeploymentRolling');
    expect(await versions()).toEqual(['0.2.0', '0.2.0']);
    await rollouts.release();
    await waitFor('v0.4.0', async () => (await versions()).join() === '0.4.0,0.4.0');
    await waitForSettled(client);
    expect(await placementVersion()).toBe('0.4.0');
    await kept.decide(controlPlane);
    // From v0.1.0 on, up, back in the middle, up, all the way back and up again: they were never written to.
    expect(kept.states).toEqual([expect.stringMatching(/^kept-decision-1\/\S+ kept-2$/)]);
    expect(kept.states).toEqual([await kept.now()]);
    await kept.stopDeciding();
    await kept.remove();
  });

  test('images of upstream’s release run with the newest bundle', async () => {
    await edit(images('v1.3.1', 'v1.3.1'));
    await waitForSettled(client);
    expect([...(await versions()), await placementVersion()]).toEqual(['0.4.0', '0.4.0', '0.4.0']);
    await edit(images('v0.4.0', 'v0.4.0'));
    await waitForSettled(client);
  });
});

describe('the roles of operands (operator.md 4.4)', () => {
  const may = async (account: string, verb: string, resource: string, namespace: string, name?: string) => {
    const [plural, ...group] = resource.split('.');
    const review = await client.create(subjectAccessReviews, {
      metadata: { name: '' },
      spec: {
        user: `system:serviceaccount:${hubNamespace}:${account}`,
        resourceAttributes: { verb, group: group.join('.'), resource: plural, namespace, name },
      },
    });
    return review.status?.allowed;
  };

  test.each([
    ['work-controller-sa', 'get', 'configmaps', hubNamespace, 'any', true],
    ['work-controller-sa', 'get', 'configmaps', 'kube-system', 'extension-apiserver-authentication', true],
    ['work-controller-sa', 'get', 'configmaps', 'kube-system', 'another', false],
    ['work-controller-sa', 'update', 'leases.coordination.k8s.io', hubNamespace, 'work-manager-lock', true],
    [
      'work-controller-sa',
      'update',
      'leases.coordination.k8s.io',
      'cluster1',
      'managed-cluster-lease',
      false,
    ],
    ['work-controller-sa', 'get', 'pods', hubNamespace, 'any', true],
    ['work-controller-sa', 'get', 'pods', 'default', 'any', false],
    ['work-controller-sa', 'create', 'events.events.k8s.io', 'cluster1', undefined, true],
    ['placement-controller-sa', 'update', 'leases.coordination.k8s.io', hubNamespace, 'placement-lock', true],
    [
      'placement-controller-sa',
      'update',
      'leases.coordination.k8s.io',
      hubNamespace,
      'work-manager-lock',
      false,
    ],
    ['placement-controller-sa', 'get', 'pods', 'default', 'any', false],
    ['placement-controller-sa', 'get', 'configmaps', hubNamespace, 'any', false],
    ['placement-controller-sa', 'create', 'events.events.k8s.io', 'default', undefined, true],
    [
      'addon-manager-controller-sa',
      'update',
      'leases.coordination.k8s.io',
      hubNamespace,
      'manager-lock',
      true,
    ],
    [
      'addon-manager-controller-sa',
      'update',
      'leases.coordination.k8s.io',
      hubNamespace,
      'placement-lock',
      false,
    ],
    ['registration-webhook-sa', 'get', 'configmaps', 'default', 'any', false],
    ['registration-webhook-sa', 'get', 'namespaces', '', 'cluster1', true],
    ['work-webhook-sa', 'list', 'configmaps', 'default', undefined, false],
    ['grpc-server-sa', 'get', 'configmaps', hubNamespace, 'any', true],
    ['grpc-server-sa', 'get', 'configmaps', 'default', 'any', false],
    ['grpc-server-sa', 'update', 'leases.coordination.k8s.io', 'cluster1', 'managed-cluster-lease', true],
  ])('%s may %s %s in %s (%s): %s', async (account, verb, resource, namespace, name, expected) => {
    expect(await may(account, verb, resource, namespace, name)).toBe(expected);
  });

  test('the work controller leads with them', async () => {
    const user = `system:serviceaccount:${hubNamespace}:work-controller-sa`;
    const kubeconfig = join(controlPlane.folder, 'work-controller.kubeconfig');
    await writeFile(kubeconfig, toYaml(await controlPlane.kubeconfigFor(user)), { mode: 0o600 });
    const [, ...args] = argsOf(await deploymentOf(client, 'work-controller'));
    const child = spawn(
      join(root, 'node_modules/.bin/node'),
      [
        join(root, 'operators/work/main.ts'),
        ...args,
        `--kubeconfig=${kubeconfig}`,
        `--namespace=${hubNamespace}`,
        '--listen=127.0.0.1:0',
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let log = '';
    child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
    const ended = once(child, 'close');
    try {
      await waitFor('the lease', async () => {
        const lease = await client.find(leases, 'work-manager-lock', hubNamespace);
        if (lease?.spec?.holderIdentity) return true;
        throw new Error(log);
      });
    } finally {
      child.kill('SIGTERM');
      await ended;
    }
    expect(log).not.toContain('forbidden');
    expect(child.exitCode).toBe(0);
  });
});

describe('the gRPC server (operator.md 2.5, 4.3, 4.4)', () => {
  test('operator.md 33: it runs as the contract says', async () => {
    const server = await deploymentOf(client, 'grpc-server');
    expect(argsOf(server)).toEqual([
      '/server',
      'grpc',
      '--server-config=/var/run/secrets/hub/grpc/config/config.yaml',
      '--tls-min-version=VersionTLS12',
    ]);
    expect(argsOf(await deploymentOf(client, 'registration-controller'))).toContain(
      '--enabled-registration-drivers=csr,grpc',
    );
    await waitFor('its certificate', () =>
      client.find(secrets, secretName.grpcServerServingCert, hubNamespace),
    );
  });

  test('operator.md 34: its Service follows the type of its endpoint', async () => {
    const exposed = (type: string) => ({
      serverConfiguration: { ...server, endpointsExposure: [{ protocol: 'grpc', grpc: { type } }] },
    });
    const portOf = async () => {
      const { spec } = await client.get(services, 'cluster-manager-grpc-server', hubNamespace);
      return [spec?.type, spec?.ports?.map(({ port, targetPort }) => `${port} -> ${targetPort}`).join()];
    };
    expect(await portOf()).toEqual(['ClusterIP', '8090 -> 8090']);
    await edit(exposed('loadBalancer'));
    await waitFor('a load balancer', async () => (await portOf()).join(' ') === 'LoadBalancer 443 -> 8090');
    await edit({ serverConfiguration: { ...server, endpointsExposure: null } });
    await waitFor('none', async () => (await portOf()).join(' ') === 'ClusterIP 8090 -> 8090');
    await waitForSettled(client);
  });

  test('operator.md 65: it waits for the address of its load balancer, and says so, and follows it', async () => {
    rollouts.hold();
    await edit({
      serverConfiguration: {
        imagePullSpec: 'example.com/server:v2',
        endpointsExposure: [{ protocol: 'grpc', grpc: { type: 'loadBalancer' } }],
      },
    });
    await waitFor('the reason', async () => {
      const condition = await conditionOf(client, 'Progressing');
      if (condition?.message.includes('has no load balancer address yet')) return true;
      throw new Error(condition?.message);
    });
    await rollouts.release();
    for (const ip of ['192.0.2.1', '192.0.2.2']) {
      const body = { status: { loadBalancer: { ingress: [{ ip }] } } };
      const service = { name: 'cluster-manager-grpc-server', namespace: hubNamespace };
      await client.patch(services, service, { type: 'merge', body }, { subresource: 'status' });
      await waitFor('a certificate for the address', async () => {
        const { data } = await client.get(secrets, secretName.grpcServerServingCert, hubNamespace);
        const certificate = new X509Certificate(Buffer.from(data?.['tls.crt'] ?? '', 'base64'));
        return certificate.subjectAltName?.includes(`IP Address:${ip}`);
      });
    }
    await edit({ serverConfiguration: { ...server, endpointsExposure: null } });
    await waitForSettled(client);
  });

  test('operator.md 33, 65: with its driver everything goes', async () => {
    await edit({ registrationConfiguration: null });
    await waitFor('all parts went', async () => (await grpcParts()).length === 0);
    await waitFor(
      'the certificate went',
      async () => (await client.find(secrets, secretName.grpcServerServingCert, hubNamespace)) === undefined,
    );
    await waitForSettled(client);
    expect(
      (await getClusterManager(client)).status?.relatedResources?.some(({ name }) => name.includes('grpc')),
    ).toBe(false);
  });
});

test('operator.md 74: Roles and RoleBindings go too, those in kube-system included', async () => {
  const labelSelector = label.createdByClusterManager;
  const places = async () =>
    (await client.list(roleBindings, { labelSelector })).items.map(({ metadata }) => metadata.namespace);
  expect(new Set(await places())).toEqual(new Set([hubNamespace, 'kube-system']));
  await client.delete(clusterManagers, { name: 'cluster-manager' });
  await waitFor('the ClusterManager went', async () => {
    const found = await client.find(clusterManagers, 'cluster-manager');
    if (found === undefined) return true;
    throw new Error(`${JSON.stringify(found.status?.conditions)}\n${operator.log.slice(-5000)}`);
  });
  expect(await places()).toEqual([]);
});
