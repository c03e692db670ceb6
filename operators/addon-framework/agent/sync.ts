import { managedClusterAddOnCondition } from '../../api/conditions.ts';
import { type ManagedClusterAddOnStatus, managedClusterAddOns } from '../../api/generated/addon.ts';
import { annotation } from '../../api/names.ts';
import type { ObjectName } from '../../runtime/client/object.ts';
import { removeCondition, setCondition } from '../../runtime/controller/conditions.ts';
import { patchStatus } from '../../runtime/controller/status.ts';
import { observedReferences } from '../configuration/hashed.ts';
import { healthModeOf } from '../health/availability.ts';
import { bindRoles } from '../registration/bindings.ts';
import { conditionsAfter } from '../works/applied.ts';
import { removeWorks } from '../works/apply.ts';
import { addonKey, deployingWorks, isHookOf, isMadeFor, worksElsewhere } from '../works/kept.ts';
import { type HostedFacts, hostedTask, hostingValidity, isDeployed } from '../works/tasks.ts';
import { configIn } from './caches.ts';
import { deploy, rendering } from './deploy.ts';
import { healthOf } from './health.ts';
import { holdAddon } from './hold.ts';
import { recordHooks, recordedHooks } from './hook-record.ts';
import { hookFinalizers, runHooks } from './hooks.ts';
import {
  type Pass,
  type PassOnCluster,
  fieldManager,
  isHeld,
  ownFinalizers,
  withFinalizers,
  without,
  worksOf,
} from './pass.ts';
import { register } from './register.ts';

/** Told in Hosted mode only. */
const hostedConditions = [
  managedClusterAddOnCondition.hostingClusterValidity.type,
  managedClusterAddOnCondition.hostingManifestApplied.type,
];

/** What is left of an add-on that is gone. */
export const forgetAddon = async (
  { hub, caches, objects, signal }: Omit<Pass, 'agent' | 'addon'>,
  name: ObjectName,
): Promise<void> => {
  const works = caches.works.byIndex('addon', addonKey(name.namespace, name.name));
  const unowned = works.filter((work) => isHookOf(name, work) && !work.metadata.ownerReferences);
  await removeWorks(hub, unowned, signal);
  await bindRoles(objects.roleBindings, name, [], signal);
  await recordHooks(objects.hookRecords, name, [], signal);
};

/** Its cluster is gone for ever: nothing of it is applied anywhere, and nobody would run its hooks (A21). */
export const abandonAddon = async (pass: Pass): Promise<void> => {
  const { hub, objects, addon, signal } = pass;
  const works = worksOf(pass).filter((work) => isMadeFor(addon, work));
  await removeWorks(hub, works, signal);
  await bindRoles(objects.roleBindings, addon.metadata, [], signal);
  if (addon.metadata.deletionTimestamp) await withFinalizers(pass, addon, without(addon, ownFinalizers));
};

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
/** Brings an add-on on a cluster to where it is to be now (addon.md 7). */
export const syncAddon = async (pass: PassOnCluster): Promise<void> => {
  const { hub, agent, caches, objects, cluster, signal } = pass;
  const now = new Date();
  const errors: unknown[] = [];
  const isLeaving = pass.addon.metadata.deletionTimestamp !== undefined;
  if (isLeaving && !isHeld(pass.addon)) return; // what it has goes with it
  const before = hostedFacts(pass);
  const isHere = isDeployed(before);
  const isThere = ['deploy', 'addFinalizer'].includes(hostedTask(before));
  const render = () => rendering(() => agent.manifests(pass.addon, cluster));
  const rendered = isHere || isThere ? render() : undefined;
  const addon = await holdAddon(pass, before, rendered);
  if (isLeaving && !isHeld(addon)) return;
  const facts = { ...before, addon };

  // One that leaves keeps what it may do to the end.
  const { status: registration, error } = isLeaving
    ? { status: addon.status ?? {}, error: undefined }
    : await register({ agent, objects, addon, signal });
  if (error) errors.push(error);
  let conditions = registration.conditions;

  const validity = hostingValidity(facts);
  if (validity) conditions = setCondition(conditions, validity, now);
  else for (const type of hostedConditions) conditions = removeCondition(conditions, type);

  const works = worksOf(pass);
  const isHosted = facts.hosting !== undefined;
  const deploying = deployingWorks(addon, works);
  const there = worksElsewhere(deploying);
  const here = deploying.filter((work) => !there.includes(work));
  const deployTo = async (hosting: string | undefined): Promise<void> => {
    if (!rendered) return;
    const existing = hosting === undefined ? here : there;
    const deployed = await deploy({ hub, agent, addon, rendered, isHosted, hosting, existing, signal });
    const which = hosting === undefined ? 'manifestApplied' : 'hostingManifestApplied';
    conditions = conditionsAfter(conditions, which, deployed, now);
    if (deployed.error) errors.push(deployed.error);
  };
  if (isHere) await deployTo(undefined);
  if (hostedTask(facts) === 'deploy') {
    const elsewhere = worksElsewhere(works).filter((work) => !there.includes(work));
    await removeWorks(
      hub,
      elsewhere.filter(({ metadata }) => metadata.namespace !== facts.hosting),
      signal,
    );
    await deployTo(facts.hosting);
  }

  let done: string[] = [];
  if (isLeaving) {
    const { hostingCluster } = facts;
    const hosting = hostingCluster?.metadata.deletionTimestamp ? undefined : hostingCluster?.metadata.name;
    const recorded = recordedHooks(objects.hookRecords, addon.metadata);
    const outcome = await runHooks({ hub, addon, recorded, render, hosting, isHosted, works, signal });
    done = outcome.done;
    if (outcome.condition) conditions = setCondition(conditions, outcome.condition, now);
  }

  const health = healthOf(addon, conditions, cluster, agent.prober, isHosted ? there : here);
  if (health) conditions = setCondition(conditions, health, now);
  const mode = healthModeOf(agent.prober);
  const find = (reference: Parameters<typeof configIn>[1]) => configIn(caches.configs, reference);
  const status: ManagedClusterAddOnStatus = {
    ...registration,
    supportedConfigs: [...agent.supportedConfigs],
    configReferences: observedReferences(addon, agent.supportedConfigs, find),
    ...(mode && { healthCheck: { ...registration.healthCheck, mode } }),
    conditions,
  };
  const written = await patchStatus(hub, managedClusterAddOns, addon, status, { fieldManager, signal });
  if (done.length > 0) {
    const rest = without(written, done);
    if (!rest.some((each) => hookFinalizers.includes(each)))
      await recordHooks(objects.hookRecords, addon.metadata, [], signal);
    await withFinalizers(pass, written, rest);
  }
  if (errors.length > 0) throw errors[0];
};
