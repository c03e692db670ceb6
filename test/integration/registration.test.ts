import { createPrivateKey } from 'node:crypto';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { managedClusterCondition } from '../../operators/api/conditions.ts';
import { managedClusterAddOns } from '../../operators/api/generated/addon.ts';
import {
  type ManagedCluster,
  clusterClaims,
  managedClusterSetBindings,
  managedClusterSets,
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
import { ApiError, isForbidden } from '../../operators/runtime/client/errors.ts';
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
import { createInformers } from '../../operators/runtime/cache/informers.ts';
import { creatingController } from '../../operators/registration/agent/creating.ts';
import { credentialController } from '../../operators/registration/agent/credential/credential-controller.ts';
import { createLogger } from '../../operators/runtime/process/logger.ts';
import { selfSignedCertificate } from '../../operators/runtime/process/serving/self-signed.ts';
import { parseChain } from '../../operators/runtime/pki/certificate.ts';
import { createRequest, generatePrivateKey, parseRequest } from '../../operators/runtime/pki/request.ts';
import { findCondition } from '../../operators/runtime/controller/conditions.ts';
import { microTime } from '../../operators/runtime/controller/events.ts';
import { type ControlPlane, startControlPlane, untilQuiet, waitFor } from '../cluster/index.ts';
import { logStream } from '../cluster/logs.ts';
import { startRelay } from '../scripted/relay.ts';
import { freePort } from '../cluster/ports.ts';
import { dialTls } from './process/tls.ts';
import {
  type Agent,
  type Rig,
  agentNamespace,
  bootstrapRules,
  bootstrapUser,
  createRig,
} from './registration/rig.ts';
import { authorityOf, over, sign } from './registration/sign.ts';

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

/** Lets the agents of a cluster see what registration does not show them. */
const letSeeAll = (cluster: string) =>
  rig.hub.create(clusterRoleBindings, {
    metadata: { name: cluster },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: clusterGroup(cluster) }],
  });

const hubSecretOf = (cluster: string) =>
  rig.spoke.get(secrets, `${cluster}-agent-hub-kubeconfig`, agentNamespace);

