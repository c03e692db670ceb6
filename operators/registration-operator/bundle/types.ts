import type { UnknownObject } from '../../runtime/client/object.ts';

/**
 * The sets of manifests in a bundle: what each operator installs, and how the operators themselves are installed
 * (for the CLI and the charts).
 */
export const setNames = [
  'clustermanager',
  'klusterlet',
  'install/cluster-manager',
  'install/klusterlet',
] as const;
export type SetName = (typeof setNames)[number];

/**
 * Which cluster an object goes to: the hub, the cluster that the operator runs on, or the cluster that a Klusterlet
 * registers.
 */
export type Target = 'hub' | 'management' | 'managed';

/** What a placeholder may stand for. `null` leaves the field, list item or flag out. */
export type ParameterValue =
  | string
  | number
  | boolean
  | null
  | readonly ParameterValue[]
  | { readonly [key: string]: ParameterValue | undefined };
export type Parameters = Readonly<Record<string, ParameterValue | undefined>>;

/** Declared types; `scalar` is a string or an integer. With `?` the value may also be null or undefined. */
export const parameterTypes = ['string', 'integer', 'boolean', 'scalar', 'list', 'map'] as const;
export type ParameterType = (typeof parameterTypes)[number] | `${(typeof parameterTypes)[number]}?`;

/** When a manifest or overlay applies: all terms that are present must hold. */
export interface When {
  /** The mode is one of these. */
  modes?: string[];
  /** All of these features are on. */
  features?: string[];
  /** At least one of these features is on. */
  anyFeature?: string[];
  /** None of these features is on. */
  notFeatures?: string[];
}

/** A file of one or more YAML documents, and where its objects go. */
export interface Manifest {
  file: string;
  target: Target;
  /** The component whose image version picks this manifest; without one, the newest bundle in use does. */
  component?: string;
  when?: When;
}

/** JSON patches (RFC 6902) on the objects of some manifests. */
export interface Overlay {
  file: string;
  /** The manifest files whose objects are patched. */
  patches: string[];
  /** Only objects of this kind, in files with several. */
  kind?: string;
  when?: When;
}

/** One set: its stages in order, what they may ask for, and the differences by mode or feature. */
export interface ManifestSet {
  modes: string[];
  features: string[];
  parameters: Record<string, ParameterType>;
  stages: { name: string; manifests: Manifest[] }[];
  overlays: Overlay[];
}

/** One folder `bundles/vX.Y.Z`, checked. */
export interface Bundle {
  readonly version: string;
  /** Semver range of the Kubernetes versions that it supports. */
  readonly kubernetes: string;
  /** Semver range of the versions that it upgrades from. */
  readonly upgradesFrom: string;
  /** Semver range of other releases whose images run with these manifests; empty for none. */
  readonly alsoServes: string;
  /** Component → repository of its image, without a tag. */
  readonly images: Readonly<Record<string, string>>;
  readonly sets: Readonly<Partial<Record<SetName, ManifestSet>>>;
  /** The checksum of a file: files with the same one are the same, whichever bundle they are in. */
  checksum(file: string): string;
  /** The documents of a manifest file, fresh for the caller, placeholders untouched. */
  documents(file: string): UnknownObject[];
}

/** All bundles of an operator, newest first; at least one. */
export type Bundles = readonly [Bundle, ...Bundle[]];

/** What is rendered besides its manifests. */
export interface RenderInput {
  mode: string;
  /** The features that are on; one that the set does not know is ignored, since a later bundle may know it. */
  features: Iterable<string>;
  parameters: Parameters;
  /** Render only these stages. Default: all. */
  stages?: readonly string[];
  /** Render only these manifest files. Default: all. */
  files?: readonly string[];
}

export interface RenderedObject {
  target: Target;
  component?: string;
  /** The manifest that it comes from, for messages. */
  file: string;
  object: UnknownObject;
}

export interface Stage {
  name: string;
  objects: RenderedObject[];
}

/** A bundle cannot be used; the message names the file and the remedy. */
export class BundleError extends Error {
  override readonly name = 'BundleError';

  constructor(file: string, problem: string, remedy: string) {
    super(`${file}: ${problem}. ${remedy}`);
  }
}
