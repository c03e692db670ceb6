import { X509Certificate } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type ClusterManagerSpec, clusterManagers } from '../../operators/api/generated/operator.ts';
import { managedClusterAddOnsV1alpha1 } from '../../operators/api/generated/addon.ts';
import { managedClusterSets } from '../../operators/api/generated/cluster.ts';
import { annotation, configMap, finalizer, label, secret as secretName } from '../../operators/api/names.ts';
import { findBundles, loadBundles } from '../../operators/registration-operator/bundle/index.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import type { UnknownObject } from '../../operators/runtime/client/object.ts';
import {
  clusterRoleBindings,
  clusterRoles,
  configMaps,
  customResourceDefinitions,
  deployments,
  events,
  mutatingWebhookConfigurations,
  namespaces,
  roleBindings,
  roles,
  secrets,
  serviceAccounts,
  services,
  subjectAccessReviews,
  validatingWebhookConfigurations,
} from '../../operators/runtime/client/kubernetes.ts';
import {
  type ControlPlane,
  readAuditLog,
  startControlPlane,
  untilQuiet,
  waitFor,
  writesOf,
} from '../cluster/index.ts';
import {
  argsOf,
  clientOf,
  conditionOf,
  controlPlaneOptions,
  deploymentOf,
  getClusterManager,
  hubNamespace,
  OperatorProcess,
  operatorNamespace,
  prepare,
  Rollouts,
  waitForAddOnManager,
  waitForCondition,
  waitForSettled,
} from './clustermanager/harness.ts';

const crds = [
  'addondeploymentconfigs.addon.open-cluster-management.io',
  'addonplacementscores.cluster.open-cluster-management.io',
  'addontemplates.addon.open-cluster-management.io',
  'clustermanagementaddons.addon.open-cluster-management.io',
  'managedclusteraddons.addon.open-cluster-management.io',
  'managedclusters.cluster.open-cluster-management.io',
  'managedclustersetbindings.cluster.open-cluster-management.io',
  'managedclustersets.cluster.open-cluster-management.io',
  'manifestworkreplicasets.work.open-cluster-management.io',
  'manifestworks.work.open-cluster-management.io',
  'placementdecisions.cluster.open-cluster-management.io',
  'placements.cluster.open-cluster-management.io',
];
const operands = [
  'registration-controller',
  'registration-webhook',
  'work-webhook',
  'placement-controller',
  'addon-webhook',
  'addon-manager-controller',
];
const newestVersion = loadBundles(findBundles(), { sets: ['clustermanager'] })[0].version;
const roleName = (suffix: string) => `open-cluster-management:cluster-manager-${suffix}`;

/** Everything that is installed for a Default ClusterManager but for CRDs and certificates. */
const installed = [
  `Namespace ${hubNamespace}`,
  `ServiceAccount ${hubNamespace}/registration-controller-sa`,
  `ServiceAccount ${hubNamespace}/registration-webhook-sa`,
  `ServiceAccount ${hubNamespace}/work-webhook-sa`,
  `ServiceAccount ${hubNamespace}/placement-controller-sa`,
  `ServiceAccount ${hubNamespace}/addon-webhook-sa`,
  `ServiceAccount ${hubNamespace}/addon-manager-controller-sa`,
  `ClusterRole ${roleName('registration:controller')}`,
  `ClusterRole ${roleName('registration:webhook')}`,
  `ClusterRole ${roleName('work:webhook')}`,
  `ClusterRole ${roleName('work-executor-admin:webhook')}`,
  `ClusterRole ${roleName('placement:controller')}`,
  `ClusterRole ${roleName('addon-manager:controller')}`,
  `ClusterRoleBinding ${roleName('registration:controller')}`,
  `ClusterRoleBinding ${roleName('registration:webhook')}`,
  `ClusterRoleBinding ${roleName('work:webhook')}`,
  `ClusterRoleBinding ${roleName('placement:controller')}`,
  `ClusterRoleBinding ${roleName('addon-manager:controller')}`,
  `ClusterRoleBinding ${roleName('addon-manager-work-executor:controller')}`,
  // Upstream has these rules in its ClusterRoles, for ConfigMaps of all namespaces.
  `Role ${hubNamespace}/${roleName('registration:webhook')}`,
  `Role ${hubNamespace}/${roleName('work:webhook')}`,
  `Role ${hubNamespace}/${roleName('placement:controller')}`,
  `Role ${hubNamespace}/${roleName('addon-manager:controller')}`,
  `RoleBinding ${hubNamespace}/${roleName('registration:webhook')}`,
  `RoleBinding ${hubNamespace}/${roleName('work:webhook')}`,
  `RoleBinding ${hubNamespace}/${roleName('placement:controller')}`,
  `RoleBinding ${hubNamespace}/${roleName('addon-manager:controller')}`,
  `RoleBinding kube-system/${roleName('registration:webhook')}`,
  `RoleBinding kube-system/${roleName('work:webhook')}`,
  `RoleBinding kube-system/${roleName('placement:controller')}`,
  `RoleBinding kube-system/${roleName('addon-manager:controller')}`,
  `Service ${hubNamespace}/cluster-manager-registration-webhook`,
  `Service ${hubNamespace}/cluster-manager-work-webhook`,
  `Service ${hubNamespace}/cluster-manager-addon-webhook`,
  `Deployment ${hubNamespace}/cluster-manager-registration-controller`,
  `Deployment ${hubNamespace}/cluster-manager-registration-webhook`,
  `Deployment ${hubNamespace}/cluster-manager-work-webhook`,
  `Deployment ${hubNamespace}/cluster-manager-placement-controller`,
  `Deployment ${hubNamespace}/cluster-manager-addon-webhook`,
  `Deployment ${hubNamespace}/cluster-manager-addon-manager-controller`,
  'ValidatingWebhookConfiguration managedclustervalidators.admission.cluster.open-cluster-management.io',
  'ValidatingWebhookConfiguration managedclustersetbindingvalidators.admission.cluster.open-cluster-management.io',
  'ValidatingWebhookConfiguration manifestworkvalidators.admission.work.open-cluster-management.io',
  'MutatingWebhookConfiguration managedclustermutators.admission.cluster.open-cluster-management.io',
].toSorted();

let controlPlane: ControlPlane;
let client: Client;
/** Of the operator's ServiceAccount. */
let kubeconfig: string;
let operator: OperatorProcess;
let rollouts: Rollouts;

const create = (spec: ClusterManagerSpec = {} as ClusterManagerSpec, labels?: Record<string, string>) =>
  client.create(clusterManagers, { metadata: { name: 'cluster-manager', labels }, spec });
const edit = (spec: object) =>
  client.patch(clusterManagers, { name: 'cluster-manager' }, { type: 'merge', body: { spec } });
const writes = async () => writesOf(await readAuditLog(controlPlane.auditLogPath ?? ''));
/** Objects of the kinds that are installed, CRDs apart, with these labels. */
const objectsWith = async (selector: string): Promise<string[]> => {
  const kinds =
    'namespaces,serviceaccounts,clusterroles,clusterrolebindings,roles,rolebindings,services,deployments,secrets,' +
    'configmaps,validatingwebhookconfigurations,mutatingwebhookconfigurations';
  const text = await controlPlane.kubectl(['get', kinds, '-A', `--selector=${selector}`, '--output=json']);
  const { items } = JSON.parse(text) as { items: UnknownObject[] };
  return items
    .map(({ kind, metadata: { namespace, name } }) =>
      namespace ? `${kind} ${namespace}/${name}` : `${kind} ${name}`,
    )
    .toSorted();
};
/** Writes of the operator; the tests' own requests come as another user agent. */
const operatorWrites = async () =>
  (await writes()).filter(({ userAgent }) => !/test|kube|kubectl/.test(userAgent ?? ''));

beforeAll(async () => {
  controlPlane = await startControlPlane({ name: 'clustermanager', ...controlPlaneOptions });
  client = clientOf(controlPlane);
  kubeconfig = await prepare(controlPlane);
  rollouts = new Rollouts(client);
  rollouts.hold();
  rollouts.start();
  operator = new OperatorProcess(kubeconfig, [], { AGENT_IMAGE: 'example.com/agent:1' });
});

afterAll(async () => {
  await operator?.stop();
  await rollouts?.stop();
  await client?.close();
  await controlPlane?.stop();
});

