import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ManifestConfig, manifestWorks } from '../../operators/api/generated/work.ts';
import type { UnknownObject } from '../../operators/runtime/client/object.ts';
import type { Resource } from '../../operators/runtime/client/resource.ts';
import { defaultManifestLimit } from '../../operators/work/webhook/manifests.ts';
import { manifestSize } from '../../operators/fleet/manifest-size.ts';
import { patience, readAuditLog, waitFor } from '../cluster/index.ts';
import { type WorkRig, cluster, configMap, startWorkRig } from './work/rig.ts';

let rig: WorkRig;
beforeAll(async () => {
  rig = await startWorkRig({ name: 'work-status', args: ['--status-sync-interval=2s'] });
  await rig.startAgent();
});
afterAll(() => rig?.stop());

/** The agent's requests for single objects, be it to read or to write. */
const requestsFor = async (prefix: string) =>
  (await readAuditLog(rig.spoke.auditLogPath!)).filter(
    ({ objectRef, userAgent, verb }) =>
      objectRef?.resource === 'configmaps' &&
      verb !== 'list' &&
      verb !== 'watch' &&
      userAgent?.startsWith('work-agent') &&
      objectRef.name?.startsWith(prefix),
  );

test('what admission lets in is reported, however many manifests they are', async () => {
  const names = Array.from({ length: 3_000 }, (_, index) => `small-${index}`);
  const manifests = names.map((name) => configMap(name, {}));
  expect(manifests.reduce((sum, each) => sum + manifestSize(each), 0)).toBeLessThan(defaultManifestLimit);
  await rig.create('small', manifests);
  const work = await waitFor(
    'the conditions',
    async () => {
      const found = await rig.find('small');
      const isTrue = (type: string) =>
        found?.status?.conditions?.some((each) => each.type === type && each.status === 'True');
      return isTrue('Applied') && isTrue('Available') ? found : undefined;
    },
    { timeout: 3 * patience },
  );
  const condition = (type: string) => work.status!.conditions!.find((each) => each.type === type)!;
  const { length } = work.status!.resourceStatus!.manifests!;
  expect(condition('Applied')).toMatchObject({ status: 'True', observedGeneration: 1 });
  expect(condition('Available')).toMatchObject({ status: 'True', message: 'All resources are available' });
  expect(length).toBeGreaterThan(1_000);
  if (length < 3_000) expect(condition('Applied').message).toContain(`room for ${length} of 3000 manifests`);
  const made = (await requestsFor('small-')).filter(({ verb }) => verb === 'create' || verb === 'patch');
  expect(new Set(made.map(({ objectRef }) => objectRef!.name)).size).toBe(3_000);
  expect(made.length).toBeLessThan(3_100);

  // What was left out is made anew after a restart, and shortened to the very same.
  const reads = (await requestsFor('small-')).length;
  await rig.stopAgent();
  const before = await rig.find('small');
  await rig.startAgent();
  const pass = async () => (await requestsFor('small-')).length >= reads + 3_000;
  await waitFor('a whole pass after the restart', pass, { timeout: 3 * patience });
  await rig.create('later', [configMap('later')]);
  await rig.applied('later');
  const after = await rig.find('small');
  expect(after!.status).toEqual(before!.status);
  expect(after!.metadata.resourceVersion).toBe(before!.metadata.resourceVersion);
});

test('a status that the hub refuses is tried again, ever later, and nothing is applied again', async () => {
  const api = 'admissionregistration.k8s.io/v1';
  const policy = {
    apiVersion: api,
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: 'no-status' },
    spec: {
      matchConstraints: {
        resourceRules: [
          {
            apiGroups: ['work.open-cluster-management.io'],
            apiVersions: ['*'],
            operations: ['UPDATE'],
            resources: ['manifestworks/status'],
          },
        ],
      },
      validations: [{ expression: "!object.metadata.name.startsWith('refused')", message: 'not this one' }],
    },
  };
  const binding = {
    apiVersion: api,
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name: 'no-status' },
    spec: { policyName: 'no-status', validationActions: ['Deny'] },
  };
  const probe = { name: 'refused-probe', namespace: cluster };
  const emptyStatus = { type: 'merge' as const, body: { status: { conditions: [] } } };
  await rig.create(probe.name, [configMap('probe')]);
  await rig.applied(probe.name);
  for (const object of [policy, binding])
    await rig.hub.kubectl(['create', '--filename=-'], JSON.stringify(object));
  // Policies hold some time after they were made.
  await waitFor('the policy to hold', () =>
    rig.onHub.patch(manifestWorks, probe, emptyStatus, { subresource: 'status', dryRun: true }).then(
      () => false,
      () => true,
    ),
  );
  const refusals = async (name: string) =>
    (await readAuditLog(rig.hub.auditLogPath!)).filter(
      ({ objectRef, responseStatus }) =>
        objectRef?.subresource === 'status' && objectRef.name === name && responseStatus!.code >= 400,
    );
  await rig.create('refused', [configMap('refused')]);
  const some = await waitFor('three refusals', async () => {
    const found = await refusals('refused');
    return found.length >= 3 ? found.length : undefined;
  });
  await waitFor('three more', async () => (await refusals('refused')).length >= some + 3);
  const applications = async () => (await requestsFor('refused')).filter(({ verb }) => verb !== 'get');
  expect(await applications()).toHaveLength(1);
  // How long it means to wait: how long it did is the machine's affair.
  const waits = await waitFor('what it says of them', async () => {
    const lines = (await rig.agentLog()).split('\n').filter((line) => line.includes(`${cluster}/refused"`));
    const found = lines.flatMap((line) => /"retryMs":(\d+)/.exec(line)?.[1] ?? []).map(Number);
    return found.length >= 6 && found;
  });
  expect(waits.at(-1)!).toBeGreaterThan(10 * waits[0]!);

  await rig.hub.kubectl(['delete', 'validatingadmissionpolicybinding', 'no-status']);
  await rig.applied('refused');
  expect(await applications()).toHaveLength(1);
});

