/**
 * Whether a resource version is older than another. They are whole numbers that may exceed 2^53, so compared as
 * text; versions of another shape are opaque, and none is older.
 */
export const isOlder = (version: string | undefined, than: string | undefined): boolean => {
  if (!isNumber(version) || !isNumber(than)) return false;
  return version.length === than.length ? version < than : version.length < than.length;
};

/** Whether a version is one of those that are compared. */
export const isNumber = (version: string | undefined): version is string =>
  version !== undefined && /^[1-9]\d*$/.test(version);
