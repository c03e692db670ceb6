import { perSize, sizeOfResult } from '../evaluate/call.ts';
import { declare, global, member } from '../library/declare.ts';
import type { CostOf, FunctionDeclaration, Run } from '../types/declaration.ts';
import * as t from '../types/type.ts';
import { Failure, Opaque, type Value, failed, maxUint } from '../values/value.ts';

const semverType = t.struct('kubernetes.Semver');

/** A semantic version; builds do not count in comparisons. */
export class Semver extends Opaque {
  override readonly type = semverType;
  readonly numbers: readonly bigint[];
  readonly before: readonly string[];
  readonly source: string;

  constructor(numbers: readonly bigint[], before: readonly string[], source: string) {
    super();
    this.numbers = numbers;
    this.before = before;
    this.source = source;
  }

  override equals(other: Semver): boolean {
    return order(this, other) === 0;
  }
}

const number = '(0|[1-9][0-9]*)';
const identifiers = '[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*';
const pattern = new RegExp(
  `^${number}\\.${number}\\.${number}(?:-(${identifiers}))?(?:\\+(${identifiers}))?$`,
);

/** Reads a version that is written strictly: three numbers, no `v`. */
const parse = (text: string): Semver | undefined => {
  const match = pattern.exec(text);
  if (!match) return undefined;
  const numbers = match.slice(1, 4).map(BigInt);
  const before = match[4]?.split('.') ?? [];
  const isRead = numbers.every((each) => each <= maxUint) && !before.some((each) => /^0\d+$/.test(each));
  return isRead ? new Semver(numbers, before, text) : undefined;
};

const sign = (left: bigint | string | number, right: bigint | string | number): number => {
  if (left < right) return -1;
  return left > right ? 1 : 0;
};

/** -1, 0 or 1, as https://semver.org orders versions. */
const order = (left: Semver, right: Semver): number => {
  for (const [index, each] of left.numbers.entries()) {
    const found = sign(each, right.numbers[index]!);
    if (found !== 0) return found;
  }
  if (left.before.length === 0 || right.before.length === 0)
    return sign(right.before.length, left.before.length);
  for (const [index, each] of left.before.entries()) {
    const other = right.before[index];
    const found = other === undefined ? 1 : orderOfIdentifiers(each, other);
    if (found !== 0) return found;
  }
  return sign(left.before.length, right.before.length);
};

const orderOfIdentifiers = (left: string, right: string): number => {
  const [first, second] = [/^\d+$/.test(left), /^\d+$/.test(right)];
  if (first && second) return sign(BigInt(left), BigInt(right));
  return first === second ? sign(left, right) : sign(Number(second), Number(first));
};

const read = ([text]: readonly Value[]): Semver | Failure =>
  parse(text as string) ?? new Failure(`${JSON.stringify(text)} is no semantic version, such as 1.2.3`);

const perLength: CostOf = ([text]) => perSize(0.1, sizeOfResult(text!));
const nominal: CostOf = () => 1;
const cheap = { cost: nominal };

const compared =
  (found: (order: number) => Value): Run =>
  ([left, right]) =>
    found(order(left as Semver, right as Semver));

const numberAt =
  (index: number): Run =>
  ([version]) =>
    BigInt.asIntN(64, (version as Semver).numbers[index]!);

const v = semverType;

/** The semver library of Kubernetes. */
export const semvers: readonly FunctionDeclaration[] = [
  declare('semver', [global('string_to_semver', [t.string], v, read)], { cost: perLength }),
  declare('isSemver', [global('is_semver_string', [t.string], t.bool, (args) => !failed(read(args)))], {
    cost: perLength,
  }),
  declare(
    'isGreaterThan',
    [
      member(
        'semver_is_greater_than',
        [v, v],
        t.bool,
        compared((found) => found > 0),
      ),
    ],
    cheap,
  ),
  declare(
    'isLessThan',
    [
      member(
        'semver_is_less_than',
        [v, v],
        t.bool,
        compared((found) => found < 0),
      ),
    ],
    cheap,
  ),
  declare('compareTo', [member('semver_compare_to', [v, v], t.int, compared(BigInt))], cheap),
  declare('major', [member('semver_major', [v], t.int, numberAt(0))], cheap),
  declare('minor', [member('semver_minor', [v], t.int, numberAt(1))], cheap),
  declare('patch', [member('semver_patch', [v], t.int, numberAt(2))], cheap),
];
