import { type PlacementDecision, placementDecisions } from '../../api/generated/cluster.ts';
import type { Client } from '../../runtime/client/client.ts';
import { isNotFound } from '../../runtime/client/errors.ts';
import { Semaphore } from '../../runtime/client/request/semaphore.ts';
import { patchStatus } from '../../runtime/controller/status.ts';
import type { DecisionChanges, DecisionUpdate } from '../scheduling/decisions/changes.ts';
import type { DecisionLedger } from './ledger.ts';

/** The name under which the API server records what the controller writes. */
export const fieldManager = 'placement-controller';

/** New PlacementDecisions of one placement that are written side by side. */
const mostAtOnce = 5;

/** What was written, for events; each in the order of the changes. */
export interface WrittenChanges {
  created: PlacementDecision[];
  /** Those whose decisions were sent, be it that the API server refused them. */
  updated: PlacementDecision[];
  removed: PlacementDecision[];
  /** One for each PlacementDecision that could not be written. */
  errors: unknown[];
}

/** What came of the change of one PlacementDecision. */
type Written = Partial<Record<'created' | 'updated' | 'removed', PlacementDecision>> & { error?: unknown };

/**
 * Writes the PlacementDecisions of one placement: new ones side by side, then changes one after the other, so that clusters
 * which move up among them are there before they are gone elsewhere, then what is too much goes. One that fails holds up
 * none of the others (placement.md 9.4, P2). A write of what somebody else has changed in the meantime is refused by the API
 * server, and so is among the errors.
 */
export const writeDecisions = async (
  client: Client,
  ledger: DecisionLedger,
  { create, update, remove }: DecisionChanges,
  signal: AbortSignal,
): Promise<WrittenChanges> => {
  const options = { fieldManager, signal };

  const attempt = async (write: (written: Written) => Promise<void>): Promise<Written> => {
    const written: Written = {};
    try {
      await write(written);
    } catch (error) {
      signal.throwIfAborted();
      written.error = error;
    }
    return written;
  };

  const writeStatus = async (
    present: PlacementDecision,
    decisions: NonNullable<PlacementDecision['status']>['decisions'],
    written: Written,
  ): Promise<PlacementDecision> => {
    written.updated = present;
    const status = { ...present.status, decisions };
    return ledger.wrote(await patchStatus(client, placementDecisions, present, status, options));
  };

  const createOne = async ({ status, ...decision }: PlacementDecision, written: Written): Promise<void> => {
    const created = ledger.wrote(
      typed(await client.create<PlacementDecision>(placementDecisions, decision, options)),
    );
    written.created = created;
    // Without decisions it stays without a status, which says the same (placement.md 9.4).
    if (status?.decisions.length) await writeStatus(created, status.decisions, written);
  };

  const updateOne = async (
    { present, decisions, labels }: DecisionUpdate,
    written: Written,
  ): Promise<void> => {
    const current = decisions ? await writeStatus(typed(present), decisions, written) : present;
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

  const removeOne = async (decision: PlacementDecision, written: Written): Promise<void> => {
    const { name, namespace, uid } = decision.metadata;
    try {
      await client.delete(placementDecisions, { name, namespace }, { uid, signal });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    ledger.removed(decision);
    written.removed = typed(decision);
  };

  const slots = new Semaphore(mostAtOnce);
  const all = await Promise.all(
    create.map((decision) => slots.run(() => attempt((written) => createOne(decision, written)), signal)),
  );
  for (const change of update) all.push(await attempt((written) => updateOne(change, written)));
  for (const decision of remove) all.push(await attempt((written) => removeOne(decision, written)));
  const inOrder = (what: 'created' | 'updated' | 'removed') => all.flatMap((written) => written[what] ?? []);
  return {
    created: inOrder('created'),
    updated: inOrder('updated'),
    removed: inOrder('removed'),
    errors: all.flatMap((written) => ('error' in written ? [written.error] : [])),
  };
};

/** Objects of lists and watches do not always say what they are; events have to. */
const typed = (decision: PlacementDecision): PlacementDecision => ({
  ...decision,
  apiVersion: `${placementDecisions.group}/${placementDecisions.version}`,
  kind: placementDecisions.kind,
});
