import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OperatorName } from '../../operators/registration-operator/bundle/index.ts';
import { olmFolder, readYaml } from './files.ts';

/** The packages of the catalog: one for each operator. */
export const packageNames = ['cluster-manager', 'klusterlet'] as const satisfies OperatorName[];

/** What the bundles of both packages say that no manifest says (olm/common.yaml). */
export interface Common {
  capabilities: string;
  categories: string;
  maturity: string;
  provider: { name: string };
  /** Whom OperatorHub asks for; without, the bundles name nobody. */
  maintainers?: { name: string; email: string }[];
  links: { name: string; url: string }[];
}

/** What the bundles of one package say that no manifest says (olm/PACKAGE/package.yaml). */
export interface Package {
  name: OperatorName;
  displayName: string;
  /** One line. */
  summary: string;
  /** Markdown. */
  description: string;
  keywords: string[];
  crd: { file: string; displayName: string };
  /** The example; images stand in it as `${registrationImage}`. */
  sample: object;
  /** Path below `spec`, with the name that forms show. */
  specDescriptors: Record<string, string>;
  /** Path below `status`, with the name that forms show. */
  statusDescriptors: Record<string, string>;
}

const read = (...path: string[]): string => readFileSync(join(olmFolder, ...path), 'utf8');

/** What olm/ says of a package, beside its bundles. */
export const packageOf = (name: OperatorName): Package => ({
  ...readYaml<Package>(read(name, 'package.yaml')),
  name,
});

export const common = (): Common => readYaml<Common>(read('common.yaml'));

/** The icon of both packages. */
export const icon = (): { base64data: string; mediatype: string } => ({
  base64data: Buffer.from(read('icon.svg')).toString('base64'),
  mediatype: 'image/svg+xml',
});

/** Versions that nobody is to install any more, each with the reason. */
export const withdrawn = (): Readonly<Record<string, string>> =>
  readYaml<{ withdrawn: Record<string, string> }>(read('releases.yaml')).withdrawn;
