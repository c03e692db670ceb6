import type {
  ConfigReferenceV1alpha1,
  ManagedClusterAddOn,
  ManagedClusterAddOnConfigReference,
  ManagedClusterAddOnV1alpha1,
} from '../../api/generated/addon.ts';
import { annotation } from '../../api/names.ts';
import type { ObjectMeta } from '../../runtime/client/object.ts';
import { registrationsToV1alpha1, registrationsToV1beta1 } from './registrations.ts';
import { apiVersion } from './versions.ts';

/** The metadata with these annotations set, and those without a value taken away. */
const annotated = (metadata: ObjectMeta, changes: Record<string, string | undefined>): ObjectMeta => {
  const annotations = { ...metadata.annotations };
  for (const [key, value] of Object.entries(changes))
    if (value) annotations[key] = value;
    else delete annotations[key];
  const { annotations: _, ...rest } = metadata;
  return Object.keys(annotations).length > 0 ? { ...rest, annotations } : rest;
};

const referenceToV1beta1 = ({
  name: _name,
  namespace: _namespace,
  ...reference
}: ConfigReferenceV1alpha1): ManagedClusterAddOnConfigReference => reference;

const referenceToV1alpha1 = (reference: ManagedClusterAddOnConfigReference): ConfigReferenceV1alpha1 => {
  const { name = '', namespace } = reference.desiredConfig ?? {};
  return { ...reference, name, ...(namespace !== undefined && { namespace }) };
};

/**
 * A ManagedClusterAddOn of v1alpha1 as one of v1beta1 (addon.md 8). The install namespace, and what v1beta1 cannot say of
 * registrations, go into annotations; `status.addOnConfiguration` is left out.
 */
export const toV1beta1 = (addon: ManagedClusterAddOnV1alpha1): ManagedClusterAddOn => {
  const { metadata, spec, status, ...rest } = addon;
  const { installNamespace, ...ofSpec } = spec ?? {};
  const {
    addOnConfiguration: _,
    kubeClientDriver,
    registrations,
    configReferences,
    ...ofStatus
  } = status ?? {};
  const converted = registrationsToV1beta1({ registrations, kubeClientDriver });
  return {
    ...rest,
    apiVersion: apiVersion.v1beta1,
    metadata: annotated(metadata, {
      [annotation.addonInstallNamespace]: installNamespace,
      [annotation.addonRegistrations]: converted.remainder,
    }),
    ...(spec && { spec: ofSpec }),
    ...(status && {
      status: {
        ...ofStatus,
        ...(configReferences && { configReferences: configReferences.map(referenceToV1beta1) }),
        ...(converted.registrations && { registrations: converted.registrations }),
      },
    }),
  } as ManagedClusterAddOn;
};

/** The inverse of {@link toV1beta1}. */
export const toV1alpha1 = (addon: ManagedClusterAddOn): ManagedClusterAddOnV1alpha1 => {
  const { metadata, spec, status, ...rest } = addon;
  const { registrations, configReferences, ...ofStatus } = status ?? {};
  const installNamespace = metadata.annotations?.[annotation.addonInstallNamespace];
  const remainder = metadata.annotations?.[annotation.addonRegistrations];
  const converted = registrationsToV1alpha1(registrations, remainder);
  const hasStatus = status !== undefined || Object.keys(converted).length > 0;
  return {
    ...rest,
    apiVersion: apiVersion.v1alpha1,
    metadata: annotated(metadata, {
      [annotation.addonInstallNamespace]: undefined,
      [annotation.addonRegistrations]: undefined,
    }),
    ...((spec || installNamespace) && { spec: { ...spec, ...(installNamespace && { installNamespace }) } }),
    ...(hasStatus && {
      status: {
        ...ofStatus,
        ...(configReferences && { configReferences: configReferences.map(referenceToV1alpha1) }),
        ...converted,
      },
    }),
  } as ManagedClusterAddOnV1alpha1;
};
