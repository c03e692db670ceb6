import * as der from './der.ts';

/** Parts that every certificate we make has (RFC 5280). */

/** A distinguished name of a common name alone. */
export const nameOf = (commonName: string): Buffer =>
  der.sequence(der.setOf(der.sequence(der.objectIdentifier('2.5.4.3'), der.utf8String(commonName))));

/** An extension by its object identifier, around the DER of its value. */
export const extension = (id: string, critical: boolean, value: Uint8Array): Buffer =>
  der.sequence(der.objectIdentifier(id), ...(critical ? [der.boolean(true)] : []), der.octetString(value));

/** Extended key usage: the certificate of a server. */
export const serverAuth = (): Buffer =>
  extension('2.5.29.37', false, der.sequence(der.objectIdentifier('1.3.6.1.5.5.7.3.1')));
