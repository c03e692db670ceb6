import { expect } from '@jest/globals';
import { join, relative } from 'node:path';
import { repositoryFolder } from './paths.ts';

/** Gives each file of tests a folder of its own for logs, where they are kept. */
const { testPath } = expect.getState();
const base = process.env['TEST_LOGS'];
if (base !== undefined && testPath !== undefined)
  process.env['TEST_LOGS'] = join(base, relative(repositoryFolder, testPath));
