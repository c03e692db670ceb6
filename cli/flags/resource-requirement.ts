import type { ResourceRequirement } from '../../operators/api/index.ts';
import { parseQuantity } from '../../operators/runtime/client/quantity.ts';

export type { ResourceRequirement };

/** The resource requirement that the flags ask for, or an error that says which flag is wrong (cli.md 4.2). */
export const resourceRequirement = (
  type: string,
  limits: Record<string, string> | undefined,
  requests: Record<string, string> | undefined,
): ResourceRequirement => {
  const given = limits !== undefined || requests !== undefined;
  if (!given) {
    if (type === 'ResourceRequirement') {
      throw new Error('resource type is ResourceRequirement but both limits and requests are not set');
    }
    // An unknown class is left to the API server, which knows all of them.
    return { type: type as ResourceRequirement['type'] };
  }
  if (type !== 'ResourceRequirement' && type !== '') {
    throw new Error('resource type must be ResourceRequirement when resource limits or requests are set');
  }
  for (const [name, request] of Object.entries(requests ?? {})) {
    const limit = limits?.[name];
    if (limit !== undefined && parseQuantity(request).nanos > parseQuantity(limit).nanos) {
      throw new Error(`requests ${request} must be less than or equal to limits ${limit}`);
    }
    parseQuantity(request);
  }
  for (const limit of Object.values(limits ?? {})) parseQuantity(limit);
  return {
    type: 'ResourceRequirement',
    resourceRequirements: { ...(limits && { limits }), ...(requests && { requests }) },
  };
};
