import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { imageRegistry } from '../../operators/api/image-registry.ts';
import type { ImageValues } from '../objects/operator.ts';
import { versionBundle } from '../version-bundles.ts';
import { bool, map, string } from './flags.ts';
import { type ResourceRequirement, resourceRequirement } from './resource-requirement.ts';

/** Which images are meant (cli.md 4.1). */
export interface BundleFlags {
  bundleVersion: string;
  bundleVersionOverrides: string;
  imageRegistry: string;
}

/** The flags that installing a hub and installing a klusterlet have in common (cli.md 4.1, 5.1). */
export interface InstallFlags extends BundleFlags {
  imagePullCredentialFile: string;
  createNamespace: boolean;
  outputFile: string;
  wait: boolean;
  enableSyncLabels: boolean;
  resourceQosClass: string;
  resourceLimits?: Record<string, string>;
  resourceRequests?: Record<string, string>;
}

export const addBundleFlags = (command: Command): void => {
  string(command, '--bundle-version', 'version of the components to install', 'default');
  string(command, '--bundle-version-overrides', 'JSON file with component versions laid over the bundle');
  string(command, '--image-registry', 'registry of all images', imageRegistry);
};

export const addInstallFlags = (command: Command, wait: string): void => {
  addBundleFlags(command);
  string(command, '--image-pull-credential-file', 'docker config JSON file for the registry');
  bool(command, '--create-namespace', 'create the namespace open-cluster-management', true);
  bool(command, '--wait', wait);
  string(command, '--output-file', 'write the objects to this file too');
  bool(command, '--enable-sync-labels', 'copy the labels of the custom resource to all objects made for it');
  string(command, '--resource-qos-class', 'Default, BestEffort or ResourceRequirement', 'Default');
  map(command, '--resource-limits', 'limits of every container, such as cpu=800m,memory=800Mi');
  map(command, '--resource-requests', 'requests of every container');
};

/** Reads a file that a flag names; `what` is how the error begins. */
export const readNamed = (file: string, what: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`${what}: ${(error as Error).message}`, { cause: error });
  }
};

/** Bundle and credentials; throws for an unknown version and an unreadable file. */
export const imageValues = (flags: BundleFlags): ImageValues => {
  const { ocm, registry } = versionBundle(flags.bundleVersion, flags.bundleVersionOverrides);
  return {
    // Releases of the upstream project are where it publishes them, unless the user has them elsewhere.
    registry: flags.imageRegistry === imageRegistry ? registry : flags.imageRegistry,
    tag: ocm,
    overrides: {},
    imageCredentials: { createImageCredentials: true, dockerConfigJson: '', userName: '', password: '' },
  };
};

export const pullCredentials = ({ imagePullCredentialFile: file }: InstallFlags): string =>
  file ? readNamed(file, `failed read the image pull credential file ${file}`) : '';

export const requirementOf = (flags: InstallFlags): ResourceRequirement =>
  resourceRequirement(flags.resourceQosClass, flags.resourceLimits, flags.resourceRequests);
