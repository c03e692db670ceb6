import * as der from './der.ts';

/** The parts of a distinguished name by which Kubernetes knows a user: CN is the user, each O a group. */
export interface Subject {
  commonName: string;
  organizations: string[];
  organizationalUnits?: string[];
}

/** A subject as found, which may have no or several common names, and attributes that nobody expects. */
export interface ParsedSubject {
  commonNames: string[];
  organizations: string[];
  organizationalUnits: string[];
  /** Object identifiers of all other attributes. */
  others: string[];
}

const oid = { commonName: '2.5.4.3', organization: '2.5.4.10', organizationalUnit: '2.5.4.11' };

const attribute = (type: string, value: string): Buffer =>
  der.setOf(der.sequence(der.objectIdentifier(type), der.utf8String(value)));

/** The subject as a DER Name: organizations, organizational units, then the common name. */
export const encodeSubject = ({ commonName, organizations, organizationalUnits = [] }: Subject): Buffer =>
  der.sequence(
    ...organizations.map((value) => attribute(oid.organization, value)),
    ...organizationalUnits.map((value) => attribute(oid.organizationalUnit, value)),
    attribute(oid.commonName, commonName),
  );

const utf8 = new TextDecoder('utf-8', { fatal: true });

const textOf = (value: der.Value | undefined): string => {
  if (value?.tag === der.tag.utf8String) return utf8.decode(value.content);
  if (value?.tag === der.tag.printableString || value?.tag === der.tag.ia5String)
    return value.content.toString('latin1');
  throw new der.DerError('an attribute of the subject is no UTF8String, PrintableString or IA5String');
};

/** Reads a DER Name; a relative name of several values counts as that many attributes. Throws a DerError. */
export const parseSubject = (name: der.Value | undefined): ParsedSubject => {
  const subject: ParsedSubject = {
    commonNames: [],
    organizations: [],
    organizationalUnits: [],
    others: [],
  };
  for (const relativeName of der.partsOf(name, der.tag.sequence)) {
    for (const pair of der.partsOf(relativeName, der.tag.set)) {
      const [type, value] = der.partsOf(pair, der.tag.sequence);
      const id = der.decodeOid(type);
      if (id === oid.commonName) subject.commonNames.push(textOf(value));
      else if (id === oid.organization) subject.organizations.push(textOf(value));
      else if (id === oid.organizationalUnit) subject.organizationalUnits.push(textOf(value));
      else subject.others.push(id);
    }
  }
  return subject;
};

const sameSet = (left: readonly string[], right: readonly string[]): boolean => {
  const a = new Set(left);
  const b = new Set(right);
  return a.size === b.size && [...a].every((value) => b.has(value));
};

/** Whether a certificate names this subject; the order of organizations does not count (registration.md 3.6). */
export const namesSubject = (found: ParsedSubject, wanted: Subject): boolean =>
  found.commonNames.length === 1 &&
  found.commonNames[0] === wanted.commonName &&
  sameSet(found.organizations, wanted.organizations) &&
  sameSet(found.organizationalUnits, wanted.organizationalUnits ?? []);

/** Reads the Name that fills these bytes. Throws a DerError. */
export const parseSubjectBytes = (bytes: Buffer): ParsedSubject => parseSubject(der.decodeAll(bytes)[0]);
