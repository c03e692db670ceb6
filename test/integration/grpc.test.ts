import { X509Certificate, createPrivateKey } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { load } from 'js-yaml';
import { managedClusterAddOns } from '../../operators/api/generated/addon.ts';
import { managedClusters } from '../../operators/api/generated/cluster.ts';
import { manifestWorks } from '../../operators/api/generated/work.ts';
import { agentUser, clusterGroup, managedClustersGroup } from '../../operators/api/identities.ts';
import { infrastructureReady, tokenInfrastructure } from '../../operators/addon/token/infrastructure.ts';
import { annotation, clusterLease, finalizer, group, label, signer } from '../../operators/api/names.ts';
import { dataType } from '../../operators/fleet/hub-events/data-types.ts';
import { publishPath, subscribePath } from '../../operators/runtime/cloudevents/service.ts';
import { parseKubeconfig } from '../../operators/runtime/client/kubeconfig/connection-of.ts';
import {
  type CertificateSigningRequest,
  certificateSigningRequests,
  configMaps,
  events,
  leases,
  namespaces,
  roleBindings,
  roles,
  secrets,
  serviceAccounts,
} from '../../operators/runtime/client/kubernetes.ts';
import type { KubeObject } from '../../operators/runtime/client/object.ts';
import {
  type AttributeValue,
  type CloudEvent,
  decodeEvent,
  encodePublishRequest,
  encodeSubscriptionRequest,
  newEvent,
} from '../../operators/runtime/cloudevents/event.ts';
import { heartbeatType } from '../../operators/runtime/cloudevents/event-type.ts';
import {
  type ClientSecrets,
  type GrpcClient,
  createGrpcClient,
} from '../../operators/runtime/grpc/client.ts';
import { GrpcError, code } from '../../operators/runtime/grpc/status.ts';
import { parseChain } from '../../operators/runtime/pki/certificate.ts';
import { createRequest, generatePrivateKey } from '../../operators/runtime/pki/request.ts';
import { createAuthority } from '../cluster/certificates.ts';
import { type ControlPlane, startControlPlane, waitFor } from '../cluster/index.ts';
import { freePort } from '../cluster/ports.ts';
import type { Daemon } from '../cluster/processes.ts';
import {
  type Agent,
  type Rig,
  bootstrapRules,
  bootstrapUser,
  createRig,
  hubNamespace,
} from './registration/rig.ts';
import { ending, sign } from './registration/sign.ts';

/**
 * The gRPC server and the hub's side of its driver, with the rights of the bundle, from the place of an agent that is
 * written here event by event (registration.md 5.2, 6).
 */

let plane: ControlPlane;
let rig: Rig;
let authority: Awaited<ReturnType<typeof createAuthority>>;
let port: number;
let controller: Daemon;
let server: Daemon;
const clients: GrpcClient[] = [];

const files = { folder: '', certificate: '', key: '' };

beforeAll(async () => {
  plane = await startControlPlane({ name: 'hub' });
  rig = await createRig(plane, plane);
  authority = await createAuthority('cluster-manager');
  port = await freePort();
  const folder = join(rig.workspace.folder, 'grpc');
  Object.assign(files, { folder, certificate: join(folder, 'tls.crt'), key: join(folder, 'tls.key') });
  await mkdir(folder);
  await writeServing();
  await writeFile(join(folder, 'ca.crt'), authority.certificate);
  await writeFile(join(folder, 'ca.key'), authority.privateKey);
  await writeFile(
    join(folder, 'config.yaml'),
    `server_bind_port: "${port}"\ntls_cert_file: ${files.certificate}\ntls_key_file: ${files.key}\n` +
      `client_ca_file: ${join(folder, 'ca.crt')}\n`,
  );
  controller = await startController();
  server = await startServer();
});

afterAll(async () => {
  for (const client of clients) client.close();
  await rig?.stop();
  await plane?.stop();
});

const startController = (): Promise<Daemon> =>
  rig.startController([
    `--namespace=${hubNamespace}`,
    '--enabled-registration-drivers=csr,grpc',
    `--grpc-ca-file=${join(files.folder, 'ca.crt')}`,
    `--grpc-key-file=${join(files.folder, 'ca.key')}`,
    '--grpc-signing-duration=1h',
    '--feature-gates=ManagedClusterAutoApproval=true',
    `--auto-approved-grpc-users=${trusted}`,
  ]);

const startServer = (): Promise<Daemon> =>
  rig.startGrpcServer(join(files.folder, 'config.yaml'), ['--broker-heartbeat-interval=1s']);

