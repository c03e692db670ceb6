import { firstDocumentNode, type Node, YamlError } from './nodes.ts';
import { keyOf, scalarValue } from './scalar.ts';

type Value = unknown;

const mergeTag = 'tag:yaml.org,2002:merge';

const isMerge = (node: Node): boolean =>
  node.kind === 'scalar' &&
  node.text === '<<' &&
  ((node.plain && node.tag === undefined) || node.tag === mergeTag);

const resolved = (node: Node): Node => (node.kind === 'alias' ? node.target : node);

/** A few aliases can stand for more than fits into memory: how much of a document they may be, as in Go's parser. */
const isExcessive = (all: number, aliased: number): boolean => {
  const [small, large] = [400_000, 4_000_000];
  const part = Math.min(Math.max((all - small) / (large - small), 0), 1);
  return aliased > 100 && all > 1000 && aliased / all > 0.99 - 0.89 * part;
};

/** Makes values of the nodes of one document. */
class Decoder {
  private all = 0;
  private aliased = 0;
  private readonly open = new Set<Node>();

  value(node: Node): Value {
    this.count(node);
    switch (node.kind) {
      case 'alias':
        return this.within(node, () => this.value(node.target));
      case 'sequence':
        return node.items.map((item) => this.value(item));
      case 'mapping': {
        const entries = new Map<string, Value>();
        this.addTo(entries, node);
        return Object.fromEntries(entries);
      }
      case 'scalar':
        return this.scalar(node);
    }
  }

  private count({ line }: Node): void {
    this.all++;
    if (this.open.size > 0) this.aliased++;
    if (isExcessive(this.all, this.aliased))
      throw new YamlError(`line ${line}: document contains excessive aliasing`);
  }

  private within<R>(alias: Node & { kind: 'alias' }, work: () => R): R {
    if (this.open.has(alias))
      throw new YamlError(`line ${alias.line}: anchor '${alias.name}' value contains itself`);
    this.open.add(alias);
    const result = work();
    this.open.delete(alias);
    return result;
  }

  private scalar({ text, tag, plain, line }: Node & { kind: 'scalar' }): Value {
    const value = this.told(line, () => scalarValue(text, tag, plain));
    if (typeof value === 'number' && !Number.isFinite(value))
      throw new YamlError(`line ${line}: ${text} is no number that JSON has; put it in quotes`);
    return value;
  }

  /** Keys and merged maps count in the order in which they stand: the last one wins. */
  private addTo(entries: Map<string, Value>, { entries: pairs }: Node & { kind: 'mapping' }): void {
    for (const [key, value] of pairs) {
      if (isMerge(key)) this.merge(entries, value);
      else entries.set(this.key(key), this.value(value));
    }
  }

  private key(node: Node): string {
    this.count(node);
    const key = resolved(node);
    if (key.kind !== 'scalar') throw new YamlError(`line ${node.line}: a map or a list cannot be a key`);
    return this.told(node.line, () => keyOf(scalarValue(key.text, key.tag, key.plain), key.text));
  }

  private merge(entries: Map<string, Value>, node: Node): void {
    const sources = resolved(node).kind === 'mapping' ? [node] : node.kind === 'sequence' ? node.items : [];
    if (sources.length === 0 && node.kind !== 'sequence') throw this.noMap(node);
    // the earlier ones of a list take precedence
    for (const source of sources.toReversed()) {
      this.count(source);
      const mapping = resolved(source);
      if (mapping.kind !== 'mapping') throw this.noMap(source);
      if (source.kind === 'alias') this.within(source, () => this.addTo(entries, mapping));
      else this.addTo(entries, mapping);
    }
  }

  private noMap({ line }: Node): YamlError {
    return new YamlError(`line ${line}: map merge requires map or sequence of maps as the value`);
  }

  private told<R>(line: number, work: () => R): R {
    try {
      return work();
    } catch (cause) {
      throw new YamlError(`line ${line}: ${(cause as Error).message}`, { cause });
    }
  }
}

/**
 * The first document of a text as kubectl reads it: YAML 1.1 by the rules of Go's parser (docs/decisions/021). Integers
 * that a JavaScript number does not hold are `bigint`.
 * @param firstLine the line, for errors, at which the text begins
 * @returns null when there is no document, or an empty one
 * @throws YamlError
 */
export const readYaml = (text: string, firstLine = 1): unknown => {
  const node = firstDocumentNode(text, firstLine);
  return node ? new Decoder().value(node) : null;
};
