import { createPrivateKey } from 'node:crypto';
import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ManagedClusterAddOn, managedClusterAddOns } from '../../operators/api/generated/addon.ts';
import {
  managedClusterSetBindings,
  managedClusterSets,
  managedClusters,
} from '../../operators/api/generated/cluster.ts';
import { clusterProfiles } from '../../operators/api/generated/multicluster.ts';
import { managedClusterCondition } from '../../operators/api/conditions.ts';
import { agentUser, clusterGroup, commonClusterRole } from '../../operators/api/identities.ts';
import { annotation, clusterLease, finalizer, group, label } from '../../operators/api/names.ts';
import type { Client, Patch } from '../../operators/runtime/client/client.ts';
import { connect } from '../../operators/runtime/client/connect.ts';
import { parseKubeconfig } from '../../operators/runtime/client/kubeconfig/connection-of.ts';
import {
  type CertificateSigningRequest,
  certificateSigningRequests,
  clusterRoleBindings,
  clusterRoles,
  leases,
  namespaces,
  secrets,
  serviceAccounts,
  type SubjectAccessReview,
  subjectAccessReviews,
} from '../../operators/runtime/client/kubernetes.ts';
import { parseChain } from '../../operators/runtime/pki/certificate.ts';
import { createRequest, generatePrivateKey, parseRequest } from '../../operators/runtime/pki/request.ts';
import { type ControlPlane, startControlPlane, untilQuiet, waitFor } from '../cluster/index.ts';
import type { Daemon } from '../cluster/processes.ts';
import { freePort } from '../cluster/ports.ts';
import { fetchFrom } from './process/child.ts';
import {
  type Agent,
  type Rig,
  agentNamespace,
  bootstrapRules,
  bootstrapUser,
  createRig,
} from './registration/rig.ts';
import { authorityOf, ending, sign } from './registration/sign.ts';

const cluster = 'addons';

let hubPlane: ControlPlane;
let spokePlane: ControlPlane;
let rig: Rig;
let agent: Agent;
let controller: Daemon;

const autoApproval = ['--feature-gates=ManagedClusterAutoApproval=true,ClusterProfile=true'];
const trusted = `--auto-approved-csr-users=${bootstrapUser}`;

beforeAll(async () => {
  hubPlane = await startControlPlane({ name: 'hub' });
  spokePlane = await startControlPlane({ name: 'spoke' });
  rig = await createRig(hubPlane, spokePlane);
  controller = await rig.startController([...autoApproval, trusted]);
  agent = await rig.startAgent(await rig.bootstrapKubeconfig(), { cluster });
  await waitFor(
    'the cluster to be available',
    async () => (await rig.condition(cluster, managedClusterCondition.available.type)) === 'True',
  );
});

afterAll(async () => {
  await rig?.stop();
  await Promise.all([hubPlane?.stop(), spokePlane?.stop()]);
});

const textOf = (data: Record<string, string> | undefined, key: string): string =>
  Buffer.from(data?.[key] ?? '', 'base64').toString();

describe('automatic approval', () => {
  test('registration.md 103: a cluster of a trusted bootstrap user joined without anybody', async () => {
    const { metadata, spec } = await rig.cluster(cluster);
    expect(spec?.hubAcceptsClient).toBe(true);
    expect(Date.parse(metadata.annotations?.[annotation.automaticallyAccepted] ?? '')).not.toBeNaN();
  });

  test('registration.md 104: a later denial stays', async () => {
    const name = 'denied-later';
    await rig.hub.create(managedClusters, { metadata: { name }, spec: {} });
    const { hubAccepted } = managedClusterCondition;
    // Who is denied before anything was granted never was accepted.
    await waitFor('its acceptance', async () => (await rig.condition(name, hubAccepted.type)) === 'True');

    await rig.accept(name, false);

    await waitFor('its denial', async () => (await rig.condition(name, hubAccepted.type)) === 'False');
    await rig.hub.patch(
      managedClusters,
      { name },
      { type: 'merge', body: { metadata: { labels: { touched: '1' } } } },
    );
    await waitFor('the hub to have seen it', async () => {
      const set = await rig.hub.get(managedClusterSets, 'default');
      return set.status?.conditions?.length;
    });
    expect((await rig.cluster(name)).spec?.hubAcceptsClient).toBe(false);
    await rig.hub.delete(managedClusters, { name });
  });
});

