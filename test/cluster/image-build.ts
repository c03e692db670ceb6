import { chmod, copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

/** Makes a Docker image that holds one static executable, /NAME, as its entry point, and nothing else. */
export const importExecutable = (image: string, name: string, binary: string): Promise<void> =>
  withFolder(async (folder) => {
    await copyFile(binary, join(folder, name));
    await chmod(join(folder, name), 0o755);
    const tar = join(folder, 'root.tar');
    await run('tar', ['--create', `--file=${tar}`, `--directory=${folder}`, '--owner=0', '--group=0', name]);
    await docker(['import', '--change', `ENTRYPOINT ["/${name}"]`, tar, image]);
  });
