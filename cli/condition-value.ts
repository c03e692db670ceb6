/** `true`, `false` or `unknown`, as the listings print a condition. */
export const conditionValue = (
  conditions: { type: string; status: string }[] | undefined,
  type: string,
): string => {
  const status = conditions?.find((condition) => condition.type === type)?.status;
  if (status === 'True') return 'true';
  return status === 'False' ? 'false' : 'unknown';
};