describe('install (operator.md 4)', () => {
  test('operator.md 17: while Deployments roll, Applied is True and no webhook is configured', async () => {
    await create(undefined, { app: 'mine', team: 'a' });
    await waitForCondition(client, 'Applied', 'True', 'ClusterManagerApplied');
    const progressing = await waitForCondition(
      client,
      'Progressing',
      'True',
      'ClusterManagerDeploymentRolling',
    );
    // The add-on manager comes once its webhook serves.
    for (const operand of operands.filter((each) => each !== 'addon-manager-controller'))
      expect(progressing.message).toContain(`cluster-manager-${operand}`);
    expect((await client.list(validatingWebhookConfigurations)).items).toEqual([]);
    await waitForCondition(client, 'HubRegistrationDegraded', 'True', 'UnavailableRegistrationPod');
    await waitForCondition(client, 'HubPlacementDegraded', 'True', 'UnavailablePlacementPod');
    await waitForCondition(client, 'HubAddOnManagerDegraded', 'True', 'UnavailableAddOnManagerPod');
  });

  test('operator.md 13, 14: the finalizer is written first, and CRDs only once there is a CA bundle', async () => {
    const all = (await operatorWrites())
      .filter(({ responseStatus }) => (responseStatus?.code ?? 500) < 300)
      // The log has them in the order in which they were answered.
      .toSorted((a, b) => (a.requestReceivedTimestamp < b.requestReceivedTimestamp ? -1 : 1));
    const position = (resource: string) => all.findIndex(({ objectRef }) => objectRef?.resource === resource);
    expect(all[0]?.objectRef?.resource).toBe('clustermanagers');
    expect(position('namespaces')).toBe(1);
    expect(position('customresourcedefinitions')).toBeGreaterThan(position('configmaps'));
  });

  test('operator.md 18: once rolled out, webhooks are configured and Progressing is False', async () => {
    await rollouts.release();
    await waitForCondition(client, 'Progressing', 'False', 'ClusterManagerUpToDate');
    await waitForSettled(client);
    await waitFor('webhook configurations', async () => {
      const validating = (await client.list(validatingWebhookConfigurations)).items;
      const mutating = (await client.list(mutatingWebhookConfigurations)).items;
      return validating.length === 3 && mutating.length === 1;
    });
    await waitForCondition(client, 'HubRegistrationDegraded', 'False', 'RegistrationFunctional');
    await waitForCondition(client, 'HubPlacementDegraded', 'False', 'PlacementFunctional');
    await waitForCondition(client, 'HubAddOnManagerDegraded', 'False', 'AddOnManagerFunctional');
    await waitForAddOnManager(client);
  });

  test('operator.md 16, 31: CRDs carry the labels of the CR, operands that of the ClusterManager', async () => {
    const found = (await client.list(customResourceDefinitions)).items.filter(({ metadata }) =>
      crds.includes(metadata.name),
    );
    expect(found.map(({ metadata }) => metadata.name).toSorted()).toEqual(crds);
    for (const { metadata } of found) {
      expect(metadata.labels).toEqual({ app: 'mine', team: 'a' });
      expect(metadata.annotations?.[annotation.operatorVersion]).toBe(newestVersion);
    }
    const owned = { [label.createdByClusterManager]: 'cluster-manager' };
    expect(await objectsWith(`${label.createdByClusterManager}=cluster-manager`)).toEqual(installed);
    const account = await client.get(serviceAccounts, 'registration-controller-sa', hubNamespace);
    expect(account.metadata.annotations).toBeUndefined();
    for (const operand of operands) {
      const { metadata, spec } = await deploymentOf(client, operand);
      expect(metadata.labels).toEqual({ app: `cluster-manager-${operand}`, ...owned });
      expect(spec?.template.metadata?.labels).toMatchObject(owned);
      expect(metadata.annotations?.[annotation.specHash]).toMatch(/^[0-9a-f]{64}$/);
    }
  });

  test('operator.md 19: relatedResources lists what was installed, generations the Deployments', async () => {
    const { status, metadata } = await getClusterManager(client);
    // 12 CRDs, Namespace, 30 of RBAC, 3 Services, 6 Deployments, 4 webhook configurations.
    expect(status?.relatedResources).toHaveLength(56);
    expect(status?.generations?.map(({ name, lastGeneration }) => [name, lastGeneration]).toSorted()).toEqual(
      operands.toSorted().map((operand) => [`cluster-manager-${operand}`, 1]),
    );
    expect(status?.observedGeneration).toBe(metadata.generation);
  });

  test('operator.md 63: certificates chain to the bundle that webhooks are configured with', async () => {
    const bundle =
      (await client.get(configMaps, configMap.caBundle, hubNamespace)).data?.['ca-bundle.crt'] ?? '';
    const authority = new X509Certificate(bundle);
    for (const [name, component] of [
      [secretName.registrationWebhookServingCert, 'registration'],
      [secretName.workWebhookServingCert, 'work'],
      [secretName.addonWebhookServingCert, 'addon'],
    ] as const) {
      const { data, type } = await client.get(secrets, name, hubNamespace);
      expect(type).toBe('kubernetes.io/tls');
      const leaf = new X509Certificate(Buffer.from(data?.['tls.crt'] ?? '', 'base64'));
      expect(leaf.verify(authority.publicKey)).toBe(true);
      expect(leaf.subjectAltName).toBe(`DNS:cluster-manager-${component}-webhook.${hubNamespace}.svc`);
    }
    for (const { webhooks } of (await client.list(validatingWebhookConfigurations)).items)
      expect(Buffer.from(webhooks?.[0]?.clientConfig.caBundle ?? '', 'base64').toString()).toBe(bundle);
    const unused = await client.find(secrets, secretName.grpcServerServingCert, hubNamespace);
    expect(unused).toBeUndefined();
  });

  test('operator.md 5: operands get the TLS version and no ciphers', async () => {
    for (const operand of operands) {
      const args = argsOf(await deploymentOf(client, operand));
      expect(args.at(-1)).toBe('--tls-min-version=VersionTLS12');
    }
  });

  test('operator.md 73: a settled hub is written to by nobody, and no controller spins (D5, D15)', async () => {
    await waitForSettled(client);
    const syncs = () => operator.log.split('\n').filter((line) => line.includes('"reconciled"')).length;
    const seen = async () => (await operatorWrites()).length + syncs();
    expect(await untilQuiet('writes and reconciles', seen, 8000)).toBeGreaterThan(0);
  });
});

describe('least privilege of the operator (packaging.md 4.1)', () => {
  const user = `system:serviceaccount:${operatorNamespace}:cluster-manager`;
  const may = async (verb: string, group: string, resource: string, name?: string, subresource?: string) => {
    const review = await client.create(subjectAccessReviews, {
      metadata: { name: '' },
      spec: {
        user,
        resourceAttributes: { verb, group, resource, name, subresource, namespace: 'kube-system' },
      },
    });
    return review.status?.allowed;
  };

  test.each([
    ['get', '', 'secrets', 'somebody-elses', undefined, false],
    ['list', '', 'secrets', undefined, undefined, false],
    ['delete', '', 'secrets', 'somebody-elses', undefined, false],
    ['get', '', 'secrets', secretName.imagePull, undefined, true],
    // To be granted to the add-on manager; it uses none itself, which its admission policies see to.
    ['create', '', 'serviceaccounts', undefined, 'token', true],
    ['subscribe', '', 'serviceaccounts', undefined, 'token', true],
    ['create', 'admissionregistration.k8s.io', 'validatingadmissionpolicies', undefined, undefined, false],
    ['escalate', 'rbac.authorization.k8s.io', 'clusterroles', undefined, undefined, false],
    ['bind', 'rbac.authorization.k8s.io', 'clusterroles', 'cluster-admin', undefined, false],
    ['impersonate', '', 'users', undefined, undefined, false],
    ['create', '', 'pods', undefined, undefined, false],
    ['create', '', 'pods', undefined, 'exec', false],
  ])('it may %s %s %s %s %s: %s', async (verb, group, resource, name, subresource, allowed) => {
    expect(await may(verb, group, resource, name, subresource)).toBe(allowed);
  });

  test('no operand may do what the operator may not', async () => {
    const account = `system:serviceaccount:${hubNamespace}:registration-controller-sa`;
    const review = await client.create(subjectAccessReviews, {
      metadata: { name: '' },
      spec: {
        user: account,
        resourceAttributes: { verb: 'get', resource: 'secrets', namespace: 'kube-system' },
      },
    });
    expect(review.status?.allowed).toBe(false);
  });
});

