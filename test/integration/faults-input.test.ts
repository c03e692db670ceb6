import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { clusterManagers, klusterlets } from '../../operators/api/generated/operator.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import { ApiError } from '../../operators/runtime/client/errors.ts';
import type { Condition, KubeObject } from '../../operators/runtime/client/object.ts';
import type { Resource } from '../../operators/runtime/client/resource.ts';
import { findCondition } from '../../operators/runtime/controller/conditions.ts';
import { type ControlPlane, startControlPlane, waitFor } from '../cluster/index.ts';
import { clientOf, controlPlaneOptions, Rollouts } from './clustermanager/harness.ts';
import { inputsOf } from './faults/inputs.ts';
import { MortalOperator, type OperatorName } from './faults/operators.ts';

/** How many fields of each kind get an odd value: FAULTS_INPUTS=40 is the default; `all` tries every value of each. */
const wanted = process.env['FAULTS_INPUTS'] ?? '40';
const seed = Number(process.env['FAULTS_SEED'] ?? 1);
const count = wanted === 'all' ? wanted : Number(wanted);

if (wanted === 'all') jest.setTimeout(3_600_000);

let controlPlane: ControlPlane;
let client: Client;
let rollouts: Rollouts;
const operators = new Map<OperatorName, MortalOperator>();

beforeAll(async () => {
  controlPlane = await startControlPlane({ name: 'input', ...controlPlaneOptions, audit: false });
  client = clientOf(controlPlane);
  rollouts = new Rollouts(client).start();
  for (const name of ['cluster-manager', 'klusterlet'] as const) {
    const operator = await MortalOperator.install(controlPlane, name);
    operators.set(name, operator);
    operator.start();
  }
});

afterAll(async () => {
  for (const operator of operators.values()) await operator.dispose();
  await rollouts?.stop();
  await client?.close();
  await controlPlane?.stop();
});

type Guarded = KubeObject & { spec?: object; status?: { conditions?: Condition[] } };

/** Values that conditions repeat, and that are longer than a condition's message may be. */
const long = 'x'.repeat(40_000);
const repeated: [field: string, given: object][] = [
  ['registrationImagePullSpec', { registrationImagePullSpec: `example.com/registration:v9.9.9-${long}` }],
  [
    'registrationConfiguration.featureGates[].feature',
    { registrationConfiguration: { featureGates: [{ feature: long, mode: 'Enable' }] } },
  ],
];

/** What no message may hold: the traces of a slip in the program. */
const slips = /\bundefined\b|\[object |\bNaN\b|^\s+at .*:\d+:\d+/m;

test.each([
  ['cluster-manager', clusterManagers, {}],
  [
    'klusterlet',
    klusterlets,
    { clusterName: 'c1', registrationImagePullSpec: 'r', workImagePullSpec: 'w', imagePullSpec: 'i' },
  ],
] as const)(
  'faults R28: odd values in the spec of %s are refused or reported in words',
  async (name, kind, valid) => {
    const resource = kind as unknown as Resource<Guarded>;
    const operator = operators.get(name)!;
    const set = (spec: object): Promise<Guarded> =>
      client.patch(
        resource,
        { name },
        { type: 'json', body: [{ op: 'replace', path: '/spec', value: spec }] },
      );
    /** The conditions once the operator has looked at this generation. */
    const conditions = (generation: number | undefined, what: string): Promise<Condition[]> =>
      waitFor(`conditions for ${what}`, async () => {
        if (operator.hasEnded) throw new Error(`the operator has ended:\n${operator.log.slice(-3000)}`);
        const all = (await client.get(resource, name)).status?.conditions ?? [];
        if (findCondition(all, 'Applied')?.observedGeneration === generation) return all;
        throw new Error(`${JSON.stringify(all)}\n${operator.log.slice(-3000)}`);
      });

    await client.create(resource, { metadata: { name }, spec: valid });
    const wrong: string[] = [];
    let refused = 0;
    const inputs = [
      ...inputsOf(`${kind.plural}.${kind.group}`, count, seed, valid),
      ...repeated.map(([field, given]) => ({ field, spec: { ...valid, ...given } })),
    ];
    for (const { field, spec } of inputs) {
      const what = `${field} in ${JSON.stringify(spec).slice(0, 200)}`;
      const lastName = field.replaceAll('[]', '').split('.').at(-1)!;
      let live: Guarded;
      try {
        live = await set(spec);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        refused += 1;
        if (error.code !== 422 && error.code !== 400) wrong.push(`${what}: ${error.message}`);
        else if (!error.message.includes(lastName)) wrong.push(`${what}: does not name it: ${error.message}`);
        continue;
      }
      for (const { type, status, message = '' } of await conditions(live.metadata.generation, what)) {
        if (message.trim() === '' || slips.test(message)) wrong.push(`${what}: ${type} says ${message}`);
        if (
          type === 'Applied' &&
          status === 'False' &&
          !/\bspec\.|[Ff]eature gate|[A-Z]\w+ \S+/.test(message)
        )
          wrong.push(`${what}: Applied names nothing: ${message}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(refused).toBeGreaterThan(0);

    const { metadata } = await set(valid);
    await waitFor('settled again', async () => {
      const applied = findCondition(await conditions(metadata.generation, 'the valid spec'), 'Applied');
      return applied?.status === 'True';
    });
  },
);
