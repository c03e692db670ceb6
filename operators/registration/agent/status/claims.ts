import type { ClusterProperty } from '../../../api/generated/about.ts';
import type { ClusterClaim } from '../../../api/generated/cluster.ts';
import { label, reservedClaims } from '../../../api/names.ts';

export interface Claim {
  name: string;
  value: string;
}

export interface ClaimLimits {
  /** Most claims that are not reserved. */
  maxCustom: number;
  reservedSuffixes: readonly string[];
}

const byName = (left: Claim, right: Claim): number =>
  left.name < right.name ? -1 : left.name > right.name ? 1 : 0;

/**
 * The claims that a cluster reports: those with reserved names, then the others up to a limit, each sorted by name. A
 * ClusterProperty outdoes a ClusterClaim of its name; both can be kept from the hub by a label (registration.md 3.11).
 */
export const claimsOf = (
  properties: readonly ClusterProperty[],
  claims: readonly ClusterClaim[],
  { maxCustom, reservedSuffixes }: ClaimLimits,
): { reported: Claim[]; truncated: number } => {
  const values = new Map<string, string>();
  for (const { metadata, spec } of [...claims, ...properties])
    if (metadata.labels?.[label.spokeOnly] === undefined && spec?.value)
      values.set(metadata.name, spec.value);
  const all = [...values].map(([name, value]) => ({ name, value })).toSorted(byName);
  const isReserved = ({ name }: Claim): boolean =>
    (reservedClaims as readonly string[]).includes(name) ||
    reservedSuffixes.some((suffix) => name.endsWith(suffix));
  const custom = all.filter((claim) => !isReserved(claim));
  return {
    reported: [...all.filter(isReserved), ...custom.slice(0, maxCustom)],
    truncated: Math.max(0, custom.length - maxCustom),
  };
};
