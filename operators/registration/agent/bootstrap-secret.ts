import type { Change } from '../../runtime/cache/informer.ts';
import type { Secret } from '../../runtime/client/kubernetes.ts';
import { semanticEqual } from '../../runtime/controller/equality.ts';

/**
 * Whether the agent has to start anew because its bootstrap secret changed (registration.md 3.8): its data did, or it
 * is gone. Other secrets, and changes of its metadata, do not count.
 */
export const asksForRestart = (change: Change<Secret>, name: string): boolean => {
  if (change.object.metadata.name !== name) return false;
  if (change.type === 'deleted') return true;
  return change.type === 'updated' && !semanticEqual(change.object.data, change.previous.data);
};
