import { describe, expect, test } from '@jest/globals';
import type { ClusterManagementAddOn } from '../../api/generated/addon.ts';
import type { Placement, PlacementDecision } from '../../api/generated/cluster.ts';
import { isManaged } from '../lifecycle.ts';
import { ownerOf, withOwner } from '../owner.ts';
import { annotationChanges, differForAddons, initialAnnotations, mirroredKeys } from './annotations.ts';
import { planInstall } from './install.ts';
import { type SelectionProblem, problemText, selectionOf } from './selection.ts';

interface Given {
  exists?: boolean;
  conditions?: NonNullable<Placement['status']>['conditions'];
  number?: number | undefined;
  generation?: number;
  annotations?: Record<string, string>;
}

const decision = (...clusters: string[]): PlacementDecision => ({
  metadata: { name: 'd' },
  status: { decisions: clusters.map((clusterName) => ({ clusterName, reason: '' })) },
});
const condition = (type: string, status: 'True' | 'False', observedGeneration?: number) => ({
  type,
  status,
  reason: 'x',
  message: '',
  lastTransitionTime: '2026-01-01T00:00:00Z',
  ...(observedGeneration !== undefined && { observedGeneration }),
});
const selecting = (clusters: string[], given: Given = {}) => {
  const { exists = true, conditions, generation = 1, annotations } = given;
  const number = 'number' in given ? given.number : clusters.length;
  const placement = {
    metadata: { name: 'p', namespace: 'n', generation, annotations },
    spec: {},
    status: { conditions, ...(number !== undefined && { numberOfSelectedClusters: number }) },
  } as Placement;
  return selectionOf(
    { name: 'p', namespace: 'n' },
    {
      placement: () => (exists ? placement : undefined),
      decisions: () => (clusters.length ? clusters.map((cluster) => decision(cluster)) : [decision()]),
    },
  );
};

describe('install strategy', () => {
  const one = selecting(['c1', 'c2']);
  test.each([
    ['4: two clusters', [one], [], { install: ['c1', 'c2'], remove: [], kept: [] }],
    ['5: one comes, one goes', [one], ['c2', 'c3'], { install: ['c1'], remove: ['c3'], kept: [] }],
    [
      '6: two placements, each cluster once',
      [one, selecting(['c2', 'c3'])],
      [],
      { install: ['c1', 'c2', 'c3'], remove: [], kept: [] },
    ],
    [
      '9: one that nobody selects',
      [one],
      ['c1', 'c2', 'manual'],
      { install: [], remove: ['manual'], kept: [] },
    ],
    ['10: one that is missing', [one], ['c1'], { install: ['c2'], remove: [], kept: [] }],
    ['1: without placements', [], ['c1'], { install: [], remove: [], kept: ['c1'] }],
  ])('addon.md %s', (_, selections, existing, plan) => {
    expect(planInstall(selections, existing)).toEqual(plan);
  });

  test.each<[string, ReturnType<typeof selecting>, SelectionProblem]>([
    ['2 (A1): a placement that is missing', selecting(['c1'], { exists: false }), 'PlacementNotFound'],
    ['3 (A1): a placement without decisions', selecting([]), 'PlacementEmpty'],
    [
      '2 (A1): a misconfigured placement',
      selecting(['c1'], { conditions: [condition('PlacementMisconfigured', 'True')] }),
      'PlacementMisconfigured',
    ],
    [
      '3 (A1): decisions that are being written',
      selecting(['c1'], { number: 2 }),
      'PlacementDecisionsOutdated',
    ],
    [
      '2 (A1): an edit that was not looked at',
      selecting(['c1'], { generation: 2, conditions: [condition('PlacementSatisfied', 'True', 1)] }),
      'PlacementDecisionsOutdated',
    ],
  ])('addon.md %s removes nothing, beside others that are in order', (_, selection, problem) => {
    expect(selection.problem).toBe(problem);
    expect(planInstall([selection, one], ['c1', 'c2', 'c9'])).toMatchObject({ remove: [], kept: ['c9'] });
    expect(problemText(selection)).toContain('Placement n/p');
  });

  test('addon.md 4.1 (A1): decisions without a status are believed of a scheduler of others alone', () => {
    const key = 'cluster.open-cluster-management.io/experimental-scheduling-disable';
    const others = selecting(['c1'], { number: undefined, annotations: { [key]: 'true' } });
    expect(planInstall([others], ['c2'])).toEqual({ install: ['c1'], remove: ['c2'], kept: [] });
    const unseen = selecting(['c1'], { number: undefined });
    expect(planInstall([unseen], ['c2'])).toEqual({ install: ['c1'], remove: [], kept: ['c2'] });
  });

  test.each([
    [undefined, true],
    ['addon-manager', true],
    ['', true],
    ['self', false],
    ['else', false],
  ])('addon.md 11 (A12): lifecycle %j is managed: %j', (value, managed) => {
    const annotations =
      value === undefined ? undefined : { 'addon.open-cluster-management.io/lifecycle': value };
    expect(isManaged({ metadata: { name: 'a', annotations } } as ClusterManagementAddOn)).toBe(managed);
  });
});

