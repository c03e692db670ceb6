import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Descriptor } from './layout.ts';

/** A registry that images are pushed to, by the API of the OCI distribution. */
export interface Target {
  /** `host[:port]`. */
  host: string;
  /** HTTP instead of HTTPS. */
  isPlain: boolean;
}

/** `Basic …` for a registry, as `docker login` keeps it; undefined when it keeps none. */
export const authorizationOf = (dockerConfig: string, host: string): string | undefined => {
  const { auths = {} } = JSON.parse(dockerConfig) as { auths?: Record<string, { auth?: string }> };
  const auth = (auths[host] ?? auths[`https://${host}`])?.auth;
  return auth ? `Basic ${auth}` : undefined;
};

const dockerConfig = (): string => {
  const file = join(process.env.DOCKER_CONFIG ?? join(homedir(), '.docker'), 'config.json');
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '{}';
    throw error;
  }
};

export const sha256 = (content: Buffer): string =>
  `sha256:${createHash('sha256').update(content).digest('hex')}`;

/** Pushes blobs and manifests into the repositories of one registry. */
export class Registry {
  private readonly base: string;
  private readonly headers: Record<string, string>;

  constructor({ host, isPlain }: Target) {
    this.base = `${isPlain ? 'http' : 'https'}://${host}`;
    const authorization = authorizationOf(dockerConfig(), host);
    this.headers = authorization ? { authorization } : {};
  }

  /** @throws Error with what the registry said unless it answers with one of `expected` */
  private async ask(method: string, url: URL, expected: number[], init: RequestInit = {}): Promise<Response> {
    const { headers, ...rest } = init;
    const request = { method, headers: { ...this.headers, ...(headers as object) }, ...rest };
    const answer = await fetch(url, request).catch((cause: Error) => {
      const reason = cause.cause instanceof Error ? cause.cause.message : cause.message;
      throw new Error(`${method} ${url.href}: ${reason}`, { cause });
    });
    if (!expected.includes(answer.status))
      throw new Error(`${method} ${url.href}: ${answer.status} ${(await answer.text()).slice(0, 500)}`);
    return answer;
  }

  /** Uploads a blob unless the repository has it; checks before that it is what its digest says. */
  async putBlob(repository: string, digest: string, content: Buffer): Promise<void> {
    if (sha256(content) !== digest) throw new Error(`blob ${digest} is damaged: copy the file again`);
    const path = `${this.base}/v2/${repository}/blobs/`;
    const head = await this.ask('HEAD', new URL(`${path}${digest}`), [200, 404]);
    if (head.status === 200) return;
    const started = await this.ask('POST', new URL(`${path}uploads/`), [202]);
    const upload = new URL(started.headers.get('location') ?? '', this.base);
    upload.searchParams.set('digest', digest);
    const headers = { 'content-type': 'application/octet-stream' };
    await this.ask('PUT', upload, [201], { headers, body: new Uint8Array(content) });
  }

  async putManifest(
    repository: string,
    tag: string,
    { mediaType, digest }: Descriptor,
    content: Buffer,
  ): Promise<void> {
    if (sha256(content) !== digest) throw new Error(`manifest ${digest} is damaged: copy the file again`);
    const url = new URL(`${this.base}/v2/${repository}/manifests/${tag}`);
    const headers = { 'content-type': mediaType };
    await this.ask('PUT', url, [201], { headers, body: new Uint8Array(content) });
  }
}
