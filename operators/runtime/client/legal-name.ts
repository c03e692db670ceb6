import { createHash, randomInt } from 'node:crypto';

/** Most characters that an API server takes. */
const longest = {
  labelValue: 63,
  objectName: 253,
  /** What it keeps of `generateName`: the rest is cut without a word. */
  generatedName: 58,
} as const;

/** Short where there is little room; long enough elsewhere that nobody makes two names meet. */
const hashLength = (max: number): number => (max <= longest.labelValue ? 10 : 32);

/** Neither a name nor the value of a label ends with a dot or a dash. */
const withoutTail = (text: string): string => text.replace(/[^A-Za-z0-9]+$/, '');

/** What is too long ends with a hash of the whole: always the same, and another one for another text. */
const shortened = (text: string, max: number): string => {
  if (text.length <= max) return text;
  const hash = createHash('sha256').update(text).digest('hex').slice(0, hashLength(max));
  return `${withoutTail(text.slice(0, max - hash.length - 1))}-${hash}`;
};

/**
 * The value of a label that carries a name. Names of objects may have 253 characters and are legal as values up to 63:
 * until then the value is the name itself, as others expect it.
 */
export const labelValue = (name: string): string => shortened(name, longest.labelValue);

/** The name of an object that is put together from other names: as it is while it is legal, else shortened. */
export const objectName = (name: string): string => shortened(name, longest.objectName);

/** `generateName` of an object: what the API server would cut is left out, so that the prefix is that of the name. */
export const namePrefix = (text: string): string =>
  `${withoutTail(withoutTail(text).slice(0, longest.generatedName - 1))}-`;

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const dnsLabel = new RegExp(`^${label}$`);
const dnsSubdomain = new RegExp(`^${label}(\\.${label})*$`);

/** What is wrong with a name that must be an RFC 1123 label, as namespaces are; undefined when nothing is. */
export const dnsLabelProblem = (name: string): string | undefined => {
  if (name.length > 63) return 'must be no more than 63 characters';
  if (dnsLabel.test(name)) return undefined;
  return (
    'a lowercase RFC 1123 label must consist of lower case alphanumeric characters or ' +
    "'-', and must start and end with an alphanumeric character (e.g. 'my-name',  or " +
    "'123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
  );
};

/** What is wrong with a name that must be an RFC 1123 subdomain, as those of most objects are; undefined when nothing is. */
export const dnsSubdomainProblem = (name: string): string | undefined => {
  if (name.length > longest.objectName) return `must be no more than ${longest.objectName} characters`;
  if (dnsSubdomain.test(name)) return undefined;
  return "must consist of lower case letters, digits, '-' or '.', and must start and end with a letter or digit";
};

const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** Random characters that make no words, as Kubernetes uses in generated names. */
export const randomName = (length = 5): string =>
  Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');
