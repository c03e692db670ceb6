import { describe, expect, test } from '@jest/globals';
import { clusterManager } from '../cluster-manager-fixture.ts';
import { isIpForm, webhookSettings } from './webhook-settings.ts';

describe('webhooks', () => {
  test.each([
    ['127.0.0.1', true],
    ['localhost', false],
    ['', false],
  ])('operator.md 52: %s is of IP form: %s', (address, expected) => {
    expect(isIpForm(address)).toBe(expected);
  });

  test('Hosted without its block has an empty address, which the API server refuses', () => {
    const hosted = clusterManager({ deployOption: { mode: 'Hosted' } });
    expect(webhookSettings(hosted, 'work')).toMatchObject({ address: '', servicePort: 443, bindPort: 9443 });
  });
});
