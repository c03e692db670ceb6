import { setTimeout as pass } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type ManifestConfig,
  type ManifestWork,
  type StatusFeedbackValue,
  appliedManifestWorks,
  manifestWorks,
} from '../../operators/api/generated/work.ts';
import type { EmbeddedObject } from '../../operators/api/meta.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import { configMaps, deployments, leases, secrets } from '../../operators/runtime/client/kubernetes.ts';
import type { KubeObject, UnknownObject } from '../../operators/runtime/client/object.ts';
import type { Resource } from '../../operators/runtime/client/resource.ts';
import {
  type ControlPlane,
  readAuditLog,
  startControlPlane,
  untilQuiet,
  waitFor,
  writesOf,
} from '../cluster/index.ts';
import { administratorOf } from './administrator.ts';
import { type RunningAgent, installCrds, startAgent } from './work/agent.ts';

/**
 * Feedback without a poll: the agent polls once an hour here, so that whatever is shown within a test is shown because of a
 * watch.
 */
const cluster = 'cluster1';
let hub: ControlPlane;
let spoke: ControlPlane;
let onHub: Client;
let onSpoke: Client;
let agent: RunningAgent;

beforeAll(async () => {
  [hub, spoke] = await Promise.all([
    startControlPlane({ name: 'feedback-hub', controllerManager: false, audit: true }),
    startControlPlane({ name: 'feedback-spoke', controllerManager: false, audit: true }),
  ]);
  await installCrds(hub, 'manifestworks.work.open-cluster-management.io');
  await installCrds(spoke, 'appliedmanifestworks.work.open-cluster-management.io');
  await hub.kubectl(['create', 'namespace', cluster]);
  onHub = administratorOf(hub);
  onSpoke = administratorOf(spoke);
  const args = ['--status-sync-interval=1h', '--max-feedback-watch=0'];
  agent = await startAgent({ hub, spoke, cluster, args });
});

afterAll(async () => {
  await agent?.stop();
  await Promise.all([onHub?.close(), onSpoke?.close()]);
  await Promise.all([hub?.stop(), spoke?.stop()]);
});

const deployment = (name: string): EmbeddedObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'default' },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'c', image: 'none' }] },
    },
  },
});

const configFor = (
  { kind, apiVersion, metadata }: EmbeddedObject,
  rest: Partial<ManifestConfig>,
): ManifestConfig => ({
  resourceIdentifier: {
    group: apiVersion?.includes('/') ? apiVersion.split('/')[0]! : '',
    resource: `${kind?.toLowerCase()}s`,
    name: metadata!.name!,
    namespace: 'default',
  },
  ...rest,
});

const create = async (name: string, object: EmbeddedObject, ...configs: Partial<ManifestConfig>[]) => {
  const work: ManifestWork = {
    metadata: { name, namespace: cluster },
    spec: {
      workload: { manifests: [object] },
      manifestConfigs: configs.map((config) => configFor(object, config)),
    },
  };
  await onHub.create(manifestWorks, work);
  await waitFor(`${name} to be Available`, async () =>
    (await onHub.get(manifestWorks, name, cluster)).status?.conditions?.some(
      ({ type, status }) => type === 'Available' && status === 'True',
    ),
  );
};

const valuesOf = async (name: string): Promise<Map<string, StatusFeedbackValue['fieldValue']>> => {
  const { status } = await onHub.get(manifestWorks, name, cluster);
  const values = status?.resourceStatus?.manifests?.[0]?.statusFeedback?.values ?? [];
  return new Map(values.map(({ name: value, fieldValue }) => [value, fieldValue]));
};

const patchStatus = (name: string, status: object) =>
  onSpoke.patch(
    deployments,
    { name, namespace: 'default' },
    { type: 'merge', body: { status } },
    { subresource: 'status' },
  );

const shows = (name: string, value: string, integer: number) =>
  waitFor(
    `${name} to show ${value}=${integer}`,
    async () => (await valuesOf(name)).get(value)?.integer === integer,
  );

/** What the agent asked the managed cluster about the objects of this name. */
const requestsFor = async (name: string) =>
  (await readAuditLog(spoke.auditLogPath!)).filter(
    ({ objectRef, userAgent }) => objectRef?.name === name && userAgent?.startsWith('work-agent'),
  );

