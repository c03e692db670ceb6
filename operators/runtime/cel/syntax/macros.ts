import { type Call, type Expression, call, fold, identifier, list, literal, select } from './expression.ts';
import { SyntaxFault } from './fault.ts';

/** The variable that a macro's loop carries along; no identifier can be written like this. */
const result = '@result';

const variableOf = (macro: string, argument: Expression): string => {
  if (argument.kind === 'identifier') return argument.name;
  const what = macro.startsWith('opt') ? `${macro}() variable name` : 'argument';
  throw new SyntaxFault(
    argument.at,
    `${what} must be a simple ${what === 'argument' ? 'name' : 'identifier'}`,
  );
};

const accumulated = (at: number): Expression => identifier(at, result);

const appended = (at: number, item: Expression): Expression =>
  call(at, '_+_', [accumulated(at), list(at, [{ value: item, optional: false }])]);

const onlyIf = (at: number, condition: Expression | undefined, then: Expression): Expression =>
  condition ? call(at, '_?_:_', [condition, then, accumulated(at)]) : then;

/** The loop that a macro over a list or map stands for. */
const loop = (
  written: Call,
  variable: Expression,
  parts: { initial: Expression; condition?: Expression; step: Expression; result?: Expression },
): Expression =>
  fold(
    written.at,
    {
      range: written.target!,
      variable: variableOf(written.name, variable),
      accumulator: result,
      condition: literal(written.at, true),
      result: accumulated(written.at),
      ...parts,
    },
    written.depth,
  );

const notStrictlyFalse = (at: number, value: Expression): Expression =>
  call(at, '@not_strictly_false', [value]);

type Macro = (written: Call, args: readonly Expression[]) => Expression;

const quantifier =
  (initial: boolean): Macro =>
  (written, [variable, predicate]) => {
    const { at } = written;
    const open = initial ? accumulated(at) : call(at, '!_', [accumulated(at)]);
    return loop(written, variable!, {
      initial: literal(at, initial),
      condition: notStrictlyFalse(at, open),
      step: call(at, initial ? '_&&_' : '_||_', [accumulated(at), predicate!]),
    });
  };

const existsOne: Macro = (written, [variable, predicate]) => {
  const { at } = written;
  return loop(written, variable!, {
    initial: literal(at, 0n),
    step: onlyIf(at, predicate, call(at, '_+_', [accumulated(at), literal(at, 1n)])),
    result: call(at, '_==_', [accumulated(at), literal(at, 1n)]),
  });
};

const mapped: Macro = (written, [variable, ...rest]) => {
  const [item, condition] = rest.length === 2 ? [rest[1], rest[0]] : [rest[0], undefined];
  return loop(written, variable!, {
    initial: list(written.at, []),
    step: onlyIf(written.at, condition, appended(written.at, item!)),
  });
};

const filtered: Macro = (written, [variable, predicate]) =>
  loop(written, variable!, {
    initial: list(written.at, []),
    step: onlyIf(written.at, predicate, appended(written.at, variable!)),
  });

/** A loop that never turns binds a name to the value of an optional. */
const optional =
  (flat: boolean): Macro =>
  (written, [variable, item]) => {
    const { at } = written;
    const target = written.target!;
    const name = variableOf(written.name, variable!);
    const bound = fold(
      at,
      {
        range: list(at, []),
        variable: '#unused',
        accumulator: name,
        initial: call(at, 'value', [], target),
        condition: literal(at, false),
        step: identifier(at, name),
        result: item!,
      },
      written.depth,
    );
    return call(at, '_?_:_', [
      call(at, 'hasValue', [], target),
      flat ? bound : call(at, 'optional.of', [bound]),
      call(at, 'optional.none', []),
    ]);
  };

/** By name and number of arguments. */
const macros = new Map<string, Macro>([
  ['all/2', quantifier(true)],
  ['exists/2', quantifier(false)],
  ['exists_one/2', existsOne],
  ['map/2', mapped],
  ['map/3', mapped],
  ['filter/2', filtered],
  ['optMap/2', optional(false)],
  ['optFlatMap/2', optional(true)],
]);

/** What a call stands for: itself, unless it is a macro. Throws SyntaxFault on wrong arguments of one. */
export const expand = (written: Call): Expression => {
  if (written.target) {
    const macro = macros.get(`${written.name}/${written.args.length}`);
    return macro ? macro(written, written.args) : written;
  }
  if (written.name !== 'has' || written.args.length !== 1) return written;
  const [field] = written.args;
  if (field?.kind !== 'select' || field.testOnly)
    throw new SyntaxFault(field!.at, 'invalid argument to has() macro');
  return select(written.at, field.operand, field.field, true);
};
