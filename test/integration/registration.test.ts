import { createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { managedClusterCondition } from '../../operators/api/conditions.ts';
import {
  type ManagedCluster,
  clusterClaims,
  managedClusters,
} from '../../operators/api/generated/cluster.ts';
import { manifestWorks } from '../../operators/api/generated/work.ts';
import {
  agentUser,
  clusterGroup,
  clusterRoleOf,
  managedClustersGroup,
  registrationRoleBindingOf,
  workRoleBindingOf,
} from '../../operators/api/identities.ts';
import { annotation, clusterLease, finalizer, group, label } from '../../operators/api/names.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import { connect } from '../../operators/runtime/client/connect.ts';
import { isForbidden } from '../../operators/runtime/client/errors.ts';
import { parseKubeconfig } from '../../operators/runtime/client/kubeconfig/connection-of.ts';
import { loadConnection } from '../../operators/runtime/client/kubeconfig/load.ts';
import { renderKubeconfig } from '../../operators/runtime/client/kubeconfig/kubeconfig-writer.ts';
import {
  certificateSigningRequests,
  clusterRoleBindings,
  clusterRoles,
  configMaps,
  leases,
  namespaces,
  roleBindings,
  secrets,
  type SubjectAccessReview,
  subjectAccessReviews,
} from '../../operators/runtime/client/kubernetes.ts';
import { clusterRoleFor } from '../../operators/registration/hub/accept/permissions.ts';
import { createRequest, generatePrivateKey, parseRequest } from '../../operators/runtime/pki/request.ts';
import { microTime } from '../../operators/runtime/controller/events.ts';
import { type ControlPlane, startControlPlane, waitFor } from '../cluster/index.ts';
import { type Agent, type Rig, agentNamespace, bootstrapUser, createRig } from './registration/rig.ts';

const { available, hubAccepted, joined, certificateRotated, clockSynced } = managedClusterCondition;

let hubPlane: ControlPlane;
let spokePlane: ControlPlane;
let rig: Rig;

beforeAll(async () => {
  hubPlane = await startControlPlane({ name: 'hub' });
  spokePlane = await startControlPlane({ name: 'spoke' });
  rig = await createRig(hubPlane, spokePlane);
  await rig.startController();
});

afterAll(async () => {
  await rig?.stop();
  await Promise.all([hubPlane?.stop(), spokePlane?.stop()]);
});

const untilCondition = (cluster: string, type: string, status: string) =>
  waitFor(
    `${type} of ${cluster} to be ${status}`,
    async () => (await rig.condition(cluster, type)) === status,
  );

const joinAs = async (cluster: string, flags: string[] = []): Promise<Agent> => {
  const agent = await rig.startAgent(await rig.bootstrapKubeconfig(), { cluster, flags });
  await rig.approve(cluster);
  await rig.accept(cluster);
  await untilCondition(cluster, available.type, 'True');
  return agent;
};

const hubSecretOf = (cluster: string) =>
  rig.spoke.get(secrets, `${cluster}-agent-hub-kubeconfig`, agentNamespace);

describe('joining', () => {
  test('an agent whose hub is out of reach says so, and joins when the hub is back', async () => {
    const cluster = 'join-unreachable';
    const bootstrap = await rig.bootstrapKubeconfig();
    await hubPlane.shutdown();
    const agent = await rig.startAgent(bootstrap, { cluster });
    await waitFor('the agent to name the hub', async () => (await agent.log()).includes('ECONNREFUSED'));

    await hubPlane.restart();

    await rig.approve(cluster);
    await rig.accept(cluster);
    await untilCondition(cluster, available.type, 'True');
    await agent.stop();
  });

  test('registration.md 17, 18, 23, 60: from the bootstrap kubeconfig to an available cluster', async () => {
    const cluster = 'join-1';
    const agent = await rig.startAgent(await rig.bootstrapKubeconfig(), { cluster });

    const request = await rig.approve(cluster);
    expect(request.metadata.name).toMatch(/^join-1-/);
    expect(request.spec).toMatchObject({
      signerName: 'kubernetes.io/kube-apiserver-client',
      usages: ['digital signature', 'key encipherment', 'client auth'],
    });
    expect(request.spec.expirationSeconds).toBeUndefined();
    const { subject, extensions } = parseRequest(Buffer.from(request.spec.request, 'base64').toString());
    expect(subject.organizations).toEqual([
      'system:open-cluster-management:join-1',
      'system:open-cluster-management:managed-clusters',
    ]);
    expect(subject.commonNames[0]).toMatch(/^system:open-cluster-management:join-1:[a-z0-9]{5}$/);
    expect(extensions).toEqual([]);
    expect((await rig.cluster(cluster)).spec?.hubAcceptsClient ?? false).toBe(false);
    expect((await rig.cluster(cluster)).metadata.labels?.[label.clusterSet]).toBe('default');

    await rig.accept(cluster);
    await untilCondition(cluster, available.type, 'True');
    await untilCondition(cluster, joined.type, 'True');
    await untilCondition(cluster, clockSynced.type, 'True');

    const { data } = await hubSecretOf(cluster);
    expect(Object.keys(data ?? {}).toSorted()).toEqual([
      'agent-name',
      'cluster-name',
      'kubeconfig',
      'tls.crt',
      'tls.key',
    ]);
    const kubeconfig = Buffer.from(data!['kubeconfig']!, 'base64').toString();
    expect(kubeconfig).toContain('current-context: default-context');
    expect(kubeconfig).toContain('client-certificate: tls.crt');
    expect(await readFile(join(agent.hubFolder, 'kubeconfig'), 'utf8')).toBe(kubeconfig);

    const managed = await waitFor('the untainted cluster', async () => {
      const found = await rig.cluster(cluster);
      return found.status?.version?.kubernetes && !found.spec?.taints?.length ? found : undefined;
    });
    expect(managed.metadata.finalizers).toEqual(
      expect.arrayContaining([finalizer.managedCluster, finalizer.managedClusterResources]),
    );
    const lease = await rig.hub.get(leases, clusterLease, cluster);
    expect(lease.metadata.labels?.[label.clusterName]).toBe(cluster);
    await agent.stop();
  });

  test('registration.md 24: an agent whose cluster is accepted late joins then', async () => {
    const cluster = 'join-late';
    const agent = await rig.startAgent(await rig.bootstrapKubeconfig(), { cluster });
    await rig.approve(cluster);
    await waitFor('the agent to have its hub kubeconfig', async () =>
      (await agent.log()).includes('HubClientConfigReady'),
    );

    await rig.accept(cluster);

    await untilCondition(cluster, available.type, 'True');
    await agent.stop();
  });

  test('registration.md 33, 50: made-up names survive restarts, before and after the first certificate', async () => {
    const [secretName, recordName] = ['unnamed-hub-kubeconfig', 'unnamed-hub-kubeconfig-identity'];
    const flags = [`--hub-kubeconfig-secret=${secretName}`];
    const bootstrap = await rig.bootstrapKubeconfig();
    const first = await rig.startAgent(bootstrap, { flags });
    const nameIn = async (agent: Agent) => {
      const line = (await agent.log()).split('\n').find((text) => text.includes('bootstrapping'));
      return line ? (JSON.parse(line) as { cluster: string; agent: string }) : undefined;
    };
    const { cluster, agent } = await waitFor('the names of the first agent', () => nameIn(first));
    await waitFor('the ManagedCluster', () => rig.cluster(cluster));
    await first.stop();

    const second = await rig.startAgent(bootstrap, { flags });
    const again = await waitFor('the names of the second agent', () => nameIn(second));

    expect(again).toMatchObject({ cluster, agent });
    await second.stop();
    // Operators start the work agent as soon as there is this secret (operator.md 5.5).
    expect(await rig.spoke.find(secrets, secretName, agentNamespace)).toBeUndefined();
    // The keys of these requests ended with their agents.
    const labelSelector = `${label.clusterName}=${cluster}`;
    for (const { metadata } of (await rig.hub.list(certificateSigningRequests, { labelSelector })).items)
      await rig.hub.delete(certificateSigningRequests, metadata);
    // What earlier agents left before they had a kubeconfig.
    const encoded = (text: string) => Buffer.from(text).toString('base64');
    await rig.spoke.delete(configMaps, { name: recordName, namespace: agentNamespace });
    await rig.spoke.create(secrets, {
      metadata: { name: secretName, namespace: agentNamespace },
      data: { 'cluster-name': encoded(cluster), 'agent-name': encoded(agent) },
    });

    const third = await rig.startAgent(bootstrap, { flags });
    expect(await waitFor('the names of the third agent', () => nameIn(third))).toMatchObject({
      cluster,
      agent,
    });
    await waitFor('the secret to go', async () =>
      (await rig.spoke.find(secrets, secretName, agentNamespace)) ? undefined : true,
    );
    const record = await rig.spoke.get(configMaps, recordName, agentNamespace);
    expect(record.data).toEqual({ 'cluster-name': cluster, 'agent-name': agent });

    await rig.approve(cluster);
    const { data } = await waitFor('the secret', () => rig.spoke.find(secrets, secretName, agentNamespace));
    expect(data).toMatchObject({ 'cluster-name': encoded(cluster), 'agent-name': encoded(agent) });
    expect(Object.keys(data!)).toContain('kubeconfig');
    await waitFor('the record to go', async () =>
      (await rig.spoke.find(configMaps, recordName, agentNamespace)) ? undefined : true,
    );
    await third.stop();
    await rig.hub.delete(managedClusters, { name: cluster });
  });

  test('registration.md 26: a wrong bootstrap credential is reported with its remedy', async () => {
    const cluster = 'join-wrong';
    const wrong = (await rig.bootstrapKubeconfig()).replace(/token: .*/, 'token: not-a-token');
    const agent = await rig.startAgent(wrong, { cluster });

    await waitFor('the agent to name cause and remedy', async () => {
      const log = await agent.log();
      return (
        log.includes(`cannot get ManagedCluster \\"${cluster}\\"`) &&
        log.includes('renew the bootstrap secret')
      );
    });

    await expect(rig.cluster(cluster)).rejects.toMatchObject({ code: 404 });
    await agent.stop();
  });

  test('a certificate goes on being used where a bootstrap kubeconfig without a valid token leads now', async () => {
    const cluster = 'join-follows';
    const first = await joinAs(cluster);
    await first.stop();
    const joined = (await hubSecretOf(cluster)).data!;
    const way = { server: hubPlane.server, caData: hubPlane.caPem, token: 'expired' };
    const requests = async () => {
      const labelSelector = `${label.clusterName}=${cluster}`;
      return (await rig.hub.list(certificateSigningRequests, { labelSelector })).items.length;
    };
    const before = await requests();
    const elsewhere = new URL(hubPlane.server);
    elsewhere.hostname = 'localhost';
    for (const change of [
      { caData: `${hubPlane.caPem.trimEnd()}\n${spokePlane.caPem}` },
      { tlsServerName: 'kubernetes.default.svc' },
      { server: elsewhere.href.replace(/\/$/, '') },
    ]) {
      const bootstrap = renderKubeconfig({ ...way, ...change });
      const agent = await rig.startAgent(bootstrap, { cluster });
      const { data } = await waitFor(`the kubeconfig to have ${Object.keys(change).join()}`, async () => {
        const found = await hubSecretOf(cluster);
        const present = parseKubeconfig(Buffer.from(found.data!['kubeconfig']!, 'base64').toString());
        return Object.entries(change).every(([key, value]) => present[key as keyof typeof present] === value)
          ? found
          : undefined;
      });
      expect({ ...data, kubeconfig: undefined }).toEqual({ ...joined, kubeconfig: undefined });
      const renewed = (await rig.hub.get(leases, clusterLease, cluster)).spec?.renewTime;
      await waitFor('the lease to be renewed', async () => {
        const { spec } = await rig.hub.get(leases, clusterLease, cluster);
        return spec?.renewTime !== renewed;
      });
      expect(agent.daemon.ended()).toBeUndefined();
      await agent.stop();
    }
    expect(await requests()).toBe(before);

    const present = (await hubSecretOf(cluster)).data;
    const rebuilt = await rig.startAgent(renderKubeconfig(way, { cluster: 'rebuilt' }), { cluster });
    await waitFor('the agent to name the remedy', async () =>
      (await rebuilt.log()).includes('renew the bootstrap secret'),
    );
    expect((await hubSecretOf(cluster)).data).toEqual(present);
    await rebuilt.stop();
  });

  test('registration.md 44: a changed bootstrap secret ends the agent', async () => {
    const cluster = 'join-rebootstrap';
    const agent = await rig.startAgent(await rig.bootstrapKubeconfig(), { cluster });
    await waitFor('the ManagedCluster', () => rig.cluster(cluster));

    await rig.spoke.patch(
      secrets,
      { name: `${cluster}-agent-bootstrap`, namespace: agentNamespace },
      { type: 'merge', body: { data: { more: 'bW9yZQ==' } } },
    );

    await waitFor('the agent to end', () => Promise.resolve(agent.daemon.ended()));
    if (agent.daemon.ended() !== 'status 0') throw new Error(`${agent.daemon.ended()}\n${await agent.log()}`);
  });
});

describe('a joined cluster', () => {
  const cluster = 'joined';
  let agent: Agent;

  beforeAll(async () => {
    agent = await joinAs(cluster);
  });
  afterAll(() => agent?.stop());

  test('registration.md 73: reports its claims', async () => {
    await rig.spoke.create(clusterClaims, { metadata: { name: 'id.k8s.io' }, spec: { value: 'one' } });
    const claims = (wanted: string) =>
      waitFor(`claims ${wanted}`, async () => {
        const { status } = await rig.cluster(cluster);
        return JSON.stringify(status?.clusterClaims ?? []) === wanted;
      });
    await claims('[{"name":"id.k8s.io","value":"one"}]');

    await rig.spoke.patch(
      clusterClaims,
      { name: 'id.k8s.io' },
      { type: 'merge', body: { spec: { value: 'two' } } },
    );
    await claims('[{"name":"id.k8s.io","value":"two"}]');

    await rig.spoke.delete(clusterClaims, { name: 'id.k8s.io' });
    await claims('[]');
  });

  test('registration.md 51: a deleted hub secret comes back through a renewal that nobody has to approve', async () => {
    const before = await hubSecretOf(cluster);
    await rig.spoke.delete(secrets, { name: before.metadata.name, namespace: agentNamespace });

    const after = await waitFor('a new secret', async () => {
      const found = await hubSecretOf(cluster);
      return found.data?.['tls.crt'] ? found : undefined;
    });

    expect(after.data!['tls.crt']).not.toBe(before.data!['tls.crt']);
    expect(after.data!['agent-name']).toBe(before.data!['agent-name']);
    await untilCondition(cluster, certificateRotated.type, 'True');
  });

  test('registration.md 88: deleted permissions come back', async () => {
    const name = registrationRoleBindingOf(cluster);
    const { uid } = (await rig.hub.get(roleBindings, name, cluster)).metadata;

    await rig.hub.delete(roleBindings, { name, namespace: cluster });

    await waitFor('the RoleBinding', async () => {
      const found = await rig.hub.get(roleBindings, name, cluster);
      return found.metadata.uid !== uid;
    });
  });

  test('registration.md 86, 65: denied while works remain, then accepted again', async () => {
    await rig.hub.create(manifestWorks, {
      metadata: { name: 'work', namespace: cluster },
      spec: { workload: { manifests: [] } },
    });

    await rig.accept(cluster, false);
    await untilCondition(cluster, hubAccepted.type, 'False');
    const role = await waitFor('the reduced ClusterRole', async () => {
      const found = await rig.hub.get(clusterRoles, clusterRoleOf(cluster));
      return found.rules?.length === 1 ? found : undefined;
    });
    expect(role.rules![0]!.verbs).toEqual(['get', 'list', 'watch']);
    await waitFor('the registration RoleBinding to go', async () =>
      (await rig.hub.find(roleBindings, registrationRoleBindingOf(cluster), cluster)) ? undefined : true,
    );
    const kept = await rig.hub.get(roleBindings, workRoleBindingOf(cluster), cluster);
    expect(kept.metadata.deletionTimestamp).toBeDefined();
    expect(await rig.hub.find(clusterRoleBindings, clusterRoleOf(cluster))).toBeDefined();

    await rig.hub.delete(manifestWorks, { name: 'work', namespace: cluster });
    await waitFor('the work RoleBinding to go', async () =>
      (await rig.hub.find(roleBindings, workRoleBindingOf(cluster), cluster)) ? undefined : true,
    );

    await rig.accept(cluster);
    await untilCondition(cluster, hubAccepted.type, 'True');
    await waitFor('the work RoleBinding', () =>
      rig.hub.find(roleBindings, workRoleBindingOf(cluster), cluster),
    );
  });

  test('registration.md 4.2: a denial that overtakes the acceptance takes the permissions back', async () => {
    const name = 'denied-at-once';
    // what a controller leaves that granted, and was denied before it wrote the condition
    await rig.hub.create(managedClusters, { metadata: { name }, spec: { hubAcceptsClient: false } });
    await rig.hub.create(clusterRoles, clusterRoleFor(name, true, {}));

    await untilCondition(name, hubAccepted.type, 'False');
    await waitFor('the reduced ClusterRole', async () => {
      const { rules } = await rig.hub.get(clusterRoles, clusterRoleOf(name));
      return rules?.length === 1;
    });
    await rig.hub.delete(managedClusters, { name });
  });

  test('a restart of the hub API server is survived', async () => {
    const { spec } = await rig.hub.get(leases, clusterLease, cluster);
    await hubPlane.restart();
    await rig.hub.patch(
      managedClusters,
      { name: cluster },
      { type: 'merge', body: { spec: { leaseDurationSeconds: 2 } } },
    );

    await waitFor(
      'the lease to be renewed',
      async () => (await rig.hub.get(leases, clusterLease, cluster)).spec?.renewTime !== spec?.renewTime,
    );
    await untilCondition(cluster, available.type, 'True');
  });

  test('since-1.3.1.md 55, 56: whoever says so has no clock looked at, and stays available', async () => {
    const cluster = 'clock';
    const skip = 'registration.open-cluster-management.io/skip-clock-sync-check';
    await rig.hub.create(managedClusters, { metadata: { name: cluster }, spec: { hubAcceptsClient: true } });
    await waitFor('the lease of the cluster', () => rig.hub.find(leases, clusterLease, cluster));
    let renewals = 0;
    // What a renewal says is looked at when it comes, with the annotations that are known then.
    const renewUntil = (status: string) =>
      waitFor(`a clock that is ${status}`, async () => {
        const renewTime = microTime(new Date(Date.now() - 7_200_000 + renewals++));
        const body = { spec: { renewTime } };
        await rig.hub.patch(leases, { name: clusterLease, namespace: cluster }, { type: 'merge', body });
        return (await rig.condition(cluster, clockSynced.type)) === status;
      });
    const annotate = (value: string | null) =>
      rig.hub.patch(
        managedClusters,
        { name: cluster },
        {
          type: 'merge',
          body: { metadata: { annotations: { [skip]: value } } },
        },
      );
    await renewUntil('False');
    await annotate('true');
    await renewUntil('True');
    expect(await rig.condition(cluster, available.type)).not.toBe('Unknown');
    await annotate(null);
    await renewUntil('False');
  });

  test('registration.md 64: silence becomes Unknown and a taint, and a returning agent ends both', async () => {
    await agent.stop();
    await untilCondition(cluster, available.type, 'Unknown');
    const tainted = await waitFor('the taint', async () => {
      const found = await rig.cluster(cluster);
      return found.spec?.taints?.length ? found : undefined;
    });
    expect(tainted.spec!.taints!.map(({ key }) => key)).toEqual([
      'cluster.open-cluster-management.io/unreachable',
    ]);
    expect(tainted.spec!.taints![0]!.timeAdded).toBeDefined();

    agent = await rig.startAgent(await readFile(join(agent.folder, 'bootstrap'), 'utf8'), { cluster });
    await untilCondition(cluster, available.type, 'True');
    await waitFor('the taint to go', async () => !(await rig.cluster(cluster)).spec?.taints?.length);
  });

  test('registration.md 91, 92: a deleted cluster leaves its namespace and nothing else', async () => {
    await rig.hub.create(manifestWorks, {
      metadata: {
        name: 'late',
        namespace: cluster,
        annotations: { [annotation.cleanupPriority]: '20' },
      },
      spec: { workload: { manifests: [] } },
    });

    await rig.hub.delete(managedClusters, { name: cluster });

    await waitFor('the cluster to go', async () =>
      (await rig.hub.find(managedClusters, cluster)) ? undefined : true,
    );
    await waitFor('its permissions to go', async () => {
      const left = await Promise.all([
        rig.hub.find(clusterRoles, clusterRoleOf(cluster)),
        rig.hub.find(clusterRoleBindings, clusterRoleOf(cluster)),
        rig.hub.find(roleBindings, registrationRoleBindingOf(cluster), cluster),
        rig.hub.find(roleBindings, workRoleBindingOf(cluster), cluster),
        rig.hub.find(manifestWorks, 'late', cluster),
      ]);
      return left.every((object) => object === undefined);
    });
    expect(await rig.hub.find(namespaces, cluster)).toBeDefined();
  });
});

describe('certificates', () => {
  const requestsOf = async (cluster: string) => {
    const { items } = await rig.hub.list(certificateSigningRequests, {
      labelSelector: `${label.clusterName}=${cluster}`,
    });
    return items.map(({ metadata }) => metadata.name);
  };

  test('registration.md 28: a denied request waits; once it is gone another one is made', async () => {
    const cluster = 'denied-csr';
    const agent = await rig.startAgent(await rig.bootstrapKubeconfig(), { cluster });
    const [denied] = await waitFor('a request', async () => {
      const names = await requestsOf(cluster);
      return names.length > 0 ? names : undefined;
    });
    await hubPlane.kubectl(['certificate', 'deny', denied!]);
    await hubPlane.kubectl(['delete', 'csr', denied!]);

    await waitFor('another request', async () => (await requestsOf(cluster)).some((name) => name !== denied));

    expect(await requestsOf(cluster)).toHaveLength(1);
    await agent.stop();
  });

  test('registration.md 30: ten own requests are enough, and those of others do not count', async () => {
    const cluster = 'many-csrs';
    const fill = async (user: Client) => {
      for (let at = 0; at < 10; at++)
        await user.create(certificateSigningRequests, {
          metadata: { generateName: `${cluster}-`, labels: { [label.clusterName]: cluster } } as never,
          spec: {
            signerName: 'kubernetes.io/kube-apiserver-client',
            usages: ['client auth'],
            request: Buffer.from(
              createRequest(createPrivateKey(generatePrivateKey()), { commonName: 'x', organizations: [] }),
            ).toString('base64'),
          },
        });
    };
    await fill(rig.hub);
    const first = await rig.startAgent(await rig.bootstrapKubeconfig(), { cluster });
    await waitFor('the request of the agent', async () => (await requestsOf(cluster)).length === 11);
    await first.stop();

    const bootstrap = connect(parseKubeconfig(await rig.bootstrapKubeconfig()), {
      userAgent: 'integration-test',
    });
    await fill(bootstrap);
    await bootstrap.close();
    const second = await rig.startAgent(await rig.bootstrapKubeconfig(), { cluster, instance: 'second' });
    await waitFor('the agent to stop asking', async () =>
      (await second.log()).includes('ClientCertificateCreationHalted'),
    );
    expect(await requestsOf(cluster)).toHaveLength(21);
    await second.stop();
  });

  test('registration.md 101: forged requests stay pending', async () => {
    await rig.hub.create(managedClusters, { metadata: { name: 'prod' }, spec: {} });
    const request = (commonName: string, organizations: string[]) =>
      rig.hub.create(certificateSigningRequests, {
        metadata: { generateName: 'forged-', labels: { [label.clusterName]: 'prod' } } as never,
        spec: {
          signerName: 'kubernetes.io/kube-apiserver-client',
          usages: ['client auth'],
          request: Buffer.from(
            createRequest(createPrivateKey(generatePrivateKey()), { commonName, organizations }),
          ).toString('base64'),
        },
      });
    const group = 'system:open-cluster-management:prod';
    const forged = await Promise.all([
      request(`${group}1:agent`, [group]),
      request(`${group}:agent`, [`${group}1`]),
      request(`${group}:agent`, [group, 'system:nodes']),
    ]);

    await joinAs('not-forged').then((agent) => agent.stop());

    for (const { metadata } of forged) {
      const { status } = await rig.hub.get(certificateSigningRequests, metadata.name);
      expect(status?.conditions ?? []).toEqual([]);
    }
  });
});

describe('webhooks', () => {
  const create = (name: string, spec: ManagedCluster['spec']) =>
    rig.hub.create(managedClusters, { metadata: { name }, spec });

  test('registration.md 110, 111: what makes no sense is refused', async () => {
    await expect(create('bad-url', { managedClusterClientConfigs: [{ url: 'http://a' }] })).rejects.toThrow(
      'admission webhook "managedclustervalidators.admission.cluster.open-cluster-management.io" denied the request: ' +
        'url "http://a" is invalid in client configs',
    );
    await expect(create('with.dots', {})).rejects.toThrow('metadata.name format is not correct');
  });

  test('registration.md 109: nobody sets the time of a taint', async () => {
    const taint = { key: 'a', effect: 'NoSelect' as const };
    const created = await create('taint-times', {
      taints: [{ ...taint, timeAdded: '2020-01-01T00:00:00Z' }],
    });
    const own = created.spec!.taints!.find(({ key }) => key === 'a')!;
    expect(Date.parse(own.timeAdded!)).toBeGreaterThan(Date.now() - 60_000);

    const taints = [{ ...taint, timeAdded: '2020-01-01T00:00:00Z' }];
    await expect(
      rig.hub.patch(managedClusters, { name: 'taint-times' }, { type: 'merge', body: { spec: { taints } } }),
    ).rejects.toThrow('It is not allowed to set TimeAdded of Taint "a".');
  });

  test('registration.md 112: acceptance needs its own permission', async () => {
    const client = connect(parseKubeconfig(await rig.bootstrapKubeconfig()), {
      userAgent: 'integration-test',
    });
    try {
      const refused = client.create(managedClusters, {
        metadata: { name: 'self-accepted' },
        spec: { hubAcceptsClient: true },
      });
      await expect(refused).rejects.toThrow(
        `user "${bootstrapUser}" cannot update the HubAcceptsClient field`,
      );
      await refused.catch((error) => expect(isForbidden(error)).toBe(true));
    } finally {
      await client.close();
    }
  });

  test('faults A5: an agent says of its cluster nothing that decides where workloads run', async () => {
    const name = 'of-an-agent';
    await create(name, { hubAcceptsClient: true });
    const [user, groups] = [agentUser(name, 'agent'), [clusterGroup(name), managedClustersGroup]];
    const agent = connect(
      {
        ...loadConnection(hubPlane.kubeconfigPath),
        impersonate: { user, groups: [...groups, 'system:authenticated'] },
      },
      { userAgent: 'integration-test' },
    );
    try {
      const cluster = await waitFor('its agent to be let in', () =>
        agent
          .get(managedClusters, name)
          .catch((error) => (isForbidden(error) ? undefined : Promise.reject(error))),
      );
      const replace = ({ metadata, spec }: Partial<ManagedCluster>) =>
        agent.replace(
          managedClusters,
          {
            ...cluster,
            metadata: { ...cluster.metadata, ...metadata },
            spec: { ...cluster.spec!, ...spec },
          },
          { dryRun: true },
        );
      const labels = { ...cluster.metadata.labels, gpu: 'yes' };
      await expect(replace({ metadata: { name, labels } })).rejects.toThrow(
        'an agent cannot change labels and taints',
      );
      const taints = [{ key: 'a', effect: 'NoSelect' as const }];
      await expect(replace({ spec: { hubAcceptsClient: true, taints } })).rejects.toThrow(
        'an agent cannot change labels and taints',
      );
      const elsewhere = { ...cluster.metadata.labels, [label.clusterSet]: 'elsewhere' };
      await expect(replace({ metadata: { name, labels: elsewhere } })).rejects.toThrow('forbidden');
      const managedClusterClientConfigs = [{ url: 'https://of-an-agent:6443' }];
      await replace({ spec: { hubAcceptsClient: true, managedClusterClientConfigs } });

      for (const verb of ['create', 'update', 'patch', 'delete']) {
        const resourceAttributes = {
          group: group.cluster,
          resource: 'addonplacementscores',
          namespace: name,
          verb,
        };
        const review = { metadata: { name: '' }, spec: { user, groups, resourceAttributes } };
        const { status } = await rig.hub.create<SubjectAccessReview>(subjectAccessReviews, review);
        expect([verb, status?.allowed]).toEqual([verb, false]);
      }
    } finally {
      await agent.close();
    }
  });

  describe('of somebody who may write clusters, but may not have them join the default set', () => {
    const managedClusterRule = (resource: string, verbs: string[], apiGroup: string = group.cluster) => ({
      apiGroups: [apiGroup],
      resources: [resource],
      verbs,
    });
    let outsider: Client;
    const labelled = (name: string, key: string) =>
      outsider.patch(
        managedClusters,
        { name },
        { type: 'merge', body: { metadata: { labels: { [key]: 'x' } } } },
      );

    beforeAll(async () => {
      outsider = await rig.user('outsider', [
        managedClusterRule('managedclusters', ['create', 'get', 'patch', 'delete']),
        managedClusterRule('managedclusters/accept', ['update'], group.register),
      ]);
    });

    afterAll(() => outsider?.close());

    test('registration.md 107: a cluster without a set is made, accepted, edited and joined as sent', async () => {
      const cluster = 'of-no-set';
      const created = await outsider.create(managedClusters, { metadata: { name: cluster } });
      expect(created.metadata.labels?.[label.clusterSet]).toBeUndefined();
      const agent = await rig.startAgent(await rig.bootstrapKubeconfig(), { cluster });
      try {
        await rig.approve(cluster);
        const accepted = { type: 'merge', body: { spec: { hubAcceptsClient: true } } } as const;
        await outsider.patch(managedClusters, { name: cluster }, accepted);
        await untilCondition(cluster, available.type, 'True');
        const { metadata } = await labelled(cluster, 'edited');
        expect(metadata.labels).toMatchObject({ edited: 'x' });
        // the hub's controller has written its finalizers, and the agent what it knows of its cluster
        expect(metadata.finalizers).toContain(finalizer.managedCluster);
        expect(metadata.labels?.[label.clusterSet]).toBeUndefined();
      } finally {
        await agent.stop();
      }
      const body = { metadata: { labels: { 'edited-by-admin': 'x' } } };
      const edited = await rig.hub.patch(managedClusters, { name: cluster }, { type: 'merge', body });
      expect(edited.metadata.labels?.[label.clusterSet]).toBe('default');
      const without = { metadata: { labels: { [label.clusterSet]: null } } };
      const stays = await outsider.patch(
        managedClusters,
        { name: cluster },
        { type: 'merge', body: without },
      );
      expect(stays.metadata.labels?.[label.clusterSet]).toBe('default');
    });

    test('a cluster without a set that is being deleted can be edited, and loses its last finalizer', async () => {
      const name = 'of-no-set-leaving';
      await outsider.create(managedClusters, { metadata: { name, finalizers: ['example.com/held'] } });
      await outsider.delete(managedClusters, { name });
      const held = await waitFor('the other finalizers to go', async () => {
        const { metadata } = await labelled(name, 'edited');
        return metadata.finalizers?.length === 1 && metadata;
      });
      expect(held.labels?.[label.clusterSet]).toBeUndefined();
      // an administrator's edit adds no set either: the cluster leaves
      const admin = await rig.hub.patch(
        managedClusters,
        { name },
        { type: 'merge', body: { metadata: { labels: { admin: 'x' } } } },
      );
      expect(admin.metadata.labels?.[label.clusterSet]).toBeUndefined();
      const body = { metadata: { finalizers: null } };
      await outsider.patch(managedClusters, { name }, { type: 'merge', body });
      await waitFor('the cluster to go', async () => !(await rig.hub.find(managedClusters, name)));
    });
  });
});
