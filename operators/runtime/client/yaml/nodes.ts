import {
  COLLECTION_STYLE_FLOW,
  EVENT_ALIAS,
  EVENT_DOCUMENT,
  EVENT_MAPPING,
  EVENT_POP,
  EVENT_SCALAR,
  type DocumentDirective,
  type Event,
  getScalarValue,
  parseEvents,
  type ScalarEvent,
  SCALAR_STYLE_PLAIN,
  YAMLException,
} from 'js-yaml';

/** A document is no YAML, or none that kubectl takes; the message begins with the line. */
export class YamlError extends Error {
  override readonly name = 'YamlError';
}

/** What a document is made of, its scalars as they are written. `line` counts from 1. */
export type Node =
  | { kind: 'scalar'; line: number; text: string; tag: string | undefined; plain: boolean }
  | { kind: 'sequence'; line: number; items: Node[] }
  | { kind: 'mapping'; line: number; entries: [Node, Node][] }
  | { kind: 'alias'; line: number; name: string; target: Node };

/** Kubernetes' objects nest a few dozen levels at most. */
const maxDepth = 1000;

/** Tells the line of an offset; `firstLine` is that of the text's beginning. */
const linesOf = (source: string, firstLine: number): ((offset: number) => number) => {
  const ends: number[] = [];
  for (let end = source.indexOf('\n'); end >= 0; end = source.indexOf('\n', end + 1)) ends.push(end);
  return (offset) => {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ends[middle]! < offset) low = middle + 1;
      else high = middle;
    }
    return firstLine + low;
  };
};

/** Where the parser wants more indentation inside of brackets or quotes, which means nothing there. */
const deficiency = (error: YAMLException): number | undefined =>
  error.reason === 'deficient indentation' ? error.mark?.position : undefined;

/** More than any line needs. */
const padding = ' '.repeat(200);
/** Lines that are indented before a text is given up: each costs a pass. */
const mostPasses = 1000;

/** The text with the white space before a position made what the parser wants: more at the beginning of a line, no tabs. */
const indented = (source: string, position: number): string => {
  const before = source.slice(0, position);
  const space = /[ \t]*$/.exec(before)![0];
  const rest = before.slice(0, before.length - space.length);
  const isLine = rest === '' || rest.endsWith('\n');
  return rest + (isLine ? padding : '') + space.replaceAll('\t', ' ') + source.slice(position);
};

/** The events of a text, and the text that their offsets are of, which has as many lines. */
const eventsOf = (text: string, firstLine: number): { source: string; events: Event[] } => {
  let source = text;
  for (let pass = 0; ; pass++)
    try {
      return { source, events: parseEvents(source, { maxDepth }) };
    } catch (error) {
      if (!(error instanceof YAMLException)) throw error;
      const position = deficiency(error);
      const next = position === undefined ? source : indented(source, position);
      if (next === source || pass === mostPasses) {
        const line = error.mark?.line;
        const place = line === undefined ? '' : `line ${firstLine + line}: `;
        throw new YamlError(`${place}${error.reason}`, { cause: error });
      }
      source = next;
    }
};

const standardPrefix = 'tag:yaml.org,2002:';

/** A tag in full. */
const wholeTag = (written: string, directives: readonly DocumentDirective[]): string => {
  if (written.startsWith('!<')) return written.slice(2, -1);
  const [, handle = '!', suffix = ''] = /^(![^!]*!|!)(.*)$/s.exec(written) ?? [];
  const declared = directives.find((each) => each.kind === 'tag' && each.handle === handle);
  const prefix = declared?.kind === 'tag' ? declared.prefix : handle === '!!' ? standardPrefix : handle;
  return prefix + decodeURIComponent(suffix);
};

