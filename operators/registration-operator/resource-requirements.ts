import type { ResourceRequirements } from '../runtime/client/kubernetes.ts';

/** The `resourceRequirement` field of ClusterManager and Klusterlet. */
export interface ResourceRequirementSpec {
  type?: string;
  resourceRequirements?: object;
}

const standard: ResourceRequirements = { requests: { cpu: '2m', memory: '16Mi' } };

/** The resources of every container of every operand (operator.md 2.3). */
export const containerResources = (spec: ResourceRequirementSpec | undefined): ResourceRequirements => {
  if (spec?.type === 'BestEffort') return {};
  if (spec?.type === 'ResourceRequirement') return spec.resourceRequirements ?? {};
  return standard;
};