const trusted = `system:serviceaccount:${hubNamespace}:trusted-bootstrap`;

const writeServing = async () => {
  const serving = await authority.issue({
    commonName: 'server',
    dnsNames: ['localhost'],
    addresses: ['127.0.0.1'],
  });
  await writeFile(files.key, serving.privateKey);
  await writeFile(files.certificate, serving.certificate);
  return new X509Certificate(serving.certificate).serialNumber;
};

const clientWith = (secrets: ClientSecrets, token?: string): GrpcClient => {
  const client = createGrpcClient({
    target: `127.0.0.1:${port}`,
    secrets: async () => ({ ca: authority.certificate, ...secrets }),
    token: async () => token,
    env: {},
  });
  clients.push(client);
  return client;
};

const withKubeconfig = (kubeconfig: string): GrpcClient => clientWith({}, parseKubeconfig(kubeconfig).token);

interface Sent {
  type: string;
  cluster: string;
  object?: object;
  attributes?: Record<string, AttributeValue>;
}

const publish = async (
  client: GrpcClient,
  { type, cluster, object = {}, attributes }: Sent,
): Promise<void> => {
  const event = newEvent(
    { source: `${cluster}-agent`, type },
    { clustername: cluster, ...attributes },
    object,
  );
  await client.unary(publishPath, encodePublishRequest(event));
};

/** How a call is refused: the code, and the reason of the API status in the message if there is one. */
const refusal = async (call: Promise<unknown>): Promise<[number, string] | undefined> => {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (!(error instanceof GrpcError)) throw error;
    const status = /^\{/.test(error.message)
      ? (JSON.parse(error.message) as { ErrStatus: { reason: string } }).ErrStatus.reason
      : '';
    return [error.code, status];
  }
};

/** What a subscriber has heard, heartbeats apart. */
interface Ear {
  beats: CloudEvent[];
  heard: CloudEvent[];
  objects(): KubeObject[];
  leave(): void;
}

const listen = async (client: GrpcClient, cluster: string, of: string): Promise<Ear> => {
  const ended = new AbortController();
  const begun = Promise.withResolvers<void>();
  const heard: CloudEvent[] = [];
  const beats: CloudEvent[] = [];
  const messages = client.stream(
    subscribePath,
    encodeSubscriptionRequest({ source: 'kube', clusterName: cluster, dataType: of }),
    { signal: ended.signal, onHeaders: (headers) => headers['subscription-id'] && begun.resolve() },
  );
  const hearing = async () => {
    for await (const message of messages) {
      const event = decodeEvent(message);
      (event.type === heartbeatType ? beats : heard).push(event);
    }
  };
  hearing().catch(begun.reject);
  await begun.promise;
  return {
    heard,
    beats,
    objects: () =>
      heard.flatMap(({ data }) => (data.length === 0 ? [] : [JSON.parse(data.toString()) as KubeObject])),
    leave: () => ended.abort(),
  };
};

const resync = (client: GrpcClient, cluster: string, of: string, resourceVersions: object[] = []) =>
  publish(client, { type: `${of}.spec.resync_request`, cluster, object: { resourceVersions } });

const types = ({ heard }: Ear): string[] => heard.map(({ type }) => type.split('.').slice(-1)[0]!);

const requestFor = (cluster: string, agent: string, key: string, name = `${cluster}-${agent}`) => ({
  metadata: { name, labels: { [label.clusterName]: cluster } },
  spec: {
    signerName: signer.grpc,
    usages: ['digital signature', 'key encipherment', 'client auth'],
    request: Buffer.from(
      createRequest(createPrivateKey(key), {
        commonName: agentUser(cluster, agent),
        organizations: [clusterGroup(cluster), managedClustersGroup],
      }),
    ).toString('base64'),
  },
});

const send = (client: GrpcClient, of: string, action: string, cluster: string, object: object) =>
  publish(client, { type: `${of}.${action}`, cluster, object });

const certificateOf = (name: string) =>
  waitFor(`the request ${name} to be signed`, async () => {
    const { status } = await rig.hub.get(certificateSigningRequests, name);
    return status?.certificate && Buffer.from(status.certificate, 'base64').toString();
  });

const isDecided = ({ status }: CertificateSigningRequest) => (status?.conditions?.length ?? 0) > 0;

