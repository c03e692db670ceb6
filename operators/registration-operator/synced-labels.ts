import { reservedLabelPrefix } from '../api/names.ts';
import type { KubeObject } from '../runtime/client/object.ts';

/** Labels of a CR that pass to what is installed for it (operator.md 2.6): none unless the operator was told to. */
export const syncedLabels = ({ metadata }: KubeObject, syncLabels: boolean): Record<string, string> =>
  Object.fromEntries(
    Object.entries(syncLabels ? (metadata.labels ?? {}) : {}).filter(
      ([key]) => key !== 'app' && !key.startsWith(reservedLabelPrefix),
    ),
  );
