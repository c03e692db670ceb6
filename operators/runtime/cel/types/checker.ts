import type { Issue } from '../errors.ts';
import type { Call, Expression, Fold, ListExpression, MapExpression, Select } from '../syntax/expression.ts';
import { TypeValue, Uint, type Value } from '../values/value.ts';
import type { Declarations, FunctionDeclaration, Overload } from './declaration.ts';
import { type Scope, lookUp } from './scope.ts';
import * as t from './type.ts';
import { type Bindings, assign, isLessSpecific, substitute } from './unify.ts';

/** What a name or a call turned out to mean. */
export type Reference =
  | { kind: 'variable'; name: string }
  | { kind: 'constant'; value: Value }
  | {
      kind: 'function';
      declaration: FunctionDeclaration;
      /** The one overload that is meant, where the types tell. */
      overload: Overload | undefined;
      /** The receiver; a function whose name has dots has none. */
      target: Expression | undefined;
    };

export interface Checked {
  readonly issues: readonly Issue[];
  readonly references: ReadonlyMap<Expression, Reference>;
  readonly typeOf: (expression: Expression) => t.Type;
}

/** Finds the types of an expression and of all that is in it, and what its names mean. */
export const check = (expression: Expression, declarations: Declarations): Checked => {
  const checker = new Checker(declarations);
  checker.check(expression, undefined);
  return checker;
};

class Checker implements Checked {
  readonly issues: Issue[] = [];
  readonly references = new Map<Expression, Reference>();
  readonly #types = new Map<Expression, t.Type>();
  readonly #declarations: Declarations;
  #bindings: Bindings = new Map();
  #parameters = 0;

  constructor(declarations: Declarations) {
    this.#declarations = declarations;
  }

  readonly typeOf = (expression: Expression): t.Type =>
    substitute(this.#bindings, this.#types.get(expression) ?? t.dyn, t.dyn);

  /** An expression that a macro uses twice is checked once: both places see the same variables. */
  check(expression: Expression, scope: Scope | undefined): t.Type {
    let found = this.#types.get(expression);
    if (!found) {
      found = this.#find(expression, scope);
      this.#types.set(expression, found);
    }
    return found;
  }

  #find(expression: Expression, scope: Scope | undefined): t.Type {
    switch (expression.kind) {
      case 'literal':
        return literalType(expression.value);
      case 'identifier':
        return (
          this.#named(expression, expression.name, scope) ?? this.#undeclared(expression.at, expression.name)
        );
      case 'select':
        return this.#select(expression, scope);
      case 'call':
        return this.#call(expression, scope);
      case 'list':
        return this.#list(expression, scope);
      case 'map':
        return this.#map(expression, scope);
      case 'struct':
        return this.#undeclared(expression.at, expression.name);
      case 'fold':
        return this.#fold(expression, scope);
    }
  }

