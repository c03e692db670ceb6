import { setTimeout as sleep } from 'node:timers/promises';
import { manifestWorkCondition } from '../../api/conditions.ts';
import type { AppliedManifestWork, AppliedResource, ManifestWork } from '../../api/generated/work.ts';
import { ApiError, isConflict } from '../../runtime/client/errors.ts';
import { type UnknownObject, keyOf } from '../../runtime/client/object.ts';
import { isTrue } from '../../runtime/controller/conditions.ts';
import { type AgentContext, logOf } from './context.ts';
import { type Action, InvalidExecutorError, NotAllowedError, validateExecutor } from './executor/executor.ts';
import { entryKey, entryOf, recordedIn } from './inventory/inventory.ts';
import { type Manifest, UnknownKindError, manifestsOf, resolve } from './manifest/manifest.ts';
import { type ManifestOptions, optionsFor } from './manifest/options.ts';
import { inApplyOrder } from './manifest/order.ts';
import { isOwned, ownerOf } from './manifest/ownership.ts';
import { earlierEntries } from './status/applied.ts';
import { applyWish } from './strategy/apply.ts';
import { FieldConflictError } from './strategy/declare.ts';
import { type Spoke, findLive, objectKey } from './strategy/strategy.ts';

/** One manifest in a pass over all manifests of a work. */
export interface Step extends Manifest {
  options: ManifestOptions;
  /** Whether the pass means to write the object. */
  isWritten: boolean;
  /** Whether the pass has written the object. */
  wasWritten?: boolean;
  /** The object as it is after the pass, if it was read or written. */
  found?: UnknownObject;
  /** What else there is to say about it. */
  note?: string;
  /** Why the object could not be read. */
  unread?: Error;
}

/** Waits between attempts at what another writer changed in between (work.md 3.3.1). */
const conflictWaitsMs = [10, 50, 250];
/** Waits for a CustomResourceDefinition of the same work to be served. */
const definitionWaitsMs = [50, 100, 200, 400, 800];

/** Reads and checks the manifests of a work; nothing is written yet. */
export const prepareSteps = async (
  context: AgentContext,
  work: ManifestWork,
  signal: AbortSignal,
): Promise<Step[]> => {
  const { spoke } = context;
  const find = (apiVersion: string, kind: string) => spoke.resourceFor(apiVersion, kind, { signal });
  const manifests = await manifestsOf(work, find);
  const earlier = earlierEntries(work.status?.resourceStatus?.manifests);
  const steps: Step[] = [];
  for (const manifest of manifests) {
    const options = optionsFor(work.spec?.manifestConfigs, manifest.meta);
    const isComplete = isTrue(earlier(manifest.meta)?.conditions, manifestWorkCondition.complete.type);
    const isWritten = !isComplete && options.updateStrategy?.type !== 'ReadOnly';
    const error = isComplete
      ? undefined
      : await refusal(context, work, { ...manifest, options, isWritten }, signal);
    steps.push({ ...manifest, options, isWritten, error });
  }
  return steps;
};

const refusal = async (
  { spoke, checkAccess }: AgentContext,
  work: ManifestWork,
  { error, object, resource, meta, isWritten }: Step,
  signal: AbortSignal,
): Promise<Error | undefined> => {
  if (error || !object || !resource) return error;
  const applied: Action = isOwned(work.spec?.deleteOption, meta) ? 'ApplyAndDelete' : 'ApplyNoDelete';
  const target = { resource, object, action: isWritten ? applied : ('ReadOnly' as const) };
  try {
    await validateExecutor(spoke, checkAccess, work.spec?.executor, target, signal);
    return undefined;
  } catch (cause) {
    signal.throwIfAborted();
    return cause instanceof Error ? cause : new Error(String(cause));
  }
};

/** Writes down what is about to be made, before it is. */
export type RecordIntents = (intents: AppliedResource[]) => Promise<void>;

/** The objects that these steps may create. */
export const intentsOf = (steps: readonly Step[]): AppliedResource[] =>
  steps.flatMap(({ error, isWritten, meta }) => {
    const entry = !error && isWritten ? entryOf(meta) : undefined;
    return entry ? [entry] : [];
  });

/**
 * Applies the steps in the order of their kinds; one that fails never stops the others (work.md 3.3.1). Fills in what was
 * found and what went wrong.
 */
export const applySteps = async (
  context: AgentContext,
  work: ManifestWork,
  applied: AppliedManifestWork,
  steps: readonly Step[],
  record: RecordIntents,
  signal: AbortSignal,
): Promise<void> => {
  const known: Known = {
    recorded: new Set(recordedIn(applied).flatMap((entry) => (entry.uid ? [entryKey(entry)] : []))),
    foreign: new Set(
      context.appliedWorks
        .list()
        .filter(({ spec }) => spec?.hubHash !== context.settings.hubHash)
        .flatMap((other) => recordedIn(other).map(entryKey)),
    ),
  };
  const run = async (pending: readonly Step[]): Promise<void> => {
    await record(intentsOf(pending));
    for (const step of inApplyOrder(pending)) await applyStep(context, work, applied, step, known, signal);
  };
  await run(steps.filter(({ error }) => !error));
  for (const wait of conflictWaitsMs) {
    const conflicting = steps.filter(({ error }) => isConflict(error));
    if (conflicting.length === 0) break;
    await sleep(wait * (1 + Math.random() / 10), undefined, { signal });
    for (const step of conflicting) step.error = undefined;
    await run(conflicting);
  }
  await applyOfNewKinds(context, work, steps, run, signal);
};

