import fc from 'fast-check';

/** Kinds of expression that are put together; `any` is of no type that the checker knows. */
type Kind = 'bool' | 'int' | 'double' | 'string' | 'list' | 'any' | 'optional' | 'quantity';

const texts = [
  '',
  'a',
  'text',
  '1.2.3',
  '500m',
  'é😀',
  'a.b',
  '10.0.0.1',
  'a long text of more than ten characters',
];

const { tree } = fc.letrec<Record<Kind | 'tree', string>>((tie) => {
  const of = (template: string, ...kinds: Kind[]): fc.Arbitrary<string> =>
    fc
      .tuple(...kinds.map((kind) => tie(kind)))
      .map((parts) =>
        parts.reduce((text, part, index) => text.replaceAll(`$${index}`, () => part), template),
      );
  const leaf = (...values: string[]): fc.Arbitrary<string> => fc.constantFrom(...values);
  const some = (...choices: fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
    fc.oneof({ depthSize: 'small', withCrossShrink: true }, ...choices);
  const operator = fc.constantFrom('==', '!=', '<', '<=', '>', '>=');
  const compared = (kind: Kind): fc.Arbitrary<string> =>
    fc.tuple(tie(kind), operator, tie(kind)).map((parts) => `(${parts.join(' ')})`);
  const sign = fc.constantFrom('+', '-', '*', '/', '%');
  const computed = fc.tuple(tie('int'), sign, tie('int')).map((parts) => `(${parts.join(' ')})`);
  return {
    tree: fc.oneof(tie('bool'), tie('int'), tie('string'), tie('list'), tie('any'), tie('optional')),
    bool: some(
      leaf('true', 'false', 'object.t', 'has(object.a)', 'has(object.missing.x)'),
      ...[compared('int'), compared('string'), compared('double'), compared('any')],
      ...[of('($0 && $1)', 'bool', 'bool'), of('($0 || $1)', 'bool', 'bool'), of('!$0', 'bool')],
      ...[of('$0.all(x, x > $1)', 'list', 'int'), of('$0.exists(x, x == $1)', 'list', 'any')],
      ...[of('$0.exists_one(x, x < $1)', 'list', 'int'), of('$0 in $1', 'any', 'list')],
      ...[of('$0.contains($1)', 'string', 'string'), of('$0.startsWith($1)', 'string', 'string')],
      ...[of('$0.matches("a+.?")', 'string'), of('$0.hasValue()', 'optional')],
      ...[of('$0.isGreaterThan($1)', 'quantity', 'quantity'), of('isQuantity($0)', 'string')],
      ...[
        of('isSemver($0)', 'string'),
        of('isIP($0)', 'string'),
        of('($0 ? $1 : $2)', 'bool', 'bool', 'bool'),
      ],
    ),
    int: some(
      leaf('0', '1', '-3', '42', '9223372036854775807', 'object.i', 'object.m.x', 'object.status.replicas'),
      ...[computed, computed, of('size($0)', 'list'), of('$0.size()', 'string'), of('int($0)', 'double')],
      ...[of('($0 ? $1 : $2)', 'bool', 'int', 'int'), of('$0.indexOf($1)', 'string', 'string')],
      ...[of('$0.sum()', 'list'), of('$0.max()', 'list'), of('$0.compareTo($1)', 'quantity', 'quantity')],
      of('int($0)', 'string'),
    ),
    double: some(
      leaf('0.0', '1.5', '-2.25', '1e300', 'object.f'),
      ...[of('($0 + $1)', 'double', 'double'), of('($0 / $1)', 'double', 'double'), of('double($0)', 'int')],
      of('$0.asApproximateFloat()', 'quantity'),
    ),
    string: some(
      fc.constantFrom(...texts).map((text) => JSON.stringify(text)),
      leaf('object.s', 'object.a.b', 'object.metadata.labels["app"]'),
      ...[of('($0 + $1)', 'string', 'string'), of('string($0)', 'int'), of('string($0)', 'double')],
      ...[of('$0.substring($1)', 'string', 'int'), of('$0.replace($1, $2)', 'string', 'string', 'string')],
      ...[
        of('$0.charAt($1)', 'string', 'int'),
        of('$0.lowerAscii()', 'string'),
        of('$0.reverse()', 'string'),
      ],
      ...[of('$0.find("[a-z]+")', 'string'), of('$0.map(x, string(x)).join($1)', 'list', 'string')],
      ...[of('"%s-%s".format([$0, $1])', 'any', 'int'), of('($0 ? $1 : $2)', 'bool', 'string', 'string')],
    ),
    list: some(
      leaf('[]', '[1, 2, 3]', 'object.l', '[object.i, 7]'),
      ...[
        of('[$0, $1]', 'int', 'int'),
        of('($0 + $1)', 'list', 'list'),
        of('$0.map(x, x + $1)', 'list', 'int'),
      ],
      ...[of('$0.filter(x, x > $1)', 'list', 'int'), of('$0.map(x, $1, x)', 'list', 'bool')],
      ...[of('[?$0]', 'optional'), of('$0.split($1).map(x, size(x))', 'string', 'string')],
    ),
    any: some(
      leaf('object.a', 'object.n', 'object.missing', 'object.a.missing', 'object.items[0].name', 'object.s'),
      ...[
        of('dyn($0)', 'int'),
        of('dyn($0)', 'string'),
        of('object.l[$0]', 'int'),
        of('object[$0]', 'string'),
      ],
      ...[of('$0.orValue($1)', 'optional', 'any'), of('{"k": $0}.k', 'any'), of('[$0, $1][0]', 'any', 'any')],
      ...[
        of('($0 ? $1 : $2)', 'bool', 'any', 'any'),
        of('{$0: $1}', 'string', 'any'),
        of('dyn(type($0))', 'any'),
      ],
    ),
    optional: some(
      leaf('object.?a', 'object.?missing', 'object.?a.?b', 'object.?missing.x', 'optional.none()'),
      ...[of('optional.of($0)', 'any'), of('object.l[?$0]', 'int'), of('$0.or($1)', 'optional', 'optional')],
      ...[of('$0.optMap(v, [v, $1])', 'optional', 'any'), of('optional.ofNonZeroValue($0)', 'any')],
      of('$0.optFlatMap(v, object[?v])', 'optional'),
    ),
    quantity: some(
      leaf('quantity("1")', 'quantity("500m")', 'quantity("1Gi")', 'quantity(object.q)'),
      ...[of('$0.add($1)', 'quantity', 'quantity'), of('$0.sub($1)', 'quantity', 'int')],
      of('quantity($0)', 'string'),
    ),
  };
});

/** Expressions that are mostly well-formed and mostly have a value. */
export const generated = (count: number, seed: number): string[] => fc.sample(tree, { numRuns: count, seed });
