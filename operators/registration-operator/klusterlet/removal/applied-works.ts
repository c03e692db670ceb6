import type { Klusterlet } from '../../../api/generated/operator.ts';
import { type AppliedManifestWork, appliedManifestWorks } from '../../../api/generated/work.ts';
import { finalizer } from '../../../api/names.ts';
import type { Client } from '../../../runtime/client/client.ts';
import { isNotFound } from '../../../runtime/client/errors.ts';
import { removeFinalizer } from '../../../runtime/controller/finalizers.ts';
import { fieldManager } from '../dependencies.ts';

/** The AppliedManifestWorks of a cluster; none where their CRD is not installed. */
export const listAppliedWorks = async (client: Client): Promise<AppliedManifestWork[]> => {
  try {
    return (await client.list(appliedManifestWorks)).items;
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
};

/**
 * Takes the agent's finalizer off its AppliedManifestWorks, since nobody would answer it any more. They and the
 * workload that they track stay (operator.md 5.11).
 */
export const releaseAppliedWorks = async (
  client: Client,
  klusterlet: Klusterlet,
  works: readonly AppliedManifestWork[],
): Promise<void> => {
  for (const work of works)
    if (work.spec?.agentID === klusterlet.metadata.uid)
      await removeFinalizer(client, appliedManifestWorks, work, finalizer.appliedManifestWork, {
        fieldManager,
      });
};
