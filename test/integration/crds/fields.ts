/** The fields of an object of any kind. */
export type Fields = Record<string, unknown>;

/** A condition as a controller would write it. */
export const condition = (type: string, status: string, reason = 'Because') => ({
  type,
  status,
  reason,
  message: '',
  lastTransitionTime: '2026-01-01T00:00:00Z',
});
