import type * as x509 from '@peculiar/x509';

export type X509 = typeof x509;

const nothingKnown = (): undefined => undefined;

/**
 * Loads @peculiar/x509. It loads tsyringe, which refuses to load unless Reflect has the metadata functions of a
 * polyfill, but asks them only about constructors with injected parameters, of which x509 has none: "nothing known" is
 * the answer. A static import would come before that answer is in place.
 */
export const loadX509 = async (): Promise<X509> => {
  const reflect = Reflect as unknown as Record<string, unknown>;
  reflect['getMetadata'] ??= nothingKnown;
  reflect['getOwnMetadata'] ??= nothingKnown;
  return import('@peculiar/x509');
};