describe('requests for certificates', () => {
  /** A request as an agent of this cluster makes it; unseen by the controller without the label. */
  const ask = (client: Client, name: string, isSeen = true) =>
    client.create(certificateSigningRequests, {
      metadata: {
        generateName: `${name}-`,
        ...(isSeen && { labels: { [label.clusterName]: name } }),
      } as never,
      spec: {
        signerName: 'kubernetes.io/kube-apiserver-client',
        usages: ['client auth'],
        request: Buffer.from(
          createRequest(createPrivateKey(generatePrivateKey()), {
            commonName: agentUser(name, 'agent'),
            organizations: [clusterGroup(name)],
          }),
        ).toString('base64'),
      },
    });
  const conditionsOf = async ({ metadata }: CertificateSigningRequest) =>
    (await rig.hub.get(certificateSigningRequests, metadata.name)).status?.conditions ?? [];
  const ours = 'AutoApprovedByHubCSRApprovingController';
  const untilApproved = (request: CertificateSigningRequest) =>
    waitFor(`${request.metadata.name} to be approved`, async () => {
      const [condition] = await conditionsOf(request);
      return condition?.type === 'Approved' && condition.reason === ours;
    });
  const by = async (use: (client: Client) => Promise<void>) => {
    const client = connect(parseKubeconfig(await rig.bootstrapKubeconfig()), { userAgent: 'bootstrap' });
    try {
      await use(client);
    } finally {
      await client.close();
    }
  };

  test('registration.md 102, D12: those of trusted users are approved while the gate is on; without its gate the clean-up lets clusters go', () =>
    by(async (bootstrap) => {
      const named = await ask(bootstrap, 'trusted-on');
      await untilApproved(named);
      const other = await ask(rig.hub, 'trusted-on');
      await untilApproved(await ask(bootstrap, 'trusted-on'));
      expect(await conditionsOf(other)).toEqual([]);
      // None of it was for a right to renew.
      const review = {
        metadata: { name: '' },
        spec: {
          user: bootstrapUser,
          resourceAttributes: {
            group: group.register,
            resource: 'managedclusters',
            subresource: 'clientcertificates',
            verb: 'renew',
          },
        },
      };
      const { status } = await rig.hub.create<SubjectAccessReview>(subjectAccessReviews, review);
      expect(status?.allowed).toBe(false);

      await controller.end();
      const cleansUp = async () =>
        (await rig.cluster(cluster)).metadata.finalizers?.includes(finalizer.managedClusterResources);
      expect(await cleansUp()).toBe(true);
      controller = await rig.startController([trusted, '--feature-gates=ResourceCleanup=false']);
      await rig.hub.create(managedClusters, {
        metadata: { name: 'gate-off' },
        spec: { hubAcceptsClient: true },
      });
      const pending = await ask(bootstrap, 'gate-off');
      await waitFor('the hub to be at work', () => rig.hub.find(leases, clusterLease, 'gate-off'));
      const second = await ask(bootstrap, 'gate-off');
      await untilQuiet(
        'decisions',
        async () => [...(await conditionsOf(pending)), ...(await conditionsOf(second))].length,
        2_000,
      );
      expect([await conditionsOf(pending), await conditionsOf(second)]).toEqual([[], []]);
      await waitFor('the finalizer of the clean-up to go', async () => !(await cleansUp()));
      await controller.end();
      controller = await rig.startController([...autoApproval, trusted]);
      await untilApproved(pending);
      await waitFor('the finalizer of the clean-up', cleansUp);
      await rig.hub.delete(managedClusters, { name: 'gate-off' });
    }));

  test('registration.md 97: what somebody has decided stays as it is', () =>
    by(async (bootstrap) => {
      const [denied, approved, deleted] = await Promise.all(
        ['deny', 'approve', 'delete'].map(async (verb) => {
          const request = await ask(bootstrap, 'decided', false);
          if (verb !== 'delete') await hubPlane.kubectl(['certificate', verb, request.metadata.name]);
          return request;
        }),
      );
      await rig.hub.delete(certificateSigningRequests, deleted!.metadata);
      const before = [await conditionsOf(denied!), await conditionsOf(approved!)];
      // Only now the controller sees them.
      const labelled = { type: 'merge', body: { metadata: { labels: { [label.clusterName]: 'decided' } } } };
      for (const request of [denied!, approved!])
        await rig.hub.patch(certificateSigningRequests, request.metadata, labelled as Patch);
      await untilApproved(await ask(bootstrap, 'decided'));
      expect([await conditionsOf(denied!), await conditionsOf(approved!)]).toEqual(before);
      expect(before.map((conditions) => conditions.map(({ type }) => type))).toEqual([
        ['Denied'],
        ['Approved'],
      ]);
      expect(await rig.hub.find(certificateSigningRequests, deleted!.metadata.name)).toBeUndefined();
    }));
});

