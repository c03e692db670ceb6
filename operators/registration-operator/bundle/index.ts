/**
 * Bundles: folders of versioned manifests that the operators install (DESIGN.md 4).
 *
 *     const bundles = loadBundles(findBundles());
 *     const result = selectVersion(bundles, { registration: cr.spec.registrationImagePullSpec });
 *     if ('selection' in result) render(result.selection, 'clustermanager', { mode, features, parameters });
 *
 * Format: `bundle.yaml` names versions, images, the file of each set (`clustermanager`, `klusterlet`, `install/…`) and a
 * checksum per file. A set's file lists modes, features, parameters with their types, stages of manifests, and overlays.
 * In manifests `${name}` stands for a parameter:
 *
 *     replicas: ${replicas}             a whole scalar takes the value with its type; null leaves the field out
 *     - --agent-image=${agentImage}     inside a scalar; null leaves the whole list item out
 *     - ${gateFlags}                    a list takes the place of its placeholder, item by item
 *     labels: { app: x, <<: ${labels} } a map is merged; keys that stand in the manifest win
 */
export {
  installedPolicySuffix,
  type OperatorInstallation,
  type OperatorName,
  policyParameters,
  renderOperator,
} from './install.ts';
export { checksumOf } from './folder.ts';
export { findBundles, loadBundle, loadBundles, type LoadOptions } from './load.ts';
export { inventory, type InventoryEntry, render, renderAll, renderedFiles } from './render.ts';
export * from './types.ts';
export { bundleNamedBy, isOtherRelease, isOwnRelease, tagOf } from './component-version.ts';
export { knownVersions } from './known.ts';
export {
  bundleVersionAnnotation,
  downgradeAnnotation,
  type Refusal,
  type Selection,
  type SelectOptions,
  type SelectResult,
  selectVersion,
} from './version.ts';
