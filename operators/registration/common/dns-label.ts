const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/** What is wrong with a name that must be an RFC 1123 label, as namespaces are; undefined when nothing is. */
export const dnsLabelProblem = (name: string): string | undefined => {
  if (name.length > 63) return 'must be no more than 63 characters';
  if (label.test(name)) return undefined;
  return (
    'a lowercase RFC 1123 label must consist of lower case alphanumeric characters or ' +
    "'-', and must start and end with an alphanumeric character (e.g. 'my-name',  or " +
    "'123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
  );
};