/** A client that does some things in its own way. */
const clientWith = (client: Client, own: Partial<Client>): Client =>
  new Proxy(client, {
    get: (target, key: keyof Client): unknown => {
      const member: unknown = own[key] ?? target[key];
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });

const made = (
  name: string,
  spec: ManagedCluster['spec'] = { hubAcceptsClient: true },
  finalizers?: string[],
) => rig.hub.create(managedClusters, { metadata: { name, finalizers }, spec });
const leaseOf = (cluster: string) => rig.hub.find(leases, clusterLease, cluster);
let renewals = 0;
/**
 * Renews the lease of a cluster in its agent's place, by a clock that is so far behind, until the hub says so of that clock:
 * it looks at a renewal when it comes, with what it knows of the cluster then. All that came before it has seen by then.
 */
const renewUntil = (cluster: string, clock: 'True' | 'False', behindMs = 0) =>
  waitFor(`the clock of ${cluster} to be ${clock}`, async () => {
    const renewTime = microTime(new Date(Date.now() - behindMs + renewals++));
    await rig.hub.patch(
      leases,
      { name: clusterLease, namespace: cluster },
      { type: 'merge', body: { spec: { renewTime } } },
    );
    return (await rig.condition(cluster, clockSynced.type)) === clock;
  });
/** Everything by which a cluster has rights on the hub. */
const permissionsOf = async (cluster: string) => {
  const found = await Promise.all([
    rig.hub.find(clusterRoles, clusterRoleOf(cluster)),
    rig.hub.find(clusterRoleBindings, clusterRoleOf(cluster)),
    rig.hub.find(roleBindings, registrationRoleBindingOf(cluster), cluster),
    rig.hub.find(roleBindings, workRoleBindingOf(cluster), cluster),
  ]);
  return found.filter((object) => object !== undefined);
};
const showAvailable = async (cluster: string, status: 'True' | 'False' | 'Unknown', reason: string) => {
  const present = (await rig.cluster(cluster)).status?.conditions ?? [];
  const lastTransitionTime = new Date().toISOString();
  const shown = { type: available.type, status, reason, message: `it is ${reason}`, lastTransitionTime };
  const conditions = [...present.filter(({ type }) => type !== available.type), shown];
  const body = { status: { conditions } };
  await rig.hub.patch(managedClusters, { name: cluster }, { type: 'merge', body }, { subresource: 'status' });
  return shown;
};

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

  test('registration.md 24, 31: an agent whose cluster is accepted late joins then', async () => {
    const cluster = 'join-late';
    const expirations = async (of: string) => {
      const labelSelector = `${label.clusterName}=${of}`;
      const { items } = await rig.hub.list(certificateSigningRequests, { labelSelector });
      return items.map(({ spec }) => spec.expirationSeconds);
    };
    const flags = ['--client-cert-expiration-seconds=7200'];
    const agent = await rig.startAgent(await rig.bootstrapKubeconfig(), { cluster, flags });
    await rig.approve(cluster);
    expect([await expirations(cluster), await expirations('join-1')]).toEqual([[7200], [undefined]]);
    await waitFor('the agent to have its hub kubeconfig', async () =>
      (await agent.log()).includes('HubClientConfigReady'),
    );

    await rig.accept(cluster);

    await untilCondition(cluster, available.type, 'True');
    await agent.stop();
  });

  test('registration.md 27, 72: a certificate that has expired when it comes is replaced; who has not joined reports no claims', async () => {
    const cluster = 'join-expired';
    // Whoever may look at a cluster that nobody accepted still says nothing of it.
    await letSeeAll(cluster);
    await rig.spoke.create(clusterClaims, { metadata: { name: 'early' }, spec: { value: 'claim' } });
    const agent = await rig.startAgent(await rig.bootstrapKubeconfig(), { cluster, flags: ['-v=2'] });
    const requests = async () => {
      const labelSelector = `${label.clusterName}=${cluster}`;
      return (await rig.hub.list(certificateSigningRequests, { labelSelector })).items;
    };
    const first = await waitFor('the request', async () => (await requests())[0]);
    await sign(rig.hub, await authorityOf(hubPlane), first, over());
    await rig.approve(cluster);
    const { data } = await waitFor('the secret', () => hubSecretOf(cluster));
    const [expired] = parseChain(Buffer.from(data!['tls.crt']!, 'base64').toString());
    expect(expired!.notAfter.getTime()).toBeLessThan(Date.now());

    const second = await rig.approve(cluster);
    expect(second.metadata.name).not.toBe(first.metadata.name);
    await waitFor('the agent to look at its cluster', async () =>
      (await agent.log()).includes('ManagedClusterIsNotAccepted'),
    );
    expect((await rig.cluster(cluster)).status ?? {}).not.toHaveProperty('clusterClaims');
    await rig.accept(cluster);
    await untilCondition(cluster, available.type, 'True');
    await untilCondition(cluster, joined.type, 'True');
    await waitFor('the claim', async () =>
      (await rig.cluster(cluster)).status?.clusterClaims?.some(({ name }) => name === 'early'),
    );
    expect(await requests()).toHaveLength(2);
    await rig.spoke.delete(clusterClaims, { name: 'early' });
    await agent.stop();
    await rig.hub.delete(clusterRoleBindings, { name: cluster });
  });

  test('registration.md 49: under another name the agent is another cluster, and the old one remains', async () => {
    const [old, cluster] = ['named-before', 'named-after'];
    const before = await joinAs(old);
    await before.stop();
    const flags = [
      `--hub-kubeconfig-secret=${(await hubSecretOf(old)).metadata.name}`,
      `--hub-kubeconfig-dir=${before.hubFolder}`,
    ];
    const after = await joinAs(cluster, flags);
    const { data } = await hubSecretOf(old);
    expect(Buffer.from(data!['cluster-name']!, 'base64').toString()).toBe(cluster);
    const [{ subject }] = parseChain(Buffer.from(data!['tls.crt']!, 'base64').toString()) as [
      ReturnType<typeof parseChain>[number],
    ];
    expect(subject.commonNames[0]).toMatch(/^system:open-cluster-management:named-after:/);
    expect((await rig.cluster(old)).spec?.hubAcceptsClient).toBe(true);
    await after.stop();
  });

  test('registration.md 33, 50, D25: made-up names survive restarts, before and after the first certificate', async () => {
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

    // Its own: the keys of the other requests ended with their agents.
    const request = await waitFor('the request of the third agent', async () =>
      /"csr":"([^"]+)"/.exec(
        (await third.log()).split('\n').find((line) => line.includes('CSRCreated')) ?? '',
      ),
    );
    await hubPlane.kubectl(['certificate', 'approve', request[1]!]);
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

    // What changes before the agent first looks at the secret is no change to it.
    let edits = 0;
    await waitFor('the agent to end', async () => {
      if (agent.daemon.ended()) return true;
      const more = Buffer.from(`${++edits}`).toString('base64');
      await rig.spoke.patch(
        secrets,
        { name: `${cluster}-agent-bootstrap`, namespace: agentNamespace },
        { type: 'merge', body: { data: { more } } },
      );
      return false;
    });
    if (agent.daemon.ended() !== 'status 0') throw new Error(`${agent.daemon.ended()}\n${await agent.log()}`);
  });
});

