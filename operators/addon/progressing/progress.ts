import { managedClusterAddOnCondition, manifestWorkCondition } from '../../api/conditions.ts';
import type { ManagedClusterAddOn, ManagedClusterAddOnStatus } from '../../api/generated/addon.ts';
import { annotation } from '../../api/names.ts';
import { resourceKey, storedReferences } from '../../addon-framework/configuration/references.ts';
import { isRenderedFrom } from '../../addon-framework/configuration/work-hashes.ts';
import { type AddonWork, deployingWorks } from '../../addon-framework/works/kept.ts';
import { type NextCondition, findCondition, setCondition } from '../../runtime/controller/conditions.ts';

const { configured, progressing, manifestApplied, hostingManifestApplied } = managedClusterAddOnCondition;
const { applied, available } = manifestWorkCondition;
const { type, reason } = progressing;

const done = (why: string, message: string): NextCondition => ({
  type,
  status: 'False',
  reason: why,
  message,
});
const underWay = (message: string): NextCondition => ({
  type,
  status: 'True',
  reason: reason.Progressing,
  message: `progressing... ${message}`,
});

/** The condition of a work as far as it speaks of its present generation. */
const current = ({ metadata, status }: AddonWork, of: string) => {
  const condition = findCondition(status?.conditions, of);
  return condition?.observedGeneration === metadata.generation ? condition : undefined;
};

const isReady = (work: AddonWork): boolean =>
  current(work, applied.type)?.status === 'True' && current(work, available.type)?.status === 'True';

/** Why a work cannot be applied as it is now (A18). */
const failureOf = (work: AddonWork): string | undefined => {
  const condition = current(work, applied.type);
  return condition?.status === 'False'
    ? `ManifestWork ${work.metadata.namespace}/${work.metadata.name} is not applied: ${condition.message}`
    : undefined;
};

const unsupported = ({ spec, status }: ManagedClusterAddOn) => {
  const supported = new Set((status?.supportedConfigs ?? []).map(resourceKey));
  return spec?.configs?.find((config) => !supported.has(resourceKey(config)));
};

/** Condition Progressing of an add-on with these works, without those of hooks (addon.md 4.4). */
export const progressOf = (addon: ManagedClusterAddOn, works: readonly AddonWork[]): NextCondition => {
  const { metadata, status } = addon;
  const config = unsupported(addon);
  if (config)
    return done(
      reason.ConfigurationUnsupported,
      `Configuration with gvr ${config.group ?? ''}/${config.resource} is not supported for this addon`,
    );
  const has = (condition: string) => findCondition(status?.conditions, condition) !== undefined;
  if (!has(manifestApplied.type))
    return done(
      reason.WaitingForManifestApplied,
      'Waiting for ManagedClusterAddOn ManifestApplied condition',
    );
  if (metadata.annotations?.[annotation.hostingCluster] && !has(hostingManifestApplied.type))
    return done(
      reason.WaitingForHostingManifestApplied,
      'Waiting for ManagedClusterAddOn HostingManifestApplied condition',
    );
  if (works.length === 0) return underWay('no addon works');
  const references = storedReferences(status?.configReferences);
  const isCurrent = ({ metadata: { annotations } }: AddonWork) =>
    isRenderedFrom(annotations?.[annotation.configSpecHash], references);
  if (!works.every(isCurrent)) return underWay('mca and work configs mismatch');
  const failures = works.flatMap((work) => failureOf(work) ?? []);
  if (failures.length > 0) return done(reason.Failed, failures.join('; '));
  if (!works.every(isReady)) return underWay('work is not ready');
  return done(reason.Completed, 'completed with no errors.');
};

/**
 * Whether it is known yet how an add-on is to be configured. Who configures it tells its progress along with that, which
 * saves a write for each add-on that is new.
 */
export const isConfigurationKnown = ({ status }: ManagedClusterAddOn): boolean =>
  Boolean(status?.configReferences?.length) ||
  findCondition(status?.conditions, configured.type) !== undefined;

/** The status of an add-on that has come so far: when it is done, what is desired was applied (addon.md 4.4, row 7). */
export const statusAfterProgress = (
  status: ManagedClusterAddOnStatus = {},
  progress: NextCondition,
  now: Date,
): ManagedClusterAddOnStatus => ({
  ...status,
  conditions: setCondition(status.conditions, progress, now),
  ...(progress.reason === reason.Completed &&
    status.configReferences && {
      configReferences: status.configReferences.map((reference) => ({
        ...reference,
        ...(reference.desiredConfig && { lastAppliedConfig: reference.desiredConfig }),
      })),
    }),
});

/** The status of an add-on, which these works name, with what is told of its progress. */
export const withProgress = (
  addon: ManagedClusterAddOn,
  works: readonly AddonWork[],
  now: Date,
): ManagedClusterAddOnStatus =>
  statusAfterProgress(addon.status, progressOf(addon, deployingWorks(addon, works)), now);
