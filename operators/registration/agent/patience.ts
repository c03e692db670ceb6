/**
 * The most that a failing reconcile is put off: an agent must be back soon after its hub is, however long the hub was
 * away, where a work queue would by then wait a quarter of an hour. Milliseconds.
 */
export const maxBackoffMs = 15_000;