describe('the ManagedCluster of an agent', () => {
  const url = 'https://spoke.example.com:6443';
  const log = createLogger({ stream: logStream('creating') });
  const { signal } = new AbortController();

  test('registration.md 22: is made once, also when somebody else is quicker', async () => {
    const counted = { creates: 0, before: () => Promise.resolve<unknown>(undefined) };
    const hub = clientWith(rig.hub, {
      create: async (resource, object, options) => {
        counted.creates++;
        await counted.before();
        return rig.hub.create(resource, object, options);
      },
    });
    const asks = async (name: string) => {
      let isPresent = false;
      const description = { name, annotations: {}, labels: {}, clientConfigs: [] };
      const controller = creatingController(hub, description, () => (isPresent = true));
      await controller.reconcile(name, { log, signal });
      return isPresent;
    };
    await made('there-already', {});
    expect([await asks('there-already'), counted.creates]).toEqual([true, 0]);
    // Between its look and its own attempt somebody else makes it.
    counted.before = () => made('raced', {});
    expect([await asks('raced'), counted.creates]).toEqual([true, 1]);
    expect((await rig.cluster('raced')).spec?.hubAcceptsClient ?? false).toBe(false);
  });

  test('registration.md 21: gets the URLs that it lacks, with their authority, once, from who may write it', async () => {
    const configsOf = async (cluster: string) =>
      (await rig.cluster(cluster)).spec?.managedClusterClientConfigs ?? [];
    const flags = [`--spoke-external-server-urls=${url}`];
    const update = {
      apiGroups: ['cluster.open-cluster-management.io'],
      resources: ['managedclusters'],
      verbs: ['update'],
    };
    const updating = await rig.userKubeconfig('updating-bootstrap', [...bootstrapRules, update]);
    const wanted = [{ url, caBundle: Buffer.from(spokePlane.caPem).toString('base64') }];
    for (const [cluster, bootstrap, configs] of [
      ['urls-added', updating, wanted],
      ['urls-refused', await rig.bootstrapKubeconfig(), []],
    ] as const) {
      await made(cluster, {});
      const first = await rig.startAgent(bootstrap, { cluster, flags });
      await waitFor('the request of the agent', async () => {
        const labelSelector = `${label.clusterName}=${cluster}`;
        return (await rig.hub.list(certificateSigningRequests, { labelSelector })).items.length > 0;
      });
      // Whoever was not let look at first asks for a certificate before he has told the URLs.
      await waitFor('what it may tell', async () => {
        expect(await configsOf(cluster)).toEqual(configs);
        return true;
      });
      await first.stop();
      const second = await rig.startAgent(bootstrap, { cluster, flags });
      await waitFor('the second agent to ask', async () => (await second.log()).includes('CSRCreated'));
      expect(await configsOf(cluster)).toEqual(configs);
      // That of the first agent, whose key is gone, and that of the second.
      for (const _ of [first, second]) await rig.approve(cluster);
      await rig.accept(cluster);
      await untilCondition(cluster, available.type, 'True');
      await second.stop();
    }
  });

  test('registration.md 25, D1: who may not have it join the default set makes it without, and who may not make it says so until he may', async () => {
    const withoutJoin = bootstrapRules.filter(
      ({ resources }) => !resources?.includes('managedclustersets/join'),
    );
    const onlyLooking = withoutJoin.map((rule) =>
      rule.resources?.includes('managedclusters') ? { ...rule, verbs: ['get', 'list', 'watch'] } : rule,
    );
    const joinless = await rig.startAgent(await rig.userKubeconfig('joinless', withoutJoin), {
      cluster: 'no-join',
    });
    const cluster = await waitFor('the ManagedCluster', () => rig.cluster('no-join'));
    expect(cluster.metadata.labels?.[label.clusterSet]).toBeUndefined();
    await joinless.stop();

    const looking = await rig.startAgent(await rig.userKubeconfig('looking', onlyLooking), {
      cluster: 'no-create',
    });
    const refusals = async () =>
      (await looking.log())
        .split('\n')
        .filter(
          (line) =>
            line.includes('cannot create ManagedCluster') && line.includes('/join of the cluster set'),
        );
    await waitFor('a second refusal', async () => (await refusals()).length > 1);
    for (const line of await refusals()) expect(line).toMatch(/"level":"(error|warn)"/);
    await rig.userKubeconfig('looking', bootstrapRules);
    await waitFor('the ManagedCluster', () => rig.cluster('no-create'));
    await looking.stop();
  });
});

