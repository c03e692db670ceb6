import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseJson } from '../../../operators/runtime/client/json.ts';
import type { UnknownObject } from '../../../operators/runtime/client/object.ts';
import { ensureBinaryOf } from '../../cluster/binaries.ts';
import { CommandError, run } from '../../cluster/command.ts';

/** What kubectl makes of a file: the objects, as far as it got, and whether it refused something. */
export interface Reading {
  objects: UnknownObject[];
  refusal: string | undefined;
}

/** Something that kubectl does to objects without asking a server: it labels them, and prints what it read. */
const arguments_ = (folder: string) => [
  'label',
  '--local',
  '--output=json',
  `--filename=${folder}`,
  'read=1',
];

const outputOf = async (folder: string): Promise<{ stdout: string; stderr: string }> => {
  const kubectl = await ensureBinaryOf('kubectl');
  try {
    return await run(kubectl, arguments_(folder));
  } catch (error) {
    if (error instanceof CommandError) return error;
    throw error;
  }
};

const unlabelled = ({
  metadata: { labels: _labels, ...metadata },
  ...object
}: UnknownObject): UnknownObject => ({
  ...object,
  metadata,
});

/** Has kubectl read each text, in files of their own, at once. Names in a text must begin with that of its file. */
export const readByKubectl = async (
  texts: ReadonlyMap<string, string | Buffer>,
): Promise<Map<string, Reading>> => {
  const folder = await mkdtemp(join(tmpdir(), 'yaml-'));
  try {
    for (const [name, text] of texts) await writeFile(join(folder, `${name}.yaml`), text);
    const { stdout, stderr } = await outputOf(folder);
    const objects = stdout
      .split(/(?<=^\}\n)/m)
      .filter((text) => text.trim() !== '')
      .map((text) => unlabelled(parseJson(text) as UnknownObject));
    return new Map(
      [...texts.keys()].map((name) => [
        name,
        {
          objects: objects.filter(
            ({ metadata }) => metadata.name === name || metadata.name.startsWith(`${name}-`),
          ),
          refusal: stderr.split('\n').find((line) => line.includes(`/${name}.yaml`)),
        },
      ]),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
};
