import { managedClusterAddOnCondition } from '../../api/conditions.ts';
import { type ManagedClusterAddOnStatus, managedClusterAddOns } from '../../api/generated/addon.ts';
import { annotation } from '../../api/names.ts';
import { messageOf } from '../../runtime/client/errors.ts';
import type { Condition } from '../../runtime/client/object.ts';
import { removeCondition, setCondition } from '../../runtime/controller/conditions.ts';
import type { Result } from '../../runtime/controller/controller.ts';
import { patchStatus } from '../../runtime/controller/status.ts';
import { observedReferences } from '../configuration/hashed.ts';
import { healthModeOf } from '../health/availability.ts';
import { conditionsAfter } from '../works/applied.ts';
import { hookLimitText } from '../works/hook-limit.ts';
import { type HostedFacts, hostedTask, hostingValidity, isDeployed } from '../works/tasks.ts';
import { configIn } from './caches.ts';
import { type Rendering, rendering } from './deploy.ts';
import { deployPlaces, deployingPlaces } from './deploy-places.ts';
import { healthOf } from './health.ts';
import { holdAddon } from './hold.ts';
import { recordedHooks } from './hook-record.ts';
import { type HookOutcome, runHooks } from './hooks.ts';
import { type PassOnCluster, fieldManager, isHeld, withFinalizers, without, worksOf } from './pass.ts';
import { register } from './register.ts';

/** Told in Hosted mode only. */
const hostedConditions = [
  managedClusterAddOnCondition.hostingClusterValidity.type,
  managedClusterAddOnCondition.hostingManifestApplied.type,
];

const hostedFacts = ({ agent, caches, addon, cluster }: PassOnCluster): HostedFacts => {
  const hosting = addon.metadata.annotations?.[annotation.hostingCluster] || undefined;
  return {
    addon,
    cluster,
    checksConfigured: agent.checksConfigured,
    hosting,
    hostingCluster: hosting === undefined ? undefined : caches.clusters.get(hosting),
  };
};

const withValidity = (conditions: Condition[] | undefined, facts: HostedFacts, now: Date) => {
  const validity = hostingValidity(facts);
  if (validity) return setCondition(conditions, validity, now);
  return hostedConditions.reduce((rest, type) => removeCondition(rest, type), conditions);
};

const hooksOf = (
  pass: PassOnCluster,
  { hosting, hostingCluster }: HostedFacts,
  render: () => Rendering,
  now: Date,
): Promise<HookOutcome | 'outdated'> => {
  const { hub, caches, objects, addon, signal, log } = pass;
  return runHooks({
    hub,
    cache: caches.works,
    addon,
    recorded: recordedHooks(objects.hookRecords, addon.metadata),
    render,
    hosting: hostingCluster?.metadata.deletionTimestamp ? undefined : hostingCluster?.metadata.name,
    isHosted: hosting !== undefined,
    works: worksOf(pass),
    limit: hookLimitText(addon, pass.cluster),
    now,
    log,
    signal,
  });
};

/** The status of an add-on of which these things are told. */
const statusOf = (
  pass: PassOnCluster,
  registered: ManagedClusterAddOnStatus,
  conditions: Condition[] | undefined,
): ManagedClusterAddOnStatus => {
  const { agent, caches, addon } = pass;
  const mode = healthModeOf(agent.prober);
  const find = (reference: Parameters<typeof configIn>[1]) => configIn(caches.configs, reference);
  return {
    ...registered,
    supportedConfigs: [...agent.supportedConfigs],
    configReferences: observedReferences(addon, agent.supportedConfigs, find),
    ...(mode && { healthCheck: { ...registered.healthCheck, mode } }),
    conditions,
  };
};

/**
 * Brings an add-on on a cluster to where it is to be now (addon.md 7).
 * @throws the error that is worth another attempt, or an AggregateError that says all of them, when all else is done
 */
export const syncAddon = async (before: PassOnCluster): Promise<Result> => {
  const now = new Date();
  const isLeaving = before.addon.metadata.deletionTimestamp !== undefined;
  if (isLeaving && !isHeld(before.addon)) return; // what it has goes with it
  const factsBefore = hostedFacts(before);
  const isHere = isDeployed(factsBefore);
  const isThere = ['deploy', 'addFinalizer'].includes(hostedTask(factsBefore));
  const render = () => rendering(() => before.agent.manifests(before.addon, before.cluster));
  const rendered = isHere || isThere ? render() : undefined;
  const addon = await holdAddon(before, factsBefore, rendered);
  if (isLeaving && !isHeld(addon)) return;
  const pass = { ...before, addon };
  const facts = { ...factsBefore, addon };

  // One that leaves keeps what it may do to the end.
  const registered = isLeaving ? { status: addon.status ?? {} } : await register(pass);
  let conditions = withValidity(registered.status.conditions, facts, now);
  const places = deployingPlaces(pass);
  const deployed = await deployPlaces(pass, facts, rendered, places, isHere);
  for (const each of deployed) conditions = conditionsAfter(conditions, each.which, each.deployed, now);
  const hooks = isLeaving ? await hooksOf(pass, facts, render, now) : undefined;
  if (hooks === 'outdated') return;
  if (hooks?.condition) conditions = setCondition(conditions, hooks.condition, now);
  const running = facts.hosting === undefined ? places.here : places.there;
  const health = healthOf(addon, conditions, pass.cluster, pass.agent.prober, running);
  if (health) conditions = setCondition(conditions, health, now);

  const own = statusOf(pass, registered.status, conditions);
  const status = pass.agent.toldWith?.({ ...addon, status: own }, worksOf(pass), now) ?? own;
  const { hub, caches, signal } = pass;
  const written = caches.addons.wrote(
    await patchStatus(hub, managedClusterAddOns, addon, status, { fieldManager, signal }),
  );
  // Last of all: the works and the record of the hooks go when it is gone, for what comes in between must still find them.
  if (hooks && hooks.done.length > 0) await withFinalizers(pass, written, without(written, hooks.done));
  throwAll([registered, ...deployed.map((each) => each.deployed)]);
  return hooks?.recheckMs === undefined ? undefined : { requeueAfterMs: hooks.recheckMs };
};

const throwAll = (outcomes: readonly { error?: unknown }[]): void => {
  const errors = outcomes.flatMap(({ error }) => (error === undefined ? [] : [error]));
  if (errors.length === 1) throw errors[0];
  if (errors.length > 1) throw new AggregateError(errors, errors.map(messageOf).join('\n'));
};
