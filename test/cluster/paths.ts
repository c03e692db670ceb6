import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root folder. */
export const repositoryFolder = fileURLToPath(new URL('../../', import.meta.url));

/** The user's cache folder for everything costly that clusters need; honours XDG_CACHE_HOME. */
export const cacheFolder = (environment: NodeJS.ProcessEnv = process.env): string =>
  join(environment['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'open-cluster-management');
