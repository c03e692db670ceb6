import { describe, expect, test } from '@jest/globals';
import type { ManifestWork } from '../../api/generated/work.ts';
import { finalizer } from '../../api/names.ts';
import { dataType } from '../../fleet/hub-events/data-types.ts';
import { EventStore } from '../../fleet/hub-events/object-store.ts';
import { type AttributeValue, newEvent } from '../../runtime/cloudevents/event.ts';
import { bundleKind, workFrom } from './bundles.ts';

const manifests = [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } }];

const event = (attributes: Record<string, AttributeValue>, data?: object, action = 'update_request') =>
  newEvent(
    { source: 'kube', type: `${dataType.bundles}.spec.${action}` },
    { clustername: 'c1', resourceid: 'u1', ...attributes },
    data,
  );
const of = (generation: number, more: object = {}) =>
  event(
    { resourceversion: generation, metadata: JSON.stringify({ name: 'w', uid: 'u1', generation: 99 }) },
    { manifests, ...more },
  );
const deletion = { deletiontimestamp: new Date('2030-01-02T03:04:05Z') };

const known = (generation: number): ManifestWork => ({
  ...workFrom(of(generation), undefined)!,
  status: { conditions: [] },
});

describe('work.md 9: works from events', () => {
  test('a bundle is a work of the generation that the event says', () => {
    const executer = { subject: { type: 'ServiceAccount' } };
    expect(workFrom(of(3, { executer }), undefined)).toMatchObject({
      metadata: {
        name: 'w',
        namespace: 'c1',
        uid: 'u1',
        generation: 3,
        resourceVersion: '1',
        annotations: { 'cloudevents.open-cluster-management.io/datatype': dataType.bundles },
        labels: { 'cloudevents.open-cluster-management.io/originalsource': 'kube' },
      },
      spec: { workload: { manifests }, executor: executer },
    });
    expect(workFrom(event({ resourceversion: 1 }, { manifests }), undefined)?.metadata.name).toBe('u1');
  });

  test('a newer one keeps what was noted here, an older one is left out', () => {
    const before = known(3);
    const noted = { ...before, metadata: { ...before.metadata, finalizers: [finalizer.manifestWork] } };
    const next = workFrom(of(4), noted);
    expect(next).toMatchObject({
      metadata: { generation: 4, resourceVersion: '2', finalizers: [finalizer.manifestWork] },
      status: { conditions: [] },
    });
    expect(workFrom(of(2), noted)).toBeUndefined();
  });

  test('one that goes keeps its spec and gets the finalizer, so that it is cleaned up', () => {
    const going = workFrom(event({ resourceversion: 4, ...deletion }), known(3));
    expect(going).toMatchObject({
      metadata: {
        generation: 4,
        deletionTimestamp: '2030-01-02T03:04:05Z',
        finalizers: [finalizer.manifestWork],
      },
      spec: { workload: { manifests } },
    });
    expect(workFrom(event({ resourceversion: 4, ...deletion }), going)).toBeUndefined();
    expect(workFrom(event({ resourceversion: 4, ...deletion }), undefined)?.metadata.finalizers).toEqual([
      finalizer.manifestWork,
    ]);
    // The hub does not have it, and neither has the agent.
    expect(workFrom(event(deletion), undefined)).toBeUndefined();
  });

  test.each([
    ['no name of the work', newEvent({ source: 'kube', type: 't' }, { clustername: 'c1' }, { manifests })],
    ['no manifests', event({ resourceversion: 1 }, { manifests: 'x' })],
    ['no JSON', event({ resourceversion: 1 })],
    ['metadata that are none', event({ resourceversion: 1, metadata: '[]' }, { manifests })],
  ])('%s is no work', (_what, spoilt) => {
    expect(() => workFrom(spoilt, undefined)).toThrow();
  });
});

describe('work.md 9: what an agent writes', () => {
  const write = async (present: ManifestWork, next: ManifestWork, of: 'spec' | 'status', fails = false) => {
    const store = new EventStore();
    store.put(present);
    const sent: { action: string; payload: object; attributes: Record<string, unknown> }[] = [];
    const sender = {
      cluster: 'c1',
      publish: (action: string, payload: object, attributes: Record<string, unknown>) => {
        if (fails) return Promise.reject(new Error('no answer'));
        sent.push({ action, payload, attributes });
        return Promise.resolve();
      },
    };
    const written = bundleKind.update!({ present, next, of }, sender, store);
    return { written, sent, store };
  };

  test('a note on the metadata stays here, a status is reported', async () => {
    const present = known(3);
    const noted = { ...present, metadata: { ...present.metadata, finalizers: ['x'] } };
    const note = await write(present, noted, 'spec');
    expect((await note.written).metadata.resourceVersion).toBe('2');
    expect(note.sent).toEqual([]);
    expect(note.store.byUid('u1')?.metadata.finalizers).toEqual(['x']);

    const status = { conditions: [], resourceStatus: { manifests: [] } };
    const report = await write(present, { ...present, status }, 'status');
    await report.written;
    expect(report.sent).toMatchObject([
      {
        action: 'status.update_request',
        payload: { conditions: [], resourceStatus: [] },
        attributes: { resourceid: 'u1', resourceversion: 3, originalsource: 'kube' },
      },
    ]);
  });

  test('a work that is let go is told to be deleted, and forgotten once the hub knows', async () => {
    const going = workFrom(event({ resourceversion: 4, ...deletion }), known(3))!;
    const released = { ...going, metadata: { ...going.metadata, finalizers: [] } };
    const told = await write(going, released, 'spec');
    await told.written;
    expect(told.sent[0]?.payload).toMatchObject({
      conditions: [{ type: 'Deleted', status: 'True', reason: 'ManifestsDeleted' }],
    });
    expect(told.store.list()).toEqual([]);

    const untold = await write(going, released, 'spec', true);
    await expect(untold.written).rejects.toThrow('no answer');
    expect(untold.store.list()).toHaveLength(1);
  });
});
