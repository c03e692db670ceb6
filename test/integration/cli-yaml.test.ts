import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readManifests } from '../../cli/files/manifests.ts';
import { parseJson } from '../../operators/runtime/client/json.ts';
import type { UnknownObject } from '../../operators/runtime/client/object.ts';
import { bodies, files, scalars } from './yaml/corpus.ts';
import { type Reading, readByKubectl } from './yaml/kubectl.ts';

/** What clusteradm makes of a file. */
const readByUs = async (name: string, text: string | Buffer): Promise<Reading> => {
  const folder = await mkdtemp(join(tmpdir(), 'yaml-'));
  const path = join(folder, `${name}.yaml`);
  try {
    await writeFile(path, text);
    const objects = (await readManifests([path], false)).map(({ object }) => object);
    return { objects: parseJson(JSON.stringify(objects)) as UnknownObject[], refusal: undefined };
  } catch (error) {
    return { objects: [], refusal: (error as Error).message };
  } finally {
    await rm(folder, { recursive: true });
  }
};

/** Which texts and objects are drawn; others are tried with FAULTS_SEED, as in the other tests that draw their inputs. */
const seed = Number(process.env['FAULTS_SEED'] ?? 1);

const header = (name: string): string => `apiVersion: v1\nkind: Thing\nmetadata: {name: ${name}}\n`;

const named = (text: string | Buffer, name: string): string | Buffer => {
  if (typeof text === 'string') return text.replaceAll('ID', name);
  const big = text[0] === 0xfe;
  if (!big && text[0] !== 0xff) return Buffer.from(text.toString('latin1').replaceAll('ID', name), 'latin1');
  const little = Buffer.from(
    (big ? Buffer.from(text).swap16() : text).toString('utf16le').replaceAll('ID', name),
    'utf16le',
  );
  return big ? little.swap16() : little;
};

interface Compared {
  text: string | Buffer;
  kubectl: Reading;
  ours: Reading;
}

/** Reads all texts both ways; each is a body of an object, or made a whole file with the name that it is given. */
const compare = async (texts: readonly ((name: string) => string | Buffer)[]): Promise<Compared[]> => {
  const given = new Map(texts.map((text, index) => [`f${index}`, text(`f${index}`)]));
  const readings = await readByKubectl(given);
  return Promise.all(
    [...given].map(async ([name, text]) => ({
      text,
      kubectl: readings.get(name)!,
      ours: await readByUs(name, text),
    })),
  );
};

const withBody = (body: string) => (name: string) => header(name) + body;

/** Where both read it, both read the same. */
const expectSame = ({ kubectl, ours }: Compared): void => {
  if (kubectl.refusal === undefined && ours.refusal === undefined)
    expect(ours.objects).toEqual(kubectl.objects);
};

/** What kubectl reads and we refuse. */
const refusedByUs = (all: readonly Compared[]): string[] =>
  all
    .filter(({ kubectl, ours }) => ours.refusal !== undefined && kubectl.refusal === undefined)
    .map(({ text }) =>
      text
        .toString()
        .replace(/^.*\n.*\nmetadata: {name: f\d+}\n/, '')
        .trim(),
    );

describe('clusteradm reads what users hand in as kubectl does (cli.md 11.3)', () => {
  test('scalars as values and keys, in block and flow style', async () => {
    const shapes = [
      (scalar: string) => `x: ${scalar}\n`,
      (scalar: string) => `x:\n  ${scalar}: 1\n`,
      (scalar: string) => `x:\n- ${scalar}\n`,
      (scalar: string) => `x: [${scalar}]\n`,
      (scalar: string) => `x: {a: ${scalar}}\n`,
    ];
    const all = await compare(scalars.flatMap((scalar) => shapes.map((shape) => withBody(shape(scalar)))));
    expect(all.length).toBeGreaterThan(1000);
    all.forEach(expectSame);
    // YAML 1.2 refuses these, and so does the parser; nobody is misread
    expect(refusedByUs(all)).toEqual([
      'x: [-]',
      'x: {a: -}',
      'x:\n  +9223372036854775808: 1',
      'x: [?a]',
      'x: [a:]',
      'x: {a: a:}',
    ]);
  });

  test('parts of objects: merges, anchors, keys, blocks, collections, tabs, comments', async () => {
    const all = await compare(bodies.map(withBody));
    expect(all.length).toBeGreaterThan(100);
    all.forEach(expectSame);
    expect(refusedByUs(all)).toEqual(['x: &0?a', 'x: "a"# b']);
  });

  test('files: documents, lists, JSON, directives, encodings', async () => {
    const all = await compare(files.map((text) => (name) => named(text, name)));
    all.forEach(expectSame);
    // no API server takes it
    expect(refusedByUs(all)).toEqual([expect.stringMatching(/^kind: Thing\nmetadata: \S+ \S+$/)]);
  });

  test('whatever the letters, nothing is read as something else', async () => {
    const letters = fc.constantFrom(
      ...'0123456789_+-.eExXoObBnNyYtTrRuUsSfFlLaAiI~<>:|*&!%@#?[]{},"\'\\ \t\n'.split(''),
    );
    const text = fc.array(letters, { minLength: 1, maxLength: 12 }).map((some) => some.join(''));
    const all = await compare(
      fc
        .sample(text, { numRuns: 1500, seed })
        .flatMap((some) => [
          withBody(`x: ${some}\n`),
          withBody(`x:\n  ${some}: 1\n`),
          withBody(`x: [a, ${some}]\n`),
        ]),
    );
    for (const each of all) expectSame(each);
    const read = all.filter(
      ({ kubectl, ours }) => kubectl.refusal === undefined && ours.refusal === undefined,
    );
    expect(read.length).toBeGreaterThan(all.length / 5);
  });

  test('whatever an object holds, it is written so that kubectl reads the same, and read alike in each style', async () => {
    const words = [
      'no',
      'y',
      '0400',
      '1_000',
      '1e3',
      '~',
      'a b',
      '12:30',
      '<<',
      '',
      ' a ',
      'é',
      'a: b',
      '- a',
      '#',
      '0x1F',
      'a\u0085b',
      'a\u2028b',
    ];
    const scalar = fc.oneof(
      fc.constantFrom(...words),
      fc.string({ unit: 'grapheme', maxLength: 8 }),
      fc.maxSafeInteger(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
    );
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        scalar,
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...words, 'a', 'b', 'c'), tie('tree'), { maxKeys: 3 }),
      ),
    }));
    const { dump } = await import('js-yaml');
    const styles = [{ lineWidth: -1 }, { flowLevel: 1 }, { flowLevel: 3 }, { lineWidth: 20, indent: 4 }];
    const values = fc.sample(tree, { numRuns: 400, seed });
    const all = await compare(values.flatMap((x) => styles.map((style) => withBody(dump({ x }, style)))));
    for (const each of all) expectSame(each);
    expect(refusedByUs(all)).toEqual([]);
    const meant = values.flatMap((x) => styles.map(() => parseJson(JSON.stringify(x))));
    // kubectl refuses brackets that hold a text with a question mark and no quotes; nothing here writes brackets
    const isBlock = (at: number) => !('flowLevel' in styles[at % styles.length]!);
    const read = all.map(({ kubectl: { objects, refusal } }, at) =>
      refusal === undefined || isBlock(at) ? objects[0]?.['x'] : meant[at],
    );
    expect(read).toEqual(meant);
  });
});
