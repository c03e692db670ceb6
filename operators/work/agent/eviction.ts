import { type AppliedManifestWork, appliedManifestWorks, manifestWorks } from '../../api/generated/work.ts';
import { annotation } from '../../api/names.ts';
import { isConflict } from '../../runtime/client/errors.ts';
import { timestamp } from '../../runtime/controller/conditions.ts';
import { type Controller, from, mapped } from '../../runtime/controller/controller.ts';
import { isOwn } from './applied-work-finalizer.ts';
import { type AgentContext, appliedWorkName, isOfHub } from './context.ts';
import { confirmation, heldOf } from './held.ts';
import { recordStatus, setHeld } from './inventory/record.ts';

/** Grace periods from here on mean that nothing is ever evicted: a hundred years in milliseconds. */
export const endlessGraceMs = 100 * 365 * 24 * 3_600_000;

export type EvictionStep =
  { do: 'nothing' } | { do: 'clear' } | { do: 'start' } | { do: 'wait'; ms: number } | { do: 'delete' };

/** What to do about an AppliedManifestWork, given whether a work of the present hub stands behind it (work.md 5.3). */
export const evictionStep = (
  applied: AppliedManifestWork,
  isManaged: boolean,
  graceMs: number,
  now: number,
): EvictionStep => {
  if (applied.metadata.deletionTimestamp) return { do: 'nothing' };
  const start = applied.status?.evictionStartTime;
  const isHeld = heldOf(applied) === 'held';
  if (isManaged || graceMs >= endlessGraceMs) return start || isHeld ? { do: 'clear' } : { do: 'nothing' };
  if (isHeld) return { do: 'nothing' };
  if (!start) return { do: 'start' };
  const left = Date.parse(start) + graceMs - now;
  return left > 0 ? { do: 'wait', ms: left } : { do: 'delete' };
};

/** Whether a work in the cache of the present hub stands behind an AppliedManifestWork. */
const isManaged = ({ works, settings }: AgentContext, { metadata, spec }: AppliedManifestWork): boolean => {
  const work = spec?.manifestWorkName ?? '';
  return works.get(work, settings.clusterName) !== undefined && isOfHub(settings, metadata.name);
};

/** Deletes AppliedManifestWorks that have had no work for the length of the grace period (work.md 5.3). */
export const evictionController = (context: AgentContext): Controller => ({
  name: 'UnManagedAppliedManifestWork',
  watches: [
    from(context.appliedWorks, ({ object }) => isOwn(context, object)),
    mapped(context.works, ({ metadata }, { type }) =>
      type === 'updated' ? undefined : appliedWorkName(context.settings, metadata.name),
    ),
  ],
  concurrency: 1,
  async reconcile(name, { signal, log }) {
    const applied = context.appliedWorks.get(name);
    if (!applied || !isOwn(context, applied)) return;
    const now = context.now();
    const step = evictionStep(
      applied,
      isManaged(context, applied),
      context.settings.evictionGraceMs,
      now.getTime(),
    );
    switch (step.do) {
      case 'nothing':
        return;
      case 'clear':
        if (heldOf(applied)) await setHeld(context, applied, undefined, signal);
        if (!applied.status?.evictionStartTime) return;
        await recordStatus(
          context,
          applied,
          ({ status }) => ({ ...status, evictionStartTime: undefined }),
          signal,
        );
        return;
      case 'start':
        if (await mustBeHeld(context, applied, signal)) {
          log.warn(
            'The hub was set back, as restored from a backup, and does not know a ManifestWork any more; its objects stay ' +
              'until the work is there again or somebody confirms that they are to go',
            { name, confirm: confirmation(name) },
          );
          return setHeld(context, applied, 'held', signal);
        }
        log.info('An AppliedManifestWork has no ManifestWork; it will be evicted', { name });
        await recordStatus(
          context,
          applied,
          ({ status }) => ({ ...status, evictionStartTime: timestamp(now) }),
          signal,
        );
        return;
      case 'wait':
        return { requeueAfterMs: step.ms };
      case 'delete':
        log.info('Evicting an AppliedManifestWork without a ManifestWork', { name });
        return evict(context, applied, signal);
    }
  },
});

/** Whether the absence of a work says nothing, and nobody has confirmed it (faults R16). */
const mustBeHeld = async (
  { history, settings }: AgentContext,
  applied: AppliedManifestWork,
  signal: AbortSignal,
): Promise<boolean> =>
  isOfHub(settings, applied.metadata.name) &&
  heldOf(applied) !== 'confirmed' &&
  (await history.isSetBack(applied.metadata.annotations?.[annotation.hubVersion], signal));

const evict = async (
  { hub, spoke, settings }: AgentContext,
  { metadata, spec }: AppliedManifestWork,
  signal: AbortSignal,
): Promise<void> => {
  const { name, uid, resourceVersion } = metadata;
  const work = spec?.manifestWorkName;
  // The cache alone is no evidence that there is none; when it hears of the work, that brings it here again.
  const isThere =
    work &&
    isOfHub(settings, name) &&
    (await hub.find(manifestWorks, work, settings.clusterName, { signal }));
  if (isThere) return;
  try {
    await spoke.delete(appliedManifestWorks, { name }, { uid, resourceVersion, signal });
  } catch (error) {
    // It has changed since it was judged; that change brings it here again.
    if (!isConflict(error)) throw error;
  }
};