  #fail(at: number, message: string): t.Type {
    this.issues.push({ at, message });
    return t.errorType;
  }

  #undeclared(at: number, name: string): t.Type {
    return this.#fail(at, `undeclared reference to '${name}' (in container '')`);
  }

  #mismatch(at: number, expected: t.Type, found: t.Type): t.Type {
    const resolved = substitute(this.#bindings, found);
    return this.#fail(at, `expected type '${t.formatType(expected)}' but found '${t.formatType(resolved)}'`);
  }

  /** A variable or a type, by its whole name. */
  #named(expression: Expression, name: string, scope: Scope | undefined): t.Type | undefined {
    const variable = lookUp(scope, name) ?? this.#declarations.variables.get(name);
    if (variable) {
      this.references.set(expression, { kind: 'variable', name });
      return variable;
    }
    const type = this.#declarations.types.get(name);
    if (!type) return undefined;
    this.references.set(expression, { kind: 'constant', value: new TypeValue(name) });
    return t.typeOf(type);
  }

  #select(expression: Select, scope: Scope | undefined): t.Type {
    const name = expression.testOnly ? undefined : qualifiedName(expression);
    const named = name === undefined ? undefined : this.#named(expression, name, scope);
    if (named) return named;
    const found = this.#field(expression.at, expression.operand, scope, false);
    return expression.testOnly ? t.bool : substitute(this.#bindings, found);
  }

  #field(at: number, operand: Expression, scope: Scope | undefined, optional: boolean): t.Type {
    const whole = substitute(this.#bindings, this.check(operand, scope));
    const type = t.unwrapOptional(whole);
    const found = this.#fieldOf(at, type);
    return optional || t.isOptional(whole) ? t.optionalOf(found) : found;
  }

  #fieldOf(at: number, type: t.Type): t.Type {
    switch (type.kind) {
      case 'map':
        return type.parameters[1]!;
      case 'param':
        this.#isAssignable([t.dyn], [type]);
        return t.dyn;
      case 'struct':
        return this.#fail(at, `unexpected failed resolution of '${type.name}'`);
      default:
        if (!t.isDynOrError(type))
          this.#fail(at, `type '${t.formatType(type)}' does not support field selection`);
        return t.dyn;
    }
  }

  #call(expression: Call, scope: Scope | undefined): t.Type {
    if (expression.name === '_?._') {
      this.references.set(expression, {
        kind: 'function',
        declaration: { name: '_?._', overloads: [] },
        overload: undefined,
        target: undefined,
      });
      return substitute(this.#bindings, this.#field(expression.at, expression.args[0]!, scope, true));
    }
    for (const argument of expression.args) this.check(argument, scope);
    const prefix = expression.target && qualifiedName(expression.target);
    const qualified =
      prefix === undefined ? undefined : this.#declarations.functions.get(`${prefix}.${expression.name}`);
    if (qualified) return this.#resolve(expression, qualified, undefined);
    if (expression.target) this.check(expression.target, scope);
    const declaration = this.#declarations.functions.get(expression.name);
    return declaration
      ? this.#resolve(expression, declaration, expression.target)
      : this.#undeclared(expression.at, expression.name);
  }

  /** Finds the overloads that may be meant; the first that fits binds type parameters for those after it. */
  #resolve(expression: Call, declaration: FunctionDeclaration, target: Expression | undefined): t.Type {
    const operands = target ? [target, ...expression.args] : expression.args;
    const types = operands.map((each) => this.#types.get(each)!);
    if (declaration.name === '_&&_' || declaration.name === '_||_')
      return this.#logical(expression, declaration, types);
    const fitting: Overload[] = [];
    let result: t.Type | undefined;
    for (const overload of declaration.overloads) {
      if (overload.isMember !== (target !== undefined)) continue;
      const [found, ...parameters] = this.#instantiate(overload);
      if (!this.#isAssignable(types, parameters)) continue;
      fitting.push(overload);
      const one = substitute(this.#bindings, found!);
      if (!result) result = one;
      else if (result.kind !== 'dyn' && !t.sameType(one, result)) result = t.dyn;
    }
    if (!result) return this.#noOverload(expression, declaration.name, types, target !== undefined);
    const wrong = declaration.inspect?.(expression, this.typeOf);
    if (wrong) this.issues.push(wrong);
    const overload = fitting.length === 1 ? fitting[0] : undefined;
    this.references.set(expression, { kind: 'function', declaration, overload, target });
    return result;
  }

  #logical(expression: Call, declaration: FunctionDeclaration, types: readonly t.Type[]): t.Type {
    let result = t.bool;
    for (const [index, type] of types.entries())
      if (!this.#isAssignable([type], [t.bool]))
        result = this.#mismatch(expression.args[index]!.at, t.bool, type);
    this.references.set(expression, {
      kind: 'function',
      declaration,
      overload: undefined,
      target: undefined,
    });
    return result;
  }

  #noOverload(expression: Call, name: string, types: readonly t.Type[], isMember: boolean): t.Type {
    const texts = types.map((type) => t.formatType(substitute(this.#bindings, type, t.dyn)));
    const [receiver, ...rest] = texts;
    const signature = isMember ? `${receiver}.(${rest.join(', ')})` : `(${texts.join(', ')})`;
    return this.#fail(expression.at, `found no matching overload for '${name}' applied to '${signature}'`);
  }

  /** The result and parameters of an overload, with type parameters of its own. */
  #instantiate({ result, parameters }: Overload): t.Type[] {
    const fresh = new Map<string, t.Type>();
    const renamed = (type: t.Type): t.Type => {
      if (type.kind !== 'param')
        return type.parameters.length === 0 ? type : { ...type, parameters: type.parameters.map(renamed) };
      const known = fresh.get(type.name) ?? this.#parameter();
      fresh.set(type.name, known);
      return known;
    };
    return [result, ...parameters].map(renamed);
  }

  #parameter(): t.Type {
    return t.parameter(`_var${this.#parameters++}`);
  }

  #isAssignable(from: readonly t.Type[], to: readonly t.Type[]): boolean {
    const bindings = assign(this.#bindings, from, to);
    if (bindings) this.#bindings = bindings;
    return bindings !== undefined;
  }

  #joined(previous: t.Type | undefined, next: t.Type): t.Type {
    if (!previous) return next;
    if (!this.#isAssignable([previous], [next])) return t.dyn;
    return isLessSpecific(previous, next) ? previous : next;
  }

  #element(value: Expression, optional: boolean, scope: Scope | undefined): t.Type {
    const type = this.check(value, scope);
    if (!optional) return type;
    const resolved = substitute(this.#bindings, type);
    if (!t.isOptional(resolved) && resolved.kind !== 'dyn')
      this.#mismatch(value.at, t.optionalOf(resolved), resolved);
    return t.unwrapOptional(resolved);
  }

  #list({ elements }: ListExpression, scope: Scope | undefined): t.Type {
    let joined: t.Type | undefined;
    for (const { value, optional } of elements)
      joined = this.#joined(joined, this.#element(value, optional, scope));
    return t.listOf(joined ?? this.#parameter());
  }

  #map({ entries }: MapExpression, scope: Scope | undefined): t.Type {
    let keys: t.Type | undefined;
    let values: t.Type | undefined;
    for (const { key, value, optional } of entries) {
      keys = this.#joined(keys, this.check(key, scope));
      values = this.#joined(values, this.#element(value, optional, scope));
    }
    return t.mapOf(keys ?? this.#parameter(), values ?? this.#parameter());
  }

  #fold(expression: Fold, scope: Scope | undefined): t.Type {
    const range = substitute(this.#bindings, this.check(expression.range, scope));
    const initial = this.check(expression.initial, scope);
    const outer: Scope = { names: new Map([[expression.accumulator, initial]]), outer: scope };
    const item = this.#itemOf(expression.range.at, range);
    const inner: Scope = { names: new Map([[expression.variable, item]]), outer };
    this.#expect(expression.condition, inner, t.bool);
    this.#expect(expression.step, inner, initial);
    return substitute(this.#bindings, this.check(expression.result, outer));
  }

  #expect(expression: Expression, scope: Scope, expected: t.Type): void {
    const found = this.check(expression, scope);
    if (!this.#isAssignable([expected], [found])) this.#mismatch(expression.at, expected, found);
  }

  #itemOf(at: number, range: t.Type): t.Type {
    if (range.kind === 'list' || range.kind === 'map') return range.parameters[0]!;
    if (range.kind === 'param') this.#isAssignable([t.dyn], [range]);
    if (range.kind === 'param' || t.isDynOrError(range)) return t.dyn;
    const text = t.formatType(range);
    return this.#fail(
      at,
      `expression of type '${text}' cannot be range of a comprehension (must be list, map, or dynamic)`,
    );
  }
}

const literalType = (value: Value): t.Type => {
  if (value === null) return t.nullType;
  switch (typeof value) {
    case 'boolean':
      return t.bool;
    case 'bigint':
      return t.int;
    case 'number':
      return t.double;
    case 'string':
      return t.string;
    default:
      return value instanceof Uint ? t.uint : t.bytes;
  }
};

/** `a.b.c`, of names alone. */
const qualifiedName = (expression: Expression): string | undefined => {
  if (expression.kind === 'identifier') return expression.name;
  if (expression.kind !== 'select' || expression.testOnly) return undefined;
  const operand = qualifiedName(expression.operand);
  return operand === undefined ? undefined : `${operand}.${expression.field}`;
};
