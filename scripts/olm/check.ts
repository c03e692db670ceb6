import { CORE_SCHEMA, loadAll } from 'js-yaml';
import type { DataImage } from './archive.ts';
import type { Csv } from './bundle.ts';
import type { Files } from '../in-step.ts';
import { readYaml } from './files.ts';

interface BundleDocument {
  schema: string;
  name: string;
  package: string;
  image: string;
  properties: { type: string; value: { packageName?: string; version?: string } }[];
}

const csvOf = ({ files }: DataImage): Csv | undefined =>
  [...files.values()]
    .map((text) => readYaml<Csv & { kind?: string }>(text))
    .find(({ kind }) => kind === 'ClusterServiceVersion');

const mismatch = (document: BundleDocument, image: DataImage | undefined): string | undefined => {
  if (!image) return `there is no image ${document.image}`;
  const csv = csvOf(image);
  const says = {
    name: document.name,
    version: document.properties.find(({ type }) => type === 'olm.package')?.value.version,
    package: document.package,
  };
  const holds = {
    name: csv?.metadata.name,
    version: csv?.spec.version,
    package: image.labels['operators.operatorframework.io.bundle.package.v1'],
  };
  const wrong = (['name', 'version', 'package'] as const).filter((field) => says[field] !== holds[field]);
  if (wrong.length === 0) return undefined;
  return wrong.map((field) => `its ${field} in ${document.image} is ${holds[field] ?? 'missing'}`).join(', ');
};

/**
 * Bundles of a catalog whose images are missing or hold another bundle than it says, as sentences; opm looks into none.
 * OLM would take the name and the version of a bundle from the catalog, and what it installs from the image.
 */
export const mismatches = (catalog: Files, images: readonly DataImage[]): string[] =>
  [...catalog.values()]
    .flatMap((text) => loadAll(text, { schema: CORE_SCHEMA }) as BundleDocument[])
    .filter(({ schema }) => schema === 'olm.bundle')
    .flatMap((document) => {
      const image = images.find(({ reference }) => reference === document.image);
      const wrong = mismatch(document, image);
      return wrong ? [`${document.name}: ${wrong}`] : [];
    });