/** A cluster that joined, and its agent's client. */
const joinAs = async (cluster: string): Promise<{ agent: GrpcClient; key: string; certificate: string }> => {
  const bootstrap = withKubeconfig(await rig.bootstrapKubeconfig());
  await waitFor('the server to answer', async () => {
    await resync(bootstrap, cluster, dataType.clusters);
    return true;
  });
  await send(bootstrap, dataType.clusters, 'spec.create_request', cluster, {
    metadata: { name: cluster, annotations: { 'agent.open-cluster-management.io/a': 'b' } },
    spec: { managedClusterClientConfigs: [{ url: 'https://one.example' }] },
  });
  const key = generatePrivateKey();
  const request = requestFor(cluster, 'a1', key);
  await send(bootstrap, dataType.requests, 'spec.create_request', cluster, request);
  await plane.kubectl(['certificate', 'approve', request.metadata.name]);
  await rig.accept(cluster);
  const certificate = await certificateOf(request.metadata.name);
  await waitFor('the lease of the cluster', () => rig.hub.get(leases, clusterLease, cluster));
  return { agent: clientWith({ cert: certificate, key }), key, certificate };
};

describe('joining by gRPC', () => {
  let joined: Awaited<ReturnType<typeof joinAs>>;

  test('registration.md 149, 150, 151: the hub creates what the agent asks for, and signs', async () => {
    joined = await joinAs('g1');
    const cluster = await rig.cluster('g1');
    expect(cluster.metadata.annotations).toMatchObject({ 'agent.open-cluster-management.io/a': 'b' });
    expect(cluster.spec?.managedClusterClientConfigs).toEqual([{ url: 'https://one.example' }]);
    const request = await rig.hub.get(certificateSigningRequests, 'g1-a1');
    expect(request.metadata.annotations).toEqual({ [annotation.csrUser]: bootstrapUser });
    expect(request.spec.username).toBe(`system:serviceaccount:${hubNamespace}:grpc-server-sa`);

    const leaf = new X509Certificate(joined.certificate);
    expect(leaf.verify(new X509Certificate(authority.certificate).publicKey)).toBe(true);
    expect(leaf.checkIssued(new X509Certificate(authority.certificate))).toBe(true);
    const [{ subject, notBefore, notAfter }] = parseChain(joined.certificate) as [
      ReturnType<typeof parseChain>[0],
    ];
    expect(subject.commonNames).toEqual([agentUser('g1', 'a1')]);
    expect(subject.organizations.toSorted()).toEqual([clusterGroup('g1'), managedClustersGroup].toSorted());
    expect(notAfter.getTime() - notBefore.getTime()).toBe(3_600_000);
  });

  test('what happens on the hub reaches the agent, and a resync tells the rest', async () => {
    const { agent } = joined;
    const ear = await listen(agent, 'g1', dataType.clusters);
    await resync(agent, 'g1', dataType.clusters);
    await waitFor('the answer', async () => types(ear).includes('resync_response'));
    const [known] = ear.objects();
    expect(known).toMatchObject({
      kind: 'ManagedCluster',
      apiVersion: 'cluster.open-cluster-management.io/v1',
    });
    const { uid, resourceVersion } = known!.metadata;
    expect(ear.heard[0]!.source).toBe('kube');
    expect(ear.heard[0]!.attributes.get('resourceid')).toBe(uid);
    expect(ear.heard[0]!.attributes.get('resourceversion')).toBe(resourceVersion);

    await rig.hub.patch(
      managedClusters,
      { name: 'g1' },
      { type: 'merge', body: { metadata: { labels: { x: 'y' } } } },
    );
    await waitFor('the label', async () => ear.objects().at(-1)?.metadata.labels?.['x'] === 'y');
    const newest = ear.objects().at(-1)!.metadata;
    const before = ear.heard.length;
    await resync(agent, 'g1', dataType.clusters, [
      { resourceID: newest.uid, resourceVersion: Number(newest.resourceVersion) + 1000 },
      { resourceID: 'gone', resourceVersion: 1 },
    ]);
    const answers = () => ear.heard.slice(before).filter(({ type }) => type.endsWith('resync_response'));
    await waitFor('the answer', async () => answers().length > 0);
    expect(answers().map(({ attributes }) => attributes.get('resourceid'))).toEqual(['gone']);
    expect(answers()[0]!.attributes.get('deletiontimestamp')).toBeInstanceOf(Date);
    await waitFor('a heartbeat', async () => ear.beats.length > 0);
    ear.leave();
  });

  test('the agent reports by events what agents with a kubeconfig write', async () => {
    const { agent } = joined;
    const lease = await rig.hub.get(leases, clusterLease, 'g1');
    const renewTime = '2030-01-02T03:04:05.000000Z';
    await send(agent, dataType.leases, 'spec.update_request', 'g1', {
      ...lease,
      spec: { ...lease.spec, renewTime },
    });
    expect((await rig.hub.get(leases, clusterLease, 'g1')).spec?.renewTime).toBe(renewTime);
    expect(await refusal(send(agent, dataType.leases, 'spec.update_request', 'g1', lease))).toEqual([
      code.failedPrecondition,
      'Conflict',
    ]);

    await waitFor('the status to be written', async () => {
      const cluster = await rig.cluster('g1');
      const status = { ...cluster.status, version: { kubernetes: 'v1.2.3' } };
      await send(agent, dataType.clusters, 'status.update_request', 'g1', { ...cluster, status });
      return true;
    });
    expect((await rig.cluster('g1')).status?.version).toEqual({ kubernetes: 'v1.2.3' });

    await waitFor('the client configurations to be written', async () => {
      const cluster = await rig.cluster('g1');
      const managedClusterClientConfigs = [{ url: 'https://two.example' }];
      const spec = { ...cluster.spec, managedClusterClientConfigs, hubAcceptsClient: false };
      await send(agent, dataType.clusters, 'spec.update_request', 'g1', { ...cluster, spec });
      return true;
    });
    expect((await rig.cluster('g1')).spec).toMatchObject({
      hubAcceptsClient: true,
      managedClusterClientConfigs: [{ url: 'https://two.example' }],
    });

    const event = {
      metadata: { name: 'g1.event', namespace: 'g1' },
      eventTime: '2030-01-02T03:04:05.000000Z',
      type: 'Normal',
      reason: 'Available',
      action: 'Available',
      reportingController: 'klusterlet-agent',
      reportingInstance: 'klusterlet-agent',
      regarding: { kind: 'ManagedCluster', name: 'g1', namespace: 'g1' },
    };
    await send(agent, dataType.events, 'spec.create_request', 'g1', event);
    await rig.hub.get(events, 'g1.event', 'g1');

    const addon = await rig.hub.create(managedClusterAddOns, {
      metadata: { name: 'a', namespace: 'g1' },
      spec: {},
    });
    await send(agent, dataType.addons, 'status.update_request', 'g1', {
      ...addon,
      status: { namespace: 'somewhere' },
    });
    expect((await rig.hub.get(managedClusterAddOns, 'a', 'g1')).status?.namespace).toBe('somewhere');
  });

  test('work.md 9: works reach the agent, which reports them and lets them go', async () => {
    const { agent } = joined;
    const ear = await listen(agent, 'g1', dataType.bundles);
    await resync(agent, 'g1', dataType.bundles);
    const manifest = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'cm', namespace: 'default' } };
    const { metadata } = await rig.hub.create(manifestWorks, {
      metadata: { name: 'w', namespace: 'g1' },
      spec: { workload: { manifests: [manifest] } },
    });
    await waitFor('the work', async () => types(ear).includes('create_request'));
    const created = ear.heard.find(({ type }) => type.endsWith('create_request'))!;
    expect(JSON.parse(created.data.toString())).toEqual({ manifests: [manifest] });
    expect(created.attributes.get('resourceversion')).toBe(1);
    expect(JSON.parse(String(created.attributes.get('metadata')))).toMatchObject({
      name: 'w',
      uid: metadata.uid,
    });

    const report = (version: number, ...conditions: string[]) =>
      publish(agent, {
        type: `${dataType.bundles}.status.update_request`,
        cluster: 'g1',
        attributes: { resourceid: metadata.uid!, resourceversion: version, sequenceid: '1' },
        object: {
          conditions: conditions.map((type) => ({
            type,
            status: 'True',
            reason: 'R',
            message: '',
            lastTransitionTime: '2030-01-02T03:04:05Z',
          })),
        },
      });
    await report(1, 'Applied');
    const reported = await rig.hub.get(manifestWorks, 'w', 'g1');
    expect(reported.status?.conditions?.map(({ type }) => type)).toEqual(['Applied']);
    expect(reported.metadata.finalizers).toEqual([finalizer.manifestWork]);
    await report(0, 'Outdated');
    expect((await rig.hub.get(manifestWorks, 'w', 'g1')).status?.conditions?.map(({ type }) => type)).toEqual(
      ['Applied'],
    );

    await rig.hub.delete(manifestWorks, { name: 'w', namespace: 'g1' });
    await waitFor('the deletion', async () =>
      ear.heard.some(({ attributes }) => attributes.has('deletiontimestamp')),
    );
    expect(types(ear)).toEqual(['create_request', 'update_request']); // nothing of the status, nor of the finalizer
    await report(2, 'Deleted');
    await waitFor('the work to go', async () => !(await rig.hub.find(manifestWorks, 'w', 'g1')));
    ear.leave();
  });

  test('registration.md 152: an agent renews its certificate without a human', async () => {
    const { agent } = joined;
    const key = generatePrivateKey();
    const ear = await listen(agent, 'g1', dataType.requests);
    await send(
      agent,
      dataType.requests,
      'spec.create_request',
      'g1',
      requestFor('g1', 'a1', key, 'g1-renewal'),
    );
    const certificate = await certificateOf('g1-renewal');
    await waitFor('the agent to hear of it', async () =>
      ear
        .objects()
        .some(
          (object) =>
            object.metadata.name === 'g1-renewal' &&
            (object as CertificateSigningRequest).status?.certificate,
        ),
    );
    ear.leave();
    await resync(clientWith({ cert: certificate, key }), 'g1', dataType.clusters);
  });

  test('registration.md 152: what a trusted user asks for is accepted and approved', async () => {
    const bootstrap = withKubeconfig(await rig.userKubeconfig('trusted-bootstrap', bootstrapRules));
    await send(bootstrap, dataType.clusters, 'spec.create_request', 'g2', { metadata: { name: 'g2' } });
    const request = requestFor('g2', 'a1', generatePrivateKey());
    await send(bootstrap, dataType.requests, 'spec.create_request', 'g2', request);
    await certificateOf('g2-a1');
    await waitFor('the cluster to be accepted', async () => (await rig.cluster('g2')).spec?.hubAcceptsClient);
  });

  test('registration.md 154: an event for one cluster with an object of another is refused', async () => {
    const { agent } = joined;
    const other = await rig.cluster('g2');
    await waitFor('the other namespace', () => rig.hub.get(namespaces, 'g2'));
    const foreign: [string, string, object][] = [
      [
        dataType.clusters,
        'status.update_request',
        { ...other, status: { ...other.status, version: { kubernetes: 'x' } } },
      ],
      [dataType.clusters, 'spec.update_request', { ...other, spec: {} }],
      [
        dataType.leases,
        'spec.update_request',
        { metadata: { name: clusterLease, namespace: 'g2' }, spec: {} },
      ],
      [dataType.events, 'spec.create_request', { metadata: { name: 'e', namespace: 'g2' } }],
      [dataType.addons, 'status.update_request', { metadata: { name: 'a', namespace: 'g2' }, status: {} }],
      [dataType.oldAddons, 'status.update_request', { metadata: { name: 'a', namespace: 'g2' }, status: {} }],
      [dataType.requests, 'spec.create_request', requestFor('g2', 'a1', generatePrivateKey(), 'stolen')],
    ];
    for (const [of, action, object] of foreign)
      expect([of, await refusal(send(agent, of, action, 'g1', object))]).toEqual([
        of,
        [code.failedPrecondition, 'Forbidden'],
      ]);
    expect((await rig.cluster('g2')).status?.version?.kubernetes).toBeUndefined();
    expect(await rig.hub.find(certificateSigningRequests, 'stolen')).toBeUndefined();

    for (const [of, action, object] of foreign.slice(0, 6))
      expect([of, await refusal(send(agent, of, action, 'g2', object))]).toEqual([
        of,
        [code.permissionDenied, ''],
      ]);
    for (const each of [dataType.clusters, dataType.bundles, dataType.leases])
      expect(await refusal(listen(agent, 'g2', each))).toEqual([code.permissionDenied, '']);
  });

  test('registration.md D16: what the server may do and the agent may not is refused', async () => {
    const bootstrap = withKubeconfig(
      await rig.userKubeconfig(
        'cannot-join',
        bootstrapRules.filter(({ resources }) => !resources?.includes('managedclustersets/join')),
      ),
    );
    const create = (metadata: object, spec: object = {}) =>
      refusal(
        send(bootstrap, dataType.clusters, 'spec.create_request', 'g3', {
          metadata: { name: 'g3', ...metadata },
          spec,
        }),
      );
    expect(await create({ labels: { [label.clusterSet]: 'prod' } })).toEqual([
      code.failedPrecondition,
      'Forbidden',
    ]);
    expect(await create({}, { hubAcceptsClient: true })).toEqual([code.failedPrecondition, 'Forbidden']);
    expect(await rig.hub.find(managedClusters, 'g3')).toBeUndefined();
    expect(await create({ finalizers: ['example.com/mine'] })).toBeUndefined();
    expect((await rig.cluster('g3')).metadata.finalizers ?? []).not.toContain('example.com/mine');
  });

  test('registration.md 155: an annotation that somebody wrote makes nobody an agent', async () => {
    const mallory = await rig.user('mallory', [
      { apiGroups: ['certificates.k8s.io'], resources: ['certificatesigningrequests'], verbs: ['create'] },
    ]);
    for (const user of [agentUser('g1', 'a1'), trusted]) {
      const request = requestFor(
        'g1',
        'a1',
        generatePrivateKey(),
        user === trusted ? 'forged-trusted' : 'forged-agent',
      );
      await mallory.create(certificateSigningRequests, {
        ...request,
        metadata: { ...request.metadata, annotations: { [annotation.csrUser]: user } },
      });
    }
    // What the hub meets after them is decided, and so they were met.
    await send(
      joined.agent,
      dataType.requests,
      'spec.create_request',
      'g1',
      requestFor('g1', 'a1', generatePrivateKey(), 'g1-later'),
    );
    await certificateOf('g1-later');
    for (const name of ['forged-trusted', 'forged-agent'])
      expect(isDecided(await rig.hub.get(certificateSigningRequests, name))).toBe(false);
    await mallory.close();
  });

  test('somebody without a token and a certificate is nobody, and nonsense is no event', async () => {
    expect(await refusal(resync(clientWith({}), 'g1', dataType.clusters))).toEqual([
      code.unauthenticated,
      '',
    ]);
    expect(await refusal(resync(clientWith({}, 'wrong'), 'g1', dataType.clusters))).toEqual([
      code.unauthenticated,
      '',
    ]);
    const { agent } = joined;
    expect(await refusal(agent.unary(publishPath, Buffer.from('ff', 'hex')))).toEqual([
      code.invalidArgument,
      '',
    ]);
    expect(await refusal(publish(agent, { type: 'nonsense', cluster: 'g1' }))).toEqual([
      code.invalidArgument,
      '',
    ]);
    expect(await refusal(send(agent, dataType.leases, 'spec.update_request', 'g1', { metadata: 5 }))).toEqual(
      [code.failedPrecondition, 'BadRequest'],
    );
    expect(await refusal(send(agent, dataType.leases, 'spec.update_request', 'g1', []))).toEqual([
      code.invalidArgument,
      '',
    ]);
    await resync(agent, 'g1', dataType.clusters);
  });

  test('an exchanged certificate serves the next connection', async () => {
    const serial = await writeServing();
    await waitFor('the new certificate', async () => {
      const socket = connect({ port, host: '127.0.0.1', ca: authority.certificate, ALPNProtocols: ['h2'] });
      await once(socket, 'secureConnect');
      const seen = socket.getPeerX509Certificate()?.serialNumber;
      socket.destroy();
      return seen === serial;
    });
  });
});

