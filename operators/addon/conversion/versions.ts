import { group } from '../../api/names.ts';

/** The versions in which add-on kinds are served. */
export const apiVersion = {
  v1alpha1: `${group.addon}/v1alpha1`,
  v1beta1: `${group.addon}/v1beta1`,
} as const;
