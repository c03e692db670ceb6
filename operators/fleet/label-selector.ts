import type { LabelSelector, MatchExpression } from '../api/generated/cluster.ts';
import { isLabelValue, isQualifiedName } from '../api/label-syntax.ts';

export type Labels = Readonly<Record<string, string>>;

/** Whether something with these labels is selected. */
export type Selects = (labels: Labels) => boolean;

/** A selector that makes no sense; the message says what is wrong with it. */
export class SelectorError extends Error {
  override name = 'SelectorError';
}

const valueOf = (labels: Labels, key: string): string | undefined =>
  Object.hasOwn(labels, key) ? labels[key] : undefined;

const checkKey = (key: string): void => {
  if (!isQualifiedName(key)) throw new SelectorError(`key ${JSON.stringify(key)} is not a label key`);
};

const checkValues = (key: string, values: readonly string[]): void => {
  const wrong = values.find((value) => !isLabelValue(value));
  if (wrong !== undefined)
    throw new SelectorError(`value ${JSON.stringify(wrong)} of "${key}" is not the value of a label`);
};

const requirement = ({ key, operator, values = [] }: MatchExpression): Selects => {
  checkKey(key);
  switch (operator) {
    case 'In':
    case 'NotIn': {
      if (values.length === 0)
        throw new SelectorError(`values of "${key}" must be specified for operator ${operator}`);
      checkValues(key, values);
      const wanted = new Set(values);
      const isIn = (labels: Labels): boolean => {
        const value = valueOf(labels, key);
        return value !== undefined && wanted.has(value);
      };
      return operator === 'In' ? isIn : (labels) => !isIn(labels);
    }
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0)
        throw new SelectorError(`values of "${key}" must not be specified for operator ${operator}`);
      return operator === 'Exists'
        ? (labels) => Object.hasOwn(labels, key)
        : (labels) => !Object.hasOwn(labels, key);
    default:
      throw new SelectorError(`${JSON.stringify(operator)} is not a valid label selector operator`);
  }
};

/**
 * What a metav1.LabelSelector selects; an empty one selects all. Throws SelectorError when it is invalid, as the Go
 * project has it: an unknown operator, keys and values that labels cannot have, values where none belong or none
 * where some do.
 */
export const selectorOf = ({ matchLabels = {}, matchExpressions = [] }: LabelSelector): Selects => {
  const wanted = Object.entries(matchLabels);
  for (const [key, value] of wanted) {
    checkKey(key);
    checkValues(key, [value]);
  }
  const requirements = matchExpressions.map(requirement);
  return (labels) =>
    wanted.every(([key, value]) => valueOf(labels, key) === value) &&
    requirements.every((selects) => selects(labels));
};
