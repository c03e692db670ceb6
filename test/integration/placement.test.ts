import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  managedClusterSets,
  managedClusters,
  placementDecisions,
  placements,
} from '../../operators/api/generated/cluster.ts';
import { label } from '../../operators/api/names.ts';
import {
  leases,
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
} from '../../operators/runtime/client/kubernetes.ts';
import { untilQuiet, waitFor } from '../cluster/index.ts';
import { untilEnforced } from './least-privilege/identity.ts';
import { PlacementRig, type Tenant, endOf, misconfigured, satisfied } from './placement/rig.ts';

let rig: PlacementRig;
beforeAll(async () => {
  rig = await PlacementRig.start('placement');
});
afterAll(async () => {
  await rig?.stop();
});

const digits = (number: number): string[] => Array.from({ length: number }, (_, at) => String(at + 1));
const taint = (key: string, effect: 'NoSelect' | 'NoSelectIfNew' = 'NoSelect', since = Date.now()) => ({
  key,
  value: '',
  effect,
  timeAdded: new Date(since).toISOString().replace(/\.\d+/, ''),
});

describe('decisions and their objects', () => {
  let tenant: Tenant;
  beforeAll(async () => {
    tenant = await rig.tenant('objects');
    await tenant.clusters(...digits(3));
  });

  test('placement.md 93, 104, 163: one object with labels and its owner', async () => {
    const { metadata } = await tenant.place('one');
    const { status } = await tenant.selects('one', '1', '2', '3');
    const [decision] = await tenant.decisions('one');
    expect(decision!.metadata).toMatchObject({
      name: 'one-decision-1',
      labels: {
        [label.placement]: 'one',
        [label.decisionGroupName]: '',
        [label.decisionGroupIndex]: '0',
      },
      ownerReferences: [
        {
          apiVersion: 'cluster.open-cluster-management.io/v1beta1',
          kind: 'Placement',
          name: 'one',
          uid: metadata.uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    });
    expect(status).toMatchObject({
      numberOfSelectedClusters: 3,
      decisionGroups: [
        { decisionGroupIndex: 0, decisionGroupName: '', decisions: ['one-decision-1'], clusterCount: 3 },
      ],
    });
    await tenant.says('one', satisfied, 'True', 'AllDecisionsScheduled');
    await tenant.says('one', misconfigured, 'False', 'Succeedconfigured');
  });

  test('placement.md 105, 106, 109: events tell of what was written', async () => {
    const wanted = [
      {
        type: 'Normal',
        reason: 'DecisionCreated',
        action: 'DecisionCreate',
        note: 'Decision one-decision-1 is created with placement one in namespace objects',
        reportingController: 'placement-controller',
        regarding: { kind: 'Placement', name: 'one' },
        related: { kind: 'PlacementDecision', name: 'one-decision-1' },
      },
      {
        reason: 'DecisionUpdated',
        action: 'DecisionUpdate',
        note: 'Decision one-decision-1 is updated with placement one in namespace objects',
      },
      {
        reason: 'ScoreUpdated',
        action: 'ScoreUpdate',
        note: 'objects-1:100 objects-2:100 objects-3:100 ',
      },
    ];
    await waitFor('three events', async () => {
      const told = await tenant.events('one');
      // Before it has heard of all clusters it may have told of some.
      for (const each of wanted)
        expect(told.find(({ reason, note }) => reason === each.reason && note === each.note)).toMatchObject(
          each,
        );
      return true;
    });
  });

  test('placement.md 133, 120: what is deleted by hand comes again', async () => {
    const [before] = await tenant.decisions('one');
    await rig.client.delete(placementDecisions, { name: 'one-decision-1', namespace: tenant.name });
    const after = await waitFor('another object', async () => {
      const [found] = await tenant.decisions('one');
      return found?.metadata.uid !== before!.metadata.uid && found?.status?.decisions.length === 3 && found;
    });
    expect(after.metadata.name).toBe('one-decision-1');
    expect(await tenant.selected('one')).toEqual(['1', '2', '3']);
  });

  test('placement.md 97, 162: what is edited by hand is set right, labels of others stay (P5)', async () => {
    const key = { name: 'one-decision-1', namespace: tenant.name };
    await rig.client.patch(placementDecisions, key, {
      type: 'merge',
      body: { metadata: { labels: { mine: 'yes', [label.decisionGroupName]: 'wrong' } } },
    });
    await rig.client.patch(
      placementDecisions,
      key,
      { type: 'merge', body: { status: { decisions: [{ clusterName: 'objects-2', reason: '' }] } } },
      { subresource: 'status' },
    );
    const labels = await waitFor('labels and decisions to be right', async () => {
      const [found] = await tenant.decisions('one');
      const isRight = found?.metadata.labels?.[label.decisionGroupName] === '';
      return isRight && found.status?.decisions.length === 3 && found.metadata.labels;
    });
    expect(labels).toMatchObject({ mine: 'yes' });
  });

  test('placement.md 103, 121: an object that says nothing of a placement is left alone', async () => {
    await rig.client.create(placementDecisions, { metadata: { name: 'stray', namespace: tenant.name } });
    await tenant.edit('one', { numberOfClusters: 2 });
    await tenant.selects('one', '1', '2');
    expect(await rig.client.find(placementDecisions, 'stray', tenant.name)).toBeDefined();
    await tenant.edit('one', { numberOfClusters: null });
    await tenant.selects('one', '1', '2', '3');
  });

  test('placement.md 18, 95, 135: no cluster is one object without decisions, and a reason', async () => {
    await tenant.place('none', { numberOfClusters: 0 });
    await tenant.says('none', satisfied, 'False', 'NoManagedClusterMatched');
    const all = await tenant.decisions('none');
    expect(all.map(({ metadata, status }) => [metadata.name, status])).toEqual([
      ['none-decision-1', undefined],
    ]);
    expect((await tenant.placement('none')).status?.decisionGroups).toEqual([
      { decisionGroupIndex: 0, decisionGroupName: '', decisions: ['none-decision-1'], clusterCount: 0 },
    ]);
  });

  test('placement.md 138: numberOfClusters goes up and down', async () => {
    await tenant.place('number', { numberOfClusters: 2 });
    await tenant.selects('number', '1', '2');
    await tenant.edit('number', { numberOfClusters: 5 });
    await tenant.selects('number', '1', '2', '3');
    const { message } = await tenant.says('number', satisfied, 'False', 'NotAllDecisionsScheduled');
    expect(message).toBe('2 cluster decisions unscheduled');
    await tenant.edit('number', { numberOfClusters: 1 });
    await tenant.selects('number', '1');
    await tenant.says('number', satisfied, 'True', 'AllDecisionsScheduled');
  });

  test('placement.md 21: a negative number is misconfigured, decisions stay and the controller lives (P1, P3)', async () => {
    await tenant.edit('number', { numberOfClusters: -1 });
    await tenant.says('number', misconfigured, 'True', 'Misconfigured');
    expect(await tenant.selected('number')).toEqual(['1']);
    expect(rig.isRunning).toBe(true);
  });

  test('placement.md 80, 81: a placement whose scheduling is disabled is left alone', async () => {
    const annotation = 'cluster.open-cluster-management.io/experimental-scheduling-disable';
    await tenant.place('frozen', {}, { annotations: { [annotation]: 'true' } });
    await tenant.place('thawed', {}, { annotations: { [annotation]: 'false' } });
    await tenant.selects('thawed', '1', '2', '3');
    expect((await tenant.placement('frozen')).status).toBeUndefined();
    const body = { metadata: { annotations: { [annotation]: null } } };
    await rig.client.patch(placements, { name: 'frozen', namespace: tenant.name }, { type: 'merge', body });
    await tenant.selects('frozen', '1', '2', '3');
  });

  test('placement.md 154: decisions go with their placement', async () => {
    await rig.client.delete(placements, { name: 'one', namespace: tenant.name });
    await waitFor('its decisions to be gone', async () => (await tenant.decisions('one')).length === 0);
  });

  test('P9: a name too long for a label is misconfigured, and says so', async () => {
    const long = 'x'.repeat(64);
    await tenant.place(long);
    const { message } = await tenant.says(long, misconfigured, 'True', 'Misconfigured');
    expect(message).toContain('64 characters');
    await rig.client.delete(placements, { name: long, namespace: tenant.name });
  });
});

describe('sets and bindings', () => {
  test('placement.md 75, 143, 158, 156: sets come, go and come again; decisions of an unbound namespace are kept (P3)', async () => {
    const tenant = await rig.tenant('sets', { isBound: false });
    await tenant.clusters('1', '2');
    await tenant.place('p');
    await tenant.says('p', satisfied, 'False', 'NoManagedClusterSetBindings');
    await tenant.bind('sets');
    await tenant.selects('p', '1', '2');

    // Bound before it exists.
    await tenant.bind('sets-more');
    await tenant.cluster('3', { set: 'sets-more' });
    expect(await tenant.selected('p')).toEqual(['1', '2']);
    await tenant.makeSet('sets-more');
    await tenant.selects('p', '1', '2', '3');
    await tenant.removeSet('sets-more');
    await tenant.selects('p', '1', '2');
    await tenant.makeSet('sets-more', {
      clusterSelector: {
        selectorType: 'LabelSelector',
        labelSelector: { matchLabels: { [label.clusterSet]: 'sets-more' } },
      },
    });
    await tenant.selects('p', '1', '2', '3');
  });

  test('placement.md 144: without a binding the last decisions are kept, and it is said (P3)', async () => {
    const tenant = await rig.tenant('binding');
    await tenant.clusters('1', '2');
    await tenant.place('p');
    await tenant.selects('p', '1', '2');
    await tenant.unbind('binding');
    const { message } = await tenant.says('p', satisfied, 'False', 'NoManagedClusterSetBindings');
    expect(message).toContain('the last 2 cluster decisions are kept');
    expect(await tenant.selected('p')).toEqual(['1', '2']);
    // A cluster that is gone is nothing to keep.
    await tenant.removeCluster('2');
    await tenant.selects('p', '1');
    await tenant.bind('binding');
    await tenant.says('p', satisfied, 'True', 'AllDecisionsScheduled');
  });

  test('placement.md 137, 117, 118: clusterSets picks among bound sets', async () => {
    const tenant = await rig.tenant('pick');
    await tenant.makeSet('pick-other');
    await tenant.bind('pick-other');
    await tenant.cluster('1');
    await tenant.cluster('2', { set: 'pick-other' });
    await tenant.place('p', { clusterSets: ['pick'] });
    await tenant.selects('p', '1');
    await tenant.edit('p', { clusterSets: ['pick-other'] });
    await tenant.selects('p', '2');
    await tenant.edit('p', { clusterSets: ['pick-unbound'] });
    const { message } = await tenant.says('p', satisfied, 'False', 'NoIntersection');
    expect(message).toContain('None of ManagedClusterSets [pick-unbound] is bound to placement namespace');
  });

  test('placement.md 112, 113, 115, 141: clusters move between sets, and are in sets by labels', async () => {
    const tenant = await rig.tenant('move');
    const other = await rig.tenant('move-other');
    await tenant.changeSet('move-other', {
      clusterSelector: { selectorType: 'LabelSelector', labelSelector: { matchLabels: { moved: 'yes' } } },
    });
    await tenant.clusters('1', '2');
    await tenant.place('p');
    await other.place('p');
    await tenant.selects('p', '1', '2');
    await other.says('p', satisfied, 'False', 'AllManagedClusterSetsEmpty');
    await tenant.change('1', { metadata: { labels: { moved: 'yes', [label.clusterSet]: null } } });
    await tenant.selects('p', '2');
    await waitFor(
      'it to be there',
      async () => (await other.decisions('p'))[0]?.status?.decisions[0]?.clusterName === 'move-1',
    );
    await tenant.change('1', { metadata: { labels: { moved: null } } });
    await other.says('p', satisfied, 'False', 'AllManagedClusterSetsEmpty');
  });

  test('placement.md 72: a set whose selector makes no sense decides nothing, and holds up no other (P11)', async () => {
    const tenant = await rig.tenant('nonsense');
    await tenant.clusters('1');
    await tenant.place('p');
    await tenant.selects('p', '1');
    await tenant.changeSet('nonsense', {
      clusterSelector: {
        selectorType: 'LabelSelector',
        labelSelector: { matchExpressions: [{ key: 'a', operator: 'Near' as never, values: [] }] },
      },
    });
    const bystander = await rig.tenant('bystander');
    await bystander.clusters('1');
    await bystander.place('p');
    await bystander.selects('p', '1');
    expect(await tenant.selected('p')).toEqual(['1']);
    await tenant.changeSet('nonsense', {
      clusterSelector: { selectorType: 'ExclusiveClusterSetLabel', labelSelector: null as never },
    });
    await tenant.cluster('2');
    await tenant.selects('p', '1', '2');
  });

  test('placement.md 73, 134: a cluster that is being deleted leaves, and another takes its place', async () => {
    const tenant = await rig.tenant('leaving');
    await tenant.cluster('1', { finalizers: ['test.example.com/keep'] });
    await tenant.clusters('2', '3');
    await tenant.place('p', { numberOfClusters: 2 });
    await tenant.selects('p', '1', '2');
    await tenant.removeCluster('1');
    await tenant.selects('p', '2', '3');
    await tenant.change('1', { metadata: { finalizers: null } });
    await waitFor('it to be gone', async () => !(await rig.client.find(managedClusters, 'leaving-1')));
    expect(await tenant.selected('p')).toEqual(['2', '3']);
  });
});

describe('predicates and tolerations', () => {
  test('placement.md 145, 89: predicates are edited; while they make no sense the last decisions are kept (P3)', async () => {
    const tenant = await rig.tenant('predicates');
    await tenant.cluster('1', {
      labels: { cloud: 'a' },
      status: { clusterClaims: [{ name: 'zone', value: 'x' }] },
    });
    await tenant.cluster('2', {
      labels: { cloud: 'b' },
      status: { clusterClaims: [{ name: 'zone', value: 'y' }] },
    });
    const where = (requiredClusterSelector: object) => ({ predicates: [{ requiredClusterSelector }] });
    await tenant.place('p', where({ labelSelector: { matchLabels: { cloud: 'a' } } }));
    await tenant.selects('p', '1');
    await tenant.edit(
      'p',
      where({ claimSelector: { matchExpressions: [{ key: 'zone', operator: 'In', values: ['y'] }] } }),
    );
    await tenant.selects('p', '2');
    await tenant.edit(
      'p',
      where({ celSelector: { celExpressions: ['managedCluster.metadata.labels["cloud"] == "a"'] } }),
    );
    await tenant.selects('p', '1');
    await tenant.edit(
      'p',
      where({ celSelector: { celExpressions: ['managedCluster.metadata.labels["cloud" =='] } }),
    );
    const { message } = await tenant.says('p', misconfigured, 'True', 'Misconfigured');
    expect(message).toMatch(/^Predicate:compilation failed: /);
    expect(await tenant.selected('p')).toEqual(['1']);
    const kept = await tenant.says('p', satisfied, 'False', 'Misconfigured');
    expect(kept.message).toContain('the last 1 cluster decisions are kept');
    await tenant.edit(
      'p',
      where({ celSelector: { celExpressions: ['managedCluster.metadata.labels["cloud"] == "b"'] } }),
    );
    await tenant.selects('p', '2');
    await tenant.says('p', misconfigured, 'False', 'Succeedconfigured');
    // A change of what an expression reads is heard of.
    await tenant.change('1', { metadata: { labels: { cloud: 'b' } } });
    await tenant.selects('p', '1', '2');
  });

  test('placement.md 139: a toleration that makes no sense is said, and mended', async () => {
    const tenant = await rig.tenant('toleration');
    await tenant.clusters('1');
    await tenant.place('p', { tolerations: [{ operator: 'Equal', value: 'x' }] });
    const { message } = await tenant.says('p', misconfigured, 'True', 'Misconfigured');
    expect(message).toBe('TaintToleration:If the key is empty, operator must be Exists.');
    await tenant.edit('p', { tolerations: [{ operator: 'Exists' }] });
    await tenant.selects('p', '1');
    await tenant.says('p', misconfigured, 'False', 'Succeedconfigured');
  });

  test('placement.md 146, 157, 140: tolerations end by time alone; a new taint counts at once', async () => {
    const tenant = await rig.tenant('timed');
    await tenant.clusters('1', '2', '3');
    await tenant.place('p', {
      tolerations: [
        { key: 'short', operator: 'Exists', tolerationSeconds: 2 },
        { key: 'long', operator: 'Exists', tolerationSeconds: 3600 },
      ],
    });
    await tenant.selects('p', '1', '2', '3');
    await Promise.all([
      tenant.change('1', { spec: { taints: [taint('short')] } }),
      tenant.change('2', { spec: { taints: [taint('long')] } }),
    ]);
    await tenant.selects('p', '2', '3');
    // An hour is over in three seconds.
    await tenant.change('2', { spec: { taints: [taint('long', 'NoSelect', Date.now() - 3_597_000)] } });
    await tenant.selects('p', '3');
    await tenant.change('3', { spec: { taints: [taint('unheard-of')] } });
    await tenant.selects('p');
    await tenant.says('p', satisfied, 'False', 'NoManagedClusterMatched');
    await tenant.cluster('4');
    await tenant.selects('p', '4');
    await tenant.says('p', satisfied, 'True', 'AllDecisionsScheduled');
  });

  test('placement.md 147: NoSelectIfNew keeps a cluster that is decided on, and no other', async () => {
    const tenant = await rig.tenant('ifnew');
    await tenant.clusters('1');
    await tenant.place('p', { tolerations: [{ key: 'new', operator: 'Exists', effect: 'NoSelect' }] });
    await tenant.selects('p', '1');
    await tenant.change('1', { spec: { taints: [taint('new', 'NoSelectIfNew')] } });
    await tenant.cluster('2', { taints: [taint('new', 'NoSelectIfNew')] });
    await tenant.cluster('3', { taints: [taint('new')] });
    await tenant.selects('p', '1', '3');
  });
});

describe('prioritizers', () => {
  const resources = (cpu: number, memory: number) => {
    const amounts = { cpu: String(cpu), memory: String(memory) };
    return { status: { allocatable: amounts, capacity: { cpu: '100', memory: '100' } } };
  };
  const builtIn = (name: string, weight = 1) => ({
    scoreCoordinate: { type: 'BuiltIn' as const, builtIn: name },
    weight,
  });

  test('placement.md 148, 151: resources count when they are asked for, and decisions follow the best', async () => {
    const tenant = await rig.tenant('resources');
    await tenant.cluster('1', resources(10, 50));
    await tenant.cluster('2', resources(7, 90));
    await tenant.cluster('3', resources(9, 80));
    await tenant.place('default', { numberOfClusters: 2 });
    await tenant.selects('default', '1', '2');
    const configurations = [builtIn('ResourceAllocatableCPU'), builtIn('ResourceAllocatableMemory')];
    await tenant.place('best', { numberOfClusters: 2, prioritizerPolicy: { mode: 'Exact', configurations } });
    await tenant.selects('best', '1', '3');
    await tenant.cluster('4', resources(20, 90));
    await waitFor('the new one to be taken', async () => (await tenant.selected('best')).includes('4'));
    await tenant.removeCluster('4');
    await tenant.selects('best', '1', '3');
    await tenant.selects('default', '1', '2');
  });

  test('placement.md 150, 159: placements are balanced over clusters', async () => {
    const tenant = await rig.tenant('balance');
    await tenant.clusters('1', '2', '3');
    for (const name of ['a', 'b', 'c']) await tenant.place(name, { numberOfClusters: 1 });
    const chosen = await waitFor('each placement to have a cluster', async () => {
      const found = await Promise.all(['a', 'b', 'c'].map((name) => tenant.selected(name)));
      return found.every((each) => each.length === 1) && found.flat();
    });
    expect(chosen.toSorted()).toEqual(['1', '2', '3']);
  });

  test('placement.md 149: Steady keeps what is decided on', async () => {
    const tenant = await rig.tenant('steady');
    await tenant.cluster('2', resources(5, 5));
    await tenant.cluster('3', resources(5, 5));
    const configurations = [builtIn('ResourceAllocatableCPU'), builtIn('Steady', 3)];
    await tenant.place('p', { numberOfClusters: 1, prioritizerPolicy: { configurations } });
    await tenant.selects('p', '2');
    await tenant.cluster('1', resources(50, 50));
    await rig.client.create(placementDecisions, { metadata: { name: 'foreign', namespace: 'steady' } });
    await rig.client.patch(
      placementDecisions,
      { name: 'foreign', namespace: 'steady' },
      { type: 'merge', body: { status: { decisions: [{ clusterName: 'steady-2', reason: '' }] } } },
      { subresource: 'status' },
    );
    // Decided anew, not only left alone.
    await tenant.edit('p', { numberOfClusters: 2 });
    await tenant.selects('p', '1', '2');
    await tenant.edit('p', {
      numberOfClusters: 1,
      prioritizerPolicy: { configurations: [builtIn('Steady', 3)] },
    });
    await waitFor('one of both', async () => (await tenant.selected('p')).length === 1);
  });

  test('placement.md 119, 152: scores of add-ons count as they come, change and expire (P6)', async () => {
    const tenant = await rig.tenant('scores');
    await tenant.clusters('1', '2', '3');
    const addOn = { resourceName: 'demo', scoreName: 'demo' };
    const configurations = [{ scoreCoordinate: { type: 'AddOn' as const, addOn }, weight: 1 }];
    await tenant.place('p', {
      numberOfClusters: 2,
      scoreRateLimit: '1s',
      prioritizerPolicy: { mode: 'Exact', configurations },
    });
    await tenant.selects('p', '1', '2');
    await tenant.score('1', 'demo', { demo: 80 });
    await tenant.score('2', 'demo', { demo: 90 });
    await tenant.score('3', 'demo', { demo: 100 });
    await tenant.selects('p', '2', '3');
    await tenant.score('1', 'demo', { demo: 100 });
    await tenant.selects('p', '1', '3');
    const soon = new Date(Date.now() + 3000).toISOString().replace(/\.\d+/, '');
    await tenant.score('3', 'demo', { demo: 100 }, soon);
    await tenant.selects('p', '1', '2');
  });

  test('P4: an expired score is told as a warning, and is no failure that is tried again', async () => {
    const tenant = await rig.tenant('expired');
    await tenant.clusters('1');
    await tenant.score('1', 'demo', { demo: 100 }, '2026-01-01T00:00:00Z');
    const addOn = { resourceName: 'demo', scoreName: 'demo' };
    const configurations = [{ scoreCoordinate: { type: 'AddOn' as const, addOn }, weight: 1 }];
    await tenant.place('p', { prioritizerPolicy: { configurations } });
    await tenant.selects('p', '1');
    const { note } = await waitFor('the warning', async () =>
      (await tenant.events('p')).find(({ type }) => type === 'Warning'),
    );
    expect(note).toMatch(/: AddOnPlacementScores expired-1\/demo expired in plugin AddOn\/demo\/demo$/);
    const failures = rig.log.split('\n').filter((line) => line.includes('"expired/p"') && /fail/.test(line));
    expect(failures).toEqual([]);
  });

  test('sortBy and scores: decisions in the order of their scores, with them', async () => {
    const tenant = await rig.tenant('sorted');
    await tenant.cluster('1', resources(1, 1));
    await tenant.cluster('2', resources(9, 9));
    const configurations = [builtIn('ResourceAllocatableCPU')];
    await tenant.place('p', { sortBy: 'Score', prioritizerPolicy: { mode: 'Exact', configurations } });
    const { status } = await tenant.selects('p', '2', '1');
    const [decision] = await tenant.decisions('p');
    expect(decision!.status?.decisions.map(({ score }) => score)).toEqual([100, -100]);
    expect(status?.lastScoreUpdateTime).toBeDefined();
  });
});

describe('as users have it', () => {
  test('placement.md 153: fewer clusters than asked for are all selected, and decisions follow those that go', async () => {
    const tenant = await rig.tenant('fewer');
    await tenant.clusters(...digits(5));
    await tenant.place('p', { numberOfClusters: 10, clusterSets: ['fewer'] });
    await tenant.selects('p', ...digits(5));
    await tenant.says('p', satisfied, 'False', 'NotAllDecisionsScheduled');
    await tenant.edit('p', { numberOfClusters: 6 });
    const { message } = await waitFor('one that is missing', async () => {
      const condition = await tenant.says('p', satisfied, 'False', 'NotAllDecisionsScheduled');
      return condition.message.startsWith('1 ') && condition;
    });
    expect(message).toBe('1 cluster decisions unscheduled');
    await tenant.removeCluster('1');
    await tenant.selects('p', '2', '3', '4', '5');
    await tenant.edit('p', { numberOfClusters: 4 });
    await tenant.says('p', satisfied, 'True', 'AllDecisionsScheduled');

    // Of the set that all clusters are in, some of this tenant.
    await tenant.makeSet('everything', {
      clusterSelector: { selectorType: 'LabelSelector', labelSelector: {} },
    });
    await tenant.bind('everything');
    const own = { labelSelector: { matchLabels: { [label.clusterSet]: 'fewer' } } };
    await tenant.place('all', {
      clusterSets: ['everything'],
      predicates: [{ requiredClusterSelector: own }],
    });
    await tenant.selects('all', '2', '3', '4', '5');
  });

  test('placement.md 155: kubectl makes and reads a Placement by the schema that is served', async () => {
    const { kubectl } = rig.hub;
    const metadata = { name: 'p', namespace: 'default' };
    const made = (spec: object) =>
      kubectl(
        ['create', '--validate=strict', '--filename=-'],
        JSON.stringify({
          apiVersion: 'cluster.open-cluster-management.io/v1beta1',
          kind: 'Placement',
          metadata,
          spec,
        }),
      );
    await expect(made({ numberOfCluster: 1 })).rejects.toThrow(/unknown field "spec.numberOfCluster"/);
    await expect(made({ sortBy: 'Name' })).rejects.toThrow(/Unsupported value: "Name"/);
    const constraint = { topologyKey: 'zone', topologyKeyType: 'Label' };
    await made({ numberOfClusters: 3, spreadPolicy: { spreadConstraints: [constraint] } });
    await waitFor('it to be decided on', async () => {
      const row = await kubectl(['get', 'placement', 'p', '--no-headers']);
      return /^p\s+False\s+NoManagedClusterSetBindings\s+0$/.test(row.trim());
    });
    const read = await kubectl([
      'get',
      'placements.v1beta1.cluster.open-cluster-management.io',
      'p',
      '--output=json',
    ]);
    expect(JSON.parse(read)).toMatchObject({
      apiVersion: 'cluster.open-cluster-management.io/v1beta1',
      spec: {
        numberOfClusters: 3,
        // What the schema adds.
        sortBy: 'ClusterName',
        spreadPolicy: {
          spreadConstraints: [{ ...constraint, maxSkew: 1, whenUnsatisfiable: 'ScheduleAnyway' }],
        },
      },
    });
  });
});

describe('groups and shards', () => {
  test('placement.md 94, 98, 99, 136: more than a hundred clusters are two objects, and become one again', async () => {
    const tenant = await rig.tenant('shards');
    await tenant.clusters(...digits(101));
    await tenant.place('p');
    await waitFor('all to be selected', async () => (await tenant.selected('p')).length === 101);
    const sizes = async () =>
      (await tenant.decisions('p')).map(({ status }) => status?.decisions.length ?? 0);
    expect(await sizes()).toEqual([100, 1]);
    await tenant.edit('p', { numberOfClusters: 10 });
    await waitFor('one object', async () => JSON.stringify(await sizes()) === '[10]');
    await tenant.edit('p', { numberOfClusters: 101 });
    await waitFor('two objects', async () => JSON.stringify(await sizes()) === '[100,1]');
    await tenant.edit('p', { numberOfClusters: 0 });
    await waitFor('an empty object', async () => JSON.stringify(await sizes()) === '[0]');
  });

  test('placement.md 83, 142: groups follow their clusters, down to one empty group', async () => {
    const tenant = await rig.tenant('groups');
    for (const at of ['1', '2']) await tenant.cluster(at, { labels: { canary: 'yes' } });
    await tenant.clusters('3', '4', '5');
    await tenant.place('p', {
      decisionStrategy: {
        groupStrategy: {
          clustersPerDecisionGroup: 2,
          decisionGroups: [
            {
              groupName: 'canary',
              groupClusterSelector: { labelSelector: { matchLabels: { canary: 'yes' } } },
            },
          ],
        },
      },
    });
    const groupsAre = (...wanted: [string, number][]) =>
      waitFor(`groups ${JSON.stringify(wanted)}`, async () => {
        const { status } = await tenant.placement('p');
        const groups = status?.decisionGroups?.map((each) => [each.decisionGroupName, each.clusterCount]);
        if (JSON.stringify(groups) === JSON.stringify(wanted)) return true;
        throw new Error(JSON.stringify(groups));
      });
    await groupsAre(['canary', 2], ['', 2], ['', 1]);
    await tenant.removeCluster('1');
    await tenant.removeCluster('5');
    await groupsAre(['canary', 1], ['', 2]);
    for (const at of ['2', '3', '4']) await tenant.removeCluster(at);
    await groupsAre(['', 0]);
    expect((await tenant.decisions('p')).map(({ metadata }) => metadata.labels)).toEqual([
      { [label.placement]: 'p', [label.decisionGroupName]: '', [label.decisionGroupIndex]: '0' },
    ]);
  });
});

describe('what fails', () => {
  const policy = {
    metadata: { name: 'no-first-decision' },
    spec: {
      matchConstraints: {
        resourceRules: [
          {
            apiGroups: ['cluster.open-cluster-management.io'],
            apiVersions: ['*'],
            operations: ['CREATE'],
            resources: ['placementdecisions'],
          },
        ],
      },
      validations: [{ expression: "object.metadata.name != 'refused-decision-1'", message: 'not this one' }],
    },
  };
  const binding = {
    metadata: policy.metadata,
    spec: { policyName: policy.metadata.name, validationActions: ['Deny'] },
  };

  test('placement.md 101: an object that cannot be made holds up no other, and is made when it can be (P2)', async () => {
    const tenant = await rig.tenant('refused');
    await tenant.clusters('1', '2');
    await rig.client.create(validatingAdmissionPolicies, policy);
    await rig.client.create(validatingAdmissionPolicyBindings, binding);
    const first = { metadata: { name: 'refused-decision-1', namespace: tenant.name } };
    await untilEnforced(() => rig.client.create(placementDecisions, first, { dryRun: true }));

    await tenant.place('refused', { decisionStrategy: { groupStrategy: { clustersPerDecisionGroup: 1 } } });
    await waitFor('the second object', async () => (await tenant.selected('refused'))[0] === '2');
    await waitFor('the status', async () => {
      const { status } = await tenant.placement('refused');
      return status?.numberOfSelectedClusters === 2;
    });
    await waitFor('it to be told', async () =>
      rig.log.split('\n').some((line) => /"error".*refused-decision-1.*not this one/.test(line)),
    );
    expect((await tenant.decisions('refused')).map(({ metadata }) => metadata.name)).toEqual([
      'refused-decision-2',
    ]);

    await rig.client.delete(validatingAdmissionPolicyBindings, binding.metadata);
    await rig.client.delete(validatingAdmissionPolicies, policy.metadata);
    await tenant.selects('refused', '1', '2');
  });
});

describe('quiet', () => {
  const settled = () => untilQuiet('the controller to rest', async () => (await rig.writes()).length, 3000);

  test('placement.md 114, 116: what decides nothing causes no write', async () => {
    const tenant = await rig.tenant('quiet');
    await tenant.clusters('1', '2');
    await tenant.place('p');
    await tenant.selects('p', '1', '2');
    const before = await settled();
    await tenant.change('1', { metadata: { labels: { unrelated: 'yes' } } });
    await tenant.report('1', {
      conditions: [
        { type: 'x', status: 'True', reason: 'x', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' },
      ],
    });
    await rig.client.patch(
      managedClusterSets,
      { name: 'quiet' },
      { type: 'merge', body: { metadata: { annotations: { a: 'b' } } } },
    );
    expect(await settled()).toBe(before);
  });

  test('placement.md 79, 96, 160: a restart writes nothing', async () => {
    const before = await settled();
    await rig.stopController();
    await rig.startController();
    const probe = await rig.tenant('probe');
    await probe.clusters('1');
    await probe.place('p');
    await probe.selects('p', '1');
    await settled();
    const made = (await rig.writes()).slice(before);
    expect(made.length).toBeGreaterThan(0);
    expect(made.filter(({ namespace }) => namespace !== probe.name)).toEqual([]);
  });

  test('placement.md 161: whoever leads next goes on where the one before was ended, and makes nothing twice', async () => {
    const tenant = await rig.tenant('leaders');
    await tenant.clusters(...digits(6));
    const spread = { numberOfClusters: 1 };
    for (const at of digits(3)) await tenant.place(`p${at}`, spread);
    const selected = async (names: string[]) => {
      const all = await Promise.all(names.map((name) => tenant.selected(`p${name}`)));
      return all.flat();
    };
    const before = await waitFor('three to be decided on', async () => {
      const found = await selected(digits(3));
      return found.length === 3 && found;
    });
    await settled();
    const kept = await tenant.decisions('p1');

    await rig.stopController();
    // Who leads loses nothing because the machine is busy for a while.
    const election = ['lease-duration=60s', 'renew-deadline=50s', 'retry-period=5s'].map(
      (flag) => `--leader-election-${flag}`,
    );
    const holder = async () =>
      (await rig.client.find(leases, 'placement-lock', 'default'))?.spec?.holderIdentity;
    const first = await rig.startController(['--namespace=default', ...election]);
    const leading = await waitFor('a leader', holder);
    await rig.startController(['--namespace=default', ...election]);
    // It is ended in the middle of its work.
    await Promise.all(digits(6).map((at) => tenant.place(`p${at}0`, spread)));
    await waitFor(
      'some to be decided on',
      async () => (await selected(digits(6).map((at) => `${at}0`))).length > 0,
    );
    await endOf(first, 'SIGKILL');
    await waitFor('another leader', async () => ![undefined, '', leading].includes(await holder()));

    const names = [...digits(3), ...digits(6).map((at) => `${at}0`)];
    await waitFor('all to be decided on', async () => (await selected(names)).length === names.length);
    await settled();
    expect(await selected(digits(3))).toEqual(before);
    expect(await tenant.decisions('p1')).toEqual(kept);
    for (const name of names) expect(await tenant.decisions(`p${name}`)).toHaveLength(1);
  });
});
