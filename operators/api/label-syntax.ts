/** What the API server takes as keys of labels and annotations, and as values of labels. */

const name = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** Whether a text can be the key of a label or an annotation: an optional DNS prefix before a `/`, and a name. */
export const isQualifiedName = (key: string): boolean => {
  const parts = key.split('/');
  const last = parts.at(-1) ?? '';
  const prefix = parts.length > 1 ? parts[0] : undefined;
  return (
    parts.length <= 2 &&
    last.length <= 63 &&
    name.test(last) &&
    (prefix === undefined || (prefix.length <= 253 && subdomain.test(prefix)))
  );
};

/** Whether a text can be the value of a label. */
export const isLabelValue = (value: string): boolean =>
  value === '' || (value.length <= 63 && name.test(value));

const reservedDomain = /(^|\.)open-cluster-management\.io$/;
const agentDomain = 'agent.open-cluster-management.io';

/**
 * Whether an agent may give its ManagedCluster this label. Those of the project itself are the hub's: cluster sets, which
 * ask for a right, features of add-ons, names.
 */
export const isAgentLabel = (key: string, value: string): boolean => {
  const domain = key.includes('/') ? (key.split('/')[0] ?? '') : '';
  const isReserved = reservedDomain.test(domain) && domain !== agentDomain;
  return !isReserved && isQualifiedName(key) && isLabelValue(value);
};
