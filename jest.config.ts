/** Three kinds of test, told apart by where they stand: beside the code, against API servers, against clusters. */
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
  transform,
});

export default {
  workerIdleMemoryLimit: '512MB',
  // Generous: what is slow on a busy machine is not wrong. Hangs still end.
  testTimeout: 120_000,
  projects: [
    project('unit', ['operators', 'cli', 'scripts', 'test/cluster']),
    {
      ...project('integration', ['test/integration']),
      globalSetup: '<rootDir>/test/cluster/jest-binaries.ts',
    },
    {
      ...project('e2e', ['test/e2e']),
      globalSetup: '<rootDir>/test/cluster/jest-nodes.ts',
      globalTeardown: '<rootDir>/test/e2e/teardown.ts',
    },
  ],
};
