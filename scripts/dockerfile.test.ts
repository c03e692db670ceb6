import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { COMPONENTS, imageEnv, imageUser, programsOf } from './images.ts';
import { repository } from './repository.ts';

/** The instructions of each stage, by its name. */
const stages = (): Map<string, string[]> => {
  const text = readFileSync(join(repository, 'Dockerfile'), 'utf8').replaceAll(/^#.*\n/gm, '');
  const found = new Map<string, string[]>();
  for (const [stage = ''] of text.replaceAll('\\\n', ' ').matchAll(/^FROM [^]*?(?=^FROM |$(?![^]))/gm)) {
    const [from = '', ...instructions] = stage.trim().split('\n');
    found.set(/ AS (\S+)$/.exec(from)![1]!, instructions);
  }
  return found;
};

describe('the Dockerfile makes what scripts/images.ts makes', () => {
  test('an image for each component, with its executables at the paths of their names', () => {
    const { runtime: _, ...components } = Object.fromEntries(stages());
    expect(Object.keys(components).toSorted()).toEqual(COMPONENTS.toSorted());
    for (const component of COMPONENTS)
      expect(components[component]!.filter((line) => line.startsWith('COPY ${DIST}/'))).toEqual(
        programsOf(component).map((program) => `COPY \${DIST}/${program} /${program}`),
      );
    expect(components['registration-operator']).toContain('COPY bundles /bundles');
  });

  test('with the same environment and user, and nothing that starts by itself', () => {
    const runtime = stages().get('runtime')!;
    const [set = ''] = runtime.filter((line) => line.startsWith('ENV '));
    const values = [...set.matchAll(/(\w+)=("[^"]*"|\S+)/g)].map(
      ([, name, value = '']) => `${name}=${value.replaceAll('"', '')}`,
    );
    // the path is the builder's own
    const own = imageEnv.filter((each) => !each.startsWith('PATH='));
    expect(values.toSorted()).toEqual(own.toSorted());
    expect(runtime).toContain(`USER ${imageUser}`);
    expect([...stages().values()].flat().join('\n')).not.toMatch(/^(ENTRYPOINT|CMD)/m);
  });
});
