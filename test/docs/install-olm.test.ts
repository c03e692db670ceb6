import { expect, test } from '@jest/globals';
import { loadAll } from 'js-yaml';
import { versions } from '../../scripts/bundle.ts';
import { defaultChannel } from '../../scripts/olm/edges.ts';
import { catalogImage, defaultRegistry, inRegistry } from '../../scripts/olm/images.ts';
import { packageNames } from '../../scripts/olm/package.ts';
import { sectionOf } from './page.ts';

interface Manifest {
  kind: string;
  spec?: { image?: string; name?: string; channel?: string; source?: string };
  metadata: { name: string; namespace?: string };
}

/** The objects that the commands of a section of the page apply. */
const appliedIn = (heading: string): Manifest[] =>
  sectionOf('install-olm.md', heading)
    .commands.flatMap((block) => [...block.matchAll(/<<'EOF'\n(.*?)^EOF$/gms)])
    .flatMap(([, text = '']) => loadAll(text) as Manifest[]);

const subscriptions = () =>
  ['The operator of the hub', 'The operator of a managed cluster'].flatMap(appliedIn);

test('the page names the catalog of the newest release', () => {
  const [catalog] = appliedIn('The catalog');
  const newest = versions().at(-1)!.slice(1);
  expect(catalog?.spec?.image).toBe(inRegistry(defaultRegistry)(catalogImage, newest));
});

test('it subscribes to each package of that catalog, in its default channel', () => {
  const [catalog] = appliedIn('The catalog');
  expect(subscriptions().map(({ spec }) => spec?.name)).toEqual(packageNames);
  for (const { spec } of subscriptions())
    expect(spec).toMatchObject({ channel: defaultChannel, source: catalog?.metadata.name });
});
