import { type PlacementDecision, placementDecisions } from '../../api/generated/cluster.ts';
import type { Client } from '../../runtime/client/client.ts';
import { isNotFound } from '../../runtime/client/errors.ts';
import { patchStatus } from '../../runtime/controller/status.ts';
import type { DecisionChanges, DecisionUpdate } from '../scheduling/decisions/changes.ts';
import type { DecisionLedger } from './ledger.ts';

/** The name under which the API server records what the controller writes. */
export const fieldManager = 'placement-controller';

/** What was written, for events. */
export interface WrittenChanges {
  created: PlacementDecision[];
  /** Those whose decisions were sent, be it that the API server refused them. */
  updated: PlacementDecision[];
  removed: PlacementDecision[];
  /** One for each PlacementDecision that could not be written. */
  errors: unknown[];
}

/**
 * Writes the PlacementDecisions of one placement, one after the other in the order of the changes. One that fails holds up
 * none of the others (placement.md 9.4, P2). A write of what somebody else has changed in the meantime is refused by the
 * API server, and so is among the errors.
 */
export const writeDecisions = async (
  client: Client,
  ledger: DecisionLedger,
  { create, update, remove }: DecisionChanges,
  signal: AbortSignal,
): Promise<WrittenChanges> => {
  const written: WrittenChanges = { created: [], updated: [], removed: [], errors: [] };
  const options = { fieldManager, signal };

  const attempt = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      signal.throwIfAborted();
      written.errors.push(error);
    }
  };

  const writeStatus = async (
    present: PlacementDecision,
    decisions: NonNullable<PlacementDecision['status']>['decisions'],
  ): Promise<PlacementDecision> => {
    written.updated.push(present);
    const status = { ...present.status, decisions };
    return ledger.wrote(await patchStatus(client, placementDecisions, present, status, options));
  };

  const createOne = async ({ status, ...decision }: PlacementDecision): Promise<void> => {
    const created = ledger.wrote(
      typed(await client.create<PlacementDecision>(placementDecisions, decision, options)),
    );
    written.created.push(created);
    // Without decisions it stays without a status, which says the same (placement.md 9.4).
    if (status?.decisions.length) await writeStatus(created, status.decisions);
  };

  const updateOne = async ({ present, decisions, labels }: DecisionUpdate): Promise<void> => {
    const current = decisions ? await writeStatus(typed(present), decisions) : present;
    if (!labels) return;
    const { name, namespace, uid, resourceVersion } = current.metadata;
    const body = { metadata: { uid, resourceVersion, labels } };
    ledger.wrote(
      await client.patch(
        placementDecisions,
        { name, namespace },
        { type: 'merge', body },
        { ...options, operation: 'patch_label_annotation' },
      ),
    );
  };

  const removeOne = async (decision: PlacementDecision): Promise<void> => {
    const { name, namespace, uid } = decision.metadata;
    try {
      await client.delete(placementDecisions, { name, namespace }, { uid, signal });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    ledger.removed(decision);
    written.removed.push(typed(decision));
  };

  for (const decision of create) await attempt(() => createOne(decision));
  for (const change of update) await attempt(() => updateOne(change));
  for (const decision of remove) await attempt(() => removeOne(decision));
  return written;
};

/** Objects of lists and watches do not always say what they are; events have to. */
const typed = (decision: PlacementDecision): PlacementDecision => ({
  ...decision,
  apiVersion: `${placementDecisions.group}/${placementDecisions.version}`,
  kind: placementDecisions.kind,
});
