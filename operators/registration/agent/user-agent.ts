/** How the agent introduces itself to API servers. */
export const userAgent = 'registration-agent';