test('a Job that its time to live removes is said to run again, until a rule tells when it is complete', async () => {
  const jobs: Resource<UnknownObject> = {
    group: 'batch',
    version: 'v1',
    plural: 'jobs',
    kind: 'Job',
    namespaced: true,
  };
  const job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'once', namespace: 'default' },
    spec: {
      ttlSecondsAfterFinished: 0,
      template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'none' }] } },
    },
  };
  const name = { name: 'once', namespace: 'default' };
  const made = async () => (await rig.onSpoke.find(jobs, name.name, name.namespace))?.metadata.uid;
  await rig.create('job', [job]);
  await rig.applied('job');
  await rig.says('job', 'Applied', /^Apply manifest work complete$/);
  const first = await made();
  // As the controller of finished Jobs does.
  await rig.onSpoke.delete(jobs, name, { propagationPolicy: 'Background' });
  await waitFor('the Job to be made anew', async () => ![undefined, first].includes(await made()));
  const words = /Job default\/once: the Job has run again: its ttlSecondsAfterFinished .* condition Complete/;
  await rig.says('job', 'Applied', words);
  const rule = {
    resourceIdentifier: { group: 'batch', resource: 'jobs', ...name },
    conditionRules: [{ type: 'WellKnownConditions' as const, condition: 'Complete' }],
  };
  await rig.change('job', { manifestConfigs: [rule] });
  await rig.says('job', 'Applied', /^Apply manifest work complete$/);
});

