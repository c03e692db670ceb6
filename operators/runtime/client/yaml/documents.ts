import { parseJson } from '../json.ts';
import { YamlError } from './nodes.ts';
import { readYaml } from './read.ts';

/** Where the JSON value that begins at `start` ends, as its braces say; undefined when they do not close. */
const endOfObject = (text: string, start: number): number | undefined => {
  let depth = 0;
  const tokens = /"(?:[^"\\]|\\.)*"|[[\]{}]/gs;
  tokens.lastIndex = start;
  for (let token = tokens.exec(text); token; token = tokens.exec(text)) {
    if ('[{'.includes(token[0])) depth++;
    else if (']}'.includes(token[0]) && --depth === 0) return tokens.lastIndex;
  }
  return undefined;
};

const linesIn = (text: string): number => text.split('\n').length - 1;

/** The YAML documents of a text that begins at a line, divided at the lines that begin with `---`. */
const yamlDocuments = (text: string, firstLine: number): unknown[] => {
  const parts = [{ text: '', firstLine }];
  for (const [index, line] of text
    .replace(/\r?\n$/, '')
    .split(/\r?\n/)
    .entries()) {
    const number = firstLine + index;
    if (line.startsWith('---')) {
      const rest = line.slice(3).trim();
      if (rest !== '' && !rest.startsWith('#'))
        throw new YamlError(`line ${number}: invalid document separator: ${rest}`);
      parts.push({ text: '', firstLine: number + 1 });
    } else parts.at(-1)!.text += `${line}\n`;
  }
  return parts.map((part) => readYaml(part.text, part.firstLine));
};

/**
 * The documents of a file that a user hands in, YAML or JSON, as kubectl takes it apart: what begins with a brace is read
 * as JSON objects one after the other, and as YAML from where that fails, unless it has held several. Empty documents are
 * left out.
 * @throws YamlError
 */
export const readDocuments = (text: string): unknown[] => {
  const documents: unknown[] = [];
  let at = 0;
  while (/^\s*\{/.test(text.slice(at))) {
    const end = endOfObject(text, text.indexOf('{', at)) ?? text.length;
    try {
      documents.push(parseJson(text.slice(at, end)));
    } catch {
      break;
    }
    at = end;
  }
  const firstLine = linesIn(text.slice(0, at)) + 1;
  const rest = text.slice(at);
  if (documents.length > 1 && rest.trim() !== '')
    throw new YamlError(`line ${firstLine}: what follows several JSON objects is none`);
  return [...documents, ...yamlDocuments(rest, firstLine)].filter((document) => document !== null);
};

/** The text of a file by the mark at its beginning: UTF-16 of either order, else UTF-8. */
export const textOfFile = (content: Uint8Array): string => {
  const [first, second] = content;
  const encoding =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
  return new TextDecoder(encoding).decode(content);
};
