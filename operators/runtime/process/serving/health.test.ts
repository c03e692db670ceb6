import { describe, expect, test } from '@jest/globals';
import type { HealthCheck } from '../command.ts';
import type { Logger } from '../logger.ts';
import { answerProbe } from './health.ts';

const good: HealthCheck = { name: 'ping', check: () => {} };
const bad: HealthCheck = {
  name: 'hub-kube-config',
  check: () => Promise.reject(new Error('the client certificate expires and rebootstrap is required.')),
};

const ask = async (checks: HealthCheck[], options: { only?: string; verbose?: boolean } = {}) => {
  const logged: unknown[] = [];
  const log: Logger = {
    info() {},
    warn: (_message, fields) => void logged.push(fields),
    error() {},
    debug() {},
    with: () => log,
  };
  return { ...(await answerProbe('healthz', checks, { verbose: false, ...options, log })), logged };
};

describe('answerProbe', () => {
  test('all well', async () => {
    expect(await ask([good])).toMatchObject({ status: 200, body: 'ok' });
    expect(await ask([good], { verbose: true })).toMatchObject({
      status: 200,
      body: '[+]ping ok\nhealthz check passed\n',
    });
  });

  test('a failure answers 500 without the reason, which is logged', async () => {
    const { status, body, logged } = await ask([good, bad]);
    expect({ status, body }).toEqual({
      status: 500,
      body: '[+]ping ok\n[-]hub-kube-config failed: reason withheld\nhealthz check failed\n',
    });
    expect(logged).toEqual([
      {
        probe: 'healthz',
        check: 'hub-kube-config',
        error: new Error('the client certificate expires and rebootstrap is required.'),
      },
    ]);
  });

  test('a check that throws at once fails as well', async () => {
    const thrower: HealthCheck = {
      name: 'x',
      check: () => {
        throw new Error('no');
      },
    };
    expect((await ask([thrower])).status).toBe(500);
  });

  test('one check by its name', async () => {
    expect(await ask([good, bad], { only: 'ping' })).toMatchObject({ status: 200, body: 'ok' });
    expect((await ask([good, bad], { only: 'hub-kube-config' })).status).toBe(500);
    expect((await ask([good], { only: 'nope' })).status).toBe(404);
  });
});