describe('rules with expressions, of Pods that nobody runs', () => {
  const pods: Resource<UnknownObject> = {
    group: '',
    version: 'v1',
    plural: 'pods',
    kind: 'Pod',
    namespaced: true,
  };
  const pod = (name: string) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: { containers: [{ name: 'c', image: 'none' }] },
  });
  const becomes = (name: string, status: object) =>
    rig.onSpoke.patch(
      pods,
      { name, namespace: 'default' },
      { type: 'merge', body: { status } },
      { subresource: 'status' },
    );
  type Rules = NonNullable<ManifestConfig['conditionRules']>;
  const rulesFor = (name: string, ...conditionRules: Rules): ManifestConfig => ({
    resourceIdentifier: { group: '', resource: 'pods', name, namespace: 'default' },
    conditionRules,
  });
  const rule = (condition: string, expression: string, messageExpression?: string): Rules[number] => ({
    type: 'CEL',
    condition,
    celExpressions: [expression],
    ...(messageExpression !== undefined && { messageExpression }),
  });
  const isRunning = "object.status.phase == 'Running'";

  /** Waits until conditions of a work, or of one of its manifests, are these: `status reason: message` each. */
  const shows = (name: string, wanted: Record<string, string | undefined>, manifest?: string) =>
    waitFor(`${name} ${manifest ?? ''} to show ${JSON.stringify(wanted)}`, async () => {
      const { status } = (await rig.find(name))!;
      const one = status?.resourceStatus?.manifests?.find(
        ({ resourceMeta }) => resourceMeta.name === manifest,
      );
      const conditions = (manifest === undefined ? status : one)?.conditions;
      const seen = Object.fromEntries(
        Object.keys(wanted).map((type) => {
          const found = conditions?.find((each) => each.type === type);
          return [type, found && `${found.status} ${found.reason}: ${found.message}`];
        }),
      );
      if (isDeepStrictEqual(seen, wanted)) return true;
      throw new Error(JSON.stringify(conditions));
    });

  /** What a work shows that has one manifest with such conditions. */
  const ofWork = (conditions: Record<string, string | undefined>) =>
    Object.fromEntries(
      Object.entries(conditions).map(([type, text]) => [
        type,
        text?.replace(/ConditionRule\w+/, 'ConditionRulesAggregated'),
      ]),
    );

  test('work.md 83, 84, 85, 87: they follow the object, and say what is wrong with them', async () => {
    const wrong = "ERROR: <input>:1:1: undeclared reference to 'nobody' (in container '')";
    await rig.create('rules', [pod('ruled')], {
      manifestConfigs: [
        rulesFor(
          'ruled',
          rule('Running', isRunning, "'it is ' + object.status.phase + (result ? '!' : '?')"),
          rule('HasConditions', 'hasConditions(object.status)'),
          rule('Missing', 'object.status.nothing.at == 1'),
          rule('Numbered', '1 + 1'),
          rule('Mumbles', 'true', 'nobody'),
        ),
      ],
    });
    const isPending = 'False ConditionRuleEvaluated: it is Pending?';
    const at = {
      Running: isPending,
      HasConditions: 'False ConditionRuleEvaluated: Manifest is not HasConditions',
      Missing: 'False ConditionRuleExpressionError: no such key: nothing',
      Numbered: 'False ConditionRuleExpressionError: expected bool result, got int',
      Mumbles: `True ConditionRuleEvaluated: ${wrong}`,
    };
    await shows('rules', at, 'ruled');
    await shows('rules', ofWork(at));

    await becomes('ruled', { phase: 'Running', conditions: [{ type: 'Ready', status: 'False' }] });
    const met = {
      Running: 'True ConditionRuleEvaluated: it is Running!',
      HasConditions: 'True ConditionRuleEvaluated: Manifest is HasConditions',
    };
    await shows('rules', met, 'ruled');
    await shows('rules', ofWork(met));
    await becomes('ruled', { phase: 'Pending' });
    await shows('rules', ofWork({ Running: isPending }));
  });

  test('work.md 88: what no rule says any more is gone, from the manifest and from the work', async () => {
    await rig.change('rules', { manifestConfigs: [rulesFor('ruled', rule('Running', isRunning))] });
    const left = {
      Running: 'False ConditionRuleEvaluated: Manifest is not Running',
      HasConditions: undefined,
      Missing: undefined,
      Numbered: undefined,
      Mumbles: undefined,
    };
    await shows('rules', left, 'ruled');
    await shows('rules', ofWork(left));
  });

  test('work.md 90, 91: of a manifest the first rules that match count; one that progresses is enough', async () => {
    await rig.create('progress', [pod('first'), pod('second'), configMap('without')], {
      manifestConfigs: [
        rulesFor('first', rule('Progressing', isRunning)),
        rulesFor('*', rule('Progressing', isRunning), rule('Broken', 'object.status.nothing.at == 1')),
      ],
    });
    const no = 'False ConditionRuleEvaluated: Manifest is not Progressing';
    const yes = 'True ConditionRuleEvaluated: Manifest is Progressing';
    const broken = 'False ConditionRuleExpressionError: no such key: nothing';
    await shows('progress', { Progressing: no, Broken: undefined }, 'first');
    await shows('progress', { Progressing: no, Broken: broken }, 'second');
    await shows('progress', {
      Progressing: 'False ConditionRulesAggregated: Aggregated from 2 manifest conditions',
      Broken: 'False ConditionRulesAggregated: no such key: nothing',
    });
    await becomes('second', { phase: 'Running' });
    await shows('progress', { Progressing: yes }, 'second');
    await shows('progress', {
      Progressing: 'True ConditionRulesAggregated: Aggregated from 2 manifest conditions',
    });
  });

  test('work.md 134: one degraded manifest makes its work degraded', async () => {
    const degraded = rule('Degraded', "object.status.phase == 'Failed'");
    await rig.create('degraded', [pod('sound'), pod('broken')], {
      manifestConfigs: [rulesFor('sound', degraded), rulesFor('broken', degraded)],
    });
    const aggregated = (status: string) => ({
      Degraded: `${status} ConditionRulesAggregated: Aggregated from 2 manifest conditions`,
    });
    await shows('degraded', aggregated('False'));
    await becomes('broken', { phase: 'Failed' });
    await shows('degraded', { Degraded: 'False ConditionRuleEvaluated: Manifest is not Degraded' }, 'sound');
    await shows('degraded', aggregated('True'));
    await becomes('broken', { phase: 'Running' });
    await shows('degraded', aggregated('False'));
  });

  test('work.md 89: a work is complete when all manifests are that have a rule for it', async () => {
    const complete = [{ type: 'WellKnownConditions' as const, condition: 'Complete' }];
    await rig.create('complete', [pod('one'), pod('two'), configMap('no-rule')], {
      manifestConfigs: [rulesFor('one', ...complete), rulesFor('two', ...complete)],
    });
    const aggregated = (status: string) => ({
      Complete: `${status} ConditionRulesAggregated: Aggregated from 2 manifest conditions`,
    });
    await shows('complete', aggregated('False'));
    await becomes('one', { phase: 'Succeeded' });
    await shows('complete', { Complete: 'True ConditionRuleEvaluated: Pod is in phase Succeeded' }, 'one');
    await shows('complete', aggregated('False'));
    await becomes('two', { phase: 'Failed' });
    await shows('complete', aggregated('True'));
  });
});
