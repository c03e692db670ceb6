import {
  findByJsonPath,
  JsonPathError,
  parseJsonPath,
  type Step,
} from '../../operators/runtime/client/jsonpath/jsonpath.ts';
import { canonicalJson } from '../../operators/runtime/client/canonical-json.ts';

/**
 * Templates as kubectl takes them with `-o jsonpath=`: text, `{.path}`, `{"text\n"}`, and `{range .path}…{end}`. Values
 * of one path are divided by spaces; what is missing is empty.
 */
type Part = { text: string } | { path: Step[] } | { range: Step[]; parts: Part[] };

/** @throws JsonPathError */
export const renderTemplate = (template: string, root: object): string => render(parse(template), root);

const render = (parts: readonly Part[], value: unknown): string =>
  parts
    .map((part) => {
      if ('text' in part) return part.text;
      if ('path' in part) return findByJsonPath(part.path, value).map(asText).join(' ');
      return findByJsonPath(part.range, value)
        .map((each) => render(part.parts, each))
        .join('');
    })
    .join('');

/** Values as kubectl prints them: text as it is, objects and lists as JSON. */
export const asText = (value: unknown): string => {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? canonicalJson(value) : String(value as string | number | boolean);
};

const parse = (template: string): Part[] => {
  const open: { range: Step[]; parts: Part[] }[] = [];
  const root: Part[] = [];
  const add = (part: Part) => (open.at(-1)?.parts ?? root).push(part);
  let at = 0;
  while (at < template.length) {
    const start = template.indexOf('{', at);
    add({ text: template.slice(at, start < 0 ? undefined : start) });
    if (start < 0) break;
    const end = closing(template, start);
    const action = template.slice(start + 1, end).trim();
    at = end + 1;
    const range = /^range\s+(.*)$/s.exec(action);
    if (range) open.push({ range: parseJsonPath(range[1]!), parts: [] });
    else if (action === 'end') {
      const ended = open.pop();
      if (!ended) throw new JsonPathError('{end} without {range}');
      add(ended);
    } else add({ path: parseJsonPath(action) });
  }
  if (open.length > 0) throw new JsonPathError('{range} without {end}');
  return root;
};

/** Where a brace closes; those within quotes do not count. */
const closing = (template: string, start: number): number => {
  let quote = '';
  for (let index = start + 1; index < template.length; index += 1) {
    const char = template[index]!;
    if (quote && char === '\\') index += 1;
    else if (quote) quote = char === quote ? '' : quote;
    else if (char === '"' || char === "'") quote = char;
    else if (char === '}') return index;
  }
  throw new JsonPathError(`unclosed action at position ${start} of ${JSON.stringify(template)}`);
};
