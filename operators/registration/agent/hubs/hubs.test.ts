import { describe, expect, test } from '@jest/globals';
import type { ManagedCluster } from '../../../api/generated/cluster.ts';
import { isDenied } from './denied.ts';
import { selectHub } from './select.ts';
import { contactTracker } from './switching.ts';

describe('the choice of a hub', () => {
  const servers: Record<string, string> = { '/1': 'https://1', '/2': 'https://2' };
  const select = (present: string | undefined, obstacles: Record<string, string> = {}) =>
    selectHub(
      ['/1', '/2', '/3'],
      present,
      (path) => Promise.resolve(servers[path]),
      (path) => Promise.resolve(path === '/3' ? 'no file' : obstacles[path]),
      'c1',
    );

  test.each([
    ['registration.md 53: the present hub', 'https://2', {}, '/2'],
    ['registration.md 53: the present hub is out of reach', 'https://2', { '/2': 'down' }, '/1'],
    ['registration.md 54: the first may not be used', undefined, { '/1': 'denied' }, '/2'],
    ['no present hub', undefined, {}, '/1'],
    ['a present hub that is no longer named', 'https://old', {}, '/1'],
  ])('%s', async (_what, present, obstacles, selected) => {
    expect(await select(present, obstacles)).toBe(selected);
  });

  test('registration.md 54: no hub at all', async () => {
    await expect(select('https://1', { '/1': 'down', '/2': 'denied' })).rejects.toThrow(
      'failed to select a bootstrap kubeconfig: no bootstrap kubeconfig in [/1 /2 /3] is available for managed cluster ' +
        'c1: /1: down; /2: denied; /3: no file',
    );
  });

  const clusterOf = (accepts: boolean, status?: 'True' | 'False'): ManagedCluster => ({
    metadata: { name: 'c1' },
    spec: { hubAcceptsClient: accepts },
    status: status && {
      conditions: [
        { type: 'HubAcceptedManagedCluster', status, reason: 'r', message: '', lastTransitionTime: 't' },
      ],
    },
  });

  test.each([
    ['unknown to the hub', undefined, false],
    ['never decided', clusterOf(false), false],
    ['accepted', clusterOf(true, 'True'), false],
    ['just denied', clusterOf(false, 'True'), true],
    ['denied', clusterOf(false, 'False'), true],
  ])('registration.md 55, 58, D4: a cluster %s', (_what, cluster, denied) => {
    expect(isDenied(cluster)).toBe(denied);
  });
});

describe('the time-out of a hub', () => {
  const at = (ms: number) => new Date(ms).toISOString();

  test('registration.md 57: nothing counts in the first ten seconds', () => {
    const contact = contactTracker(100_000);
    contact.note(at(0), 109_999);
    expect(contact.hasTimedOut(60_000, 109_999)).toBe(false);
    expect(contact.hasTimedOut(60_000, 110_000)).toBe(true);
  });

  test('registration.md 57: renewals put it off, silence does not', () => {
    const contact = contactTracker(0);
    contact.note(at(50_000), 50_000);
    contact.note(undefined, 100_000);
    expect(contact.hasTimedOut(60_000, 110_000)).toBe(false);
    expect(contact.hasTimedOut(60_000, 110_001)).toBe(true);
  });

  test('a hub that never answered counts from the first attempt', () => {
    const contact = contactTracker(0);
    contact.note(undefined, 20_000);
    contact.note(undefined, 50_000);
    expect(contact.hasTimedOut(60_000, 80_000)).toBe(false);
    expect(contact.hasTimedOut(60_000, 80_001)).toBe(true);
  });
});
