import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { waitFor } from '../../../../test/cluster/wait.ts';
import type { Logger } from '../logger.ts';
import { createMetrics } from '../metrics.ts';
import { selfSignedCertificate } from './self-signed.ts';
import { mountedCertificate, serve } from './serving.ts';
import { tlsProfile } from './tls.ts';

const quiet: Logger = { info() {}, warn() {}, error() {}, debug() {}, with: () => quiet };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'serving-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The names of the certificate that a server shows. */
const namesAt = (port: number): Promise<string | undefined> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().subjectaltname);
      socket.end();
    });
    socket.on('error', reject);
  });

const write = (name: string): void => {
  const { cert, key } = selfSignedCertificate([name]);
  writeFileSync(join(folder, 'tls.crt'), cert);
  writeFileSync(join(folder, 'tls.key'), key);
};

test('since-1.3.1.md 12: a mounted certificate that comes after the start is taken up, and so is each after it', async () => {
  const stop = new AbortController();
  const serving = await serve({
    log: quiet,
    listen: '127.0.0.1:0',
    tls: tlsProfile('', []),
    certificate: mountedCertificate(folder),
    probes: { healthz: [], livez: [], readyz: [] },
    metrics: createMetrics(),
    authorize: () => Promise.resolve({ allowed: false, code: 401, message: '' }),
    signal: stop.signal,
  });
  try {
    expect(await namesAt(serving.port)).toBe('DNS:localhost');
    for (const name of ['first.example', 'second.example']) {
      write(name);
      await waitFor(name, async () => (await namesAt(serving.port)) === `DNS:${name}`, { interval: 50 });
    }
  } finally {
    stop.abort();
    await serving.close();
  }
});

test('without the folder there is no mounted certificate', () => {
  expect(mountedCertificate(join(folder, 'none'))).toBeUndefined();
});
