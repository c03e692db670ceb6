import { isDeepStrictEqual } from 'node:util';
import { conditionRulePrefix, manifestCondition, manifestWorkCondition } from '../../../api/conditions.ts';
import type { ResourceStatusManifest } from '../../../api/generated/work.ts';
import type { Condition, UnknownObject } from '../../../runtime/client/object.ts';
import { type FeedbackLimits, readFeedback } from '../feedback/feedback.ts';
import type { ManifestOptions } from '../manifest/options.ts';
import { type NextCondition, withCondition, withoutStaleRules } from './conditions.ts';
import { type CelModule, evaluateRules } from './rules.ts';
import { told } from './told.ts';

/** What is known of an object on the managed cluster. */
export type Observation =
  | { state: 'found'; object: UnknownObject }
  | { state: 'missing' }
  | { state: 'failed'; error: Error }
  /** The manifest does not say enough to look for its object. */
  | { state: 'incomplete' }
  /** Nothing happened to the object since its entry was last written. */
  | { state: 'unchanged' };

const { available, statusFeedbackSynced } = manifestCondition;

const availability = (observation: Exclude<Observation, { state: 'unchanged' }>): NextCondition => {
  const { type, reason } = available;
  switch (observation.state) {
    case 'found':
      return { type, status: 'True', reason: reason.ResourceAvailable, message: 'Resource is available' };
    case 'missing':
      return {
        type,
        status: 'False',
        reason: reason.ResourceNotAvailable,
        message: 'Resource is not available',
      };
    case 'failed':
      return {
        type,
        status: 'Unknown',
        reason: reason.FetchingResourceFailed,
        message: `Failed to fetch resource: ${observation.error.message}`,
      };
    case 'incomplete':
      return {
        type,
        status: 'Unknown',
        reason: reason.IncompleteResourceMeta,
        message: 'Resource meta is incomplete',
      };
  }
};

/**
 * The status entry of one manifest after a look at its object: Available, feedback, and the conditions of its rules
 * (work.md 4.1 to 4.3). Feedback and rule conditions of an object that is gone go with it (work.md 13, 9), but not that it
 * was Complete: a Job that has finished and was cleaned up must not be made again.
 */
export const observed = (
  entry: ResourceStatusManifest,
  observation: Observation,
  options: ManifestOptions,
  context: { generation: number; limits: FeedbackLimits; now: Date; cel?: CelModule | undefined },
): ResourceStatusManifest => {
  if (observation.state === 'unchanged') return entry;
  const { generation, limits, now, cel } = context;
  const conditions = withCondition(entry.conditions, availability(observation), now);
  if (observation.state === 'missing') {
    const { statusFeedback: _, ...rest } = entry;
    return {
      ...rest,
      conditions: conditions.flatMap((condition) => ofMissing(condition, options, generation)),
    };
  }
  if (observation.state !== 'found')
    return { ...entry, conditions: withoutStaleRules(conditions, generation) };

  const object = told(observation.object);
  const rules = evaluateRules(object, options.conditionRules ?? [], generation, cel);
  const withRules = rules.reduce((all, condition) => withCondition(all, condition, now), conditions);
  const next = { ...entry, conditions: withoutStaleRules(withRules, generation) };
  return withFeedback(next, object, { options, limits, now });
};

const ofMissing = (condition: Condition, options: ManifestOptions, generation: number): Condition[] => {
  if (condition.type === statusFeedbackSynced.type) return [];
  if (!condition.reason.startsWith(conditionRulePrefix)) return [condition];
  const completed =
    condition.type === manifestWorkCondition.complete.type &&
    condition.status === 'True' &&
    options.conditionRules?.some((rule) => rule.condition === condition.type);
  return completed ? [{ ...condition, observedGeneration: generation }] : [];
};

const withFeedback = (
  entry: ResourceStatusManifest,
  object: UnknownObject,
  { options, limits, now }: { options: ManifestOptions; limits: FeedbackLimits; now: Date },
): ResourceStatusManifest => {
  const { type, reason } = statusFeedbackSynced;
  const { statusFeedback, ...rest } = entry;
  if (!options.feedbackRules)
    return {
      ...rest,
      conditions: withCondition(
        entry.conditions,
        { type, status: 'True', reason: reason.NoStatusFeedbackSynced, message: '' },
        now,
      ),
    };
  const { values, errors } = readFeedback(object, options.feedbackRules, limits);
  const changed = !isDeepStrictEqual(statusFeedback?.values ?? [], values);
  // A new list of values is an event of its own: the condition is made anew, so that its transition time moves.
  const base = changed ? entry.conditions.filter((condition) => condition.type !== type) : entry.conditions;
  const condition: NextCondition =
    errors.length === 0
      ? { type, status: 'True', reason: reason.StatusFeedbackSynced, message: '' }
      : {
          type,
          status: 'False',
          reason: reason.StatusFeedbackSyncFailed,
          message: `Sync status feedback failed with error ${errors.length === 1 ? errors[0]! : `[${errors.join(', ')}]`}`,
        };
  return {
    ...rest,
    conditions: withCondition(base, condition, now),
    ...(values.length ? { statusFeedback: { values } } : {}),
  };
};
