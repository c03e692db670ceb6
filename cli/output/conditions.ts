/** `true`, `false` or `unknown`, as the listings print a condition. */
export const conditionValue = (
  conditions: { type: string; status: string }[] | undefined,
  type: string,
): string => {
  const status = conditions?.find((condition) => condition.type === type)?.status;
  if (status === 'True') return 'true';
  return status === 'False' ? 'false' : 'unknown';
};

export interface Condition {
  type: string;
  status: string;
  reason: string;
  message: string;
}

/**
 * The first condition that is not as it should be, in words; undefined when all are.
 * @param good the condition types to look at, the most telling first, with the status that each should have
 */
export const firstBad = (
  conditions: Condition[] | undefined,
  good: Record<string, 'True' | 'False'>,
): string | undefined => {
  for (const [type, wanted] of Object.entries(good)) {
    const bad = conditions?.find((condition) => condition.type === type && condition.status !== wanted);
    if (bad) return `${type} is ${bad.status}: ${bad.reason}: ${bad.message}`;
  }
  return undefined;
};
