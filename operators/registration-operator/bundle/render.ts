import type { UnknownObject } from '../../runtime/client/object.ts';
import { parsePatch, patched } from './overlay.ts';
import { expand, problemsOf } from './template.ts';
import {
  type Bundle,
  type Target,
  BundleError,
  type ManifestSet,
  type RenderInput,
  type SetName,
  type Stage,
} from './types.ts';
import type { Selection } from './version.ts';
import { holds } from './when.ts';

const setOf = (bundle: Bundle, name: SetName): ManifestSet => {
  const set = bundle.sets[name];
  if (!set)
    throw new BundleError(
      `bundle ${bundle.version}`,
      `it has no manifests for ${name}`,
      'Use a bundle that has',
    );
  return set;
};

const overlaid = (
  bundle: Bundle,
  set: ManifestSet,
  file: string,
  input: RenderInput,
  object: UnknownObject,
) => {
  const features = new Set(input.features);
  return set.overlays
    .filter(({ patches, kind, when }) => {
      if (!patches.includes(file) || (kind && kind !== object.kind)) return false;
      return holds(when, input.mode, features);
    })
    .reduce(
      (patchedSoFar, overlay) =>
        patched(overlay.file, patchedSoFar, parsePatch(overlay.file, bundle.documents(overlay.file)[0])),
      object,
    );
};

const renderBundle = (
  bundle: Bundle,
  name: SetName,
  input: RenderInput,
  wanted: (component: string | undefined) => boolean,
): Stage[] => {
  const set = setOf(bundle, name);
  const problems = problemsOf(set.parameters, input.parameters);
  if (!set.modes.includes(input.mode)) problems.push(`mode ${input.mode} is unknown`);
  if (problems.length > 0)
    throw new BundleError(`bundle ${bundle.version}, ${name}`, problems.join('; '), 'Correct the parameters');
  const features = new Set(input.features);
  const stages = set.stages.filter((stage) => !input.stages || input.stages.includes(stage.name));
  return stages.map(({ name: stage, manifests }) => ({
    name: stage,
    objects: manifests
      .filter(({ file }) => !input.files || input.files.includes(file))
      .filter(({ component, when }) => wanted(component) && holds(when, input.mode, features))
      .flatMap(({ file, target, component }) =>
        bundle.documents(file).map((document) => ({
          target,
          component,
          file,
          object: expand(overlaid(bundle, set, file, input, document), input.parameters),
        })),
      ),
  }));
};

/** Stages of the same name become one; those that only a later list has come after. */
const merge = (lists: Stage[][]): Stage[] => {
  const stages = new Map<string, Stage>();
  for (const { name, objects } of lists.flat()) {
    const stage = stages.get(name);
    if (stage) stage.objects.push(...objects);
    else stages.set(name, { name, objects: [...objects] });
  }
  return [...stages.values()];
};

/**
 * The objects of a set, stage by stage, complete before anything is applied. With a {@link Selection} each component's
 * manifests come from the bundle of its version and the rest from the newest of them (DESIGN.md 4).
 * @throws BundleError when a parameter is missing or of another type than declared, or the mode is unknown
 */
export const render = (source: Bundle | Selection, name: SetName, input: RenderInput): Stage[] => {
  if ('documents' in source) return renderBundle(source, name, input, () => true);
  const { newest, components } = source;
  const older = [...new Set(Object.values(components))].filter((bundle) => bundle !== newest);
  return merge([
    renderBundle(
      newest,
      name,
      input,
      (component) => component === undefined || (components[component] ?? newest) === newest,
    ),
    ...older.map((bundle) =>
      renderBundle(
        bundle,
        name,
        input,
        (component) => component !== undefined && components[component] === bundle,
      ),
    ),
  ]);
};

/** The manifest files of which {@link render} would make objects, to render them one by one where memory matters. */
export const renderedFiles = (source: Bundle | Selection, name: SetName, input: RenderInput): string[] => {
  const bundles = 'documents' in source ? [source] : [source.newest, ...Object.values(source.components)];
  const features = new Set(input.features);
  const files = bundles
    .flatMap((bundle) => bundle.sets[name]?.stages ?? [])
    .filter((stage) => !input.stages || input.stages.includes(stage.name))
    .flatMap(({ manifests }) => manifests.filter(({ when }) => holds(when, input.mode, features)))
    .map(({ file }) => file);
  return [...new Set(files)];
};

/** The name of an object that some bundle may make, and where it would be. */
export interface InventoryEntry {
  stage: string;
  target: Target;
  /** apiVersion, kind, and metadata with nothing but name and namespace. */
  object: UnknownObject;
}

/**
 * Everything that a set of any of these bundles makes in a mode, in some state of its features: what may have to be
 * removed. Each object once for each cluster that it may be on.
 */
export const inventory = (
  bundles: readonly Bundle[],
  name: SetName,
  { mode, parameters, stages: only }: Pick<RenderInput, 'mode' | 'parameters' | 'stages'>,
): InventoryEntry[] => {
  const entries = new Map<string, InventoryEntry>();
  // Bundles have most of their files in common.
  const seen = new Set<string>();
  for (const bundle of bundles)
    for (const { name: stage, manifests } of bundle.sets[name]?.stages ?? [])
      for (const { file, target, when } of !only || only.includes(stage) ? manifests : []) {
        const place = [stage, target, bundle.checksum(file)].join(' ');
        if (seen.has(place) || (when?.modes && !when.modes.includes(mode))) continue;
        seen.add(place);
        for (const { apiVersion, kind, metadata } of bundle.documents(file)) {
          const names = { name: metadata.name, namespace: metadata.namespace };
          const object = expand({ apiVersion, kind, metadata: names }, parameters);
          const key = [target, apiVersion, kind, object.metadata.namespace, object.metadata.name].join(' ');
          entries.set(key, entries.get(key) ?? { stage, target, object });
        }
      }
  return [...entries.values()];
};

/** The objects that a set has in some state of its features: what may have to be removed. */
export const renderAll = (source: Bundle, name: SetName, input: Omit<RenderInput, 'features'>): Stage[] =>
  setOf(source, name).stages.map(({ name: stage, manifests }) => ({
    name: stage,
    objects: manifests.flatMap(({ file, target, component }) =>
      source
        .documents(file)
        .map((document) => ({ target, component, file, object: expand(document, input.parameters) })),
    ),
  }));
