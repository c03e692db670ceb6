import type {
  ClusterManagementAddOn,
  ClusterManagementAddOnV1alpha1,
  ManagedClusterAddOn,
  ManagedClusterAddOnV1alpha1,
} from '../../api/generated/addon.ts';
import type { Convert } from '../../runtime/admission/conversion.ts';
import type { JsonMap } from '../../runtime/client/json.ts';
import * as managed from './managed-addon.ts';
import * as management from './management-addon.ts';
import { apiVersion } from './versions.ts';

type Conversion = (object: JsonMap) => object;

const conversions: Record<string, Record<string, Conversion>> = {
  ClusterManagementAddOn: {
    [apiVersion.v1alpha1]: (object) => management.toV1alpha1(object as unknown as ClusterManagementAddOn),
    [apiVersion.v1beta1]: (object) =>
      management.toV1beta1(object as unknown as ClusterManagementAddOnV1alpha1),
  },
  ManagedClusterAddOn: {
    [apiVersion.v1alpha1]: (object) => managed.toV1alpha1(object as unknown as ManagedClusterAddOn),
    [apiVersion.v1beta1]: (object) => managed.toV1beta1(object as unknown as ManagedClusterAddOnV1alpha1),
  },
};

const otherOf: Record<string, string> = {
  [apiVersion.v1alpha1]: apiVersion.v1beta1,
  [apiVersion.v1beta1]: apiVersion.v1alpha1,
};

/**
 * Converts add-on kinds between v1alpha1 and v1beta1 (addon.md 8).
 * @throws for another kind or version, and for an object whose fields have other types than their schema says
 */
export const convertAddon: Convert = (object, toApiVersion) => {
  const { kind, apiVersion: from, metadata } = object;
  const { name = '' } = metadata as { name?: string };
  const conversion = conversions[String(kind)]?.[toApiVersion];
  const what = `${String(kind)} ${name}`;
  if (!conversion || from !== otherOf[toApiVersion])
    throw new Error(`${what} cannot be converted from ${String(from)} to ${toApiVersion}`);
  try {
    return conversion(object) as JsonMap;
  } catch (error) {
    throw new Error(`${what} cannot be converted: ${(error as Error).message}`, { cause: error });
  }
};
