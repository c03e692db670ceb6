/** What the agent reads from the token of an add-on, which it does not verify: the hub does. */
export interface TokenClaims {
  issuedAt: number;
  expiresAt: number;
  /** UID of the ServiceAccount. */
  accountUid: string | undefined;
}

/** Reads a JSON Web Token; undefined when it is none, or says not when it was issued and expires. Seconds. */
export const readToken = (token: string): TokenClaims | undefined => {
  const parts = token.split('.');
  if (parts.length !== 3) return undefined;
  let claims: { iat?: unknown; exp?: unknown; 'kubernetes.io'?: { serviceaccount?: { uid?: string } } };
  try {
    claims = JSON.parse(Buffer.from(parts[1]!, 'base64url').toString('utf8')) as typeof claims;
  } catch {
    return undefined; // no JSON: no token of ours, which the caller replaces
  }
  if (typeof claims?.iat !== 'number' || typeof claims.exp !== 'number') return undefined;
  return {
    issuedAt: claims.iat,
    expiresAt: claims.exp,
    accountUid: claims['kubernetes.io']?.serviceaccount?.uid,
  };
};

/** The share of its life that is left when a token is replaced (registration.md 5.4). */
const threshold = 0.2;

/** When a token has to be replaced; undefined: at once. */
export const refreshAt = (token: string | undefined, accountUid: string, now: Date): Date | undefined => {
  const claims = token ? readToken(token) : undefined;
  if (!claims || claims.accountUid !== accountUid) return undefined;
  const life = claims.expiresAt - claims.issuedAt;
  const at = new Date((claims.expiresAt - life * threshold) * 1000);
  return life > 0 && at > now ? at : undefined;
};

/** The UID in the message by which the add-on manager says that the ServiceAccount is ready. Throws when there is none. */
export const accountUidIn = (message: string): string => {
  const uid = /\(UID: ([^)]+)\)/.exec(message)?.[1];
  if (!uid) throw new Error(`the message of condition TokenInfrastructureReady names no UID: "${message}"`);
  return uid;
};