describe('feedback', () => {
  test.each([['Poll'], ['Watch'], ['Watch', 'Poll']] as const)(
    'work.md 74, 75, 127: what a controller writes is shown without a poll, and without a watch of its own (%s %s)',
    async (...types: readonly ('Poll' | 'Watch')[]) => {
      const name = `ready-${types.join('-').toLowerCase()}`;
      const feedbackRules = [{ type: 'WellKnownStatus' as const }];
      await create(
        name,
        deployment(name),
        ...types.map((feedbackScrapeType) => ({ feedbackScrapeType, feedbackRules })),
      );
      for (const readyReplicas of [1, 2, 3]) {
        await patchStatus(name, { replicas: 3, readyReplicas });
        await shows(name, 'ReadyReplicas', readyReplicas);
      }
    },
  );

  test('work.md 74: a condition that rules read is shown without a poll', async () => {
    const job: EmbeddedObject = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'done', namespace: 'default' },
      spec: {
        template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'none' }] } },
      },
    };
    await create('done', job, { conditionRules: [{ condition: 'Complete', type: 'WellKnownConditions' }] });
    const jobs: Resource<UnknownObject> = {
      group: 'batch',
      version: 'v1',
      plural: 'jobs',
      kind: 'Job',
      namespaced: true,
    };
    const lastTransitionTime = new Date().toISOString();
    const finished = ['FailureTarget', 'Failed'].map((type) => ({
      type,
      status: 'True',
      lastTransitionTime,
    }));
    await onSpoke.patch(
      jobs,
      { name: 'done', namespace: 'default' },
      { type: 'merge', body: { status: { startTime: lastTransitionTime, conditions: finished } } },
      { subresource: 'status' },
    );
    await waitFor('the work to be Complete', async () =>
      (await onHub.get(manifestWorks, 'done', cluster)).status?.conditions?.some(
        ({ type, status }) => type === 'Complete' && status === 'True',
      ),
    );
  });

  test('work.md 74: what changed while the hub was away is shown when it is back', async () => {
    await create('patient', deployment('patient'), { feedbackRules: [{ type: 'WellKnownStatus' }] });
    await hub.shutdown();
    const before = (await requestsFor('patient')).length;
    await patchStatus('patient', { replicas: 5, readyReplicas: 5 });
    // The agent has looked at the object: what it saw cannot be told to anybody now.
    await waitFor('the agent to look', async () => (await requestsFor('patient')).length > before);
    await hub.restart();
    await shows('patient', 'ReadyReplicas', 5);
  });

  test('work.md 74: objects that never rest cost few reads and few writes, and their last state arrives', async () => {
    const lease: EmbeddedObject = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'beat', namespace: 'default' },
      spec: { holderIdentity: 'somebody' },
    };
    const updateStrategy = { type: 'ServerSideApply' as const };
    const began = performance.now();
    await create('scaling', deployment('scaling'), {
      updateStrategy,
      feedbackRules: [{ type: 'WellKnownStatus' }],
    });
    await create('beat', lease, {
      updateStrategy,
      feedbackRules: [
        { type: 'JSONPaths', jsonPaths: [{ name: 'transitions', path: '.spec.leaseTransitions' }] },
      ],
    });
    const since = Date.now();
    const changes = 120;
    for (let count = 1; count <= changes; count++) {
      await Promise.all([
        patchStatus('scaling', { replicas: count }),
        onSpoke.patch(
          leases,
          { name: 'beat', namespace: 'default' },
          { type: 'merge', body: { spec: { leaseTransitions: count } } },
        ),
        pass(100),
      ]);
    }
    await shows('scaling', 'Replicas', changes);
    await shows('beat', 'transitions', changes);
    const seconds = (performance.now() - began) / 1000;

    const afterwards = ({ stageTimestamp }: { stageTimestamp: string }) =>
      Date.parse(stageTimestamp) >= since;
    const written = writesOf(await readAuditLog(hub.auditLogPath!)).filter(afterwards);
    // Five at first, while it may be over at any moment; then one in five seconds.
    const most = 5 + seconds / 5;
    for (const name of ['scaling', 'beat']) {
      const times = written
        .filter(({ objectRef }) => objectRef?.name === name)
        .map(({ stageTimestamp }) => Date.parse(stageTimestamp) - since);
      expect({ name, times, few: times.length <= most, shown: times.length > 1 }).toEqual({
        name,
        times,
        few: true,
        shown: true,
      });
      const reads = (await requestsFor(name)).filter((event) => event.verb === 'get' && afterwards(event));
      expect(reads.length).toBeLessThanOrEqual(2 * most);
    }
  });

  test('work.md 55: works that are deleted as soon as they are made leave no record and no object', async () => {
    const names = Array.from({ length: 40 }, (_, index) => `brief-${index}`);
    await Promise.all(
      names.map(async (name) => {
        const manifests = [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' } }];
        await onHub.create(manifestWorks, {
          metadata: { name, namespace: cluster },
          spec: { workload: { manifests } },
        });
        await onHub.delete(manifestWorks, { name, namespace: cluster });
      }),
    );
    const ofThem = ({ metadata }: KubeObject) => names.some((name) => metadata.name.endsWith(name));
    await waitFor('nothing of the works to be left', async () => {
      const [works, records, objects] = await Promise.all([
        onHub.list(manifestWorks, { namespace: cluster, metadataOnly: true }),
        onSpoke.list(appliedManifestWorks, { metadataOnly: true }),
        onSpoke.list(configMaps, { namespace: 'default', metadataOnly: true }),
      ]);
      return ![...works.items, ...records.items, ...objects.items].some(ofThem);
    });
  });

  test('faults B4: of a Secret that a work reads, its data is not told', async () => {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'read', namespace: 'default' } };
    await onSpoke.create(secrets, { ...secret, stringData: { token: 'hunter2' } });
    const jsonPaths = [
      { name: 'token', path: '.data.token' },
      { name: 'type', path: '.type' },
    ];
    await create('reads', secret, {
      updateStrategy: { type: 'ReadOnly' },
      feedbackRules: [{ type: 'JSONPaths', jsonPaths }],
      conditionRules: [
        {
          type: 'CEL',
          condition: 'Told',
          celExpressions: ['has(object.data.token)'],
          messageExpression: "'it has ' + object.data.token",
        },
      ],
    });
    const { status } = await waitFor('the rule of reads to be judged', async () => {
      const work = await onHub.get(manifestWorks, 'reads', cluster);
      const conditions = work.status?.resourceStatus?.manifests?.[0]?.conditions ?? [];
      return conditions.some(({ type, status: judged }) => type === 'Told' && judged === 'True') && work;
    });
    expect([...(await valuesOf('reads'))]).toEqual([['type', { type: 'String', string: 'Opaque' }]]);
    const said = JSON.stringify(status);
    expect(said).toContain('the value for token is of a Secret, whose data stays on its cluster');
    expect(said).toContain('it has (the data of a Secret stays on its cluster)');
    expect(said).not.toContain(Buffer.from('hunter2').toString('base64'));
  });

  test('work.md 71: an object that rests costs nothing', async () => {
    // One work, and new: no other's time for a pass that is made now and then comes while this one is looked at.
    for (const { metadata } of (await onHub.list(manifestWorks, { namespace: cluster })).items)
      await onHub.delete(manifestWorks, metadata);
    await waitFor('the works before to be gone', async () => {
      const { items } = await onHub.list(manifestWorks, { namespace: cluster });
      return items.length === 0;
    });
    await create('rests', deployment('rests'), { feedbackRules: [{ type: 'WellKnownStatus' }] });
    const requests = async () => {
      const logs = await Promise.all([hub, spoke].map(({ auditLogPath }) => readAuditLog(auditLogPath!)));
      return logs
        .flat()
        .filter(({ userAgent, verb }) => verb !== 'watch' && userAgent?.startsWith('work-agent'))
        .toSorted((a, b) => a.stageTimestamp.localeCompare(b.stageTimestamp));
    };
    const before = await untilQuiet("the agent's requests", async () => (await requests()).length, 4000);
    await onSpoke.create(configMaps, { metadata: { name: 'unrelated', namespace: 'default' } });
    await pass(6_000);
    expect((await requests()).slice(before)).toEqual([]);
  });
});
