import { describe, expect, test } from '@jest/globals';
import type { ManifestWork } from '../../api/generated/work.ts';
import { parseEventType } from '../../runtime/cloudevents/event-type.ts';
import { attributesOf } from './authorize.ts';
import { strangeness } from './belongs.ts';
import { dataType } from '../../fleet/hub-events/data-types.ts';
import { answersTo, parseKnownVersions } from './resync.ts';
import { objectEvent } from './object-event.ts';
import { workStep } from './work-status.ts';

describe('what an event needs to be allowed (registration.md 6)', () => {
  const namespace = 'c1';
  test.each<[string, string, object | undefined]>([
    [
      dataType.clusters,
      'spec.create_request',
      {
        verb: 'create',
        group: 'cluster.open-cluster-management.io',
        resource: 'managedclusters',
        name: 'c1',
      },
    ],
    [
      dataType.clusters,
      'status.update_request',
      {
        verb: 'update',
        group: 'cluster.open-cluster-management.io',
        resource: 'managedclusters',
        subresource: 'status',
        name: 'c1',
      },
    ],
    [
      dataType.clusters,
      'spec.watch_request',
      { verb: 'watch', group: 'cluster.open-cluster-management.io', resource: 'managedclusters', name: 'c1' },
    ],
    [
      dataType.requests,
      'spec.resync_request',
      { verb: 'list', group: 'certificates.k8s.io', resource: 'certificatesigningrequests' },
    ],
    [
      dataType.leases,
      'spec.update_request',
      { verb: 'update', group: 'coordination.k8s.io', resource: 'leases' },
    ],
    [dataType.events, 'spec.create_request', { verb: 'create', group: 'events.k8s.io', resource: 'events' }],
    [
      dataType.addons,
      'status.update_request',
      {
        verb: 'update',
        group: 'addon.open-cluster-management.io',
        resource: 'managedclusteraddons',
        subresource: 'status',
      },
    ],
    [
      dataType.oldAddons,
      'spec.delete_request',
      { verb: 'delete', group: 'addon.open-cluster-management.io', resource: 'managedclusteraddons' },
    ],
    [
      dataType.bundles,
      'status.update_request',
      {
        verb: 'update',
        group: 'work.open-cluster-management.io',
        resource: 'manifestworks',
        subresource: 'status',
      },
    ],
    [
      dataType.tokens,
      'spec.create_request',
      { verb: 'create', group: '', resource: 'serviceaccounts', subresource: 'token', name: 'n' },
    ],
    [
      dataType.tokens,
      'spec.watch_request',
      { verb: 'subscribe', group: '', resource: 'serviceaccounts', subresource: 'token' },
    ],
    [dataType.tokens, 'spec.update_request', undefined],
    [dataType.clusters, 'spec.resync_response', undefined],
    ['core.v1.secrets', 'spec.watch_request', undefined],
  ])('%s.%s', (of, rest, expected) => {
    const attributes = attributesOf(parseEventType(`${of}.${rest}`)!, 'c1', 'n');
    expect(attributes).toEqual(expected && { namespace, ...expected });
  });
});

describe('registration.md 154: whose an object in an event is', () => {
  const labels = { 'open-cluster-management.io/cluster-name': 'c1' };
  test.each<[string, object, boolean]>([
    [dataType.clusters, { name: 'c1' }, true],
    [dataType.clusters, { name: 'c2', namespace: 'c1', labels }, false],
    [dataType.requests, { name: 'c2', labels }, true],
    [dataType.requests, { name: 'c1', namespace: 'c1' }, false],
    [dataType.leases, { name: 'x', namespace: 'c1' }, true],
    [dataType.leases, { name: 'c1', labels }, false],
    [dataType.events, { name: 'c1', namespace: 'c1x' }, false],
    [dataType.addons, { name: 'c1', namespace: 'c2' }, false],
    [dataType.oldAddons, { name: 'c1', namespace: 'c2' }, false],
    [dataType.tokens, { name: 'c1', namespace: 'kube-system' }, false],
    [dataType.bundles, {}, true],
  ])('%s %j: %j', (of, metadata, isOwn) => {
    expect(strangeness(of, 'c1', { metadata: metadata as { name: string } }) === undefined).toBe(isOwn);
  });
});

describe('resync', () => {
  const known = (uid: string, version: number, isDeleting = false) => {
    const object = { metadata: { name: uid, uid, resourceVersion: String(version) } };
    const resource = { group: 'g', version: 'v1', plural: 'things', kind: 'Thing', namespaced: false };
    return {
      uid,
      version,
      isDeleting,
      object,
      event: () => objectEvent(resource, 'g.v1.things', 'resync_response', 'c1', object),
    };
  };

  test('what is newer, deleted, or gone is answered', () => {
    const versions = parseKnownVersions({
      resourceVersions: [
        { resourceID: 'same', resourceVersion: 5 },
        { resourceID: 'older', resourceVersion: 5 },
        { resourceID: 'going', resourceVersion: 5 },
        { resourceID: 'gone', resourceVersion: 5 },
      ],
    })!;
    const present = [known('same', 5), known('older', 6), known('going', 5, true), known('new', 1)];
    const answers = answersTo('g.v1.things', 'c1', versions, present);
    expect(answers.map(([uid]) => uid)).toEqual(['older', 'going', 'new', 'gone']);
    for (const [uid, event] of answers) {
      expect(event.type).toBe('g.v1.things.spec.resync_response');
      expect(event.attributes.get('resourceid')).toBe(uid);
      expect(event.attributes.get('clustername')).toBe('c1');
      expect(event.attributes.has('deletiontimestamp')).toBe(uid === 'gone');
    }
  });

  test('who knows nothing hears all', () => {
    expect(answersTo('g.v1.things', 'c1', parseKnownVersions({})!, [known('a', 1)])).toHaveLength(1);
  });

  test.each([
    { resourceVersions: 5 },
    { resourceVersions: [5] },
    { resourceVersions: [{ resourceID: 1 }] },
    { resourceVersions: [{ resourceID: 'a', resourceVersion: 'b' }] },
  ])('%j is no request', (payload) => {
    expect(parseKnownVersions(payload)).toBeUndefined();
  });
});

describe('work.md 9: what a reported status does', () => {
  const work = { metadata: { name: 'w', generation: 3 }, spec: {} } as ManifestWork;
  const status = (type: string) => ({
    conditions: [{ type, status: 'True' as const, reason: '', message: '', lastTransitionTime: '' }],
  });
  test.each<[string, ManifestWork | undefined, string, number, string]>([
    ['nobody knows the work', undefined, 'Applied', 3, 'ignore'],
    ['the work was removed there', work, 'Deleted', 1, 'release'],
    ['the report is of an older work', work, 'Applied', 2, 'ignore'],
    ['the report is of this work', work, 'Applied', 3, 'report'],
  ])('%s', (_what, given, type, version, expected) => {
    expect(workStep(given, status(type), version)).toBe(expected);
  });
});
