import type {
  ClusterManagementAddOn,
  ClusterManagementAddOnV1alpha1,
  DefaultConfig,
  SupportedConfigV1alpha1,
} from '../../api/generated/addon.ts';
import { noDefaultConfig } from '../../api/names.ts';
import { apiVersion } from './versions.ts';

const toDefault = ({ defaultConfig, ...supported }: SupportedConfigV1alpha1): DefaultConfig => ({
  ...supported,
  ...(defaultConfig ?? { name: noDefaultConfig }),
});

const toSupported = ({ name, namespace, ...supported }: DefaultConfig): SupportedConfigV1alpha1 =>
  name === noDefaultConfig
    ? supported
    : { ...supported, defaultConfig: { name, ...(namespace !== undefined && { namespace }) } };

/**
 * A ClusterManagementAddOn of v1alpha1 as one of v1beta1 (addon.md 8). A kind of configuration without a default gets a
 * name that stands for none; `spec.addOnConfiguration` is left out.
 */
export const toV1beta1 = (addon: ClusterManagementAddOnV1alpha1): ClusterManagementAddOn => {
  const { spec, status, ...rest } = addon;
  const { supportedConfigs, addOnConfiguration: _, ...others } = spec ?? {};
  const { defaultconfigReferences, ...ofStatus } = status ?? {};
  return {
    ...rest,
    apiVersion: apiVersion.v1beta1,
    ...(spec && {
      spec: { ...others, ...(supportedConfigs && { defaultConfigs: supportedConfigs.map(toDefault) }) },
    }),
    ...(status && {
      status: {
        ...ofStatus,
        ...(defaultconfigReferences && { defaultConfigReferences: defaultconfigReferences }),
      },
    }),
  } as ClusterManagementAddOn;
};

/** The inverse of {@link toV1beta1}. */
export const toV1alpha1 = (addon: ClusterManagementAddOn): ClusterManagementAddOnV1alpha1 => {
  const { spec, status, ...rest } = addon;
  const { defaultConfigs, ...others } = spec ?? {};
  const { defaultConfigReferences, ...ofStatus } = status ?? {};
  return {
    ...rest,
    apiVersion: apiVersion.v1alpha1,
    ...(spec && {
      spec: { ...others, ...(defaultConfigs && { supportedConfigs: defaultConfigs.map(toSupported) }) },
    }),
    ...(status && {
      status: {
        ...ofStatus,
        ...(defaultConfigReferences && { defaultconfigReferences: defaultConfigReferences }),
      },
    }),
  } as ClusterManagementAddOnV1alpha1;
};
