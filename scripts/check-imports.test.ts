import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { brokenRule, checkImports, circlesIn, importsOf, targetOf } from './check-imports.ts';

const rule = (file: string, specifier: string) => brokenRule(file, targetOf(file, specifier));

describe('imports of a module', () => {
  test('every form is found, with its line', async () => {
    const source = [
      '// ünïcode before the first import shifts bytes against characters',
      "import a from './a.ts';",
      "import type { B } from './b.ts';",
      "import './c.ts';",
      "export { d } from './d.ts';",
      "export * from './e.ts';",
      'export const f = 1;',
      'const text = "import x from \'./not-an-import.ts\'";',
      "// import y from './neither.ts';",
      'const lazy = async () => {',
      "  const { g } = await import('./g.ts');",
      '  return g as import("./h.ts").H;',
      '};',
    ].join('\n');
    expect(await importsOf(source)).toEqual([
      { specifier: './a.ts', line: 2 },
      { specifier: './b.ts', line: 3 },
      { specifier: './c.ts', line: 4 },
      { specifier: './d.ts', line: 5 },
      { specifier: './e.ts', line: 6 },
      { specifier: './g.ts', line: 11 },
      { specifier: './h.ts', line: 12 },
    ]);
  });

  test('lines stay right from one file to the next', async () => {
    await importsOf("import a from './a.ts';\n".repeat(50));
    expect(await importsOf("\n\nimport b from './b.ts';")).toEqual([{ specifier: './b.ts', line: 3 }]);
  });
});

test.each([
  ['operators/work/agent/apply.ts', '../../api/names.ts', { file: 'operators/api/names.ts' }],
  ['cli/main.ts', './join.ts', { file: 'cli/join.ts' }],
  ['cli/join.ts', 'node:fs', { package: 'node:fs' }],
  ['cli/join.ts', 'semver/functions/parse.js', { package: 'semver' }],
  ['cli/join.ts', '@kubernetes/client-node/dist/exec.js', { package: '@kubernetes/client-node' }],
])('%s imports %s', (file, specifier, target) => {
  expect(targetOf(file, specifier)).toEqual(target);
});

describe('allowed', () => {
  test.each([
    ['operators/api/generated/work.ts', '../meta.ts'],
    ['operators/runtime/client/client.ts', '../process/logger.ts'],
    ['operators/runtime/client/client.ts', '@kubernetes/client-node'],
    ['operators/runtime/process/logger.ts', 'winston'],
    ['operators/work/agent/apply.ts', '../../api/names.ts'],
    ['operators/work/agent/apply.ts', '../../runtime/client/client.ts'],
    ['operators/work/agent/apply.ts', '../../fleet/label-selector.ts'],
    ['operators/work/agent/apply.ts', './own.ts'],
    ['operators/fleet/cluster-sets/membership.ts', '../label-selector.ts'],
    ['operators/fleet/cluster-sets/membership.ts', '../../api/names.ts'],
    ['operators/fleet/works/index.ts', '../../runtime/cache/informer.ts'],
    ['operators/work/agent/apply.ts', 'node:crypto'],
    ['operators/addon-framework/works/split.ts', '../../fleet/identities.ts'],
    ['operators/addon/template/render.ts', '../../addon-framework/works/split.ts'],
    ['operators/registration-operator/agent.ts', '../registration/agent/start.ts'],
    ['operators/registration-operator/agent.ts', '../work/agent/start.ts'],
    ['cli/join.ts', '../operators/api/index.ts'],
    ['cli/join.ts', '../operators/runtime/client/client.ts'],
    ['cli/join.ts', '../operators/registration-operator/bundle/render.ts'],
    ['cli/join.ts', '../operators/fleet/cluster-sets/membership.ts'],
    ['cli/exec.ts', '@kubernetes/client-node'],
    ['cli/version.ts', '../package.json'],
    ['test/integration/work.test.ts', '../../operators/work/agent/start.ts'],
    ['operators/api/meta.test.ts', '../runtime/client/object.ts'],
    ['scripts/build.ts', '../operators/registration-operator/bundle/load.ts'],
  ])('%s may import %s', (file, specifier) => {
    expect(rule(file, specifier)).toBeUndefined();
  });
});

