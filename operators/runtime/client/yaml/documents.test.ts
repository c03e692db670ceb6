import { describe, expect, test } from '@jest/globals';
import { readDocuments, textOfFile } from './documents.ts';

describe('documents of a file', () => {
  test.each<[string, string, unknown[]]>([
    ['nothing', '', []],
    ['comments only', '# a\n---\n# b\n', []],
    ['several', 'a: 1\n---\n---\n# c\n--- # d\nb: no\n', [{ a: 1 }, { b: false }]],
    ['a line of three dashes in a text', 'a: |\n  x\n  ---\n', [{ a: 'x\n---\n' }]],
    ['lines that end as in Windows', 'a: |\r\n  x\r\n---\r\nb: 1\r\n', [{ a: 'x\n' }, { b: 1 }]],
    ['JSON', '{"a": 9007199254740993}', [{ a: 9007199254740993n }]],
    ['JSON objects in a row', '{"a": "}"}{"b": 1}\n', [{ a: '}' }, { b: 1 }]],
    ['JSON and then YAML', '{"a": 1}\n---\nb: no\n', [{ a: 1 }, { b: false }]],
    ['YAML that begins like JSON', '{a: 0400}', [{ a: 256 }]],
    ['the text after the end of a document', 'a: 1\n...\nb: 2\n', [{ a: 1 }]],
  ])('%s', (_what, text, documents) => {
    expect(readDocuments(text)).toEqual(documents);
  });

  test.each([
    ['a: 1\n---\nb: [\n---\n', 'line 4'],
    ['a: 1\n---b\n', 'line 2: invalid document separator: b'],
    ['{"a": 1}{"b": 1}\nc: 1', 'what follows several JSON objects is none'],
    ['{"a": 1}\n---\nb: *c', "line 3: unknown anchor 'c' referenced"],
  ])('%j is refused', (text, message) => {
    expect(() => readDocuments(text)).toThrow(message);
  });

  test('is UTF-8, or UTF-16 when it says so', () => {
    const wide = Buffer.from('\ufeffé', 'utf16le');
    expect(textOfFile(Buffer.from('\ufeffé'))).toBe('é');
    expect(textOfFile(wide)).toBe('é');
    expect(textOfFile(Buffer.from(wide).swap16())).toBe('é');
  });
});