/** What kubectl would take for something else than this parser does; undefined for nearly every scalar. */
const ambiguity = (
  source: string,
  { valueStart, valueEnd, style }: ScalarEvent,
  flow: boolean,
): string | undefined => {
  const written = source.slice(Math.max(valueStart, 0), valueEnd);
  if (/[\u0085\u2028\u2029]/.test(written)) return 'a separator of lines stands in it; write it as an escape';
  if (!flow || style !== SCALAR_STYLE_PLAIN) return undefined;
  return /^[?:]/.test(written) || /^\s*:[,\]}]/.test(source.slice(valueEnd, valueEnd + 100))
    ? `put quotes around ${written}, or a space behind the colon`
    : undefined;
};

/** Where a name stands behind `&` or `*`. */
interface Anchored {
  anchorStart: number;
  anchorEnd: number;
}

/**
 * The nodes of the first document of a text; undefined when it has none.
 * @param firstLine the line, for errors, at which the text begins
 * @throws YamlError
 */
export const firstDocumentNode = (text: string, firstLine = 1): Node | undefined => {
  const { source, events } = eventsOf(text, firstLine);
  const lineOf = linesOf(source, firstLine);
  let at = 0;
  const [document] = events;
  if (document?.type !== EVENT_DOCUMENT) return undefined;
  at++;
  const { directives } = document;
  if (directives.some((each) => each.kind === 'yaml' && each.version !== '1.1'))
    throw new YamlError(
      `line ${firstLine}: found incompatible YAML document: its directive must be %YAML 1.1`,
    );
  const anchors = new Map<string, Node>();

  // Go's parser ends a name before any other letter, and reads what follows as the value
  const anchorName = ({ anchorStart, anchorEnd }: Anchored): string => {
    const name = source.slice(anchorStart, anchorEnd);
    if (!/^[\w-]+$/.test(name))
      throw new YamlError(
        `line ${lineOf(anchorStart)}: the name of an anchor has letters, digits, - and _ only, unlike '${name}'`,
      );
    return name;
  };

  const anchored = (event: Anchored, node: Node): Node => {
    if (event.anchorStart >= 0) anchors.set(anchorName(event), node);
    return node;
  };

  const children = (flow: boolean): Node[] => {
    const found: Node[] = [];
    while (events[at] && events[at]!.type !== EVENT_POP) found.push(node(flow));
    at++;
    return found;
  };

  const node = (flow: boolean): Node => {
    const event = events[at++]!;
    if (event.type === EVENT_ALIAS) {
      const name = anchorName(event);
      const target = anchors.get(name);
      const line = lineOf(event.anchorStart);
      if (!target) throw new YamlError(`line ${line}: unknown anchor '${name}' referenced`);
      return { kind: 'alias', line, name, target };
    }
    if (event.type === EVENT_SCALAR) {
      const problem = ambiguity(source, event, flow);
      if (problem) throw new YamlError(`line ${lineOf(event.valueStart)}: ${problem}`);
      const written = event.tagStart < 0 ? undefined : source.slice(event.tagStart, event.tagEnd);
      return anchored(event, {
        kind: 'scalar',
        line: lineOf(Math.max(event.valueStart, event.tagStart, 0)),
        text: getScalarValue(source, event),
        tag: written && wholeTag(written, directives),
        plain: event.style === SCALAR_STYLE_PLAIN,
      });
    }
    if (event.type === EVENT_DOCUMENT || event.type === EVENT_POP) throw new YamlError('a value is missing');
    const line = lineOf(event.start);
    if (event.type === EVENT_MAPPING) {
      const mapping: Node = { kind: 'mapping', line, entries: [] };
      anchored(event, mapping);
      const parts = children(event.style === COLLECTION_STYLE_FLOW);
      for (let index = 0; index < parts.length; index += 2)
        mapping.entries.push([parts[index]!, parts[index + 1]!]);
      return mapping;
    }
    const sequence: Node = { kind: 'sequence', line, items: [] };
    anchored(event, sequence);
    sequence.items.push(...children(event.style === COLLECTION_STYLE_FLOW));
    return sequence;
  };

  return events[at]?.type === EVENT_POP ? undefined : node(false);
};
