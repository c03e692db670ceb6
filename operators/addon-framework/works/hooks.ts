import { managedClusterAddOnCondition, manifestWorkCondition } from '../../api/conditions.ts';
import type { ManifestWork } from '../../api/generated/work.ts';
import type { UnknownObject } from '../../runtime/client/object.ts';
import { type NextCondition, isTrue } from '../../runtime/controller/conditions.ts';
import { feedbackOf, isMeant, textIn } from './feedback.ts';

const { type, reason } = managedClusterAddOnCondition.hookCompleted;

type HookState = 'done' | 'failed' | 'waiting';

const identifierOf = ({ kind, metadata }: UnknownObject) => ({
  ...(kind === 'Job' ? { group: 'batch', resource: 'jobs' } : { group: '', resource: 'pods' }),
  namespace: metadata.namespace ?? '',
  name: metadata.name,
});

const stateOf = (hook: UnknownObject, work: ManifestWork): HookState => {
  const identifier = identifierOf(hook);
  const values = feedbackOf([work]).find(({ object }) => isMeant(identifier, object))?.values;
  if (!values) return 'waiting';
  if (hook.kind === 'Job') {
    if (textIn(values, 'JobComplete') === 'True') return 'done';
    return textIn(values, 'JobFailed') === 'True' ? 'failed' : 'waiting';
  }
  const phase = textIn(values, 'PodPhase');
  return phase === 'Succeeded' ? 'done' : phase === 'Failed' ? 'failed' : 'waiting';
};

/**
 * What is told of the hooks of an add-on that leaves (addon.md 7.2): they are completed when their work is available and each
 * of them has succeeded. Which are awaited, and which have failed, stands in the message (A17).
 */
export const hookCondition = (work: ManifestWork, hooks: readonly UnknownObject[]): NextCondition => {
  const { name } = work.metadata;
  const open = hooks.flatMap((hook) => {
    const state = stateOf(hook, work);
    if (state === 'done') return [];
    const called = `${hook.kind} ${hook.metadata.namespace ?? ''}/${hook.metadata.name}`;
    return state === 'failed' ? `${called} has failed: delete it to run it again` : `${called} is awaited`;
  });
  const isAvailable = isTrue(work.status?.conditions, manifestWorkCondition.available.type);
  if (isAvailable && open.length === 0)
    return {
      type,
      status: 'True',
      reason: reason.HookManifestIsCompleted,
      message: `hook manifestWork ${name} is completed.`,
    };
  const why = isAvailable ? ` ${open.join('; ')}.` : '';
  return {
    type,
    status: 'False',
    reason: reason.HookManifestIsNotCompleted,
    message: `hook manifestWork ${name} is not completed.${why}`,
  };
};
