/** The name under which the managed cluster records what the agent writes. */
export const fieldManager = 'work-agent';
