import type { LabelSelector, MatchExpression } from '../api/generated/cluster.ts';

type Labels = Readonly<Record<string, string>>;

const matchesExpression = ({ key, operator, values = [] }: MatchExpression, labels: Labels): boolean => {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'In':
      if (values.length === 0) throw new Error(`values of "${key}" must be specified for operator In`);
      return value !== undefined && values.includes(value);
    case 'NotIn':
      if (values.length === 0) throw new Error(`values of "${key}" must be specified for operator NotIn`);
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      throw new Error(`"${operator}" is not a valid label selector operator`);
  }
};

/** Whether labels match a metav1.LabelSelector; an empty one matches all. Throws when the selector is invalid. */
export const matchesLabels = (
  { matchLabels = {}, matchExpressions = [] }: LabelSelector,
  labels: Labels,
): boolean => {
  const expressions = matchExpressions.map((expression) => matchesExpression(expression, labels));
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) && expressions.every(Boolean)
  );
};
