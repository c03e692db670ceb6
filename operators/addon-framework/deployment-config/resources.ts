import type { AddOnDeploymentConfigResourceRequirement } from '../../api/generated/addon.ts';

/** Which containers are meant, as a pattern of `resource:workload:container`. */
const patternOf = (containerId: string): RegExp => {
  const parts = containerId.split(':');
  if (parts.length !== 3)
    throw new Error(
      `invalid ContainerID: ${containerId}; it has the form resource:name:container, each may be *`,
    );
  const escaped = parts.map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.+'));
  return new RegExp(`^${escaped.join(':')}$`);
};

/**
 * Finds the requests and limits of a container; the last entry that matches wins (addon.md 6.3).
 * @throws when an entry does not say which containers it is about
 */
export const requirementsFor = (
  requirements: readonly AddOnDeploymentConfigResourceRequirement[] = [],
): ((resource: string, workload: string, container: string) => object | undefined) => {
  const patterns = requirements.map(({ containerID, resources }) => ({
    pattern: patternOf(containerID),
    resources,
  }));
  return (resource, workload, container) =>
    patterns.findLast(({ pattern }) => pattern.test(`${resource}:${workload}:${container}`))?.resources;
};