describe('clusters without an agent', () => {
  test('registration.md 61, 83: who was never accepted has nothing; who was has a lease, also when denied', async () => {
    await made('never', {});
    await made('once');
    const lease = await waitFor('the lease', () => leaseOf('once'));
    expect(lease.metadata.labels).toEqual({ [label.clusterName]: 'once' });
    expect(lease.spec?.holderIdentity).toBe(clusterLease);
    await rig.accept('once', false);
    await untilCondition('once', hubAccepted.type, 'False');
    await rig.hub.delete(leases, { name: clusterLease, namespace: 'once' });
    await waitFor('another lease', async () => {
      const found = await leaseOf('once');
      return found && found.metadata.uid !== lease.metadata.uid;
    });

    await waitFor('the taint', async () => Boolean((await rig.cluster('never')).spec?.taints?.length));
    expect(await rig.hub.find(namespaces, 'never')).toBeUndefined();
    expect(await permissionsOf('never')).toEqual([]);
    const never = await rig.cluster('never');
    expect(never.metadata.finalizers ?? []).not.toContain(finalizer.managedCluster);
    expect(never.status?.conditions ?? []).toEqual([]);
  });

  test('registration.md 63: one that is being deleted and has no lease is Unknown at once', async () => {
    const name = 'leaves-unknown';
    // With such a grace nothing is Unknown for its time alone.
    await made(name, { hubAcceptsClient: true, leaseDurationSeconds: 3_600 }, ['example.com/held']);
    await waitFor('the lease', () => leaseOf(name));
    // A lease that the hub has not heard of yet counts as none.
    await renewUntil(name, 'True');
    await rig.hub.delete(managedClusters, { name });
    await waitFor('its permissions to go', async () => (await permissionsOf(name)).length === 0);
    expect(await rig.condition(name, available.type)).not.toBe('Unknown');
    await rig.hub.delete(leases, { name: clusterLease, namespace: name });
    await untilCondition(name, available.type, 'Unknown');
    const body = { metadata: { finalizers: null } };
    await rig.hub.patch(managedClusters, { name }, { type: 'merge', body });
  });

  test('registration.md 87: a denial is written once', async () => {
    const name = 'denied-once';
    await made(name);
    await untilCondition(name, hubAccepted.type, 'True');
    await rig.accept(name, false);
    await untilCondition(name, hubAccepted.type, 'False');
    const version = async () => Number((await rig.cluster(name)).metadata.resourceVersion);
    const denied = await untilQuiet('the denied cluster', version, 1_000);
    const { uid } = (await rig.hub.get(clusterRoles, clusterRoleOf(name))).metadata;
    await rig.hub.delete(clusterRoles, { name: clusterRoleOf(name) });
    await waitFor('the hub to have looked again', async () => {
      const role = await rig.hub.find(clusterRoles, clusterRoleOf(name));
      return role && role.metadata.uid !== uid;
    });
    expect(await untilQuiet('the denied cluster', version, 1_000)).toBe(denied);
  });

  test('registration.md 90, D7: permissions that cannot be given are an error of the cluster until they can', async () => {
    const name = 'rbac-forbidden';
    const api = 'admissionregistration.k8s.io/v1';
    const rule = {
      apiGroups: ['rbac.authorization.k8s.io'],
      apiVersions: ['*'],
      operations: ['CREATE'],
      resources: ['rolebindings'],
    };
    const policy = {
      apiVersion: api,
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name },
      spec: {
        matchConstraints: { resourceRules: [rule] },
        validations: [
          {
            expression: `!object.metadata.name.contains('${name}')`,
            message: 'not this one',
            reason: 'Forbidden',
          },
        ],
      },
    };
    const binding = {
      apiVersion: api,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name },
      spec: { policyName: name, validationActions: ['Deny'] },
    };
    for (const object of [policy, binding])
      await hubPlane.kubectl(['create', '--filename=-'], JSON.stringify(object));
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' };
    const probe = { metadata: { name: `${name}-probe`, namespace: 'default' }, roleRef };
    await waitFor('the policy to hold', () =>
      rig.hub.create(roleBindings, probe, { dryRun: true }).then(
        () => false,
        (error) => isForbidden(error),
      ),
    );
    await made(name);
    await waitFor('both refusals to be told', async () => {
      const condition = findCondition((await rig.cluster(name)).status?.conditions, hubAccepted.type);
      expect(condition).toMatchObject({ status: 'False', reason: 'Error' });
      for (const role of [registrationRoleBindingOf(name), workRoleBindingOf(name)])
        expect(condition!.message).toContain(`"${role}" is forbidden`);
      return true;
    });
    await hubPlane.kubectl(['delete', 'validatingadmissionpolicybinding', name]);
    await untilCondition(name, hubAccepted.type, 'True');
    expect(await permissionsOf(name)).toHaveLength(4);
  });

  test('registration.md 96: what stands there without the label is taken over, and keeps what else it has', async () => {
    const name = 'taken-over';
    const labels = { theirs: '1' };
    const stray = await rig.hub.create(clusterRoles, {
      metadata: { name: clusterRoleOf(name), labels },
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
    });
    await made(name);
    await untilCondition(name, hubAccepted.type, 'True');
    const role = await rig.hub.get(clusterRoles, clusterRoleOf(name));
    expect(role.metadata.uid).toBe(stray.metadata.uid);
    expect(role.metadata.labels).toEqual({ ...labels, [label.clusterName]: name });
    expect(role.rules).toEqual(clusterRoleFor(name, true, {}).rules);
  });

  test('registration.md 93: one that is removed by force is cleaned up behind all the same', async () => {
    const name = 'forced';
    await made(name);
    await untilCondition(name, hubAccepted.type, 'True');
    const addon = { name: 'addon', namespace: name };
    const work = { name: 'work', namespace: name };
    const held = { ...addon, finalizers: ['example.com/held'] };
    await rig.hub.create(managedClusterAddOns, { metadata: held, spec: {} });
    await rig.hub.create(manifestWorks, { metadata: work, spec: { workload: { manifests: [] } } });
    await rig.hub.delete(managedClusters, { name });
    const find = () => rig.hub.find(managedClusterAddOns, 'addon', name);
    await waitFor('the add-on to be on its way out', async () => (await find())?.metadata.deletionTimestamp);
    const released = { type: 'merge', body: { metadata: { finalizers: null } } } as const;
    await waitFor('the cluster to be gone', async () => {
      if (!(await rig.hub.find(managedClusters, name))) return true;
      await rig.hub.patch(managedClusters, { name }, released);
      return false;
    });
    expect((await rig.hub.get(manifestWorks, 'work', name)).metadata.deletionTimestamp).toBeUndefined();

    await rig.hub.patch(managedClusterAddOns, addon, released);
    await waitFor('add-on and work to go', async () => {
      const left = [await find(), await rig.hub.find(manifestWorks, 'work', name)];
      return left.every((object) => object === undefined);
    });
    await waitFor('its permissions to go', async () => (await permissionsOf(name)).length === 0);
  });

  test('registration.md 139: add-ons of a cluster that is Unknown are so too, those of one that is not available stay', async () => {
    const name = 'fates';
    await made(name);
    await untilCondition(name, hubAccepted.type, 'True');
    const own = { type: 'Available', status: 'True' as const, reason: 'Own', message: 'fine' };
    const conditions = [{ ...own, lastTransitionTime: new Date().toISOString() }];
    for (const addon of ['one', 'two']) {
      const metadata = { name: addon, namespace: name };
      await rig.hub.create(managedClusterAddOns, { metadata, spec: {} });
      const body = { status: { conditions } };
      await rig.hub.patch(managedClusterAddOns, metadata, { type: 'merge', body }, { subresource: 'status' });
    }
    const shown = () =>
      Promise.all(
        ['one', 'two'].map(async (addon) => {
          const { status } = await rig.hub.get(managedClusterAddOns, addon, name);
          const found = status?.conditions?.find(({ type }) => type === 'Available');
          return `${found?.status} ${found?.reason}: ${found?.message}`;
        }),
      );
    await showAvailable(name, 'False', 'ManagedClusterKubeAPIServerUnavailable');
    await waitFor('the taint', async () =>
      (await rig.cluster(name)).spec?.taints?.some(({ key }) => key.endsWith('/unavailable')),
    );
    const version = async () =>
      Number((await rig.hub.get(managedClusterAddOns, 'one', name)).metadata.resourceVersion);
    await untilQuiet('the add-on', version, 1_000);
    expect(await shown()).toEqual(Array(2).fill('True Own: fine'));
    const { reason, message } = await showAvailable(name, 'Unknown', 'ManagedClusterLeaseUpdateStopped');
    await waitFor('the add-ons to be Unknown', async () =>
      (await shown()).every((text) => text === `Unknown ${reason}: ${message}`),
    );
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
    await waitFor('the work RoleBinding to be on its way out', async () => {
      const kept = await rig.hub.get(roleBindings, workRoleBindingOf(cluster), cluster);
      return kept.metadata.deletionTimestamp;
    });
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
    await rig.hub.create(managedClusters, {
      metadata: { name: cluster, annotations: { [skip]: 'true' } },
      spec: { hubAcceptsClient: true },
    });
    await waitFor('the lease of the cluster', () => rig.hub.find(leases, clusterLease, cluster));
    const behindMs = 7_200_000;
    const annotate = (value: string | null) =>
      rig.hub.patch(
        managedClusters,
        { name: cluster },
        {
          type: 'merge',
          body: { metadata: { annotations: { [skip]: value } } },
        },
      );
    await renewUntil(cluster, 'True', behindMs);
    expect(await rig.condition(cluster, available.type)).not.toBe('Unknown');
    await annotate(null);
    await renewUntil(cluster, 'False', behindMs);
    await annotate('true');
    await renewUntil(cluster, 'True', behindMs);
    expect(await rig.condition(cluster, available.type)).not.toBe('Unknown');
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

describe('the agent of a cluster', () => {
  test('registration.md 59, 67: renews the lease while its cluster is accepted, and reports nothing while clocks disagree', async () => {
    const cluster = 'lease-loop';
    const agent = await joinAs(cluster);
    // It sees its cluster also when registration has taken its rights back.
    await letSeeAll(cluster);
    const said = async (text: string) => (await agent.log()).split(text).length - 1;
    const begun = (periodMs: number) => said(`"periodMs":${periodMs}`);
    const renewal = async () => (await leaseOf(cluster))?.spec?.renewTime;
    const lasts = (leaseDurationSeconds: number) =>
      rig.hub.patch(
        managedClusters,
        { name: cluster },
        { type: 'merge', body: { spec: { leaseDurationSeconds } } },
      );
    await waitFor('the loop', async () => (await begun(60_000)) === 1);
    await lasts(1);
    await waitFor('the loop to begin anew', async () => (await begun(1_000)) === 1);
    for (const _ of [1, 2]) {
      const before = await renewal();
      await waitFor('a renewal', async () => (await renewal()) !== before);
    }
    await rig.accept(cluster, false);
    await waitFor('the loop to end', async () => (await said('ManagedClusterLeaseUpdateStoped')) === 1);
    const last = await renewal();
    await lasts(3_600);
    await rig.accept(cluster);
    await waitFor('the loop again', async () => (await begun(3_600_000)) === 1);
    await waitFor('its first renewal', async () => (await renewal()) !== last);
    await untilCondition(cluster, available.type, 'True');

    const claims = async () =>
      ((await rig.cluster(cluster)).status?.clusterClaims ?? []).map(({ name }) => name);
    // With such a period the agent itself renews no more.
    await renewUntil(cluster, 'False', 6 * 3_600_000);
    await waitFor('the agent to see it', async () => (await said('"message":"ClockOutOfSync"')) > 0);
    await rig.spoke.create(clusterClaims, { metadata: { name: 'unsynced' }, spec: { value: 'claim' } });
    const complaints = await said('"message":"ClockOutOfSync"');
    await waitFor(
      'the agent to try again',
      async () => (await said('"message":"ClockOutOfSync"')) > complaints,
    );
    expect(await agent.log()).toContain('check time synchronisation on both');
    expect(await claims()).not.toContain('unsynced');
    await renewUntil(cluster, 'True');
    await waitFor('the claim', async () => (await claims()).includes('unsynced'));
    await rig.spoke.delete(clusterClaims, { name: 'unsynced' });

    await rig.hub.delete(managedClusters, { name: cluster });
    await waitFor('the agent to name the loss', async () =>
      (await agent.log()).includes(`ManagedCluster \\"${cluster}\\" is gone from the hub`),
    );
    expect(await said('ManagedClusterLeaseUpdateStoped')).toBe(2);
    await agent.stop();
    await rig.hub.delete(clusterRoleBindings, { name: cluster });
  });

  test('registration.md 69: of an API server that is down it says only that', async () => {
    const cluster = 'api-down';
    const relay = await startRelay(Number(new URL(spokePlane.server).port));
    const path = join(rig.workspace.folder, 'relayed.kubeconfig');
    const relayed = spokePlane.kubeconfigYaml.replaceAll(
      spokePlane.server,
      `https://127.0.0.1:${relay.port}`,
    );
    await writeFile(path, relayed, { mode: 0o600 });
    await rig.spoke.create(clusterClaims, { metadata: { name: 'before' }, spec: { value: 'claim' } });
    const agent = await joinAs(cluster, [`--spoke-kubeconfig=${path}`, '--cluster-healthcheck-period=1s']);
    const content = async () => {
      const { status } = await rig.cluster(cluster);
      const { version, capacity, allocatable, clusterClaims: claims } = status!;
      return { version, capacity, allocatable, claims };
    };
    await waitFor('the claim', async () => (await content()).claims?.some(({ name }) => name === 'before'));
    const reported = await content();
    expect(reported.version?.kubernetes).toMatch(/^v1\./);
    await relay.close();
    await rig.spoke.delete(clusterClaims, { name: 'before' });
    await untilCondition(cluster, available.type, 'False');
    expect(await content()).toEqual(reported);
    await agent.stop();
  });

  test('registration.md 32, D2: a credential whose saving met a conflict is saved, beside what others keep there, and shown', async () => {
    const secret = { name: 'conflicting', namespace: agentNamespace };
    await rig.spoke.create(secrets, { metadata: secret, data: { theirs: 'dGhlaXJz' } });
    let refusals = 0;
    const client = clientWith(rig.spoke, {
      apply: (resource, object, options) =>
        refusals++ === 0
          ? Promise.reject(new ApiError(409, { code: 409, reason: 'Conflict' }, 'PATCH secret'))
          : rig.spoke.apply(resource, object, options),
    });
    const { signal } = new AbortController();
    const log = createLogger({ stream: logStream('credential') });
    const shown: string[] = [];
    let issued = 0;
    const controller = credentialController({
      name: 'credential',
      client,
      secret,
      informer: createInformers(client, { logger: log }).informer(secrets, { namespace: agentNamespace }),
      driver: {
        watches: [],
        keys: ['tls.crt'],
        process: () =>
          Promise.resolve({
            credential: { 'tls.crt': `certificate ${++issued}` },
            condition: { type: certificateRotated.type, status: 'True', reason: 'x', message: '' },
          }),
      },
      additional: { 'cluster-name': 'c1' },
      showCondition: ({ status }) => Promise.resolve(void shown.push(status)),
    });
    await expect(controller.reconcile('credential', { log, signal })).rejects.toMatchObject({ code: 409 });
    expect(shown).toEqual([]);
    await controller.reconcile('credential', { log, signal });
    const { data } = await rig.spoke.get(secrets, secret.name, secret.namespace);
    const texts = Object.entries(data!).map(([key, text]) => [key, Buffer.from(text, 'base64').toString()]);
    expect(Object.fromEntries(texts)).toEqual({
      'cluster-name': 'c1',
      theirs: 'theirs',
      'tls.crt': 'certificate 1',
    });
    expect([shown, issued]).toEqual([['True'], 1]);
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

  test('registration.md 30, D24: ten own requests are enough, and those of others do not count', async () => {
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
    const begun = Math.floor(Date.now() / 1000) * 1000;
    const created = await create('taint-times', {
      taints: [{ ...taint, timeAdded: '2020-01-01T00:00:00Z' }],
    });
    const own = created.spec!.taints!.find(({ key }) => key === 'a')!;
    expect(Date.parse(own.timeAdded!)).toBeGreaterThanOrEqual(begun);

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

  test('registration.md 113: nobody is accepted into a namespace that is going, everybody into one that is there or not', async () => {
    await create('of-active', {});
    await create('of-ending', {});
    for (const name of ['of-active', 'of-ending']) await rig.hub.create(namespaces, { metadata: { name } });
    const held = { name: 'held', namespace: 'of-ending', finalizers: ['example.com/held'] };
    await rig.hub.create(configMaps, { metadata: held });
    await rig.hub.delete(namespaces, { name: 'of-ending' });
    const refused = rig.hub.patch(
      managedClusters,
      { name: 'of-ending' },
      { type: 'merge', body: { spec: { hubAcceptsClient: true } } },
    );
    await expect(refused).rejects.toThrow(
      'managedclusters/accept.cluster.open-cluster-management.io "of-ending" is forbidden: cluster namespace "of-ending" is terminating',
    );
    await expect(refused).rejects.toMatchObject({ code: 403 });
    await rig.accept('of-active');
    await untilCondition('of-active', hubAccepted.type, 'True');
    const body = { metadata: { finalizers: null } };
    await rig.hub.patch(configMaps, held, { type: 'merge', body });
    await waitFor('the namespace to go', async () => !(await rig.hub.find(namespaces, 'of-ending')));
    await rig.accept('of-ending');
    await untilCondition('of-ending', hubAccepted.type, 'True');
  });

  const rule = (resources: string[], verbs: string[], resourceNames?: string[]) => ({
    apiGroups: [group.cluster],
    resources,
    verbs,
    ...(resourceNames && { resourceNames }),
  });

  test('registration.md 114: to move a cluster takes the right to both sets, to take it out that to the old one', async () => {
    const [name, clusters] = ['moved', rule(['managedclusters'], ['get', 'patch'])];
    const mover = (user: string, ...sets: string[]) =>
      rig.user(user, [clusters, rule(['managedclustersets/join'], ['create'], ['none', ...sets])]);
    const [neither, from, to, both] = await Promise.all([
      mover('mover-neither'),
      mover('mover-from', 'set-one'),
      mover('mover-to', 'set-two'),
      mover('mover-both', 'set-one', 'set-two'),
    ]);
    const relabel = (client: Client, labels: Record<string, string | null>) =>
      client.patch(managedClusters, { name }, { type: 'merge', body: { metadata: { labels } } });
    const refusedFor = async (moving: Promise<unknown>, user: string, set: string) => {
      const account = `system:serviceaccount:open-cluster-management-hub:${user}`;
      await expect(moving).rejects.toThrow(
        `managedclustersets/join.cluster.open-cluster-management.io "${set}" is forbidden: user "${account}" cannot add/remove a ManagedCluster to/from ManagedClusterSet "${set}"`,
      );
      await expect(moving).rejects.toMatchObject({ code: 403 });
    };
    try {
      await rig.hub.create(managedClusters, {
        metadata: { name, labels: { [label.clusterSet]: 'set-one' } },
      });
      const moved = { [label.clusterSet]: 'set-two' };
      await refusedFor(relabel(neither, moved), 'mover-neither', 'set-one');
      await refusedFor(relabel(from, moved), 'mover-from', 'set-two');
      await refusedFor(relabel(to, moved), 'mover-to', 'set-one');
      await relabel(neither, { [label.clusterSet]: 'set-one', other: 'x' });
      await relabel(both, moved);
      await refusedFor(relabel(from, { [label.clusterSet]: null }), 'mover-from', 'set-two');
      const { metadata } = await relabel(to, { [label.clusterSet]: null });
      expect(metadata.labels).toEqual({ other: 'x' });
    } finally {
      await Promise.all([neither, from, to, both].map((client) => client.close()));
    }
  });

  test('registration.md 115: to bind a set takes the right to it, and a binding keeps its set', async () => {
    const bindings = [rule(['managedclustersetbindings'], ['create', 'get', 'patch'])];
    const binder = await rig.user('binder', [
      ...bindings,
      rule(['managedclustersets/bind'], ['create'], ['set-there', 'set-nowhere']),
    ]);
    const nobody = await rig.user('binds-nothing', bindings);
    const bind = (client: Client, name: string, clusterSet = name) =>
      client.create(managedClusterSetBindings, {
        metadata: { name, namespace: 'default' },
        spec: { clusterSet },
      });
    const change = (client: Client, body: object) =>
      client.patch(
        managedClusterSetBindings,
        { name: 'set-there', namespace: 'default' },
        { type: 'merge', body },
      );
    const sameName = 'The ManagedClusterSetBinding must have the same name as the target ManagedClusterSet';
    try {
      await rig.hub.create(managedClusterSets, { metadata: { name: 'set-there' }, spec: {} });
      const misnamed = bind(binder, 'set-other', 'set-there');
      await expect(misnamed).rejects.toThrow(sameName);
      await expect(misnamed).rejects.toMatchObject({ code: 400 });
      const refused = bind(nobody, 'set-there');
      const account = 'system:serviceaccount:open-cluster-management-hub:binds-nothing';
      await expect(refused).rejects.toThrow(
        `managedclustersets/bind.apps "set-there" is forbidden: user "${account}" is not allowed to bind cluster set "set-there"`,
      );
      await expect(refused).rejects.toMatchObject({ code: 403 });
      await bind(binder, 'set-there');
      await expect(change(binder, { spec: { clusterSet: 'set-nowhere' } })).rejects.toThrow(sameName);
      const { metadata } = await change(nobody, { metadata: { labels: { edited: 'x' } } });
      expect(metadata.labels).toMatchObject({ edited: 'x' });
      await bind(binder, 'set-nowhere');
      for (const [name, status] of [
        ['set-there', 'True'],
        ['set-nowhere', 'False'],
      ] as const)
        await waitFor(`${name} to be Bound=${status}`, async () => {
          const found = await rig.hub.get(managedClusterSetBindings, name, 'default');
          return found.status?.conditions?.some((each) => each.type === 'Bound' && each.status === status);
        });
    } finally {
      await Promise.all([binder.close(), nobody.close()]);
    }
  });

  test('registration.md 159: with a minimum of TLS 1.3 the server refuses TLS 1.2', async () => {
    const folder = await mkdtemp(join(rig.workspace.folder, 'modern-'));
    const { cert, key } = selfSignedCertificate(['127.0.0.1']);
    await writeFile(join(folder, 'tls.crt'), cert);
    await writeFile(join(folder, 'tls.key'), key);
    const [port, probes] = [await freePort(), await freePort()];
    const server = rig.workspace.start('modern-webhook', process.execPath, [
      join(import.meta.dirname, '../../operators/registration/main.ts'),
      'webhook-server',
      `--kubeconfig=${hubPlane.kubeconfigPath}`,
      `--certdir=${folder}`,
      `--port=${port}`,
      `--health-probe-port=${probes}`,
      '--metrics-port=0',
      '--tls-min-version=VersionTLS13',
    ]);
    await waitFor('the server', async () => (await fetch(`http://127.0.0.1:${probes}/readyz`)).ok);
    expect(await dialTls(port, 'TLSv1.3')).toBe('TLSv1.3');
    await expect(dialTls(port, 'TLSv1.2')).rejects.toThrow(/alert protocol version|wrong version/i);
    await server.end();
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
      // Then nobody writes the cluster any more.
      await untilCondition(name, hubAccepted.type, 'True');
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

  test('registration.md 117: without the webhook no cluster is made', async () => {
    await rig.stopWebhook();
    await expect(create('unguarded', {})).rejects.toThrow(
      /failed calling webhook "managedcluster(mutators|validators)\.admission/,
    );
    expect(await rig.hub.find(managedClusters, 'unguarded')).toBeUndefined();
  });
});
