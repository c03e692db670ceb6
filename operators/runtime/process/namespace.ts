import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { serviceAccountFolder } from '../client/kubeconfig/load.ts';

/** Where the namespace is when nothing says so; no lease is ever put there (operator.md 1.2). */
export const fallbackNamespace = 'openshift-config-managed';

/** The namespace of the mounted service account; undefined outside a Pod. */
export const serviceAccountNamespace = (folder: string = serviceAccountFolder): string | undefined => {
  try {
    return readFileSync(join(folder, 'namespace'), 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
};
