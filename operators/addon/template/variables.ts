import { isMap } from '../../runtime/client/json.ts';

/** Variables by which manifests of a template are filled in (addon.md 6.2 and 6.3). */

const opening = '{{';
const closing = '}}';
/** Stands for two opening braces that open nothing. */
const escapedOpening = '{{{{';

/**
 * A text with `{{NAME}}` replaced by values; a name that is not known, or is written with spaces, gives nothing, and `{{{{`
 * gives two braces (A5).
 * @throws when a name is not closed
 */
const fill = (text: string, values: ReadonlyMap<string, string>): string => {
  const parts: string[] = [];
  for (let at = 0; at < text.length;) {
    const start = text.indexOf(opening, at);
    if (start < 0) {
      parts.push(text.slice(at));
      break;
    }
    parts.push(text.slice(at, start));
    if (text.startsWith(escapedOpening, start)) {
      parts.push(opening);
      at = start + escapedOpening.length;
      continue;
    }
    const end = text.indexOf(closing, start);
    if (end < 0)
      throw new Error(
        `a variable is not closed: ${text.slice(start, start + 40)}; write ${escapedOpening} for ${opening}`,
      );
    parts.push(values.get(text.slice(start + opening.length, end)) ?? '');
    at = end + closing.length;
  }
  return parts.join('');
};

/**
 * A manifest with the variables in its keys and texts filled in. No value, whatever is in it, becomes anything but text.
 * @throws when a variable is not closed
 */
export const filledIn = (value: unknown, values: ReadonlyMap<string, string>): unknown => {
  if (typeof value === 'string') return fill(value, values);
  if (Array.isArray(value)) return value.map((each) => filledIn(each, values));
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [fill(key, values), filledIn(member, values)]),
  );
};
