import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checksumOf } from '../../../operators/registration-operator/bundle/index.ts';
import { withChecksums } from '../../../scripts/bundle.ts';

const released = join(import.meta.dirname, '../../../bundles/v0.1.0');

/** Changes files of a bundle in the making. */
export type EditBundle = (
  read: (file: string) => Promise<string>,
  write: (file: string, text: string) => Promise<void>,
) => Promise<void>;

/** A bundle as the released one, with another version and whatever `edit` changes in its files. */
export const makeBundle = async (
  bundles: string,
  version: string,
  upgradesFrom: string,
  edit: EditBundle = async () => undefined,
): Promise<void> => {
  const folder = join(bundles, `v${version}`);
  await cp(released, folder, { recursive: true });
  await edit(
    (file) => readFile(join(folder, file), 'utf8'),
    (file, text) => writeFile(join(folder, file), text),
  );
  const head = (await readFile(join(folder, 'bundle.yaml'), 'utf8'))
    .replace('version: 0.1.0', `version: ${version}`)
    .replace("upgradesFrom: ''", `upgradesFrom: '${upgradesFrom}'`);
  const files = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((file) => file !== 'bundle.yaml');
  const checksums = Object.fromEntries(
    await Promise.all(
      files.map(async (file) => [file, checksumOf(await readFile(join(folder, file)))] as const),
    ),
  );
  await writeFile(join(folder, 'bundle.yaml'), withChecksums(head, checksums));
};

/** The image fields of a ClusterManager that pick these versions. */
export const imagesOf = (registration: string, work: string) => ({
  registrationImagePullSpec: `example.com/registration:${registration}`,
  workImagePullSpec: `example.com/work:${work}`,
});