const urlOf = (cluster: string): string => `https://${cluster}.example`;

const urlsOf = async (cluster: string) =>
  (await rig.cluster(cluster)).spec?.managedClusterClientConfigs?.map(({ url }) => url) ?? [];

const workProgram = fileURLToPath(new URL('../../operators/work/main.ts', import.meta.url));

/**
 * An agent that joins over gRPC, as a ManagedCluster that is there already and lacks its URL; where its kubeconfig leads
 * nobody answers.
 */
const startGrpcAgent = async (cluster: string, user = rig.bootstrapKubeconfig()): Promise<Agent> => {
  const kubeconfig = await user;
  await rig.hub.create(managedClusters, { metadata: { name: cluster }, spec: {} });
  const config = join(rig.workspace.folder, `${cluster}-grpc.yaml`);
  const caData = Buffer.from(authority.certificate).toString('base64');
  await writeFile(
    config,
    `url: 127.0.0.1:${port}\ncaData: ${caData}\ntoken: ${parseKubeconfig(kubeconfig).token}\n` +
      'keepAliveConfig: { enable: true, time: 30s }\nserverHealthinessTimeout: 20s\n',
  );
  return rig.startAgent(kubeconfig.replace(/server: .*/, 'server: https://127.0.0.1:1'), {
    cluster,
    flags: [
      '--registration-auth=grpc',
      `--grpc-bootstrap-config=${config}`,
      `--spoke-external-server-urls=${urlOf(cluster)}`,
      '--addon-kubeclient-registration-auth=token',
    ],
  });
};

