import { access, chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Suffix of a file while it is being written. */
const unfinished = '.unfinished';

/** The keys that a hub kubeconfig secret may have; no other file of the folder is ever removed. */
const knownKeys = ['kubeconfig', 'tls.crt', 'tls.key', 'token', 'cluster-name', 'agent-name', 'config.yaml'];

const same = async (path: string, content: Buffer): Promise<boolean> => {
  try {
    return content.equals(await readFile(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
};

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/**
 * Makes the files of a folder equal to a secret's data: folder 0700, files 0600, each replaced at once and only when
 * its bytes differ, and those of a hub kubeconfig removed that the secret no longer has (registration.md 3.1, 3.7; D28).
 * @param data base64 by file name, as in `Secret.data`
 * @returns the names of files that were written or removed
 */
export const writeSecretFiles = async (
  directory: string,
  data: Record<string, string>,
): Promise<string[]> => {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const changed: string[] = [];
  for (const [name, encoded] of Object.entries(data)) {
    const content = Buffer.from(encoded, 'base64');
    const path = join(directory, name);
    if (await same(path, content)) continue;
    await writeFile(path + unfinished, content, { mode: 0o600 });
    await chmod(path + unfinished, 0o600);
    await rename(path + unfinished, path);
    changed.push(name);
  }
  for (const name of knownKeys) {
    if (Object.hasOwn(data, name) || !(await exists(join(directory, name)))) continue;
    await rm(join(directory, name), { force: true });
    changed.push(name);
  }
  return changed;
};
