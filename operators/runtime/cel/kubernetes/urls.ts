import { perSize, sizeOfResult } from '../evaluate/call.ts';
import { declare, global, member } from '../library/declare.ts';
import type { FunctionDeclaration, Run } from '../types/declaration.ts';
import * as t from '../types/type.ts';
import { EntriesMap } from '../values/map.ts';
import { Failure, Opaque, type Value } from '../values/value.ts';
import { type ParsedUrl, hostnameOf, parseUrl, portOf, queryOf, urlText } from './url.ts';

const urlType = t.struct('kubernetes.URL');

export class Url extends Opaque {
  override readonly type = urlType;
  readonly url: ParsedUrl;
  constructor(url: ParsedUrl) {
    super();
    this.url = url;
  }

  override equals(other: Url): boolean {
    return urlText(this.url) === urlText(other.url);
  }
}

const read: Run = ([text]) => {
  // A fragment is no part of a request, but is of a URL.
  const url = parseUrl(text as string) && parseUrl(text as string, true);
  return url
    ? new Url(url)
    : new Failure(
        `URL parse error during conversion from string: parse ${JSON.stringify(text)}: invalid URI for request`,
      );
};

const query = (url: ParsedUrl): Value => {
  const found = new EntriesMap();
  for (const [key, values] of queryOf(url)) found.set(key, values);
  return found;
};

const part = (
  name: string,
  id: string,
  result: t.Type,
  read: (url: ParsedUrl) => Value,
): FunctionDeclaration =>
  declare(name, [member(id, [urlType], result, ([value]) => read((value as Url).url))], { cost: () => 1 });

/** The URL library of Kubernetes. */
export const urls: readonly FunctionDeclaration[] = [
  declare('url', [global('string_to_url', [t.string], urlType, read)], {
    cost: ([text]) => perSize(0.1, sizeOfResult(text!)),
  }),
  declare('isURL', [
    global('is_url_string', [t.string], t.bool, ([text]) => parseUrl(text as string) !== undefined),
  ]),
  part('getScheme', 'url_get_scheme', t.string, ({ scheme }) => scheme),
  part('getHost', 'url_get_host', t.string, ({ host }) => host),
  part('getHostname', 'url_get_hostname', t.string, hostnameOf),
  part('getPort', 'url_get_port', t.string, portOf),
  part('getEscapedPath', 'url_get_escaped_path', t.string, ({ path }) => path),
  part('getQuery', 'url_get_query', t.mapOf(t.string, t.listOf(t.string)), query),
];