describe('cluster sets', () => {
  test('registration.md 122, 142, 144, 145, D13: a binding shows the clusters of its set as profiles', async () => {
    const namespace = 'default';
    const bind = (name: string, clusterSet = name) =>
      rig.hub.create(managedClusterSetBindings, { metadata: { name, namespace }, spec: { clusterSet } });
    await expect(bind('default', 'global')).rejects.toThrow(
      'The ManagedClusterSetBinding must have the same name as the target ManagedClusterSet',
    );
    await bind('default');

    await waitFor('the profile', async () => {
      const found = await rig.hub.find(clusterProfiles, cluster, namespace);
      expect(found?.metadata.labels?.['multicluster.x-k8s.io/clusterset']).toBe('default');
      expect(found?.status?.conditions).toEqual(
        expect.arrayContaining([expect.objectContaining({ type: 'ControlPlaneHealthy', status: 'True' })]),
      );
      return true;
    });

    await rig.hub.patch(
      managedClusters,
      { name: cluster },
      { type: 'merge', body: { metadata: { labels: { [label.clusterSet]: 'other' } } } },
    );
    await waitFor('the profile to go', async () =>
      (await rig.hub.find(clusterProfiles, cluster, namespace)) ? undefined : true,
    );
    await waitFor('the set to be empty', async () => {
      const { status } = await rig.hub.get(managedClusterSets, 'default');
      return status?.conditions?.some(({ type, status }) => type === 'ClusterSetEmpty' && status === 'True');
    });
  });

  test('registration.md 80, 81, 82: namespaces of a set are made on its clusters, and let go', async () => {
    const managedNamespaces = (names: string[]) =>
      rig.hub.apply(
        managedClusterSets,
        { metadata: { name: 'other' }, spec: { managedNamespaces: names.map((name) => ({ name })) } },
        { fieldManager: 'integration-test' },
      );
    await managedNamespaces(['team']);

    const namespace = await waitFor('the namespace', () => rig.spoke.find(namespaces, 'team'));
    const [key] = Object.keys(namespace.metadata.labels ?? {}).filter((each) =>
      each.startsWith('clusterset.open-cluster-management.io/'),
    );
    expect(namespace.metadata.labels?.[key!]).toBe('true');
    await waitFor('the condition', async () => {
      const { status } = await rig.cluster(cluster);
      return status?.managedNamespaces?.[0]?.conditions?.some(
        ({ type, status }) => type === 'NamespaceAvailable' && status === 'True',
      );
    });

    await managedNamespaces([]);

    await waitFor('the label to be taken back', async () => {
      const found = await rig.spoke.get(namespaces, 'team');
      return found.metadata.labels?.[key!] === 'false';
    });
    expect((await rig.cluster(cluster)).status?.managedNamespaces ?? []).toEqual([]);
  });
});

