import { createSecureContext, type SecureContext } from 'node:tls';
import type { Connection, Impersonation } from '../connection.ts';
import { WatchedFile } from './credential-files.ts';

export type Headers = Record<string, string | string[]>;

/** What a TLS connection is made of; a new object each time one of its parts has changed. */
export interface TlsMaterial {
  readonly context: SecureContext | undefined;
  /** The authorities that it trusts, PEM; undefined for those that the system trusts. */
  readonly ca?: string;
  /** The client certificate, PEM. */
  readonly cert?: string;
}

export interface Identity {
  tls: TlsMaterial;
  /** The Authorization header, when the identity is not the client certificate. */
  authorization?: string;
}

export interface FileTiming {
  /** Milliseconds between looks at a token file. Default 60 000, as client-go's. */
  tokenIntervalMs?: number;
  /** Milliseconds between looks at certificate files. Default 5 000. */
  certificateIntervalMs?: number;
}

/** Milliseconds for which the answer of an exec plugin or auth provider is used before it is asked again. */
const pluginIntervalMs = 10_000;

interface PluginIdentity {
  authorization?: string;
  cert?: string;
  key?: string;
}

/** Keeps the identity of one connection fresh: files are read again when they change, tokens when they are refused. */
export class Credentials {
  readonly #connection: Connection;
  readonly #ca?: WatchedFile;
  readonly #cert?: WatchedFile;
  readonly #key?: WatchedFile;
  readonly #token?: WatchedFile;
  #material?: { tls: TlsMaterial; ca?: string; cert?: string; key?: string };
  #plugin?: { identity: Promise<PluginIdentity>; askedAt: number };

  constructor(connection: Connection, timing: FileTiming = {}) {
    const { tokenIntervalMs = 60_000, certificateIntervalMs = 5_000 } = timing;
    const file = (path: string | undefined, data: string | undefined) =>
      path === undefined || data !== undefined ? undefined : new WatchedFile(path, certificateIntervalMs);
    this.#connection = connection;
    this.#ca = file(connection.caFile, connection.caData);
    this.#cert = file(connection.certFile, connection.certData);
    this.#key = file(connection.keyFile, connection.keyData);
    this.#token =
      connection.tokenFile === undefined ? undefined : new WatchedFile(connection.tokenFile, tokenIntervalMs);
  }

  /** Whether a refused request is worth another try after {@link refresh}. */
  get isRefreshable(): boolean {
    return this.#token !== undefined || this.#connection.exec !== undefined;
  }

  /** Reads the token again, or asks the plugin again; resolves to whether the identity has changed. */
  async refresh(refused: Identity): Promise<boolean> {
    await this.#token?.read({ now: true });
    // Of many requests refused at once, only the first asks the plugin anew.
    const current = this.#plugin && (await this.#plugin.identity.catch(() => undefined));
    if (current && current.authorization === refused.authorization) this.#plugin = undefined;
    const identity = await this.current();
    return identity.authorization !== refused.authorization || identity.tls !== refused.tls;
  }

  async current(): Promise<Identity> {
    const plugin = this.#connection.exec === undefined ? undefined : await this.#askPlugin();
    const [ca, cert, key] = await Promise.all([
      this.#connection.caData ?? this.#ca?.read(),
      plugin?.cert ?? this.#connection.certData ?? this.#cert?.read(),
      plugin?.key ?? this.#connection.keyData ?? this.#key?.read(),
    ]);
    return {
      tls: this.#tls(ca, cert, key),
      authorization: plugin?.authorization ?? (await this.#authorization()),
    };
  }

  #tls(ca?: string, cert?: string, key?: string): TlsMaterial {
    const last = this.#material;
    if (last && last.ca === ca && last.cert === cert && last.key === key) return last.tls;
    let context: SecureContext | undefined;
    try {
      if (ca ?? cert) context = createSecureContext({ ca, cert, key, minVersion: 'TLSv1.2' });
    } catch (error) {
      // Between the writes of the certificate and of its key the two do not fit; the next look finds them whole.
      if (last) return last.tls;
      throw new Error(
        `the client certificate, its key or the CA bundle is invalid: ${(error as Error).message}`,
        {
          cause: error,
        },
      );
    }
    this.#material = { tls: { context, ca, cert }, ca, cert, key };
    return this.#material.tls;
  }

  async #authorization(): Promise<string | undefined> {
    const { token, username, password } = this.#connection;
    const fresh = (await this.#token?.read())?.trim() || token;
    if (fresh) return `Bearer ${fresh}`;
    if (username === undefined) return undefined;
    return `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}`;
  }

  #askPlugin(): Promise<PluginIdentity> {
    const time = performance.now();
    if (!this.#plugin || time - this.#plugin.askedAt > pluginIntervalMs) {
      const isNew = this.#plugin === undefined;
      const identity = import('./exec-plugin.ts').then(({ askPlugin }) =>
        askPlugin(this.#connection, { isNew }),
      );
      const plugin = { identity, askedAt: time };
      this.#plugin = plugin;
      identity.catch(() => {
        if (this.#plugin === plugin) this.#plugin = undefined;
      });
    }
    return this.#plugin.identity;
  }
}

/** Percent-encodes what may not stand in the name of a header. */
const headerName = (text: string): string =>
  encodeURIComponent(text).replace(/[()]/g, (character) => (character === '(' ? '%28' : '%29'));

/** The headers of an impersonation; values that may be many are sent as one header each. */
export const impersonationHeaders = (impersonate: Impersonation | undefined): Headers => {
  if (impersonate === undefined) return {};
  const headers: Headers = { 'impersonate-user': impersonate.user };
  if (impersonate.uid) headers['impersonate-uid'] = impersonate.uid;
  if (impersonate.groups?.length) headers['impersonate-group'] = impersonate.groups;
  for (const [name, values] of Object.entries(impersonate.extra ?? {})) {
    headers[`impersonate-extra-${headerName(name.toLowerCase())}`] = values;
  }
  return headers;
};
