import { clusterManagers, klusterlets } from '../../../operators/api/index.ts';
import { knownVersions } from '../../../operators/registration-operator/bundle/index.ts';
import type { Client } from '../../../operators/runtime/client/client.ts';
import { requireHub } from '../../cluster/required-apis.ts';
import type { CommandContext } from '../../context.ts';
import { CLUSTER_MANAGER } from '../../names.ts';
import type { Output } from '../../output/output.ts';
import { type Check, preflight } from '../../preflight.ts';
import { applyUpgrade } from '../apply.ts';
import { planKlusterlet } from '../klusterlet-plan.ts';
import { factsOf, type Plan } from '../plan.ts';
import { upgradeChecks } from '../preflight.ts';
import { previewText, previewUpgrade } from '../preview.ts';
import { readRecord } from '../record.ts';
import { wantedSpec } from '../run.ts';
import { previewUndo, undoUpgrade } from '../undo.ts';
import { problemOnHub, waitUntilBack } from './back-on-hub.ts';
import { DEFAULT_WAVES, type FleetFlags } from './flags.ts';
import { type Member, memberOf, membersOf } from './members.ts';
import { nextWave, type Outcome, wavesOf } from './waves.ts';

/**
 * Upgrades the klusterlets of many clusters, wave by wave, or takes that back (cli.md 9.2 and 21, docs/decisions/045). All are
 * looked at before the first is touched, and a wave with a cluster that does not come back healthy is the last.
 */
export const runFleetUpgrade = async (context: CommandContext, flags: FleetFlags): Promise<void> => {
  const { output, globals } = context;
  const hub = context.client();
  await requireHub(hub);
  const groups = await membersOf(hub, flags);
  const waves = wavesOf(groups, flags.waves.length > 0 ? flags.waves : DEFAULT_WAVES);
  const members = new Map<string, Member>();
  for (const cluster of groups.flat()) {
    members.set(cluster, await memberOf(context, cluster, flags.clusterContexts));
  }
  const planOf = (cluster: string) => planOfMember(members.get(cluster)!, flags);
  if (!flags.force) await preflightAll(context, hub, groups.flat(), planOf, flags);
  if (flags.preview || globals.dryRun) {
    await showAll(context, waves, planOf, flags);
    return;
  }
  const outcomes = new Map<string, Outcome>();
  for (;;) {
    const next = nextWave(waves, outcomes);
    if (next === 'done') break;
    if ('stoppedAt' in next) throw stopped(next, waves.length, context.program);
    output.print(`Wave ${next.wave + 1} of ${waves.length}: ${next.clusters.join(', ')}\n`);
    await Promise.all(
      next.clusters.map(async (cluster) => {
        const own = { ...context, output: ofCluster(output, cluster) };
        outcomes.set(cluster, await outcomeOf(own, hub, cluster, planOf, flags.undo));
      }),
    );
  }
  output.print(flags.undo ? 'the upgrade is undone\n' : 'upgraded completed successfully\n');
};

const planOfMember = async ({ client, klusterlet }: Member, flags: FleetFlags): Promise<Plan> =>
  planKlusterlet(client, await client.get(klusterlets, klusterlet), flags, flags.klusterletValuesFile);

type PlanOf = (cluster: string) => Promise<Plan>;

/** Of an undo only those are looked at that have something to undo. */
const preflightAll = async (
  context: CommandContext,
  hub: Client,
  clusters: readonly string[],
  planOf: PlanOf,
  { undo }: FleetFlags,
): Promise<void> => {
  const bundles = knownVersions();
  const ofHub = (await hub.find(clusterManagers, CLUSTER_MANAGER))?.spec?.registrationImagePullSpec;
  const checks: Check[] = [];
  for (const cluster of clusters) {
    const plan = await planOf(cluster);
    if (undo && !readRecord(plan.present)) continue;
    const facts = await factsOf(plan, wantedSpec(plan, undo), undo);
    // What is to be undone may well be sick.
    const problem = facts.problem ?? (undo ? undefined : await problemOnHub(hub, cluster));
    const own = upgradeChecks(bundles, { ...facts, problem, hub: ofHub }, !undo);
    checks.push(...own.map(({ name, run }) => ({ name: `${cluster} ${name}`, run })));
  }
  await preflight(checks, context.output);
};

const showAll = async (
  context: CommandContext,
  waves: readonly (readonly string[])[],
  planOf: PlanOf,
  { undo, preview }: FleetFlags,
): Promise<void> => {
  for (const [index, clusters] of waves.entries()) {
    for (const cluster of clusters) {
      const plan = await planOf(cluster);
      context.output.print(`# ${cluster}, in wave ${index + 1} of ${waves.length}\n`);
      if (!preview && !undo) await applyUpgrade(context, plan, false);
      else if (!undo) context.output.print(previewText(await previewUpgrade(plan)));
      else context.output.print(previewText(readRecord(plan.present) ? await previewUndo(plan) : []));
    }
  }
};

/** Brings one cluster to the new version or back, and says how that ended. */
const outcomeOf = async (
  context: CommandContext,
  hub: Client,
  cluster: string,
  planOf: PlanOf,
  undo: boolean,
): Promise<Outcome> => {
  const { print } = context.output;
  try {
    const plan = await planOf(cluster);
    if (undo && !readRecord(plan.present)) {
      print('there is nothing to undo\n');
      return 'done';
    }
    if (!undo && plan.look(plan.present).reached && (await previewUpgrade(plan)).length === 0) {
      print('is at this version already\n');
      return 'done';
    }
    if (undo) await undoUpgrade(context, plan);
    else await applyUpgrade(context, plan, true);
    await waitUntilBack(context, hub, cluster);
    print(undo ? 'is as it was\n' : 'is upgraded\n');
    return 'done';
  } catch (error) {
    return { failed: (error as Error).message };
  }
};

/** Several clusters tell how they fare at once: each line says of which it is, on a terminal too. */
const ofCluster = ({ print, note }: Output, cluster: string): Output => {
  const prefixed = (text: string) => text.replaceAll(/^(?=.)/gm, `[${cluster}] `);
  return {
    print: (text) => print(prefixed(text)),
    note: (text) => note(prefixed(text)),
    terminal: false,
  };
};

const stopped = (
  { stoppedAt, failed, left }: Extract<ReturnType<typeof nextWave>, { stoppedAt: number }>,
  waves: number,
  program: string,
): Error => {
  const lines = failed.map(({ cluster, why }) => `cluster ${cluster}: ${why}`);
  const rest = left.length > 0 ? `; ${left.join(', ')} stay as they are` : '';
  return new Error(
    `wave ${stoppedAt + 1} of ${waves} failed${rest}\n${lines.join('\n')}\n` +
      `find the cause with ${program} doctor on these clusters; then the same command goes on, and with --undo it goes back`,
  );
};