describe('annotations of a cluster', () => {
  const key = (name: string) => `addon.open-cluster-management.io${name}`;
  const disabled = key('/disable-automatic-installation');

  test.each([
    ['none', undefined, {}, false],
    ['others only', { a: '1' }, { a: '2' }, false],
    ['unchanged', { [key('/a')]: '1', [key('.x')]: '2' }, { [key('.x')]: '2', [key('/a')]: '1' }, false],
    ['added', {}, { [key('/a')]: '1' }, true],
    ['removed', { [key('/a')]: '1' }, {}, true],
    ['changed', { [key('.x/a')]: '1' }, { [key('.x/a')]: '2' }, true],
    ['of no add-on', {}, { [disabled]: 'true' }, false],
  ])('addon.md 13: %s', (_, before, after, differ) => {
    expect(differForAddons(before as Record<string, string>, after as Record<string, string>)).toBe(differ);
  });

  test('addon.md 7: those with the prefix come to a new add-on, and no others', () => {
    expect(
      initialAnnotations({ [key('/b')]: '1', [key('-a')]: '2', other: '3', [disabled]: 'true' }),
    ).toEqual({
      [key('/b')]: '1',
      [key('-a')]: '2',
      [mirroredKeys]: `${key('-a')},${key('/b')}`,
    });
    expect(initialAnnotations({ other: '3' })).toEqual({});
    expect(initialAnnotations()).toEqual({});
  });

  test.each<
    [string, Record<string, string>, Record<string, string>, Record<string, string | null> | undefined]
  >([
    ['in step', { [key('/a')]: '1' }, { [key('/a')]: '1', [mirroredKeys]: key('/a'), x: 'y' }, undefined],
    ['nothing on either side', {}, { x: 'y' }, undefined],
    ['added', { [key('/a')]: '1' }, { x: 'y' }, { [key('/a')]: '1', [mirroredKeys]: key('/a') }],
    ['changed', { [key('/a')]: '2' }, { [key('/a')]: '1', [mirroredKeys]: key('/a') }, { [key('/a')]: '2' }],
    [
      'removed',
      {},
      { [key('/a')]: '1', [mirroredKeys]: key('/a') },
      { [key('/a')]: null, [mirroredKeys]: null },
    ],
    [
      'a user’s own hosting cluster, values and namespace (A2)',
      {},
      {
        [key('/hosting-cluster-name')]: 'h',
        [key('/values')]: '{}',
        [key('/v1alpha1-install-namespace')]: 'n',
      },
      undefined,
    ],
    [
      'a user’s own hosting cluster beside that of the cluster (A2)',
      { [key('/hosting-cluster-name')]: 'h1', [key('/a')]: '2' },
      { [key('/hosting-cluster-name')]: 'h2', [key('/a')]: '1' },
      { [key('/a')]: '2', [mirroredKeys]: key('/a') },
    ],
    ['a record that a user spoilt', {}, { x: 'y', [mirroredKeys]: 'x' }, { [mirroredKeys]: null }],
  ])('addon.md 14: %s', (_, ofCluster, ofAddon, changes) => {
    expect(annotationChanges(ofCluster, ofAddon)).toEqual(changes);
  });
});

describe('owner', () => {
  const owner = ownerOf({ metadata: { name: 'a', uid: 'u' }, spec: {} });
  const other = { apiVersion: 'v1', kind: 'ConfigMap', name: 'a', uid: 'o' };
  test.each([
    ['none yet', undefined, [owner]],
    ['another owner', [other], [other, owner]],
    [
      'of v1alpha1, in its place',
      [{ ...owner, apiVersion: 'addon.open-cluster-management.io/v1alpha1' }, other],
      [owner, other],
    ],
    ['one that was made anew', [{ ...owner, uid: 'before' }], [owner]],
    ['as it should be', [other, owner], undefined],
  ])('addon.md 17: %s', (_, ownerReferences, expected) => {
    expect(withOwner({ metadata: { name: 'a', ownerReferences } }, owner)).toEqual(expected);
  });
});
