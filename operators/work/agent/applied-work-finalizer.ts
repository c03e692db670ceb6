import {
  type AppliedManifestWork,
  type ManifestWork,
  appliedManifestWorks,
} from '../../api/generated/work.ts';
import { finalizer } from '../../api/names.ts';
import type { Change } from '../../runtime/cache/informer.ts';
import { type Controller, from, mapped } from '../../runtime/controller/controller.ts';
import { hasFinalizer, removeFinalizer } from '../../runtime/controller/finalizers.ts';
import { type AgentContext, appliedWorkName } from './context.ts';
import { recordedIn } from './inventory/inventory.ts';
import { obstaclesText } from './inventory/obstacles.ts';
import { recordResources } from './inventory/record.ts';
import { removeResources } from './inventory/remove.ts';
import { removerFor } from './inventory/remover.ts';
import { fieldManager } from './strategy/strategy.ts';

/** Waits for objects on their way out, or in the way, in milliseconds (work.md 5.2). */
const firstWaitMs = 50;
const maxWaitMs = 60_000;

/** Whether the agent is responsible for an AppliedManifestWork. */
export const isOwn = ({ settings }: Pick<AgentContext, 'settings'>, { spec }: AppliedManifestWork): boolean =>
  spec?.agentID === settings.agentId;

/**
 * Removes the objects of an AppliedManifestWork that is being deleted, whoever deletes it, and lets go of it once they are
 * gone (work.md 5.2).
 */
export const appliedWorkFinalizer = (context: AgentContext): Controller => {
  const rounds = new Map<string, number>();

  const forget = (name: string): void => {
    rounds.delete(name);
    context.removals.report(name, undefined);
  };

  return {
    name: 'AppliedManifestWorkFinalizer',
    watches: [
      from(
        context.appliedWorks,
        ({ object }) => isOwn(context, object) && Boolean(object.metadata.deletionTimestamp),
      ),
      mapped(context.works, ({ metadata }, change) =>
        isChangedInDeletion(change) ? appliedWorkName(context.settings, metadata.name) : undefined,
      ),
    ],
    concurrency: context.settings.workers,
    async reconcile(name, { signal, log }) {
      const applied = context.appliedWorks.get(name);
      if (!applied || !isOwn(context, applied)) return forget(name);
      if (!applied.metadata.deletionTimestamp || !hasFinalizer(applied, finalizer.appliedManifestWork))
        return forget(name);
      const remover = removerFor(context, applied, workOf(context, applied), { log, signal });
      const { pending, obstacles } = await removeResources(remover, recordedIn(applied));
      if (pending.length === 0) {
        await removeFinalizer(context.spoke, appliedManifestWorks, applied, finalizer.appliedManifestWork, {
          fieldManager,
          signal,
        });
        return forget(name);
      }
      const round = rounds.get(name) ?? 0;
      rounds.set(name, round + 1);
      const text = obstaclesText(obstacles, round);
      if (context.removals.report(name, text) && text)
        log.warn('Cannot remove all objects of a ManifestWork; trying again', { left: text });
      await recordResources(context, applied, () => pending, signal);
      return { requeueAfterMs: Math.min(firstWaitMs * 2 ** round, maxWaitMs) };
    },
  };
};

/** A work that is being deleted was given another delete option, say. */
const isChangedInDeletion = (change: Change<ManifestWork>): boolean =>
  change.type === 'updated' &&
  change.object.metadata.deletionTimestamp !== undefined &&
  change.object.metadata.generation !== change.previous.metadata.generation;

/** The work of the present hub behind an AppliedManifestWork. */
const workOf = (
  { works, settings }: AgentContext,
  { metadata, spec }: AppliedManifestWork,
): ManifestWork | undefined => {
  const name = spec?.manifestWorkName ?? '';
  return metadata.name === appliedWorkName(settings, name)
    ? works.get(name, settings.clusterName)
    : undefined;
};