describe('drift (operator.md 6, 9.2)', () => {
  const uidOf = (object: { metadata: { uid?: string } }) => object.metadata.uid;

  test.each([
    ['Deployment', deployments, 'cluster-manager-registration-controller', hubNamespace],
    ['Deployment of placement', deployments, 'cluster-manager-placement-controller', hubNamespace],
    ['ServiceAccount', serviceAccounts, 'registration-webhook-sa', hubNamespace],
    ['Service', services, 'cluster-manager-work-webhook', hubNamespace],
    ['ClusterRole', clusterRoles, roleName('work:webhook'), undefined],
    ['ClusterRoleBinding', clusterRoleBindings, roleName('registration:controller'), undefined],
    ['Role', roles, roleName('work:webhook'), hubNamespace],
    ['RoleBinding', roleBindings, roleName('registration:webhook'), 'kube-system'],
    [
      'ValidatingWebhookConfiguration',
      validatingWebhookConfigurations,
      'manifestworkvalidators.admission.work.open-cluster-management.io',
      undefined,
    ],
    [
      'MutatingWebhookConfiguration',
      mutatingWebhookConfigurations,
      'managedclustermutators.admission.cluster.open-cluster-management.io',
      undefined,
    ],
    [
      'CustomResourceDefinition',
      customResourceDefinitions,
      'addontemplates.addon.open-cluster-management.io',
      undefined,
    ],
    ['Secret', secrets, secretName.workWebhookServingCert, hubNamespace],
    ['Secret of the authority', secrets, secretName.signer, hubNamespace],
    ['ConfigMap', configMaps, configMap.caBundle, hubNamespace],
  ] as const)('operator.md 45, 66: a deleted %s comes back', async (_, resource, name, namespace) => {
    const before = uidOf(await client.get(resource, name, namespace));
    await client.delete(resource, { name, namespace });
    const back = await waitFor(`${name} came back`, async () => {
      const found = await client.find(resource, name, namespace);
      if (found && uidOf(found) !== before) return found;
      throw new Error(
        `${found ? `still there: ${JSON.stringify(found)}` : 'not there'}\n${operator.log.slice(-5000)}`,
      );
    });
    expect(back.metadata.name).toBe(name);
    await waitForSettled(client);
  });

  test('operator.md 45: a deleted CRD that the API server gave up removing is touched, so that it goes on', async () => {
    const crd = { name: 'placementdecisions.cluster.open-cluster-management.io' };
    const find = () => client.find(customResourceDefinitions, crd.name);
    const holdBy = (finalizers: string[]) =>
      client.patch(customResourceDefinitions, crd, { type: 'merge', body: { metadata: { finalizers } } });
    const before = uidOf(await client.get(customResourceDefinitions, crd.name));
    await holdBy(['example.com/test']);
    await client.delete(customResourceDefinitions, crd);
    const going = await waitFor('only our finalizer', async () => {
      const found = await find();
      return found?.metadata.finalizers?.length === 1 ? found : undefined;
    });
    const conditions = going.status?.conditions?.map((condition) =>
      condition.type === 'Terminating'
        ? { ...condition, status: 'True', reason: 'InstanceDeletionFailed' }
        : condition,
    );
    await client.patch(
      customResourceDefinitions,
      crd,
      { type: 'merge', body: { status: { conditions } } },
      { subresource: 'status' },
    );
    const retries = new Set<string>();
    await waitFor('touched again and again', async () => {
      const at = (await find())?.metadata.annotations?.[annotation.deletionRetriedAt];
      return at && retries.add(at).size === 2;
    });
    await holdBy([]);
    await waitFor('a new one', async () => {
      const found = await find();
      return found && uidOf(found) !== before;
    });
    await waitForSettled(client);
  });

  test('operator.md 45: a deleted namespace comes back with all that was in it', async () => {
    const before = uidOf(await client.get(namespaces, hubNamespace));
    // It goes slowly, so that failures in the meantime put nothing off for long.
    const held = { name: 'held', namespace: hubNamespace };
    await client.create(configMaps, { metadata: { ...held, finalizers: ['example.com/test'] } });
    await client.delete(namespaces, { name: hubNamespace });
    await new Promise((resolve) => setTimeout(resolve, 8000));
    await client.patch(configMaps, held, { type: 'merge', body: { metadata: { finalizers: null } } });
    await waitFor('the namespace came back', async () => {
      const found = await client.find(namespaces, hubNamespace);
      return found && uidOf(found) !== before && !found.metadata.deletionTimestamp;
    });
    await waitFor('all that was in it', async () => {
      for (const operand of operands) {
        await deploymentOf(client, operand);
        await client.get(serviceAccounts, `${operand}-sa`, hubNamespace);
      }
      await client.get(services, 'cluster-manager-work-webhook', hubNamespace);
      await client.get(secrets, secretName.registrationWebhookServingCert, hubNamespace);
      return client.get(configMaps, configMap.caBundle, hubNamespace);
    });
    await waitForSettled(client);
  });

  test('the Pods of a ServiceAccount that was made anew are replaced, since their tokens are void', async () => {
    const markOf = async () =>
      (await deploymentOf(client, 'work-webhook')).spec?.template.metadata?.annotations?.[
        annotation.serviceAccountUid
      ];
    await client.delete(serviceAccounts, { name: 'work-webhook-sa', namespace: hubNamespace });
    await waitFor('the mark of the new one', async () => {
      const account = await client.find(serviceAccounts, 'work-webhook-sa', hubNamespace);
      return account !== undefined && (await markOf()) === account.metadata.uid;
    });
    await waitForSettled(client);
  });

  test('operator.md 43, 44: an edited image or replica count is put back, and generations follow', async () => {
    const name = 'cluster-manager-registration-controller';
    const body = {
      spec: {
        replicas: 5,
        template: { spec: { containers: [{ name: 'hub-registration-controller', image: 'x' }] } },
      },
    };
    await client.patch(deployments, { name, namespace: hubNamespace }, { type: 'strategic', body });
    await waitFor('the Deployment was put back', async () => {
      const { spec } = await client.get(deployments, name, hubNamespace);
      return spec?.replicas === 1 && spec.template.spec?.containers[0]?.image?.endsWith('/registration');
    });
    await waitFor('generations', async () => {
      const { metadata } = await client.get(deployments, name, hubNamespace);
      const { status } = await getClusterManager(client);
      const listed = status?.generations?.find((entry) => entry.name === name);
      return listed?.lastGeneration === metadata.generation;
    });
  });

  test('an edited role, label, Service and webhook are put back (D15); what others added stays', async () => {
    const role = roleName('registration:webhook');
    await client.patch(clusterRoles, { name: role }, { type: 'merge', body: { rules: [] } });
    const labels = { [label.createdByClusterManager]: null, extra: 'kept' };
    const account = { name: 'work-webhook-sa', namespace: hubNamespace };
    await client.patch(serviceAccounts, account, { type: 'merge', body: { metadata: { labels } } });
    const service = { name: 'cluster-manager-registration-webhook', namespace: hubNamespace };
    await client.patch(services, service, { type: 'merge', body: { spec: { selector: { app: 'nobody' } } } });
    const webhook = { name: 'managedclustermutators.admission.cluster.open-cluster-management.io' };
    const body = [{ op: 'replace' as const, path: '/webhooks/0/failurePolicy', value: 'Ignore' }];
    await client.patch(mutatingWebhookConfigurations, webhook, { type: 'json', body });
    const binding = {
      name: 'managedclustersetbindingvalidators.admission.cluster.open-cluster-management.io',
    };
    const unlabelled = { metadata: { labels: { [label.createdByClusterManager]: null } } };
    await client.patch(validatingWebhookConfigurations, binding, { type: 'merge', body: unlabelled });

    await waitFor('all put back', async () => {
      const { rules } = await client.get(clusterRoles, role);
      const { metadata } = await client.get(serviceAccounts, account.name, hubNamespace);
      const { spec } = await client.get(services, service.name, hubNamespace);
      const { webhooks } = await client.get(mutatingWebhookConfigurations, webhook.name);
      const labelled = await client.get(validatingWebhookConfigurations, binding.name);
      return (
        labelled.metadata.labels?.[label.createdByClusterManager] === 'cluster-manager' &&
        rules?.length === 3 &&
        metadata.labels?.[label.createdByClusterManager] === 'cluster-manager' &&
        metadata.labels.extra === 'kept' &&
        spec?.selector?.app === 'cluster-manager-registration-webhook' &&
        webhooks?.[0]?.failurePolicy === 'Fail'
      );
    });
  });

  test('what others add to a Deployment or a webhook configuration is taken out', async () => {
    const deployment = { name: 'cluster-manager-registration-webhook', namespace: hubNamespace };
    const sidecar = { name: 'sidecar', image: 'x' };
    const spec = { minReadySeconds: 7, template: { spec: { containers: [sidecar] } } };
    await client.patch(deployments, deployment, { type: 'strategic', body: { spec } });
    const webhook = 'managedclustervalidators.admission.cluster.open-cluster-management.io';
    const selector = { matchLabels: { only: 'some' } };
    const body = [{ op: 'add' as const, path: '/webhooks/0/namespaceSelector', value: selector }];
    await client.patch(validatingWebhookConfigurations, { name: webhook }, { type: 'json', body });
    await waitFor('both taken out', async () => {
      const live = (await client.get(deployments, deployment.name, hubNamespace)).spec;
      const { webhooks } = await client.get(validatingWebhookConfigurations, webhook);
      return (
        live?.template.spec?.containers.length === 1 &&
        !live.minReadySeconds &&
        Object.keys(webhooks?.[0]?.namespaceSelector ?? {}).length === 0
      );
    });
    await waitForSettled(client);
  });

  test('repairs are told by events, and a fight as a conflict', async () => {
    const eventsOf = async (reason: string) =>
      (await client.list(events, { namespace: 'default' })).items.filter((event) => event.reason === reason);
    const name = 'cluster-manager-work-webhook';
    let isOver = false;
    const fight = async () => {
      while (!isOver) {
        const body = { spec: { replicas: 9 } };
        await client.patch(deployments, { name, namespace: hubNamespace }, { type: 'merge', body });
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    const fighting = fight();
    const [conflict] = await waitFor('a conflict', async () => {
      const found = await eventsOf('RepairConflict');
      return found.length > 0 ? found : undefined;
    });
    isOver = true;
    await fighting;
    expect(conflict?.regarding).toMatchObject({ kind: 'ClusterManager', name: 'cluster-manager' });
    expect(conflict?.note).toContain(`Deployment ${hubNamespace}/${name}: spec.replicas was changed by test`);
    expect(await eventsOf('Repaired')).not.toHaveLength(0);
    await waitFor(
      'peace',
      async () => (await client.get(deployments, name, hubNamespace)).spec?.replicas === 1,
    );
    await waitForSettled(client);
  });

  test('a binding whose role was changed is deleted and made anew', async () => {
    const name = roleName('work:webhook');
    const live = await client.get(clusterRoleBindings, name);
    await client.delete(clusterRoleBindings, { name });
    await client
      .create(clusterRoleBindings, {
        ...live,
        metadata: { name, labels: live.metadata.labels },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      })
      // The operator may have been faster.
      .catch(() => undefined);
    await waitFor(
      'the binding was put back',
      async () => (await client.get(clusterRoleBindings, name)).roleRef.name === name,
    );
    await waitForSettled(client);
  });

  test('foreign labels and annotations of a CRD stay (D29)', async () => {
    const name = 'managedclusters.cluster.open-cluster-management.io';
    const body = { metadata: { annotations: { 'example.com/mine': 'yes' }, labels: { team: null } } };
    await client.patch(customResourceDefinitions, { name }, { type: 'merge', body });
    await waitFor(
      'the label came back',
      async () => (await client.get(customResourceDefinitions, name)).metadata.labels?.team === 'a',
    );
    const { metadata } = await client.get(customResourceDefinitions, name);
    expect(metadata.annotations?.['example.com/mine']).toBe('yes');
  });
});

describe('every field has its effect (operator.md 4.3, 4.4)', () => {
  test('operator.md 28 to 31, 46, 47: users, drivers and gates become arguments in their order', async () => {
    const arn = 'arn:aws:eks:us-west-2:123456789012:cluster/hub-cluster';
    await edit({
      registrationConfiguration: {
        autoApproveUsers: ['user1', 'user2'],
        featureGates: [
          { feature: 'DefaultClusterSet', mode: 'Disable' },
          { feature: 'ManagedClusterAutoApproval', mode: 'Enable' },
          { feature: 'ResourceCleanup', mode: 'Enable' },
          { feature: 'NoSuchGate', mode: 'Enable' },
        ],
        registrationDrivers: [
          { authType: 'csr', csr: { autoApprovedIdentities: ['user3', 'user4'] } },
          {
            authType: 'awsirsa',
            awsirsa: { hubClusterArn: arn, autoApprovedIdentities: ['p1', 'p2'], tags: ['a=b', 'c=d'] },
          },
        ],
      },
    });
    await waitForSettled(client);
    expect(argsOf(await deploymentOf(client, 'registration-controller'))).toEqual([
      '/registration',
      'controller',
      '--feature-gates=DefaultClusterSet=false',
      '--feature-gates=ManagedClusterAutoApproval=true',
      '--cluster-auto-approval-users=user1,user2',
      `--hub-cluster-arn=${arn}`,
      '--enabled-registration-drivers=csr,awsirsa',
      '--auto-approved-csr-users=user3,user4',
      '--auto-approved-arn-patterns=p1,p2',
      '--aws-resource-tags=a=b,c=d',
      '--tls-min-version=VersionTLS12',
    ]);
    expect(argsOf(await deploymentOf(client, 'registration-webhook'))).toEqual([
      '/registration',
      'webhook-server',
      '--port=9443',
      '--health-probe-port=8000',
      '--metrics-port=8080',
      '--feature-gates=DefaultClusterSet=false',
      '--feature-gates=ManagedClusterAutoApproval=true',
      '--tls-min-version=VersionTLS12',
    ]);
    const { metadata } = await client.get(serviceAccounts, 'registration-controller-sa', hubNamespace);
    expect(metadata.annotations?.[annotation.eksRoleArn]).toBe(
      'arn:aws:iam::123456789012:role/hub-cluster_managed-cluster-identity-creator',
    );
    const gates = await waitForCondition(client, 'ValidFeatureGates', 'False', 'InvalidFeatureGatesExisting');
    expect(gates.message).toContain('NoSuchGate');

    await edit({ registrationConfiguration: null });
    await waitForSettled(client);
    const after = await client.get(serviceAccounts, 'registration-controller-sa', hubNamespace);
    expect(after.metadata.annotations?.[annotation.eksRoleArn]).toBeUndefined();
    expect(argsOf(await deploymentOf(client, 'registration-controller'))).toEqual([
      '/registration',
      'controller',
      '--tls-min-version=VersionTLS12',
    ]);
    expect(argsOf(await deploymentOf(client, 'registration-webhook'))).toContain(
      '--feature-gates=DefaultClusterSet=true',
    );
    await waitForCondition(client, 'ValidFeatureGates', 'True', 'FeatureGatesAllValid');
  });

  test('operator.md 32: awsirsa without an ARN is reported, and nothing else suffers', async () => {
    await edit({
      registrationConfiguration: { registrationDrivers: [{ authType: 'csr' }, { authType: 'awsirsa' }] },
    });
    const condition = await waitForCondition(client, 'Applied', 'False', 'RegistrationDriverInvalid');
    expect(condition.message).toContain('hubClusterArn');
    expect(argsOf(await deploymentOf(client, 'registration-controller'))).toContain(
      '--enabled-registration-drivers=csr',
    );
    await edit({ registrationConfiguration: null });
    await waitForSettled(client);
  });

  test('operator.md 19, 21, 22: the work controller comes and goes with its gates', async () => {
    const gate = (mode: string) => ({
      workConfiguration: { featureGates: [{ feature: 'ManifestWorkReplicaSet', mode }] },
    });
    const ofWorkController = () =>
      Promise.all([
        client.find(deployments, 'cluster-manager-work-controller', hubNamespace),
        client.find(serviceAccounts, 'work-controller-sa', hubNamespace),
        client.find(clusterRoles, roleName('work:controller')),
        client.find(clusterRoleBindings, roleName('work:controller')),
      ]);
    const checked = async () => {
      const name = 'manifestworkvalidators.admission.work.open-cluster-management.io';
      const { webhooks = [] } = await client.get(validatingWebhookConfigurations, name);
      return webhooks.map((webhook) => webhook.name.split('.')[0]);
    };
    await edit(gate('Enable'));
    await waitForSettled(client);
    expect(await checked()).toEqual(['manifestworkvalidators', 'manifestworkreplicasetvalidators']);
    expect(argsOf(await deploymentOf(client, 'work-controller'))).toEqual([
      '/work',
      'manager',
      '--feature-gates=ManifestWorkReplicaSet=true',
      '--tls-min-version=VersionTLS12',
    ]);
    expect((await getClusterManager(client)).status?.relatedResources).toHaveLength(63);

    await edit(gate('Disable'));
    await waitFor('the work controller went', async () =>
      (await ofWorkController()).every((object) => object === undefined),
    );
    await waitForSettled(client);
    const { status } = await getClusterManager(client);
    expect(status?.relatedResources).toHaveLength(56);
    expect(await checked()).toEqual(['manifestworkvalidators']);
    // Generations are pruned as well (D23).
    expect(status?.generations).toHaveLength(6);

    await edit(gate('Enable'));
    await waitForSettled(client);
    expect(await ofWorkController()).not.toContain(undefined);
    await edit({ workConfiguration: { featureGates: null } });
    await waitForSettled(client);
  });

  test('operator.md 25, 26: ClusterProfile and ClusterImporter bring rules and arguments, and take them', async () => {
    await edit({
      registrationConfiguration: {
        featureGates: [
          { feature: 'ClusterProfile', mode: 'Enable' },
          { feature: 'ClusterImporter', mode: 'Enable' },
        ],
        importerConfiguration: { renderers: ['render-auto', 'render-from-config-secret'] },
      },
    });
    await waitForSettled(client);
    const groupsOf = async () =>
      (await client.get(clusterRoles, roleName('registration:controller'))).rules?.flatMap(
        ({ apiGroups }) => apiGroups,
      );
    expect(await groupsOf()).toEqual(expect.arrayContaining(['multicluster.x-k8s.io', 'cluster.x-k8s.io']));
    expect(argsOf(await deploymentOf(client, 'registration-controller'))).toEqual([
      '/registration',
      'controller',
      '--feature-gates=ClusterProfile=true',
      '--feature-gates=ClusterImporter=true',
      '--agent-image=example.com/agent:1',
      '--bootstrap-serviceaccount=open-cluster-management/agent-registration-bootstrap',
      '--import-renderers=render-auto,render-from-config-secret',
      '--tls-min-version=VersionTLS12',
    ]);
    expect((await getClusterManager(client)).status?.relatedResources).toHaveLength(57);

    await edit({ registrationConfiguration: null });
    await waitForSettled(client);
    const groups = await groupsOf();
    expect(groups).not.toContain('multicluster.x-k8s.io');
    expect(groups).not.toContain('cluster.x-k8s.io');
    await client.get(customResourceDefinitions, 'clusterprofiles.multicluster.x-k8s.io');
    expect((await getClusterManager(client)).status?.relatedResources).toHaveLength(57);
  });

  test('operator.md 33: what an image of this project cannot do is left out, and said by conditions', async () => {
    const own = `quay.io/open-cluster-management/registration:v${newestVersion}`;
    await edit({
      registrationImagePullSpec: own,
      registrationConfiguration: {
        featureGates: [
          { feature: 'ClusterProfile', mode: 'Enable' },
          { feature: 'ClusterImporter', mode: 'Enable' },
        ],
        registrationDrivers: [
          { authType: 'csr' },
          {
            authType: 'awsirsa',
            awsirsa: { hubClusterArn: 'arn:aws:eks:us-west-2:123456789012:cluster/hub' },
          },
          { authType: 'grpc', grpc: { autoApprovedIdentities: ['trusted'] } },
        ],
      },
    });
    const applied = await waitForCondition(client, 'Applied', 'False', 'RegistrationDriverInvalid');
    expect(applied.message).toContain(`driver awsirsa is not used: image ${own}`);
    const gates = await waitForCondition(client, 'ValidFeatureGates', 'False', 'InvalidFeatureGatesExisting');
    expect(gates.message).toContain('cannot do are ignored: Registration: [ClusterImporter]');
    expect(argsOf(await deploymentOf(client, 'registration-controller'))).toEqual([
      '/registration',
      'controller',
      '--feature-gates=ClusterProfile=true',
      '--enabled-registration-drivers=csr,grpc',
      '--grpc-ca-file=/var/run/secrets/hub/grpc/certs/tls.crt',
      '--grpc-key-file=/var/run/secrets/hub/grpc/certs/tls.key',
      '--auto-approved-grpc-users=trusted',
      '--tls-min-version=VersionTLS12',
    ]);
    const server = await deploymentOf(client, 'grpc-server');
    expect(server.spec?.template.spec?.containers.map(({ image }) => image)).toEqual([own]);
    await edit({ registrationImagePullSpec: null, registrationConfiguration: null });
    await waitForSettled(client);
    await waitForCondition(client, 'ValidFeatureGates', 'True', 'FeatureGatesAllValid');
  });

  test('ports of a webhook that are the same are refused before anything is applied', async () => {
    const before = await deploymentOf(client, 'registration-webhook');
    const bound = (bindConfiguration: object | null) => ({
      deployOption: { mode: 'Default', default: { registrationWebhookConfiguration: { bindConfiguration } } },
    });
    await edit(bound({ port: 9443, healthProbePort: 9443 }));
    const applied = await waitForCondition(client, 'Applied', 'False', 'RuntimeResourceApplyFailed');
    expect(applied.message).toContain('registrationWebhookConfiguration: port 9443, healthProbePort 9443');
    expect((await deploymentOf(client, 'registration-webhook')).metadata.generation).toBe(
      before.metadata.generation,
    );
    await edit({ deployOption: { default: null } });
    await waitForSettled(client);
  });

  describe('images', () => {
    const replicaSet = { feature: 'ManifestWorkReplicaSet', mode: 'Enable' };
    const all = [...operands, 'work-controller'];
    const generations = async () =>
      Object.fromEntries(
        ((await getClusterManager(client)).status?.generations ?? []).map(({ name, lastGeneration }) => [
          name.replace('cluster-manager-', ''),
          lastGeneration ?? 0,
        ]),
      );
    const imageOf = async (operand: string) =>
      (await deploymentOf(client, operand)).spec?.template.spec?.containers[0]?.image;

    beforeAll(async () => {
      await edit({ workConfiguration: { featureGates: [replicaSet] } });
      await waitForSettled(client);
    });
    afterAll(async () => {
      await edit({ workConfiguration: { featureGates: null } });
      await waitForSettled(client);
    });

    afterEach(() => rollouts.release());

    test.each([
      ['registrationImagePullSpec', ['registration-controller', 'registration-webhook']],
      ['workImagePullSpec', ['work-controller', 'work-webhook']],
      ['placementImagePullSpec', ['placement-controller']],
      ['addOnManagerImagePullSpec', ['addon-manager-controller', 'addon-webhook']],
    ])('operator.md 40, 41: %s changes exactly %j', async (field, own) => {
      const before = await generations();
      expect(Object.keys(before).toSorted()).toEqual(all.toSorted());
      rollouts.hold();
      const image = `example.com/${field.toLowerCase()}:latest`;
      await edit({ [field]: image });
      const rolling = await waitForCondition(
        client,
        'Progressing',
        'True',
        'ClusterManagerDeploymentRolling',
      );
      const isNamed = (operand: string) => rolling.message.includes(`cluster-manager-${operand}`);
      expect(all.filter(isNamed).toSorted()).toEqual(own);
      await rollouts.release();
      await waitForSettled(client);
      await waitForCondition(client, 'Progressing', 'False', 'ClusterManagerUpToDate');
      const after = await generations();
      for (const operand of all) {
        const isOwn = own.includes(operand);
        expect([operand, (await imageOf(operand)) === image]).toEqual([operand, isOwn]);
        expect([operand, (after[operand] ?? 0) > (before[operand] ?? 0)]).toEqual([operand, isOwn]);
      }
      const { metadata, status } = await getClusterManager(client);
      expect(status?.observedGeneration).toBe(metadata.generation);
      await edit({ [field]: null });
      await waitForSettled(client);
    });
  });

  test('operator.md 24, 19, since-1.3.1.md 77, 79, 81: the debug server of placement comes and goes with its gate, Service and certificate', async () => {
    const gate = (mode: string) => ({
      placementConfiguration: { featureGates: [{ feature: 'PlacementDebugServer', mode }] },
    });
    const parts = async () => {
      const { spec } = await deploymentOf(client, 'placement-controller');
      return [
        ...(spec?.template.spec?.containers.slice(1).map((container) => container.name) ?? []),
        ...(spec?.template.spec?.volumes ?? []).map((volume) => volume.name),
        ...((await client.find(services, 'cluster-manager-placement', hubNamespace)) ? ['Service'] : []),
        ...((await client.find(secrets, secretName.placementDebugServingCert, hubNamespace))
          ? ['Secret']
          : []),
      ];
    };
    const before = await parts();
    expect(before).toEqual(['tmpdir']);
    const related = async () => (await getClusterManager(client)).status?.relatedResources?.length ?? 0;
    const relatedBefore = await related();
    await edit(gate('Enable'));
    await waitFor('all of it', async () => (await parts()).includes('Secret'));
    await waitForSettled(client);
    expect(await parts()).toEqual(['debug-server', 'tmpdir', 'serving-cert', 'Service', 'Secret']);
    // The Service.
    expect(await related()).toBe(relatedBefore + 1);
    await waitForCondition(client, 'ValidFeatureGates', 'True', 'FeatureGatesAllValid');
    const bundle = (await client.get(configMaps, configMap.caBundle, hubNamespace)).data?.['ca-bundle.crt'];
    const issued = async () => {
      const { data } = await client.get(secrets, secretName.placementDebugServingCert, hubNamespace);
      return new X509Certificate(Buffer.from(data?.['tls.crt'] ?? '', 'base64'));
    };
    const leaf = await issued();
    const name = `cluster-manager-placement.${hubNamespace}.svc`;
    expect(leaf.subjectAltName?.split(', ').toSorted()).toEqual([`DNS:${name}`, `DNS:${name}.cluster.local`]);
    expect(leaf.verify(new X509Certificate(bundle ?? '').publicKey)).toBe(true);
    const days = (leaf.validToDate.getTime() - leaf.validFromDate.getTime()) / 86_400_000;
    expect(Math.round(days)).toBe(30);

    const secret = { name: secretName.placementDebugServingCert, namespace: hubNamespace };
    await client.delete(secrets, secret);
    await waitFor('the certificate came back', async () => (await parts()).includes('Secret'));
    await edit(gate('Disable'));
    await waitFor('all of it went', async () => (await parts()).join() === before.join());
    await waitForSettled(client);
    expect(await related()).toBe(relatedBefore);
    await edit({
      placementConfiguration: { featureGates: [{ feature: 'SIGPlacementDecision', mode: 'Enable' }] },
    });
    const { message } = await waitForCondition(
      client,
      'ValidFeatureGates',
      'False',
      'InvalidFeatureGatesExisting',
    );
    expect(message).toContain('Placement: [SIGPlacementDecision]');
    await edit({ placementConfiguration: null });
    await waitForSettled(client);
  });

  test('operator.md 23: without AddonManagement the add-on manager goes with its rights, and its webhook stays', async () => {
    const field = 'addOnManagerConfiguration';
    const role = roleName('addon-manager:controller');
    const installedNow = async () => {
      const { status } = await getClusterManager(client);
      return [status?.relatedResources, status?.generations?.map(({ name }) => name)];
    };
    const ofManager = () =>
      Promise.all([
        client.find(deployments, 'cluster-manager-addon-manager-controller', hubNamespace),
        client.find(serviceAccounts, 'addon-manager-controller-sa', hubNamespace),
        client.find(clusterRoles, role),
        client.find(clusterRoleBindings, role),
        client.find(clusterRoleBindings, roleName('addon-manager-work-executor:controller')),
        client.find(roles, role, hubNamespace),
        client.find(roleBindings, role, hubNamespace),
        client.find(roleBindings, role, 'kube-system'),
      ]);
    const asked = async () => {
      const { spec } = await client.get(
        customResourceDefinitions,
        'managedclusteraddons.addon.open-cluster-management.io',
      );
      return spec.conversion?.webhook?.clientConfig?.service;
    };
    const before = await installedNow();
    await edit({ [field]: { featureGates: [{ feature: 'AddonManagement', mode: 'Disable' }] } });
    await waitFor('it went', async () => (await ofManager()).every((object) => object === undefined));
    await waitForSettled(client);
    await waitForCondition(client, 'ValidFeatureGates', 'True', 'FeatureGatesAllValid');
    await waitForCondition(client, 'HubAddOnManagerDegraded', 'False', 'AddOnManagementDisabled');
    await deploymentOf(client, 'addon-webhook');
    expect(await asked()).toMatchObject({
      name: 'cluster-manager-addon-webhook',
      path: '/convert',
      port: 9443,
    });
    expect((await getClusterManager(client)).status?.relatedResources).toHaveLength(49);
    await edit({ [field]: { featureGates: [{ feature: 'AddonManagement', mode: 'Enable' }] } });
    await waitForCondition(client, 'HubAddOnManagerDegraded', 'False', 'AddOnManagerFunctional');
    await waitForSettled(client);
    expect(await installedNow()).toEqual(before);
    await edit({ [field]: { featureGates: [{ feature: 'NoSuchGate', mode: 'Disable' }] } });
    const invalid = await waitForCondition(
      client,
      'ValidFeatureGates',
      'False',
      'InvalidFeatureGatesExisting',
    );
    expect(invalid.message).toContain('Addon: [NoSuchGate]');
    await edit({ [field]: null });
    await waitForCondition(client, 'ValidFeatureGates', 'True', 'FeatureGatesAllValid');
    await waitForSettled(client);
  });

  test('an image of a version that no bundle has is refused, and what runs stays', async () => {
    await edit({ registrationImagePullSpec: 'example.com/registration:v9.9.9' });
    const { message } = await waitForCondition(client, 'Applied', 'False', 'UnknownBundleVersion');
    expect(message).toContain('9.9.9');
    const { spec } = await deploymentOf(client, 'registration-controller');
    expect(spec?.template.spec?.containers[0]?.image).toBe('quay.io/open-cluster-management/registration');
    await edit({ registrationImagePullSpec: null, workImagePullSpec: null });
    await waitForSettled(client);
  });

  test.each(['c'.repeat(39), 'c.d'])(
    'a name that operands cannot have is refused, and its ClusterManager leaves the hub alone: %s',
    async (name) => {
      await client.create(clusterManagers, { metadata: { name }, spec: {} });
      const refused = await waitFor('the refusal', async () => {
        const { metadata, status } = await client.get(clusterManagers, name);
        const applied = status?.conditions?.find(({ type }) => type === 'Applied');
        return applied && { metadata, applied };
      });
      expect(refused.applied).toMatchObject({ status: 'False', reason: 'HubResourceApplyFailed' });
      expect(refused.applied.message).toContain('create one of another name instead');
      expect(refused.metadata.finalizers ?? []).toEqual([]);
      await client.delete(clusterManagers, { name });
      await waitFor('it gone', async () => !(await client.find(clusterManagers, name)));
      const home = await client.find(namespaces, hubNamespace);
      expect(home?.metadata.deletionTimestamp).toBeUndefined();
    },
  );

  test('operator.md 42, 48: node placement and resources reach every Pod, and leave it', async () => {
    const tolerations = [{ key: 'infra', operator: 'Exists', effect: 'NoSchedule' }];
    await edit({
      nodePlacement: { nodeSelector: { node: 'infra' }, tolerations },
      resourceRequirement: {
        type: 'ResourceRequirement',
        resourceRequirements: { limits: { memory: '64Mi' } },
      },
    });
    await waitForSettled(client);
    for (const operand of operands) {
      const pod = (await deploymentOf(client, operand)).spec?.template.spec;
      expect(pod?.nodeSelector).toEqual({ node: 'infra' });
      expect(pod?.tolerations).toEqual(tolerations);
      expect(pod?.containers[0]?.resources).toEqual({ limits: { memory: '64Mi' } });
    }
    await edit({
      nodePlacement: null,
      resourceRequirement: { type: 'BestEffort', resourceRequirements: null },
    });
    await waitForSettled(client);
    for (const operand of operands) {
      const pod = (await deploymentOf(client, operand)).spec?.template.spec;
      expect([pod?.nodeSelector, pod?.tolerations]).toEqual([undefined, undefined]);
      expect(pod?.containers[0]?.resources).toEqual({});
    }
    await edit({ resourceRequirement: null });
    await waitForSettled(client);
    const { spec } = await deploymentOf(client, 'work-webhook');
    expect(spec?.template.spec?.containers[0]?.resources).toEqual({
      requests: { cpu: '2m', memory: '16Mi' },
    });
  });

  test.each([
    [
      'registration-webhook',
      'registrationWebhookConfiguration',
      0,
      'managedclustervalidators.admission.cluster.open-cluster-management.io',
    ],
    [
      'work-webhook',
      'workWebhookConfiguration',
      -1,
      'manifestworkvalidators.admission.work.open-cluster-management.io',
    ],
  ])(
    'operator.md 51: bind configuration of the %s shapes arguments, ports, probes, network and strategy',
    async (operand, field, healthProbePort, webhook) => {
      const bindConfiguration = { port: 9444, healthProbePort, metricsPort: 9999, hostNetwork: true };
      await edit({ deployOption: { mode: 'Default', default: { [field]: { bindConfiguration } } } });
      await waitForSettled(client);
      const { spec } = await deploymentOf(client, operand);
      const container = spec?.template.spec?.containers[0];
      expect(container?.args?.slice(2, 5)).toEqual([
        '--port=9444',
        `--health-probe-port=${healthProbePort}`,
        '--metrics-port=9999',
      ]);
      expect(container?.ports).toEqual([{ containerPort: 9444, protocol: 'TCP' }]);
      for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe'] as const)
        expect(container?.[probe]).toBeUndefined();
      expect(spec?.template.spec).toMatchObject({ hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' });
      expect(spec?.strategy?.rollingUpdate).toEqual({ maxSurge: 0, maxUnavailable: 1 });
      const service = await client.get(services, `cluster-manager-${operand}`, hubNamespace);
      expect(service.spec?.ports).toEqual([
        { name: 'webhook', port: 9444, targetPort: 9444, protocol: 'TCP' },
      ]);
      const { webhooks } = await client.get(validatingWebhookConfigurations, webhook);
      expect(webhooks?.[0]?.clientConfig.service?.port).toBe(9444);

      await edit({ deployOption: { mode: 'Default', default: null } });
      await waitForSettled(client);
      const plain = (await deploymentOf(client, operand)).spec;
      expect(plain?.template.spec?.hostNetwork).toBeUndefined();
      expect(plain?.template.spec?.containers[0]?.livenessProbe?.httpGet).toMatchObject({
        path: '/healthz',
        port: 8000,
      });
    },
  );

  test('operator.md 39: the image pull secret is copied and referenced, and goes with its source (D26)', async () => {
    const data = { '.dockerconfigjson': Buffer.from('{"auths":{}}').toString('base64') };
    const type = 'kubernetes.io/dockerconfigjson';
    const metadata = { name: secretName.imagePull, namespace: operatorNamespace };
    await client.create(secrets, { metadata, type, data });
    await waitFor('the reference', async () => {
      const references = await Promise.all(
        operands.map(
          async (operand) => (await deploymentOf(client, operand)).spec?.template.spec?.imagePullSecrets,
        ),
      );
      return references.every((list) => list?.[0]?.name === secretName.imagePull);
    });
    expect((await client.get(secrets, secretName.imagePull, hubNamespace)).data).toEqual(data);
    await client.delete(secrets, metadata);
    await waitFor('the copy and the reference went', async () => {
      const copy = await client.find(secrets, secretName.imagePull, hubNamespace);
      const { spec } = await deploymentOf(client, 'work-webhook');
      return copy === undefined && spec?.template.spec?.imagePullSecrets === undefined;
    });
    await waitForSettled(client);
  });

  test('operator.md 37, 38: a foreign work driver is configured only with its gate', async () => {
    const config = { name: secretName.workDriverConfig, namespace: operatorNamespace };
    await client.create(secrets, { metadata: config, data: { 'config.yaml': 'eA==' } });
    const replicaSet = { feature: 'ManifestWorkReplicaSet', mode: 'Enable' };
    await edit({ workConfiguration: { workDriver: 'grpc', featureGates: [replicaSet] } });
    await waitForSettled(client);
    expect(argsOf(await deploymentOf(client, 'work-controller')).join(' ')).not.toContain('driver');
    expect(await client.find(secrets, config.name, hubNamespace)).toBeUndefined();

    const drivers = { feature: 'CloudEventsDrivers', mode: 'Enable' };
    await edit({ workConfiguration: { workDriver: 'grpc', featureGates: [replicaSet, drivers] } });
    await waitForSettled(client);
    const deployment = await deploymentOf(client, 'work-controller');
    expect(argsOf(deployment)).toEqual([
      '/work',
      'manager',
      '--feature-gates=ManifestWorkReplicaSet=true',
      '--feature-gates=CloudEventsDrivers=true',
      '--work-driver=grpc',
      '--cloudevents-client-id=work-controller-$(POD_NAME)',
      '--work-driver-config=/var/run/secrets/work/config.yaml',
      '--tls-min-version=VersionTLS12',
    ]);
    expect(deployment.spec?.template.spec?.containers[0]?.volumeMounts).toContainEqual({
      name: 'workdriverconfig',
      mountPath: '/var/run/secrets/work',
      readOnly: true,
    });
    await client.get(secrets, config.name, hubNamespace);

    await edit({ workConfiguration: { workDriver: 'kube', featureGates: [replicaSet, drivers] } });
    await waitForSettled(client);
    expect(argsOf(await deploymentOf(client, 'work-controller'))).toContain('--work-driver=kube');
    expect(argsOf(await deploymentOf(client, 'work-controller')).join(' ')).not.toContain('cloudevents');
    await edit({ workConfiguration: { featureGates: null } });
    await waitForSettled(client);
  });
});

describe('certificates and TLS (operator.md 1.5, 4.9)', () => {
  /**
   * Compares, as often as it can, the certificate that the work webhook serves with what the API server is told to trust:
   * how many certificates there were, and which of them were not trusted at some moment.
   */
  const followTrust = () => {
    const seen = new Set<string>();
    const refused: string[] = [];
    let ended = false;
    const look = async () => {
      // The certificate is read first: trust that comes after it would come too late.
      const secret = await client.find(secrets, secretName.workWebhookServingCert, hubNamespace);
      if (!secret) return;
      const { webhooks } = await client.get(
        validatingWebhookConfigurations,
        'manifestworkvalidators.admission.work.open-cluster-management.io',
      );
      const served = new X509Certificate(Buffer.from(secret.data!['tls.crt']!, 'base64'));
      seen.add(served.fingerprint256);
      const authorities = Buffer.from(webhooks![0]!.clientConfig.caBundle!, 'base64')
        .toString()
        .match(/-----BEGIN[^]+?-----END CERTIFICATE-----/g);
      if (!authorities?.some((pem) => served.verify(new X509Certificate(pem).publicKey)))
        refused.push(served.serialNumber);
    };
    const following = (async () => {
      while (!ended) await look();
    })();
    return {
      end: async () => {
        ended = true;
        await following;
        // The last one may have begun before what it is to see.
        await look();
        return { certificates: seen.size, refused };
      },
    };
  };

  test('operator.md 67: a new authority reaches webhooks, and the old one stays trusted', async () => {
    const bundleOf = async () =>
      (await client.get(configMaps, configMap.caBundle, hubNamespace)).data?.['ca-bundle.crt'] ?? '';
    const before = await bundleOf();
    const old = new X509Certificate(before).fingerprint256;
    const trust = followTrust();
    await client.delete(secrets, { name: secretName.signer, namespace: hubNamespace });
    const bundle = await waitFor('a new bundle', async () => {
      const present = await bundleOf();
      return new X509Certificate(present).fingerprint256 === old ? undefined : present;
    });
    expect(bundle).toContain(new X509Certificate(before).toString().trim());
    await waitFor('the webhooks follow', async () => {
      const { items } = await client.list(validatingWebhookConfigurations);
      return items.every(
        ({ webhooks }) =>
          Buffer.from(webhooks?.[0]?.clientConfig.caBundle ?? '', 'base64').toString() === bundle,
      );
    });
    await waitForSettled(client);
    // Present certificates go on until they run out; what follows one is of the new authority.
    const serving = { name: secretName.workWebhookServingCert, namespace: hubNamespace };
    await client.delete(secrets, serving);
    await waitFor('a new serving certificate', () => client.find(secrets, serving.name, hubNamespace));
    await waitForSettled(client);
    const { certificates, refused } = await trust.end();
    expect(certificates).toBe(2);
    // the API server would refuse writes for as long as it does not trust what a webhook serves
    expect(refused).toEqual([]);
  });

  test('operator.md 15: an emptied CA bundle is made anew, and nothing is left of the error', async () => {
    const bundle = { name: configMap.caBundle, namespace: hubNamespace };
    const contentOf = async () =>
      (await client.get(configMaps, bundle.name, hubNamespace)).data?.['ca-bundle.crt'] ?? '';
    const authority = new X509Certificate(await contentOf());
    await client.patch(configMaps, bundle, { type: 'merge', body: { data: { 'ca-bundle.crt': '' } } });
    await waitFor('the present authority', async () => {
      const content = await contentOf();
      return content !== '' && new X509Certificate(content).fingerprint256 === authority.fingerprint256;
    });
    await waitForSettled(client);
  });

  test('operator.md 66: a corrupted serving certificate is replaced', async () => {
    const name = secretName.registrationWebhookServingCert;
    const body = { data: { 'tls.crt': Buffer.from('rubbish').toString('base64') } };
    await client.patch(secrets, { name, namespace: hubNamespace }, { type: 'merge', body });
    await waitFor('a certificate again', async () => {
      const { data } = await client.get(secrets, name, hubNamespace);
      return Buffer.from(data?.['tls.crt'] ?? '', 'base64')
        .toString()
        .includes('BEGIN CERTIFICATE');
    });
  });

  test('operator.md 6, 8: the operator ends when the TLS profile changes, and starts with the new one', async () => {
    const metadata = { name: configMap.tlsProfile, namespace: operatorNamespace };
    await client.create(configMaps, { metadata, data: { minTLSVersion: 'VersionTLS13' } });
    expect(await operator.exit()).toBe(0);
    expect(operator.log).toContain('the TLS profile has changed');
    operator = new OperatorProcess(kubeconfig, ['--enable-sync-labels']);
    await waitFor('the new version everywhere', async () => {
      const all = await Promise.all(
        operands.map(async (operand) => argsOf(await deploymentOf(client, operand))),
      );
      return all.every((args) => args.includes('--tls-min-version=VersionTLS13'));
    });
    await waitForSettled(client);
  });

  test('operator.md 8: the operator goes on when the TLS profile is touched and says the same', async () => {
    const name = { name: configMap.tlsProfile, namespace: operatorNamespace };
    const body = { metadata: { annotations: { touched: 'yes' } } };
    await client.patch(configMaps, name, { type: 'merge', body });
    // What it does about a later change comes after what it would do about this one.
    await edit({ nodePlacement: { nodeSelector: { touched: 'yes' } } });
    await waitForSettled(client);
    await edit({ nodePlacement: null });
    await waitForSettled(client);
    expect(operator.hasEnded).toBe(false);
    expect(operator.log).not.toContain('the TLS profile has changed');
  });

  test('operator.md 9: with a profile that cannot be used the operator does not start', async () => {
    const name = { name: configMap.tlsProfile, namespace: operatorNamespace };
    await client.patch(configMaps, name, {
      type: 'merge',
      body: { data: { minTLSVersion: 'VersionTLS14' } },
    });
    expect(await operator.exit()).toBe(0);
    operator = new OperatorProcess(kubeconfig);
    expect(await operator.exit()).not.toBe(0);
    expect(operator.log).toContain('VersionTLS14');
    await client.delete(configMaps, name);
    operator = new OperatorProcess(kubeconfig, ['--enable-sync-labels']);
    await waitFor('the standard version', async () =>
      argsOf(await deploymentOf(client, 'work-webhook')).includes('--tls-min-version=VersionTLS12'),
    );
  });

  test('packaging.md 22: images that nobody named are those of the operator, from the mirror', async () => {
    const images = async () =>
      (await Promise.all(operands.map((operand) => deploymentOf(client, operand)))).map(
        ({ spec }) => spec?.template.spec?.containers[0]?.image,
      );
    const before = await images();
    const { generation } = (await getClusterManager(client)).metadata;
    await operator.stop();
    const env = { OCM_VERSION: 'v0.4.0', IMAGE_REGISTRY: 'mirror.example:5000/ocm' };
    operator = new OperatorProcess(kubeconfig, ['--enable-sync-labels'], env);
    const mirrored = ['registration', 'work', 'placement', 'addon-manager'].map(
      (name) => `mirror.example:5000/ocm/${name}:v0.4.0`,
    );
    await waitFor('the images of the mirror', async () =>
      (await images()).every((image) => mirrored.includes(image ?? '')),
    );
    await waitForSettled(client);
    expect((await getClusterManager(client)).metadata.generation).toBe(generation);
    await operator.stop();
    operator = new OperatorProcess(kubeconfig, ['--enable-sync-labels']);
    await waitFor('the images of before', async () =>
      (await images()).every((image, index) => image === before[index]),
    );
    await waitForSettled(client);
  });

  test('operator.md 50: labels of the CR reach operands, but not reserved ones', async () => {
    const labels = { app: 'mine', b: '2', a: '1', 'open-cluster-management.io/x': 'no' };
    await client.patch(
      clusterManagers,
      { name: 'cluster-manager' },
      { type: 'merge', body: { metadata: { labels } } },
    );
    // Deployments are applied side by side: what is looked at is what is waited for.
    const deployment = await waitFor('the labels', async () => {
      const found = await deploymentOf(client, 'registration-controller');
      return found.metadata.labels?.b === '2' ? found : undefined;
    });
    expect(deployment.metadata.labels).toEqual({
      app: 'cluster-manager-registration-controller',
      a: '1',
      b: '2',
      team: 'a',
      [label.createdByClusterManager]: 'cluster-manager',
    });
    expect(argsOf(deployment)).toContain('--labels=a=1,b=2,team=a');
    await waitForSettled(client);
  });
});

describe('CRDs and removal (operator.md 4.2, 4.10)', () => {
  const setVersion = (name: string, version: string | null) =>
    client.patch(
      customResourceDefinitions,
      { name },
      { type: 'merge', body: { metadata: { annotations: { [annotation.operatorVersion]: version } } } },
    );

  test('operator.md 70: a CRD of a newer operator is left alone, one of an older one is taken over', async () => {
    const newer = 'placements.cluster.open-cluster-management.io';
    const older = 'placementdecisions.cluster.open-cluster-management.io';
    await setVersion(newer, '99.0.0');
    await setVersion(older, '0.0.1');
    await waitFor('the older one was taken over', async () => {
      const { metadata } = await client.get(customResourceDefinitions, older);
      return metadata.annotations?.[annotation.operatorVersion] === newestVersion;
    });
    await waitForSettled(client);
    const { metadata } = await client.get(customResourceDefinitions, newer);
    expect(metadata.annotations?.[annotation.operatorVersion]).toBe('99.0.0');
    expect(await conditionOf(client, 'Applied')).toMatchObject({ status: 'True' });
    await setVersion(newer, null);
  });

  test('operator.md 75, 76: a CRD whose objects are held keeps all later steps waiting, and says so', async () => {
    const finalizers = ['example.com/hold'];
    const addon = { name: 'held', namespace: 'default' };
    // As it is stored: nobody converts here.
    await client.create(managedClusterAddOnsV1alpha1, { metadata: { ...addon, finalizers }, spec: {} });
    await client.create(managedClusterSets, { metadata: { name: 'held', finalizers }, spec: {} });
    const waitsFor = (crd: string, left: string) =>
      waitFor(`the wait for ${crd}`, async () => {
        const { reason, message = '' } = (await conditionOf(client, 'Progressing')) ?? {};
        if (reason === 'ClusterManagerDeleting' && message.includes(crd) && message.includes(left))
          return true;
        throw new Error(message);
      });
    const release = { metadata: { finalizers: null } };

    await client.delete(clusterManagers, { name: 'cluster-manager' });
    await waitsFor('managedclusteraddons', '(1 objects left: default/held)');
    const { metadata } = await getClusterManager(client);
    expect(metadata.finalizers).toEqual([finalizer.clusterManager]);
    // What comes later in the order is untouched, and the controllers still run.
    for (const crd of crds) await client.get(customResourceDefinitions, crd);
    for (const operand of operands) await deploymentOf(client, operand);
    await client.get(clusterRoles, roleName('registration:controller'));

    await client.patch(managedClusterAddOnsV1alpha1, addon, { type: 'merge', body: release });
    await waitsFor('managedclustersets', '(1 objects left: held)');
    const gone = 'managedclusteraddons.addon.open-cluster-management.io';
    expect(await client.find(customResourceDefinitions, gone)).toBeUndefined();
    await client.patch(managedClusterSets, { name: 'held' }, { type: 'merge', body: release });
  });

  test('operator.md 74, 76: everything goes, CRDs in their order, and the finalizer last', async () => {
    await waitFor(
      'the ClusterManager went',
      async () => (await client.find(clusterManagers, 'cluster-manager')) === undefined,
    );
    const { items } = await client.list(customResourceDefinitions);
    expect(items.map(({ metadata }) => metadata.name).toSorted()).toEqual([
      'clustermanagers.operator.open-cluster-management.io',
      'clusterprofiles.multicluster.x-k8s.io',
    ]);
    const deleted = (await operatorWrites())
      .filter(
        ({ verb, objectRef }) => verb === 'delete' && objectRef?.resource === 'customresourcedefinitions',
      )
      .map(({ objectRef }) => objectRef?.name ?? '');
    const ordered = [
      'managedclusteraddons.addon.open-cluster-management.io',
      'manifestworks.work.open-cluster-management.io',
      'managedclusters.cluster.open-cluster-management.io',
      'manifestworkreplicasets.work.open-cluster-management.io',
      'placements.cluster.open-cluster-management.io',
    ].map((name) => deleted.indexOf(name));
    expect(ordered).not.toContain(-1);
    expect(ordered).toEqual(ordered.toSorted((a, b) => a - b));
    await waitFor(
      'the namespace went',
      async () => (await client.find(namespaces, hubNamespace)) === undefined,
    );
    expect(await objectsWith(label.createdByClusterManager)).toEqual([]);
    // By their names too: a label may have got lost.
    const left = await objectsWith('');
    expect(installed.filter((object) => left.includes(object))).toEqual([]);
  });

  test('operator.md 77: with --skip-remove-crds CRDs stay, released by the operator', async () => {
    await operator.stop();
    operator = new OperatorProcess(kubeconfig, ['--skip-remove-crds']);
    await create();
    await waitForSettled(client);
    const theirs = 'manifestworks.work.open-cluster-management.io';
    await setVersion(theirs, '99.0.0');
    await client.delete(clusterManagers, { name: 'cluster-manager' });
    await waitFor(
      'the ClusterManager went',
      async () => (await client.find(clusterManagers, 'cluster-manager')) === undefined,
    );
    const kept = await client.get(customResourceDefinitions, theirs);
    expect(kept.metadata.annotations?.[annotation.operatorVersion]).toBe('99.0.0');
    for (const name of crds) await client.get(customResourceDefinitions, name);
    const { metadata } = await client.get(
      customResourceDefinitions,
      'managedclusters.cluster.open-cluster-management.io',
    );
    expect(metadata.annotations?.[annotation.operatorVersion]).toBeUndefined();
  });
});
