import { type AppliedManifestWork, appliedManifestWorks } from '../../api/generated/work.ts';
import { finalizer } from '../../api/names.ts';
import { type Controller, from } from '../../runtime/controller/controller.ts';
import { hasFinalizer, removeFinalizer } from '../../runtime/controller/finalizers.ts';
import type { AgentContext } from './context.ts';
import { recordedIn } from './inventory/inventory.ts';
import { recordResources } from './inventory/record.ts';
import { removeResources } from './inventory/remove.ts';
import { fieldManager } from './strategy/strategy.ts';

/** Waits for objects on their way out, in milliseconds (work.md 5.2). */
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
  return {
    name: 'AppliedManifestWorkFinalizer',
    watches: [
      from(
        context.appliedWorks,
        ({ object }) => isOwn(context, object) && Boolean(object.metadata.deletionTimestamp),
      ),
    ],
    concurrency: 10,
    async reconcile(name, { signal, log }) {
      const applied = context.appliedWorks.get(name);
      if (!applied?.metadata.deletionTimestamp || !hasFinalizer(applied, finalizer.appliedManifestWork)) {
        rounds.delete(name);
        return;
      }
      const latest = context.latestAppliedWorks.get(name) ?? applied;
      const resources = recordedIn(latest);
      const { pending, errors } = await removeResources(context.spoke, resources, latest, log, signal);
      if (errors.length === 0 && pending.length === 0) {
        const options = { fieldManager, signal };
        await removeFinalizer(
          context.spoke,
          appliedManifestWorks,
          latest,
          finalizer.appliedManifestWork,
          options,
        );
        context.latestAppliedWorks.forget(name);
        rounds.delete(name);
        return;
      }
      await recordResources(context, latest, () => pending, signal);
      if (errors.length)
        throw new AggregateError(errors, `cannot remove all objects of ${name}: ${messages(errors)}`);
      const round = rounds.get(name) ?? 0;
      rounds.set(name, round + 1);
      return { requeueAfterMs: Math.min(firstWaitMs * 2 ** round, maxWaitMs) };
    },
  };
};

const messages = (errors: readonly Error[]): string => errors.map(({ message }) => message).join('; ');