describe('rotation', () => {
  test('registration.md 42, 43: certificates that end are replaced without anybody, and used without a restart', async () => {
    const name = 'rotating';
    // Whom nobody trusts waits for his first certificate, and so for the one that the test signs.
    const rotating = await rig.startAgent(await rig.userKubeconfig('other-bootstrap', bootstrapRules), {
      cluster: name,
    });
    const requests = async () => {
      const labelSelector = `${label.clusterName}=${name}`;
      return (await rig.hub.list(certificateSigningRequests, { labelSelector })).items;
    };
    const first = await waitFor('the first request', async () => (await requests())[0]);
    await sign(rig.hub, await authorityOf(hubPlane), first, ending());
    await rig.approve(name);
    const signed = (await rig.hub.get(certificateSigningRequests, first.metadata.name)).status!.certificate!;

    const second = await waitFor('another certificate', async () => {
      const { data } = await rig.spoke.get(secrets, `${name}-agent-hub-kubeconfig`, agentNamespace);
      return data!['tls.crt'] !== signed && textOf(data, 'tls.crt');
    });

    await waitFor('it to be written to the file', async () => {
      const onDisk = await readFile(join(rotating.hubFolder, 'tls.crt'), 'utf8');
      return parseChain(onDisk)[0]!.notAfter >= parseChain(second)[0]!.notAfter;
    });
    await waitFor(
      'the condition',
      async () => (await rig.condition(name, managedClusterCondition.certificateRotated.type)) === 'True',
    );
    expect(await requests()).toHaveLength(2);
    expect(rotating.daemon.ended()).toBeUndefined();
    await rotating.stop();
  });
});