/** What the records of the managed cluster say of objects, by the keys of their entries. */
interface Known {
  /** Made by this work. */
  recorded: ReadonlySet<string>;
  /** Of works of another hub. */
  foreign: ReadonlySet<string>;
}

const applyStep = async (
  context: AgentContext,
  work: ManifestWork,
  applied: AppliedManifestWork,
  step: Step,
  { recorded, foreign }: Known,
  signal: AbortSignal,
): Promise<void> => {
  const { resource, object, meta, options, isWritten } = step;
  if (!resource || !object || !isWritten) return;
  const entry = entryOf(meta);
  const onWrite = () => (step.wasWritten = true);
  const spoke: Spoke = {
    client: context.spoke,
    settled: context.settled,
    log: logOf(context, work),
    onWrite,
  };
  const owner = { reference: ownerOf(applied), present: isOwned(work.spec?.deleteOption, meta) };
  const isNew = entry !== undefined && !recorded.has(entryKey(entry));
  const isShared =
    context.watcher.isShared(objectKey(resource, object.metadata), keyOf(work)) ||
    (entry !== undefined && foreign.has(entryKey(entry)));
  try {
    const wish = { resource, object, owner, strategy: options.updateStrategy, isNew, isShared };
    step.found = await applyWish(spoke, wish, signal);
  } catch (error) {
    signal.throwIfAborted();
    step.error = error instanceof Error ? error : new Error(String(error));
    // Not the object but its whole collection is missing: what was discovered about the server is out of date.
    if (error instanceof ApiError && error.code === 404 && !error.status.details?.name)
      context.spoke.invalidateDiscovery();
  }
};

/** Kinds whose definition was applied in the same pass take a moment until they are served. */
const applyOfNewKinds = async (
  context: AgentContext,
  work: ManifestWork,
  steps: readonly Step[],
  run: (pending: readonly Step[]) => Promise<void>,
  signal: AbortSignal,
): Promise<void> => {
  const defined = new Set(
    steps.filter(({ error, found }) => !error && found).flatMap(({ found }) => definedKind(found!)),
  );
  const waiting = () =>
    steps.filter(
      ({ error, object, meta }) =>
        error instanceof UnknownKindError && object && defined.has(`${meta.group}/${meta.kind}`),
    );
  const find = (apiVersion: string, kind: string) => context.spoke.resourceFor(apiVersion, kind, { signal });
  for (const wait of definitionWaitsMs) {
    const pending = waiting();
    if (pending.length === 0) return;
    await sleep(wait, undefined, { signal });
    context.spoke.invalidateDiscovery();
    for (const step of pending) {
      const { error: _, ...rest } = step;
      const resolved = await resolve(rest, find);
      Object.assign(step, resolved, {
        error: resolved.error,
        options: optionsFor(work.spec?.manifestConfigs, resolved.meta),
      });
      step.isWritten = step.options.updateStrategy?.type !== 'ReadOnly';
      step.error ??= await refusal(context, work, step, signal);
    }
    await run(pending.filter(({ error }) => !error));
  }
};

const definedKind = ({ apiVersion, kind, spec }: UnknownObject): string[] => {
  if (kind !== 'CustomResourceDefinition' || !apiVersion?.startsWith('apiextensions.k8s.io/')) return [];
  const { group, names } = (spec ?? {}) as { group?: string; names?: { kind?: string } };
  return [`${group}/${names?.kind}`];
};

/** Reads the objects that the pass did not write, for their availability and uid. */
export const lookAtOthers = async (
  { spoke: client }: AgentContext,
  steps: readonly Step[],
  signal: AbortSignal,
): Promise<void> => {
  for (const step of steps) {
    const { found, resource, object } = step;
    if (found || !resource || !object || (resource.namespaced && !object.metadata.namespace)) continue;
    try {
      step.found = await findLive({ client }, { resource, object }, signal);
    } catch (error) {
      signal.throwIfAborted();
      step.unread = error instanceof Error ? error : new Error(String(error));
    }
  }
};

/** When a pass is to be repeated: at the usual time, soon because of a refused executor, or with back-off. */
export type Retry = 'resync' | 'executor' | 'backoff';

export const retryAfter = (steps: readonly Step[]): Retry => {
  const errors = steps.flatMap(({ error }) => (error ? [error] : []));
  const isPatient = (error: Error) => error instanceof NotAllowedError || error instanceof FieldConflictError;
  if (errors.some((error) => !isPatient(error) || error instanceof InvalidExecutorError)) return 'backoff';
  return errors.some((error) => error instanceof NotAllowedError) ? 'executor' : 'resync';
};
