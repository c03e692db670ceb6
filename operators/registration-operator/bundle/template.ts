import { isMap } from '../../runtime/client/json.ts';
import type { ParameterType, ParameterValue, Parameters } from './types.ts';

/** `${name}` in a scalar. Kubernetes' own `$(NAME)` is left alone. */
const placeholder = /\$\{([A-Za-z][A-Za-z0-9]*)\}/g;
const wholePlaceholder = /^\$\{([A-Za-z][A-Za-z0-9]*)\}$/;

/** The key under which a map parameter is merged into the map that it stands in: `<<: ${labels}`. */
const mergeKey = '<<';

/** A placeholder as it stands in a manifest. */
export interface Use {
  name: string;
  /** The scalar is the placeholder alone, so any type of value may take its place. */
  whole: boolean;
  /** The scalar is the value of a merge key, which only a map can fill. */
  merged: boolean;
}

/** Every placeholder of a document, in order. */
export const placeholdersOf = (value: unknown, merged = false): Use[] => {
  if (typeof value === 'string') {
    const whole = wholePlaceholder.test(value);
    return [...value.matchAll(placeholder)].map(([, name]) => ({ name: name as string, whole, merged }));
  }
  if (Array.isArray(value)) return value.flatMap((item) => placeholdersOf(item));
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, item]) => placeholdersOf(item, key === mergeKey));
};

/** Why a placeholder cannot be filled by a parameter of this type; undefined when it can. */
export const misuseOf = (use: Use, type: ParameterType | undefined): string | undefined => {
  if (type === undefined) return `placeholder \${${use.name}} names a parameter that is not declared`;
  const base = type.replace('?', '');
  if (use.merged) return base === 'map' ? undefined : `\${${use.name}} is merged but is no map`;
  if (!use.whole && (base === 'list' || base === 'map'))
    return `\${${use.name}} is a ${base} and must be the whole scalar`;
  return undefined;
};

const typeOf = (value: ParameterValue): string => {
  if (Array.isArray(value)) return 'list';
  if (isMap(value)) return 'map';
  return Number.isInteger(value) ? 'integer' : typeof value;
};

/** Why the given parameters do not fill the declared ones; empty when they do. */
export const problemsOf = (declared: Record<string, ParameterType>, given: Parameters): string[] =>
  Object.entries(declared).flatMap(([name, type]) => {
    const value = given[name];
    if (value === undefined || value === null)
      return type.endsWith('?') ? [] : [`parameter ${name} is missing`];
    const wanted = type.replace('?', '');
    const found = typeOf(value);
    const fits = wanted === found || (wanted === 'scalar' && (found === 'string' || found === 'integer'));
    return fits ? [] : [`parameter ${name} must be of type ${wanted}, and is of type ${found}`];
  });

/** Stands for a scalar that is left out together with its key or list position. */
const leftOut = Symbol('left out');

const expandScalar = (text: string, parameters: Parameters): unknown => {
  const whole = wholePlaceholder.exec(text)?.[1];
  if (whole) return parameters[whole] ?? leftOut;
  let complete = true;
  const expanded = text.replace(placeholder, (_, name: string) => {
    const value = parameters[name];
    if (value === undefined || value === null) complete = false;
    return typeof value === 'string' ? value : JSON.stringify(value);
  });
  return complete ? expanded : leftOut;
};

const expandList = (list: unknown[], parameters: Parameters): unknown[] =>
  list.flatMap((item) => {
    const expanded = expandAny(item, parameters);
    if (expanded === leftOut) return [];
    // A list takes the place of its placeholder item by item: Kubernetes has no lists of lists.
    return typeof item === 'string' && Array.isArray(expanded) ? expanded : [expanded];
  });

const expandMap = (map: Record<string, unknown>, parameters: Parameters): Record<string, unknown> => {
  const result: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(map)) {
    const expanded = expandAny(item, parameters);
    if (expanded === leftOut) continue;
    // Keys that stand in the manifest win over merged ones, wherever the merge key stands.
    if (key === mergeKey && isMap(expanded)) {
      for (const [merged, value] of Object.entries(expanded))
        if (!Object.hasOwn(map, merged)) result[merged] = value;
    } else result[key] = expanded;
  }
  return result;
};

const expandAny = (value: unknown, parameters: Parameters): unknown => {
  if (typeof value === 'string') return expandScalar(value, parameters);
  if (Array.isArray(value)) return expandList(value, parameters);
  return isMap(value) ? expandMap(value, parameters) : value;
};

/**
 * Fills the placeholders of a document. A scalar that is one placeholder takes the value with its type; in a list, a
 * list takes the place of its placeholder; a scalar of which any placeholder is null is left out. The result shares
 * nothing with the template and may share values with the parameters.
 */
export const expand = <T extends object>(template: T, parameters: Parameters): T =>
  expandAny(template, parameters) as T;
