import { expect, test } from '@jest/globals';
import { prioritizerOf } from './prioritizer.ts';

const builtIn = (name: string, weight: number) => ({
  scoreCoordinate: { type: 'BuiltIn', builtIn: name },
  weight,
});

test.each([
  ['BuiltIn:Balance:4', builtIn('Balance', 4)],
  ['BuiltIn:Steady:-3', builtIn('Steady', -3)],
  [
    'AddOn:cpu:usage:2',
    { scoreCoordinate: { type: 'AddOn', addOn: { resourceName: 'cpu', scoreName: 'usage' } }, weight: 2 },
  ],
])('cli.md 69: %s', (text, prioritizer) => {
  expect(prioritizerOf(text)).toEqual(prioritizer);
});

test.each([
  ['', 'prioritizer  format is not correct'],
  ['BuiltIn:Balance', 'prioritizer BuiltIn:Balance format is not correct'],
  ['BuiltIn:Balance:4:5', 'should be Builtin:{Type}:{Weight}'],
  ['AddOn:cpu:usage:2:2', 'should be Addon:{Type}:{ScoreName}:{Weight}'],
  ['AddOn:cpu:usage', 'should be Addon:{Type}:{ScoreName}:{Weight}'],
  ['BuiltIn:Balance:x', 'weight in prioritizer BuiltIn:Balance:x is not correct: '],
  ['BuiltIn:Balance:2147483648', 'weight in prioritizer BuiltIn:Balance:2147483648 is not correct: '],
  ['Other:Balance:4', 'unknown prioritizer type Other for Other:Balance:4'],
])('cli.md 69: %j is refused', (text, message) => {
  expect(() => prioritizerOf(text)).toThrow(message);
});