const isAvailable = async (cluster: string): Promise<boolean> =>
  (await rig.condition(cluster, 'ManagedClusterConditionAvailable')) === 'True';

const renewalOf = async (cluster: string): Promise<string | undefined> =>
  (await rig.hub.get(leases, clusterLease, cluster)).spec?.renewTime;

/** Waits until the lease of a cluster is renewed once more. */
const renewedAgain = async (cluster: string): Promise<void> => {
  const before = await renewalOf(cluster);
  await waitFor(`the lease of ${cluster} to be renewed`, async () => (await renewalOf(cluster)) !== before);
};

describe('agents over gRPC', () => {
  let agent: Agent;

  test('registration.md 149, 153, D29: agents of both kinds join side by side and stay available', async () => {
    agent = await startGrpcAgent('by-grpc');
    await rig.startAgent(await rig.bootstrapKubeconfig(), { cluster: 'by-csr' });
    for (const cluster of ['by-grpc', 'by-csr']) {
      await rig.approve(cluster);
      await rig.accept(cluster);
      const body = { spec: { leaseDurationSeconds: 5 } };
      await rig.hub.patch(managedClusters, { name: cluster }, { type: 'merge', body });
    }
    for (const cluster of ['by-grpc', 'by-csr'])
      await waitFor(`${cluster} to be available`, () => isAvailable(cluster));
    expect(await rig.condition('by-grpc', 'ManagedClusterJoined')).toBe('True');
    const leaf = new X509Certificate(await readFile(join(agent.hubFolder, 'tls.crt')));
    expect(leaf.checkIssued(new X509Certificate(authority.certificate))).toBe(true);
    expect(load(await readFile(join(agent.hubFolder, 'config.yaml'), 'utf8'))).toEqual({
      caData: Buffer.from(authority.certificate).toString('base64'),
      clientCertFile: join(agent.hubFolder, 'tls.crt'),
      clientKeyFile: join(agent.hubFolder, 'tls.key'),
      url: `127.0.0.1:${port}`,
      keepAliveConfig: { enable: true, time: '30s' },
      serverHealthinessTimeout: '20s',
    });
    for (const cluster of ['by-grpc', 'by-csr']) {
      await renewedAgain(cluster);
      await renewedAgain(cluster);
      // With so short a lease a busy machine may make it Unknown for a while.
      await waitFor(`${cluster} to be available still`, () => isAvailable(cluster));
    }
    await waitFor('the event', async () => {
      const { items } = await rig.hub.list(events, { namespace: 'by-grpc' });
      return items.some(({ reason }) => reason === 'Available');
    });
    // registration.md D29: who may not add them joins without.
    expect(await urlsOf('by-grpc')).toEqual([]);
  });

  test('work.md 9: the work agent applies, reports and removes what comes as bundles', async () => {
    const worker = rig.workspace.start('by-grpc-work', process.execPath, [
      workProgram,
      'agent',
      `--kubeconfig=${plane.kubeconfigPath}`,
      '--namespace=default',
      '--disable-leader-election',
      '--listen=127.0.0.1:0',
      '--spoke-cluster-name=by-grpc',
      '--workload-source-driver=grpc',
      `--workload-source-config=${join(agent.hubFolder, 'config.yaml')}`,
    ]);
    const manifest = (value: string) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'from-bundle', namespace: 'default' },
      data: { value },
    });
    const name = { name: 'bundle', namespace: 'by-grpc' };
    const value = async () => (await rig.hub.find(configMaps, 'from-bundle', 'default'))?.data?.['value'];
    await rig.hub.create(manifestWorks, {
      metadata: name,
      spec: { workload: { manifests: [manifest('one')] } },
    });
    await waitFor('the object of the work', async () => (await value()) === 'one');
    const workOnHub = () => rig.hub.get(manifestWorks, name.name, name.namespace);
    const isApplied = async (generation: number) =>
      (await workOnHub()).status?.conditions?.some(
        ({ type, status, observedGeneration }) =>
          type === 'Applied' && status === 'True' && observedGeneration === generation,
      );
    await waitFor('the report', () => isApplied(1));
    expect((await workOnHub()).metadata.finalizers).toEqual([finalizer.manifestWork]);
    await rig.hub.patch(manifestWorks, name, {
      type: 'merge',
      body: { spec: { workload: { manifests: [manifest('two')] } } },
    });
    await waitFor('the change', async () => (await value()) === 'two');
    await waitFor('the report of the change', () => isApplied(2));
    await rig.hub.delete(manifestWorks, name);
    await waitFor('the work to go', async () => !(await rig.hub.find(manifestWorks, 'bundle', 'by-grpc')));
    expect(await value()).toBeUndefined();
    await worker.end();
  });

  test('registration.md 135, 5.4: an add-on has its token by the gRPC server, which is bound to no other account', async () => {
    const addon = { name: 'tokens', namespace: 'by-grpc' };
    const place = 'addon-with-token';
    const wanted = tokenInfrastructure(addon.name, addon.namespace, hubNamespace);
    const addonStatus = async () => (await rig.hub.get(managedClusterAddOns, 'tokens', 'by-grpc')).status;
    const write = (status: object) =>
      rig.hub.patch(
        managedClusterAddOns,
        addon,
        { type: 'merge', body: { status } },
        { subresource: 'status' },
      );
    const tokenRefreshed = async () =>
      (await addonStatus())?.conditions?.find(({ type }) => type === 'TokenRefreshed');
    await rig.spoke.create(namespaces, { metadata: { name: place } });
    await rig.hub.create(managedClusterAddOns, { metadata: addon, spec: {} });
    await write({ namespace: place, registrations: [{ type: 'kubeClient', kubeClient: {} }] });
    await waitFor('the stamp', async () => {
      const kubeClient = (await addonStatus())?.registrations?.[0]?.kubeClient;
      return kubeClient?.driver === 'token' && kubeClient.subject?.user;
    });

    const account = await rig.hub.create(serviceAccounts, wanted.serviceAccount);
    await rig.hub.create(roles, wanted.role);
    const [agents, aws, server] = wanted.roleBinding.subjects!;
    await rig.hub.create(roleBindings, { ...wanted.roleBinding, subjects: [agents!, aws!] });
    const ready = { ...infrastructureReady(account), lastTransitionTime: '2030-01-02T03:04:05Z' };
    await write({ conditions: [...((await addonStatus())?.conditions ?? []), ready] });
    await waitFor('the refusal', async () => {
      expect(await tokenRefreshed()).toMatchObject({
        status: 'False',
        message: expect.stringMatching(/grpc-server-sa" cannot create resource "serviceaccounts\/token"/),
      });
      return true;
    });

    await rig.hub.patch(roleBindings, wanted.roleBinding.metadata, {
      type: 'merge',
      body: { subjects: [agents, aws, server] },
    });
    await rig.hub.patch(managedClusterAddOns, addon, {
      type: 'merge',
      body: { metadata: { annotations: { again: 'please' } } },
    });
    await waitFor('the token', async () => (await tokenRefreshed())?.status === 'True');
    const { data } = await rig.spoke.get(secrets, 'tokens-hub-kubeconfig', place);
    const [, claims] = Buffer.from(data!['token']!, 'base64').toString().split('.');
    expect(JSON.parse(Buffer.from(claims!, 'base64url').toString())).toMatchObject({
      sub: 'system:serviceaccount:by-grpc:tokens-agent',
    });
  });

  test('an agent finds a server that was away', async () => {
    await server.end();
    server = await startServer();
    await renewedAgain('by-grpc');
    await agent.stop();
  });

  test('registration.md 152, D29: a certificate that ends is rotated, and a trusted user needs no human', async () => {
    // Without the hub's controller the first certificate is the one that the test signs.
    await controller.end();
    const update = { apiGroups: [group.cluster], resources: ['managedclusters'], verbs: ['update'] };
    const rules = [...bootstrapRules, update];
    const short = await startGrpcAgent('short', rig.userKubeconfig('trusted-bootstrap', rules));
    const request = await waitFor('the request of the agent', async () => {
      const labelSelector = `${label.clusterName}=short`;
      return (await rig.hub.list(certificateSigningRequests, { labelSelector })).items[0];
    });
    await sign(rig.hub, authority, request, ending());
    controller = await startController();
    await waitFor('the cluster to be available', () => isAvailable('short'));
    const first = new X509Certificate(await certificateOf(request.metadata.name)).serialNumber;
    await waitFor('another certificate', async () => {
      const { serialNumber } = new X509Certificate(await readFile(join(short.hubFolder, 'tls.crt')));
      return serialNumber !== first;
    });
    const body = { spec: { leaseDurationSeconds: 5 } };
    await rig.hub.patch(managedClusters, { name: 'short' }, { type: 'merge', body });
    await renewedAgain('short');
    await waitFor(
      'the rotation to be told',
      async () => (await rig.condition('short', 'ClusterCertificateRotated')) === 'True',
    );
    expect(await urlsOf('short')).toEqual([urlOf('short')]); // registration.md D29
    await short.stop();
  });
});
