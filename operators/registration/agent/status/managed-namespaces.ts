import { createHash } from 'node:crypto';
import { managedNamespaceCondition } from '../../../api/conditions.ts';
import type { ManagedNamespace } from '../../../api/generated/cluster.ts';
import { managedNamespaceLabel } from '../../../api/names.ts';
import type { Informer } from '../../../runtime/cache/informer.ts';
import type { Client } from '../../../runtime/client/client.ts';
import { type Namespace, namespaces } from '../../../runtime/client/kubernetes.ts';
import { type NextCondition, setCondition } from '../../../runtime/controller/conditions.ts';
import type { Logger } from '../../../runtime/process/logger.ts';

const fieldManager = 'registration-agent';

/** The label that marks the namespaces which cluster sets of this hub manage (registration.md 3.11). */
export const namespaceLabelOf = (hubServer: string): string =>
  managedNamespaceLabel(createHash('sha256').update(hubServer).digest('hex'));

const { type, reason } = managedNamespaceCondition.available;

const applied: NextCondition = {
  type,
  status: 'True',
  reason: reason.NamespaceApplied,
  message: 'Namespace successfully applied and managed',
};

const failed = (error: Error): NextCondition => ({
  type,
  status: 'False',
  reason: reason.NamespaceApplyFailed,
  message: `Failed to apply namespace: ${error.message}`,
});

export interface NamespaceOptions {
  spoke: Client;
  /** Namespaces of the cluster that carry the label, whatever its value. */
  labelled: Informer<Namespace>;
  labelKey: string;
}

/**
 * Creates and labels the namespaces that cluster sets want on this cluster, and marks those no longer wanted with
 * `false`; none is ever deleted. One that fails does not hold up the others.
 * @param wanted empty when the cluster leaves
 * @returns the entries with their conditions, and the errors met
 */
export const reconcileNamespaces = async (
  { spoke, labelled, labelKey }: NamespaceOptions,
  wanted: readonly ManagedNamespace[],
  log: Logger,
  signal: AbortSignal,
): Promise<{ entries: ManagedNamespace[]; errors: Error[] }> => {
  const errors: Error[] = [];
  const mark = async (name: string, value: 'true' | 'false'): Promise<Error | undefined> => {
    if (labelled.get(name)?.metadata.labels?.[labelKey] === value) return undefined;
    try {
      await spoke.apply(
        namespaces,
        { metadata: { name, labels: { [labelKey]: value } } },
        { fieldManager, signal },
      );
      log.info(value === 'true' ? 'NamespaceApplied' : 'NamespaceUnmanaged', { namespace: name });
      return undefined;
    } catch (error) {
      errors.push(error as Error);
      return error as Error;
    }
  };

  const entries: ManagedNamespace[] = [];
  for (const entry of wanted) {
    const error = await mark(entry.name, 'true');
    entries.push({ ...entry, conditions: setCondition(entry.conditions, error ? failed(error) : applied) });
  }
  const names = new Set(wanted.map(({ name }) => name));
  for (const { metadata } of labelled.list())
    if (metadata.labels?.[labelKey] === 'true' && !names.has(metadata.name))
      await mark(metadata.name, 'false');
  return { entries, errors };
};
