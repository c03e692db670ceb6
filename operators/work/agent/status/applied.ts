import { manifestCondition, manifestWorkCondition } from '../../../api/conditions.ts';
import type {
  ManifestWorkStatus,
  ResourceMeta,
  ResourceStatusManifest,
} from '../../../api/generated/work.ts';
import { findCondition, removeCondition } from '../../../runtime/controller/conditions.ts';
import { IgnoreFieldError } from '../strategy/ignore-fields.ts';
import { type NextCondition, withCondition } from './conditions.ts';
import { explain } from './explain.ts';

/** What became of one manifest. */
export interface Outcome {
  meta: ResourceMeta;
  /** Absent when the manifest was applied, or needed no more applying. */
  error?: Error;
  /** What else there is to say about a manifest that was applied. */
  note?: string;
}

/** What holds for all outcomes of a pass. */
export interface Pass {
  generation: number;
  /** What else there is to say about the work. */
  notes?: readonly string[];
  now: Date;
}

const { applied } = manifestCondition;
const workApplied = manifestWorkCondition.applied;

const withNotes = (message: string, ...notes: (string | undefined)[]): string =>
  [message, ...notes].filter((part) => part !== undefined).join('; ');

const conditionOf = ({ meta, error, note }: Outcome, observedGeneration: number): NextCondition => {
  if (!error)
    return {
      type: applied.type,
      status: 'True',
      reason: applied.reason.AppliedManifestComplete,
      message: withNotes('Apply manifest complete', note),
      observedGeneration,
    };
  const ignoreFields = error instanceof IgnoreFieldError;
  return {
    type: applied.type,
    status: 'False',
    reason: ignoreFields
      ? applied.reason.AppliedManifestSSAIgnoreFieldError
      : applied.reason.AppliedManifestFailed,
    message: ignoreFields
      ? `Failed to process ignoreFields: ${error.message}`
      : `Failed to apply manifest: ${explain(error, meta)}`,
    observedGeneration,
  };
};

const nameOf = (meta: ResourceMeta, ordinal?: number): string =>
  JSON.stringify([ordinal, meta.group, meta.version, meta.kind, meta.resource, meta.namespace, meta.name]);

/** Finds the earlier status of a manifest by its whole meta, else by all but its place if that is unambiguous. */
export const earlierEntries = (
  entries: readonly ResourceStatusManifest[] | undefined,
): ((meta: ResourceMeta) => ResourceStatusManifest | undefined) => {
  const exact = new Map<string, ResourceStatusManifest>();
  const anywhere = new Map<string, ResourceStatusManifest | 'ambiguous'>();
  for (const entry of entries ?? []) {
    exact.set(nameOf(entry.resourceMeta, entry.resourceMeta.ordinal), entry);
    const name = nameOf(entry.resourceMeta);
    anywhere.set(name, anywhere.has(name) ? 'ambiguous' : entry);
  }
  return (meta) => {
    const found = exact.get(nameOf(meta, meta.ordinal)) ?? anywhere.get(nameOf(meta));
    return found === 'ambiguous' ? undefined : found;
  };
};

/**
 * The status after a pass over all manifests: one entry per manifest in spec order, with what was known of it before,
 * and Applied on each and on the work (work.md 3.3.2). The transition time of a manifest's Applied moves with every
 * generation; that of the work's only with its status.
 */
export const withOutcomes = (
  status: ManifestWorkStatus,
  outcomes: readonly Outcome[],
  { generation, notes = [], now }: Pass,
): ManifestWorkStatus => {
  const earlier = earlierEntries(status.resourceStatus?.manifests);
  const manifests = outcomes.map((outcome): ResourceStatusManifest => {
    const entry = earlier(outcome.meta);
    const outdated = findCondition(entry?.conditions, applied.type)?.observedGeneration !== generation;
    const kept = outdated ? removeCondition(entry?.conditions, applied.type) : entry?.conditions;
    return {
      conditions: withCondition(kept, conditionOf(outcome, generation), now),
      ...(entry?.statusFeedback ? { statusFeedback: entry.statusFeedback } : {}),
      resourceMeta: outcome.meta,
    };
  });
  const conditions =
    outcomes.length === 0 && notes.length === 0
      ? status.conditions
      : withCondition(status.conditions, workCondition(outcomes, notes, generation), now);
  return { ...status, conditions, resourceStatus: { ...status.resourceStatus, manifests } };
};

const workCondition = (
  outcomes: readonly Outcome[],
  notes: readonly string[],
  observedGeneration: number,
): NextCondition =>
  outcomes.every(({ error }) => !error)
    ? {
        type: workApplied.type,
        status: 'True',
        reason: workApplied.reason.AppliedManifestWorkComplete,
        message: withNotes('Apply manifest work complete', ...notes),
        observedGeneration,
      }
    : {
        type: workApplied.type,
        status: 'False',
        reason: workApplied.reason.AppliedManifestWorkFailed,
        message: withNotes('Failed to apply manifest work', ...notes),
        observedGeneration,
      };
