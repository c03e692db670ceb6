import { patience } from './test/cluster/wait.ts';

/**
 * Kinds of test, told apart by where they stand: beside the code, against API servers, against clusters; and those against
 * clusters that take long, for `make soak`.
 */
const transform = {
  '^.+\\.ts$': [
    '@swc/jest',
    { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'es6' } },
  ],
};

const project = (displayName: string, roots: string[]) => ({
  displayName,
  roots: roots.map((root) => `<rootDir>/${root}`),
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  testEnvironment: 'node',
  setupFilesAfterEnv: ['<rootDir>/test/cluster/jest-logs.ts'],
  transform,
});

export default {
  testSequencer: '<rootDir>/test/cluster/jest-sequencer.ts',
  workerIdleMemoryLimit: '512MB',
  // A worker that starts anew, for its memory, when all is done takes its time to end on a slow machine.
  workerGracefulExitTimeout: 30_000,
  // What is slow is not wrong: each wait of a test has its own, shorter patience, and says what it waited for.
  testTimeout: 4 * patience,
  projects: [
    project('unit', ['operators', 'cli', 'scripts', 'test/cluster', 'test/docs']),
    {
      ...project('integration', ['test/integration']),
      globalSetup: '<rootDir>/test/cluster/jest-binaries.ts',
    },
    ...['e2e', 'soak'].map((name) => ({
      ...project(name, [`test/${name}`]),
      globalSetup: '<rootDir>/test/e2e/jest-setup.ts',
      globalTeardown: '<rootDir>/test/e2e/jest-teardown.ts',
    })),
  ],
};
