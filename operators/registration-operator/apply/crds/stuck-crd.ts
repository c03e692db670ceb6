import { annotation } from '../../../api/names.ts';
import type { Client } from '../../../runtime/client/client.ts';
import { isConflict, isNotFound } from '../../../runtime/client/errors.ts';
import { type CustomResourceDefinition, customResourceDefinitions } from '../../../runtime/client/kubernetes.ts';

/** How often a CRD that does not go is looked at, and at most touched; milliseconds. */
export const stuckRetryMs = 1000;

/**
 * Whether the API server has stopped removing a CRD: it could not list the objects (`storage is (re)initializing` just
 * after they were first asked for), and its retry, which comes before its own cache has the failure, takes the conflict
 * that it meets for somebody else's success. It comes back when the CRD changes, or with its resync after minutes
 * (docs/decisions/013).
 */
export const isStuck = ({ metadata, status }: CustomResourceDefinition, now: number): boolean => {
  if (!metadata.deletionTimestamp) return false;
  const hasFailed = status?.conditions?.some(
    ({ type, reason }) => type === 'Terminating' && reason === 'InstanceDeletionFailed',
  );
  const touched = Date.parse(metadata.annotations?.[annotation.deletionRetriedAt] ?? '');
  return Boolean(hasFailed) && !(now - touched < stuckRetryMs);
};

/** Changes a CRD on which the API server has given up, so that it goes on; does nothing to any other. */
export const hasten = async (client: Client, crd: CustomResourceDefinition): Promise<void> => {
  const now = Date.now();
  if (!isStuck(crd, now)) return;
  const { name, uid, resourceVersion } = crd.metadata;
  const annotations = { [annotation.deletionRetriedAt]: new Date(now).toISOString() };
  try {
    await client.patch(
      customResourceDefinitions,
      { name },
      { type: 'merge', body: { metadata: { uid, resourceVersion, annotations } } },
    );
  } catch (error) {
    // It went, or goes on already.
    if (!isNotFound(error) && !isConflict(error)) throw error;
  }
};
