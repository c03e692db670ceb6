import type { ClusterManager, Klusterlet } from '../../operators/api/index.ts';
import { knownVersions } from '../../operators/registration-operator/bundle/index.ts';
import type { CommandContext } from '../context.ts';
import { preflight } from '../preflight.ts';
import { applyUpgrade } from './apply.ts';
import type { UpgradeFlags } from './flags.ts';
import { factsOf, type Plan } from './plan.ts';
import { upgradeChecks } from './preflight.ts';
import { previewText, previewUpgrade } from './preview.ts';
import { previewUndo, recordToUndo, undoUpgrade } from './undo.ts';

/** The spec that the custom resource is to have, as far as it changes. */
export const wantedSpec = (plan: Plan, undo: boolean): object => ({
  ...plan.present.spec,
  ...(undo ? recordToUndo(plan).spec : plan.spec),
});

/** Upgrades one cluster, previews that or takes it back, as the flags say; `begin` is printed before anything changes. */
export const runUpgrade = async <T extends ClusterManager | Klusterlet>(
  context: CommandContext,
  plan: Plan<T>,
  { wait, force, preview, undo }: UpgradeFlags,
  begin: string,
): Promise<void> => {
  const { output, globals } = context;
  const spec = wantedSpec(plan, undo);
  if (!force) {
    const facts = await factsOf(plan, spec, undo);
    await preflight(upgradeChecks(knownVersions(), facts, false), output);
  }
  if (preview || (undo && globals.dryRun)) {
    output.print(previewText(undo ? await previewUndo(plan) : await previewUpgrade(plan)));
    return;
  }
  if (undo) {
    await undoUpgrade(context, plan);
    output.print('the upgrade is undone\n');
    return;
  }
  output.print(begin);
  await applyUpgrade(context, plan, wait);
  output.print('upgraded completed successfully\n');
};
