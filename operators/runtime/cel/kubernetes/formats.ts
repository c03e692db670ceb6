import { perSize, sizeOfResult } from '../evaluate/call.ts';
import { declare, global, member } from '../library/declare.ts';
import type { FunctionDeclaration, Run } from '../types/declaration.ts';
import * as t from '../types/type.ts';
import { parseTimestamp } from '../values/time.ts';
import { Opaque, Optional } from '../values/value.ts';
import { parseUrl } from './url.ts';

const formatType = t.struct('kubernetes.NamedFormat');

/** Says what is wrong with a text; nothing for one that is right. */
type Check = (text: string) => string[];

/** A format that Kubernetes has a name for. */
export class NamedFormat extends Opaque {
  override readonly type = formatType;
  readonly name: string;
  readonly check: Check;
  /** The length of the pattern that the cost counts. */
  readonly patternLength: number;

  constructor(name: string, check: Check, patternLength: number) {
    super();
    this.name = name;
    this.check = check;
    this.patternLength = patternLength;
  }

  override equals(other: NamedFormat): boolean {
    return this.name === other.name;
  }
}

const label = /^[a-z0-9](?:[-a-z0-9]{0,251}[a-z0-9])?$/;
const name = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$/;

const limited = (limit: number, is: (text: string) => boolean, message: string): Check => {
  return (text) => {
    const problems = Buffer.byteLength(text) > limit ? [`must be no more than ${limit} bytes`] : [];
    return is(text) ? problems : [...problems, message];
  };
};

const isLabel = (text: string): boolean =>
  text.length < 254 ? label.test(text) : /^[-a-z0-9]+$/.test(text) && !/^-|-$/.test(text);
const isSubdomain = (text: string): boolean => text.split('.').every(isLabel);
const isName = (text: string): boolean => name.test(text);

const dns1123Label = limited(
  63,
  isLabel,
  "an RFC 1123 label has lower case letters, digits and '-', and begins and ends with a letter or digit",
);
const dns1123Subdomain = limited(
  253,
  isSubdomain,
  "an RFC 1123 subdomain has labels with dots between them: lower case letters, digits and '-'",
);
const dns1035Label = limited(
  63,
  (text) => isLabel(text) && /^[a-z]/.test(text),
  "a DNS-1035 label has lower case letters, digits and '-', begins with a letter and ends with a letter or digit",
);
const labelValue = limited(
  63,
  (text) => text === '' || isName(text),
  "a label's value has letters, digits, '-', '_' and '.', and begins and ends with a letter or digit",
);

const namePart = limited(
  63,
  isName,
  "name part has letters, digits, '-', '_' and '.', and begins and ends with a letter or digit",
);

const qualifiedName: Check = (text) => {
  const parts = text.split('/');
  if (parts.length > 2) return ["a label's key is a name, with a DNS subdomain and '/' before it or without"];
  const prefix = parts.length === 2 ? parts[0]! : undefined;
  const rest = parts.at(-1)!;
  const problems = prefix === '' ? ['prefix part is empty'] : [];
  if (prefix) problems.push(...dns1123Subdomain(prefix).map((problem) => `prefix part: ${problem}`));
  if (rest === '') problems.push('name part is empty');
  return [...problems, ...namePart(rest)];
};

/** What is written before something is generated may end with a dash. */
const asPrefix =
  (check: Check): Check =>
  (text) =>
    check(text.length > 1 && text.endsWith('-') ? `${text.slice(0, -2)}a` : text);

const only =
  (is: (text: string) => boolean, message: string): Check =>
  (text) =>
    is(text) ? [] : [message];

const uuid = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/;
const time = /^[0-9]{2}:[0-9]{2}:[0-9]{2}(?:.[0-9]+)?(?:z|[+-][0-9]{2}:[0-9]{2})$/;

const isDate = (text: string): boolean =>
  /^\d{4}-\d\d-\d\d$/.test(text) && parseTimestamp(`${text}T00:00:00Z`) !== undefined;

const isDateTime = (text: string): boolean => {
  const [date = '', rest = ''] = text.toLowerCase().split('t');
  return isDate(date) && time.test(rest) && isTime(rest);
};

const isTime = (text: string): boolean =>
  Number(text.slice(0, 2)) < 24 && Number(text.slice(3, 5)) < 60 && Number(text.slice(6, 8)) < 60;

const formats: readonly [key: string, name: string, check: Check, patternLength: number][] = [
  ['dns1123Label', 'DNS1123Label', dns1123Label, 30],
  ['dns1123Subdomain', 'DNS1123Subdomain', dns1123Subdomain, 60],
  ['dns1035Label', 'DNS1035Label', dns1035Label, 30],
  ['qualifiedName', 'QualifiedName', qualifiedName, 60],
  ['dns1123LabelPrefix', 'DNS1123LabelPrefix', asPrefix(dns1123Label), 30],
  ['dns1123SubdomainPrefix', 'DNS1123SubdomainPrefix', asPrefix(dns1123Subdomain), 60],
  ['dns1035LabelPrefix', 'DNS1035LabelPrefix', asPrefix(dns1035Label), 30],
  ['labelValue', 'LabelValue', labelValue, 40],
  ['uri', 'URI', only((text) => parseUrl(text) !== undefined, 'invalid URI for request'), 1103],
  ['uuid', 'uuid', only((text) => uuid.test(text), 'does not match the UUID format'), 70],
  ['byte', 'byte', only((text) => base64.test(text), 'invalid base64'), 84],
  ['date', 'date', only(isDate, 'invalid date'), 71],
  ['datetime', 'datetime', only(isDateTime, 'invalid datetime'), 71],
];

const known = new Map(
  formats.map(([key, title, check, length]) => [key, new NamedFormat(title, check, length)]),
);

const validate: Run = ([format, text], budget) => {
  budget.work((text as string).length);
  const problems = (format as NamedFormat).check(text as string);
  return problems.length === 0 ? Optional.none : new Optional(problems);
};

/** The format library of Kubernetes. */
export const namedFormats: readonly FunctionDeclaration[] = [
  declare(
    'format.named',
    [
      global('format-named', [t.string], t.optionalOf(formatType), ([key]) => {
        const found = known.get(key as string);
        return found ? new Optional(found) : Optional.none;
      }),
    ],
    { cost: () => 1 },
  ),
  declare(
    'validate',
    [member('format-validate', [formatType, t.string], t.optionalOf(t.listOf(t.string)), validate)],
    {
      cost: ([format, text]) =>
        format instanceof NamedFormat
          ? perSize(0.1, 1, sizeOfResult(text!)) * perSize(0.25, format.patternLength)
          : 1,
    },
  ),
  ...[...known].map(([key, format]) =>
    declare(`format.${key}`, [global(`format.${key}`, [], formatType, () => format)]),
  ),
];
