/** URLs as Go's net/url reads them: nothing is normalised but the case of the scheme. */

export interface ParsedUrl {
  readonly scheme: string;
  readonly user: string | undefined;
  readonly host: string;
  /** As written, or escaped where it has characters that a path cannot have. */
  readonly path: string;
  readonly query: string;
  readonly opaque: string;
}

const isHostCharacter = /^[A-Za-z0-9\-._~!$&'()*+,;=:[\]<>"\u0080-\uffff]*$/;
const isUser = /^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/;

/** Percent escapes resolved as bytes; undefined when one is broken. */
const unescaped = (text: string): Buffer | undefined => {
  if (/%(?![0-9a-fA-F]{2})/.test(text)) return undefined;
  const parts = text.split(/(%[0-9a-fA-F]{2})/);
  return Buffer.concat(
    parts.map((part) =>
      /^%[0-9a-fA-F]{2}$/.test(part) ? Buffer.from(part.slice(1), 'hex') : Buffer.from(part),
    ),
  );
};

const escapedPath = (path: string): string | undefined => {
  const bytes = unescaped(path);
  if (!bytes) return undefined;
  if (/^[A-Za-z0-9\-._~!$&'()*+,;=:@[\]/%]*$/.test(path)) return path;
  return [...bytes]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      if (/[A-Za-z0-9\-._~$&+,/:;=@]/.test(character) && byte < 128) return character;
      return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
};

/** The host of `user@host:port`, checked; undefined when it is none. */
const hostOf = (text: string): string | undefined => {
  const afterHost = text.startsWith('[') ? text.slice(text.lastIndexOf(']') + 1) : portPart(text);
  if (text.startsWith('[') && !text.includes(']')) return undefined;
  if (!/^(?::\d*)?$/.test(afterHost)) return undefined;
  // Only what is beyond ASCII may be escaped in a host.
  if (/%(?![89a-fA-F][0-9a-fA-F])/.test(text.replaceAll('%25', ''))) return undefined;
  const zone = text.startsWith('[') ? text : text.replaceAll(/%[0-9a-fA-F]{2}/g, '');
  if (!isHostCharacter.test(zone.replaceAll(/%[0-9a-fA-F]{2}/g, ''))) return undefined;
  return unescaped(text)?.toString();
};

const portPart = (text: string): string => {
  const colon = text.indexOf(':');
  return colon < 0 ? '' : text.slice(colon);
};

const authorityOf = (text: string): { user: string | undefined; host: string } | undefined => {
  const sign = text.lastIndexOf('@');
  const user = sign < 0 ? undefined : text.slice(0, sign);
  const host = hostOf(text.slice(sign + 1));
  if (host === undefined || (user !== undefined && (!isUser.test(user) || !unescaped(user))))
    return undefined;
  return { user, host };
};

/** Reads a URL that a request may have: absolute, or a path. Undefined for anything else. */
export const parseUrl = (text: string, fragments = false): ParsedUrl | undefined => {
  // Characters that a URL has nowhere.
  if (text === '' || /[\u0000-\u001f\u007f]/.test(text)) return undefined; // oxlint-disable-line no-control-regex
  const source = fragments ? text.replace(/#.*$/s, '') : text;
  const [, scheme = '', rest = ''] = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(.*)$/s.exec(source) ?? [];
  if (source.startsWith(':')) return undefined;
  const mark = rest.indexOf('?');
  const address = mark < 0 ? rest : rest.slice(0, mark);
  const query = mark < 0 ? '' : rest.slice(mark + 1);
  const base = { scheme: scheme.toLowerCase(), user: undefined, host: '', path: '', query, opaque: '' };
  if (source === '*') return { ...base, path: '*' };
  if (!address.startsWith('/')) return scheme === '' ? undefined : { ...base, opaque: address };
  const hasAuthority =
    address.startsWith('//') && (scheme !== '' || (fragments && !address.startsWith('///')));
  const end = hasAuthority ? (address + '/').indexOf('/', 2) : 0;
  const authority = hasAuthority ? authorityOf(address.slice(2, end)) : { user: undefined, host: '' };
  const path = escapedPath(address.slice(end));
  return authority && path !== undefined ? { ...base, ...authority, path } : undefined;
};

/** The host without brackets and port. */
export const hostnameOf = ({ host }: ParsedUrl): string => {
  const colon = host.lastIndexOf(':');
  const bare = /:\d*$/.test(host) ? host.slice(0, colon) : host;
  return bare.startsWith('[') && bare.endsWith(']') ? bare.slice(1, -1) : bare;
};

export const portOf = ({ host }: ParsedUrl): string => /:(\d*)$/.exec(host)?.[1] ?? '';

/** The parameters of the query, each with all its values; those that are broken are left out. */
export const queryOf = ({ query }: ParsedUrl): Map<string, string[]> => {
  const found = new Map<string, string[]>();
  for (const pair of query.split('&')) {
    if (pair === '' || pair.includes(';')) continue;
    const equals = pair.indexOf('=');
    const [name, value] = equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
    const [key, text] = [decoded(name), decoded(value)];
    if (key !== undefined && text !== undefined) found.set(key, [...(found.get(key) ?? []), text]);
  }
  return found;
};

const decoded = (text: string): string | undefined => unescaped(text.replaceAll('+', ' '))?.toString();

/** The text of a URL. */
export const urlText = ({ scheme, user, host, path, query, opaque }: ParsedUrl): string => {
  const start = scheme === '' ? '' : `${scheme}:`;
  const authority =
    host !== '' || user !== undefined ? `//${user === undefined ? '' : `${user}@`}${host}` : '';
  return `${start}${opaque}${authority}${path}${query === '' ? '' : `?${query}`}`;
};
