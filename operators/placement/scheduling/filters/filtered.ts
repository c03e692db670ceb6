import type { ManagedCluster } from '../../../api/generated/cluster.ts';

/** How a step of the scheduler ended; after Error and Misconfigured there are no decisions to be made. */
export interface Status {
  code: 'Success' | 'Warning' | 'Error' | 'Misconfigured';
  /** The step that says so; empty with Success. */
  plugin: string;
  message: string;
}

/** What a filter lets pass, in the order that it was given; none after Error and Misconfigured. */
export interface Filtered {
  clusters: readonly ManagedCluster[];
  status: Status;
}

export const success: Status = { code: 'Success', plugin: '', message: '' };

/** Longer messages are cut: selectors and expressions that they quote may be of any length, a condition may not. */
const maxMessage = 4096;

/** A text of at most so many UTF-16 units. */
export const cut = (text: string, length: number): string =>
  (text.length > length ? `${text.slice(0, length - 1)}…` : text).toWellFormed();

/** The outcome of a filter that its Placement gives something to that makes no sense. */
export const misconfigured = (plugin: string, message: string): Filtered => ({
  clusters: [],
  status: { code: 'Misconfigured', plugin, message: cut(message, maxMessage) },
});
