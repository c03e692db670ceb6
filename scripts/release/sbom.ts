import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import type { DebianPackage } from '../images/base.ts';
import type { NpmPackage } from './packages.ts';

/** A component of a CycloneDX document, as far as it is written here. */
export interface Component {
  type: 'application' | 'container' | 'library' | 'platform';
  'bom-ref': string;
  name: string;
  version: string;
  purl?: string;
  cpe?: string;
  hashes?: { alg: 'SHA-256' | 'SHA-512'; content: string }[];
  licenses?: { expression: string }[];
  components?: Component[];
}

/** A software bill of materials: CycloneDX 1.6. */
export interface Sbom {
  bomFormat: 'CycloneDX';
  specVersion: '1.6';
  serialNumber: string;
  version: 1;
  metadata: { component: Component };
  components: Component[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

const purl = (type: string, path: readonly string[], version: string, query = ''): string =>
  `pkg:${[type, ...path.map(encodeURIComponent)].join('/')}@${encodeURIComponent(version)}${query}`;

export const npmComponent = ({ name, version, license, integrity }: NpmPackage): Component => {
  const ref = purl('npm', name.split('/'), version);
  const [, sha512] = /^sha512-(.+)$/.exec(integrity ?? '') ?? [];
  return {
    type: 'library',
    'bom-ref': ref,
    name,
    version,
    purl: ref,
    ...(sha512 && {
      hashes: [{ alg: 'SHA-512', content: Buffer.from(sha512, 'base64').toString('hex') }],
    }),
    ...(license && { licenses: [{ expression: license }] }),
  };
};

export const debianComponent = ({ name, version, architecture }: DebianPackage): Component => {
  const ref = purl('deb', ['debian', name], version, `?arch=${architecture}`);
  return { type: 'library', 'bom-ref': ref, name, version, purl: ref };
};

/** Node.js with what is compiled into it, as it says itself: OpenSSL has flaws of its own, and whoever looks for them looks here. */
export const nodeComponent = (executable: string, sha256: string): Component => {
  const script = 'process.stdout.write(JSON.stringify(process.versions))';
  const {
    node = '',
    modules: _,
    ...parts
  } = JSON.parse(execFileSync(executable, ['--eval', script], { encoding: 'utf8', env: {} })) as Record<
    string,
    string
  >;
  const ref = purl('generic', ['node'], node);
  return {
    type: 'platform',
    'bom-ref': ref,
    name: 'node',
    version: node,
    purl: ref,
    cpe: `cpe:2.3:a:nodejs:node.js:${node}:*:*:*:*:*:*:*`,
    hashes: [{ alg: 'SHA-256', content: sha256 }],
    components: Object.keys(parts)
      .toSorted()
      .map((part) => ({
        type: 'library',
        'bom-ref': `${ref}#${part}`,
        name: part,
        version: parts[part] ?? '',
      })),
  };
};

/** The name of a document is made of what it says, so that the same content has the same name. */
const uuidOf = (content: string): string => {
  const hex = createHash('sha256').update(content).digest('hex');
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `5${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`];
  return `urn:uuid:${[...parts, hex.slice(20, 32)].join('-')}`;
};

/** The document of what was built out of these components. */
export const sbomOf = (component: Component, components: readonly Component[]): Sbom => {
  const all = components.toSorted((a, b) => (a['bom-ref'] < b['bom-ref'] ? -1 : 1));
  const refs = all.map((each) => each['bom-ref']);
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: uuidOf(JSON.stringify([component, all])),
    version: 1,
    metadata: { component },
    components: all,
    dependencies: [
      { ref: component['bom-ref'], dependsOn: refs },
      ...refs.map((ref) => ({ ref, dependsOn: [] })),
    ],
  };
};

/** The image itself, by its digest. */
export const imageComponent = (repository: string, tag: string, digest: string): Component => {
  const name = repository.slice(repository.lastIndexOf('/') + 1);
  const query = `?repository_url=${encodeURIComponent(repository)}&tag=${encodeURIComponent(tag)}`;
  return {
    type: 'container',
    'bom-ref': repository,
    name: repository,
    version: tag,
    purl: purl('oci', [name], digest, query),
    hashes: [{ alg: 'SHA-256', content: digest.slice('sha256:'.length) }],
  };
};
