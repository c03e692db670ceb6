import { cp, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { run } from './command.ts';
import { docker } from './docker.ts';

/** Runs a step with a temporary folder, which goes afterwards. */
export const withFolder = async <Result>(step: (folder: string) => Promise<Result>): Promise<Result> => {
  const folder = await mkdtemp(join(tmpdir(), 'image-'));
  try {
    return await step(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/**
 * Makes a Docker image that holds these files and folders and nothing else, each with its path in the image and where it
 * is on this machine; `settings` are instructions of a Dockerfile (ENTRYPOINT, USER, LABEL …).
 */
export const importFiles = (
  image: string,
  files: Readonly<Record<string, string>>,
  settings: readonly string[] = [],
): Promise<void> =>
  withFolder(async (folder) => {
    const root = join(folder, 'root');
    for (const [path, source] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await cp(source, join(root, path), { recursive: true });
    }
    const tar = join(folder, 'root.tar');
    const names = await readdir(root);
    await run('tar', [
      ...['--create', `--file=${tar}`, `--directory=${root}`, '--owner=0', '--group=0'],
      ...['--mode=a+rX', ...names],
    ]);
    await docker(['import', ...settings.flatMap((setting) => ['--change', setting]), tar, image]);
  });

/** Makes a Docker image that holds one static executable, /NAME, as its entry point, and nothing else. */
export const importExecutable = (image: string, name: string, binary: string): Promise<void> =>
  importFiles(image, { [name]: binary }, [`ENTRYPOINT ["/${name}"]`]);

/** Whether Docker has an image. */
export const imageExists = (image: string): Promise<boolean> =>
  docker(['image', 'inspect', '--format', '{{.Id}}', image]).then(
    () => true,
    () => false,
  );

/** Frees what older sources left in Docker, unless a cluster still runs on it. */
export const removeOtherVersions = async (image: string): Promise<void> => {
  const [name] = image.split(':');
  const versions = await docker(['image', 'ls', '--format', '{{.Repository}}:{{.Tag}}', `${name}`]);
  const used = await docker(['ps', '--all', '--format', '{{.Image}}']);
  const unused = versions
    .split('\n')
    .filter((version) => version !== image && !used.split('\n').includes(version));
  if (unused.length > 0) await docker(['image', 'rm', ...unused]);
};
