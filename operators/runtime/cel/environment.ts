/** The declarations that expressions of OCM have: those of Kubernetes, and what a component adds. */
import { namedFormats } from './kubernetes/formats.ts';
import { cidrType, ipType, networks } from './kubernetes/network.ts';
import { quantities } from './kubernetes/quantity.ts';
import { semvers } from './kubernetes/semver.ts';
import { urls } from './kubernetes/urls.ts';
import { conversions } from './library/conversions.ts';
import { lists } from './library/lists.ts';
import { operators } from './library/operators.ts';
import { optionals } from './library/optionals.ts';
import { regex } from './library/regex.ts';
import { strings } from './library/strings.ts';
import { times } from './library/times.ts';
import { type Declarations, type FunctionDeclaration, joined } from './types/declaration.ts';
import * as t from './types/type.ts';

/** By the names that expressions write. */
const types = new Map<string, t.Type>([
  ['bool', t.bool],
  ['bytes', t.bytes],
  ['double', t.double],
  ['int', t.int],
  ['list', t.listOf(t.dyn)],
  ['map', t.mapOf(t.dyn, t.dyn)],
  ['null_type', t.nullType],
  ['string', t.string],
  ['type', t.typeOf(t.dyn)],
  ['uint', t.uint],
  ['google.protobuf.Duration', t.duration],
  ['google.protobuf.Timestamp', t.timestamp],
  ['optional_type', t.optionalOf(t.dyn)],
  ['net.IP', ipType],
  ['net.CIDR', cidrType],
]);

/** An environment with variables, and functions beside those of the language and of Kubernetes. */
export const environment = (
  variables: Readonly<Record<string, t.Type>>,
  functions: readonly FunctionDeclaration[] = [],
): Declarations => ({
  variables: new Map(Object.entries(variables)),
  types,
  functions: joined(
    ...[operators, conversions, times, optionals, strings, lists, regex],
    ...[urls, quantities, networks, namedFormats, semvers],
    functions,
  ),
});