describe('refused', () => {
  test.each([
    ['operators/api/names.ts', '../runtime/client/object.ts', 'operators/api imports nothing'],
    ['operators/api/names.ts', 'node:crypto', 'operators/api imports nothing'],
    ['operators/api/names.ts', 'semver', 'operators/api imports nothing'],
    ['operators/runtime/client/client.ts', '../../api/names.ts', 'imports nothing of OCM'],
    ['operators/runtime/client/client.ts', '../../work/agent/apply.ts', 'imports nothing of OCM'],
    ['operators/runtime/client/client.ts', '../../fleet/label-selector.ts', 'imports nothing of OCM'],
    ['operators/fleet/works/index.ts', '../../work/agent/apply.ts', 'operators/fleet imports'],
    ['operators/work/agent/apply.ts', '../../registration/hub/accept.ts', 'a component imports'],
    ['operators/work/agent/apply.ts', '../../../cli/join.ts', 'a component imports'],
    ['operators/work/agent/apply.ts', '../../../test/cluster/index.ts', 'a component imports'],
    ['operators/work/agent/apply.ts', 'winston', 'winston is imported by operators/runtime only'],
    ['operators/work/agent/apply.ts', 'undici', 'undici is imported by operators/runtime only'],
    [
      'operators/work/agent/apply.ts',
      '@kubernetes/client-node',
      '@kubernetes/client-node is imported by operators/runtime and cli only',
    ],
    ['operators/registration-operator/hub.ts', '../work/agent/start.ts', 'a component imports'],
    ['operators/registration-operator/agent.ts', '../work/hub/start.ts', 'a component imports'],
    ['operators/registration-operator/agent.ts', '../work/agent/manifest/order.ts', 'a component imports'],
    ['operators/addon-framework/works/split.ts', '../../addon/template/render.ts', 'a component imports'],
    ['operators/work/agent/apply.ts', '../../addon-framework/works/split.ts', 'a component imports'],
    ['operators/policy/propagator.ts', '../api/names.ts', 'no rule is known'],
    ['cli/join.ts', '../operators/runtime/process/flags.ts', 'cli imports'],
    ['cli/join.ts', '../operators/registration-operator/klusterlet/mode.ts', 'cli imports'],
    ['cli/join.ts', 'winston', 'winston is imported by'],
    ['scripts/build.ts', '../cli/main.ts', 'nothing imports main.ts'],
    ['test/e2e/join.test.ts', '../../operators/work/main.ts', 'nothing imports main.ts'],
  ])('%s may not import %s', (file, specifier, message) => {
    expect(rule(file, specifier)).toContain(message);
  });
});

describe('circles of imports', () => {
  test.each<[string, Record<string, string[]>, string[]]>([
    ['a tree', { a: ['b', 'c'], b: ['c'], c: [] }, []],
    ['what is imported and no module of ours', { a: ['package.json'] }, []],
    ['two files', { a: ['b'], b: ['a'] }, ['a b a']],
    ['a file that imports itself', { a: ['a'] }, ['a a']],
    ['three, reached from outside', { start: ['a'], a: ['b'], b: ['c'], c: ['a'] }, ['a b c a']],
    ['two that share a file', { a: ['b', 'c'], b: ['a'], c: ['a'] }, ['a b a', 'a c a']],
  ])('%s', (_, graph, expected) => {
    expect(circlesIn(new Map(Object.entries(graph))).map((circle) => circle.join(' '))).toEqual(expected);
  });
});

test('violations are reported with file, line and what was found', async () => {
  const root = await mkdtemp(join(tmpdir(), 'imports-'));
  const write = async (file: string, text: string) => {
    await mkdir(join(root, dirname(file)), { recursive: true });
    await writeFile(join(root, file), text);
  };
  try {
    await write(
      'operators/work/agent/apply.ts',
      "\nimport { label } from '../../api/names.ts';\nimport 'winston';\n",
    );
    await write('operators/api/names.ts', "export const label = '';\n");
    await write('operators/work/hub/one.ts', "import { two } from './two.ts';\nexport const one = two;\n");
    await write('operators/work/hub/two.ts', "import type { one } from './one.ts';\nexport const two = 2;\n");
    await write('operators/api/notes.md', "import 'winston';\n");
    for (const folder of ['cli', 'test', 'scripts']) await write(`${folder}/empty.ts`, '');
    expect(await checkImports(root)).toEqual([
      "operators/work/agent/apply.ts:3: winston is imported by operators/runtime only (found 'winston')",
      'a circle of imports: operators/work/hub/one.ts → operators/work/hub/two.ts → operators/work/hub/one.ts',
    ]);
  } finally {
    await rm(root, { recursive: true });
  }
});
