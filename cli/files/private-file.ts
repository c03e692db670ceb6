import { chmodSync, writeFileSync } from 'node:fs';

/**
 * Writes a file that holds tokens: what was in it before is gone, and nobody else may read it, whatever the umask says
 * and whoever could read the file before.
 */
export const writePrivateFile = (
  file: string,
  content: string | Uint8Array,
  mode: 0o600 | 0o700 = 0o600,
): void => {
  try {
    writeFileSync(file, '', { mode });
    chmodSync(file, mode);
    writeFileSync(file, content);
  } catch (error) {
    throw new Error(`cannot write ${file}: ${(error as Error).message}`, { cause: error });
  }
};