describe('credentials of add-ons', () => {
  const installNamespace = 'open-cluster-management-agent-addon';
  const secretOf = (addon: string) => `${addon}-hub-kubeconfig`;

  const createAddon = async (name: string, status: ManagedClusterAddOn['status']) => {
    await rig.hub.create(managedClusterAddOns, { metadata: { name, namespace: cluster }, spec: {} });
    await rig.hub.patch(
      managedClusterAddOns,
      { name, namespace: cluster },
      { type: 'merge', body: { status } },
      { subresource: 'status' },
    );
  };

  const requestOf = (addon: string) =>
    waitFor(`a request of add-on ${addon}`, async () => {
      const { items } = await rig.hub.list(certificateSigningRequests, {
        labelSelector: `${label.addonName}=${addon},${label.clusterName}=${cluster}`,
      });
      return items[0];
    });

  const secretWith = (name: string, key: string, namespace = installNamespace) =>
    waitFor(`secret ${namespace}/${name} with ${key}`, async () => {
      const found = await rig.spoke.find(secrets, name, namespace);
      return found?.data?.[key] ? found : undefined;
    });

  const untilGone = (name: string, namespace = installNamespace) =>
    waitFor(`secret ${namespace}/${name} to go`, async () =>
      (await rig.spoke.find(secrets, name, namespace)) ? undefined : true,
    );

  test('registration.md 125, 127, 131: a kubeClient whose namespace comes later', async () => {
    const addon = 'kube';
    await createAddon(addon, { registrations: [{ type: 'kubeClient', kubeClient: {} }] });

    const request = await requestOf(addon);
    expect(request.metadata.name).toMatch(/^addon-addons-kube-/);
    const { subject, extensions } = parseRequest(Buffer.from(request.spec.request, 'base64').toString());
    expect(subject.commonNames).toEqual([
      'system:open-cluster-management:cluster:addons:addon:kube:agent:kube',
    ]);
    expect(subject.organizations).toEqual(['system:open-cluster-management:cluster:addons:addon:kube']);
    expect(extensions).toEqual(['2.5.29.17']);
    await hubPlane.kubectl(['certificate', 'approve', request.metadata.name]);
    await rig.spoke.create(namespaces, { metadata: { name: installNamespace } });

    const { data } = await secretWith(secretOf(addon), 'tls.crt');
    expect(Object.keys(data!).toSorted()).toEqual(['cluster-name', 'kubeconfig', 'tls.crt', 'tls.key']);
    await waitFor('the condition of the add-on', async () => {
      const { status } = await rig.hub.get(managedClusterAddOns, addon, cluster);
      return status?.conditions?.some(
        ({ type, status }) => type === 'ClusterCertificateRotated' && status === 'True',
      );
    });
    const stamped = await rig.hub.get(managedClusterAddOns, addon, cluster);
    expect(stamped.status?.registrations?.[0]?.kubeClient?.driver).toBe('csr');

    await rig.hub.delete(managedClusterAddOns, { name: addon, namespace: cluster });
    await untilGone(secretOf(addon));
  });

  test('registration.md 130: the certificate of an add-on is replaced before it ends', async () => {
    const addon = 'short';
    await createAddon(addon, { registrations: [{ type: 'kubeClient', kubeClient: {} }] });
    const request = await requestOf(addon);
    // Half of what is left of a certificate that was just made is waited for.
    const minute = { ...ending(), notAfter: new Date(Date.now() + 60_000) };
    await sign(rig.hub, await authorityOf(hubPlane), request, minute);
    await hubPlane.kubectl(['certificate', 'approve', request.metadata.name]);
    const first = textOf((await secretWith(secretOf(addon), 'tls.crt')).data, 'tls.crt');
    const renewal = await waitFor('another request', async () => {
      const { items } = await rig.hub.list(certificateSigningRequests, {
        labelSelector: `${label.addonName}=${addon},${label.clusterName}=${cluster}`,
      });
      return items.find(({ status }) => !status?.conditions?.length);
    });
    await hubPlane.kubectl(['certificate', 'approve', renewal.metadata.name]);
    await waitFor('another certificate', async () => {
      const { data } = await rig.spoke.get(secrets, secretOf(addon), installNamespace);
      return textOf(data, 'tls.crt') !== first;
    });
    await rig.hub.delete(managedClusterAddOns, { name: addon, namespace: cluster });
    await untilGone(secretOf(addon));
  });

  test('registration.md 129: subjects that change all the time make ten requests, and then a condition', async () => {
    const addon = 'restless';
    await createAddon(addon, {});
    const requests = async () =>
      (
        await rig.hub.list(certificateSigningRequests, {
          labelSelector: `${label.addonName}=${addon},${label.clusterName}=${cluster}`,
        })
      ).items.length;
    for (let round = 1; round <= 15; round++) {
      const kubeClient = { subject: { user: `user-${round}`, groups: ['group'] }, driver: 'csr' };
      const body = { status: { registrations: [{ type: 'kubeClient', kubeClient }] } };
      await rig.hub.patch(
        managedClusterAddOns,
        { name: addon, namespace: cluster },
        { type: 'merge', body },
        { subresource: 'status' },
      );
      if (round <= 10) await waitFor(`request ${round}`, async () => (await requests()) === round);
    }
    await waitFor('the condition', async () => {
      const { status } = await rig.hub.get(managedClusterAddOns, addon, cluster);
      return status?.conditions?.some(
        (each) =>
          each.type === 'ClusterCertificateRotated' &&
          each.status === 'False' &&
          each.message === 'Stop creating csr since there are too many csr created already on hub',
      );
    });
    expect(await untilQuiet('requests', requests, 2_000)).toBe(10);
    await rig.hub.delete(managedClusterAddOns, { name: addon, namespace: cluster });
  });

  test('registration.md 125: an add-on of a name as long as it may be', async () => {
    const addon = `${'a'.repeat(249)}.a-1`;
    await rig.spoke.apply(
      namespaces,
      { metadata: { name: installNamespace } },
      { fieldManager: 'integration-test' },
    );
    await createAddon(addon, { registrations: [{ type: 'kubeClient', kubeClient: {} }] });
    const labels = { addon: expect.stringMatching(/^a{52}-[0-9a-f]{10}$/) };
    const request = await waitFor('the request of the add-on', async () => {
      const { items } = await rig.hub.list(certificateSigningRequests);
      return items.find(({ metadata }) => metadata.labels?.[label.addonName]?.startsWith('aaaa'));
    });
    expect({ addon: request.metadata.labels?.[label.addonName] }).toEqual(labels);
    const { subject } = parseRequest(Buffer.from(request.spec.request, 'base64').toString());
    expect(subject.commonNames[0]).toBe(
      `system:open-cluster-management:cluster:${cluster}:addon:${addon}:agent:${addon}`,
    );
    await hubPlane.kubectl(['certificate', 'approve', request.metadata.name]);
    const ofAddon = async () => {
      const { items } = await rig.spoke.list(secrets, {
        namespace: installNamespace,
        labelSelector: `${label.addonName}=${request.metadata.labels?.[label.addonName]}`,
      });
      return items;
    };
    const [secret] = await waitFor('its credential', async () => {
      const found = await ofAddon();
      return found[0]?.data?.['tls.crt'] ? found : undefined;
    });
    expect(secret!.metadata.name).toHaveLength(253);
    await rig.hub.delete(managedClusterAddOns, { name: addon, namespace: cluster });
    await waitFor('its credential to go', async () => (await ofAddon()).length === 0);
  });

  test('registration.md 126, 128: a custom signer, then another one', async () => {
    const addon = 'signed';
    const sign = (signerName: string) => [{ type: 'customSigner' as const, customSigner: { signerName } }];
    await createAddon(addon, { registrations: sign('example.com/one') });
    const request = await requestOf(addon);
    expect(request.spec.signerName).toBe('example.com/one');

    await rig.hub.patch(
      managedClusterAddOns,
      { name: addon, namespace: cluster },
      { type: 'merge', body: { status: { registrations: sign('example.com/two') } } },
      { subresource: 'status' },
    );

    await waitFor('a request to the other signer', async () => {
      const { items } = await rig.hub.list(certificateSigningRequests, {
        labelSelector: `${label.addonName}=${addon}`,
      });
      return items.some(({ spec }) => spec.signerName === 'example.com/two');
    });
    await rig.hub.delete(managedClusterAddOns, { name: addon, namespace: cluster });
  });

  test('registration.md 138, 140; addon.md 108: a lease makes an add-on available, and labels its cluster', async () => {
    const addon = 'leased';
    await rig.spoke.apply(
      namespaces,
      { metadata: { name: installNamespace } },
      { fieldManager: 'integration-test' },
    );
    await rig.spoke.create(leases, {
      metadata: { name: addon, namespace: installNamespace },
      spec: { renewTime: new Date().toISOString().replace('Z', '000Z') },
    });
    await rig.hub.create(managedClusterAddOns, { metadata: { name: addon, namespace: cluster }, spec: {} });

    await waitFor('the add-on to be available', async () => {
      const { status } = await rig.hub.get(managedClusterAddOns, addon, cluster);
      return status?.conditions?.some(({ type, status }) => type === 'Available' && status === 'True');
    });
    await waitFor(
      'the label of the cluster',
      async () =>
        (await rig.cluster(cluster)).metadata.labels?.['feature.open-cluster-management.io/addon-leased'] ===
        'available',
    );
  });

  test('registration.md 135, 137: tokens instead of certificates after a restart of the agent', async () => {
    const addon = 'tokens';
    await rig.spoke.apply(
      namespaces,
      { metadata: { name: installNamespace } },
      { fieldManager: 'integration-test' },
    );
    await createAddon(addon, { registrations: [{ type: 'kubeClient', kubeClient: {} }] });
    const request = await requestOf(addon);
    await hubPlane.kubectl(['certificate', 'approve', request.metadata.name]);
    await secretWith(secretOf(addon), 'tls.crt');
    await agent.stop();

    const account = await rig.hub.create(serviceAccounts, {
      metadata: { name: 'tokens-agent', namespace: cluster },
    });
    await rig.hub.create(clusterRoleBindings, {
      metadata: { name: 'tokens' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [
        {
          apiGroup: 'rbac.authorization.k8s.io',
          kind: 'Group',
          name: `system:open-cluster-management:${cluster}`,
        },
      ],
    });
    agent = await rig.startAgent(await readFile(join(agent.folder, 'bootstrap'), 'utf8'), {
      cluster,
      flags: ['--addon-kubeclient-registration-auth=token'],
    });
    await waitFor('the stamp', async () => {
      const { status } = await rig.hub.get(managedClusterAddOns, addon, cluster);
      const kubeClient = status?.registrations?.[0]?.kubeClient;
      return (
        kubeClient?.driver === 'token' &&
        kubeClient.subject?.user === `system:serviceaccount:${cluster}:tokens-agent`
      );
    });
    const { status } = await rig.hub.get(managedClusterAddOns, addon, cluster);
    const ready = {
      type: 'TokenInfrastructureReady',
      status: 'True' as const,
      reason: 'Ready',
      message: `ServiceAccount ${cluster}/tokens-agent (UID: ${account.metadata.uid}) is ready`,
      lastTransitionTime: new Date().toISOString(),
    };
    await rig.hub.patch(
      managedClusterAddOns,
      { name: addon, namespace: cluster },
      { type: 'merge', body: { status: { conditions: [...(status?.conditions ?? []), ready] } } },
      { subresource: 'status' },
    );

    const { data } = await secretWith(secretOf(addon), 'token');
    expect(textOf(data, 'kubeconfig')).toContain('tokenFile: token');
    expect(Object.keys(data!).toSorted()).toEqual(['cluster-name', 'kubeconfig', 'token']);
    await waitFor('the condition', async () => {
      const found = await rig.hub.get(managedClusterAddOns, addon, cluster);
      return found.status?.conditions?.some(
        ({ type, status }) => type === 'TokenRefreshed' && status === 'True',
      );
    });
  });
});

test('registration.md 95: the roles that clusters share go with the last cluster, and come with the first', async () => {
  const roles = async () => {
    const found = Object.values(commonClusterRole).map((name) => rig.hub.find(clusterRoles, name));
    return (await Promise.all(found)).filter((role) => role !== undefined);
  };
  expect(await roles()).toHaveLength(2);
  await agent.stop();
  for (const { metadata } of (await rig.hub.list(managedClusters)).items)
    await rig.hub.delete(managedClusters, { name: metadata.name });
  await waitFor('all clusters to go', async () => (await rig.hub.list(managedClusters)).items.length === 0);
  await waitFor('the roles to go', async () => (await roles()).length === 0);
  await rig.hub.create(managedClusters, { metadata: { name: 'first' }, spec: {} });
  await waitFor('the roles', async () => (await roles()).length === 2);
});

test('registration.md 158: of two replicas one leads, both answer probes, and the other takes over from one that was killed', async () => {
  await controller.end();
  const isHealthy = (port: number) =>
    waitFor('health over TLS', async () => (await fetchFrom(port, '/healthz')).status === 200);
  const startReplica = async (name: string) => {
    const port = await freePort();
    const daemon = rig.workspace.start(name, process.execPath, [
      join(import.meta.dirname, '../../operators/registration/main.ts'),
      'controller',
      `--kubeconfig=${hubPlane.kubeconfigPath}`,
      '--namespace=default',
      `--listen=127.0.0.1:${port}`,
      // Who leads loses nothing because the machine is busy for a while.
      '--leader-election-lease-duration=60s',
      '--leader-election-renew-deadline=50s',
      '--leader-election-retry-period=5s',
    ]);
    const leads = async () => (await readFile(daemon.logPath, 'utf8')).includes('became leader');
    return { daemon, port, leads };
  };
  const replicas = [await startReplica('replica-one'), await startReplica('replica-two')];
  for (const { port } of replicas) await isHealthy(port);
  const leader = await waitFor('one to lead', async () => {
    for (const replica of replicas) if (await replica.leads()) return replica;
    return undefined;
  });
  const standby = replicas.find((replica) => replica !== leader)!;
  const accepted = async (name: string) => {
    await rig.hub.create(managedClusters, { metadata: { name }, spec: { hubAcceptsClient: true } });
    await waitFor(`the namespace of ${name}`, () => rig.hub.find(namespaces, name));
  };
  await accepted('led');
  await isHealthy(standby.port);
  expect(await standby.leads()).toBe(false);
  leader.daemon.signal('SIGKILL');
  await waitFor('the other to lead', standby.leads);
  await accepted('led-by-the-other');

  const port = await freePort();
  const probed = await rig.startAgent(await rig.bootstrapKubeconfig(), {
    cluster: 'probed',
    flags: [`--listen=127.0.0.1:${port}`],
  });
  await isHealthy(port);
  await probed.stop();
});
