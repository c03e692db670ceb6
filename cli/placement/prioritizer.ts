import type { Placement } from '../../operators/api/index.ts';

type Policy = NonNullable<NonNullable<Placement['spec']>['prioritizerPolicy']>;
export type Prioritizer = NonNullable<Policy['configurations']>[number];

const longest = 2 ** 31;

/**
 * `BuiltIn:<name>:<weight>` or `AddOn:<resource>:<score>:<weight>` (cli.md 11.2).
 * @throws Error that says what of it is wrong
 */
export const prioritizerOf = (text: string): Prioritizer => {
  const parts = text.split(':');
  if (parts.length < 3) throw new Error(`prioritizer ${text} format is not correct`);
  const [type = '', ...fields] = parts;
  switch (type) {
    case 'BuiltIn': {
      if (parts.length !== 3) throw new Error(`prioritizer ${text} should be Builtin:{Type}:{Weight}`);
      const [builtIn, weight = ''] = fields;
      return { scoreCoordinate: { type, builtIn }, weight: weightOf(text, weight) };
    }
    case 'AddOn': {
      if (parts.length !== 4)
        throw new Error(`prioritizer ${text} should be Addon:{Type}:{ScoreName}:{Weight}`);
      const [resourceName = '', scoreName = '', weight = ''] = fields;
      return {
        scoreCoordinate: { type, addOn: { resourceName, scoreName } },
        weight: weightOf(text, weight),
      };
    }
    default:
      throw new Error(`unknown prioritizer type ${type} for ${text}`);
  }
};

const weightOf = (prioritizer: string, text: string): number => {
  const weight = Number(text);
  if (/^[+-]?\d+$/.test(text) && weight >= -longest && weight < longest) return weight;
  throw new Error(`weight in prioritizer ${prioritizer} is not correct: ${text} is not a 32-bit integer`);
};
