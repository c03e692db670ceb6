import { describe, expect, test } from '@jest/globals';
import { patience } from './access-review-controller.ts';
import { bootstrapReviews, hubReviews } from './access-reviews.ts';
import { type Finding, verdict } from './connection-verdict.ts';
import { renderKubeconfig } from '../../../runtime/client/kubeconfig/kubeconfig-writer.ts';
import { holdsNamesOnly } from './kubeconfig-check.ts';
import { differences, isSilent } from './other-hub.ts';

describe('verdict (operator.md 122, 125)', () => {
  const finding = (reason: Finding['reason']): Finding => ({ reason, message: `${reason}.` });
  test.each<[Finding['reason'], Finding['reason'] | undefined, string, string, number | undefined]>([
    [
      'HubKubeConfigUnauthorized',
      'BootstrapSecretMissing',
      'True',
      'BootstrapSecretMissing,HubKubeConfigUnauthorized',
      30_000,
    ],
    [
      'HubKubeConfigSecretMissing',
      'BootstrapSecretFunctional',
      'True',
      'BootstrapSecretFunctional,HubKubeConfigSecretMissing',
      undefined,
    ],
    [
      'HubKubeConfigUnauthorized',
      'BootstrapSecretError',
      'True',
      'BootstrapSecretError,HubKubeConfigUnauthorized',
      30_000,
    ],
    [
      'HubKubeConfigError',
      'BootstrapSecretFunctional',
      'True',
      'BootstrapSecretFunctional,HubKubeConfigError',
      30_000,
    ],
    [
      'HubKubeConfigUnauthorized',
      'BootstrapSecretUnauthorized',
      'True',
      'BootstrapSecretUnauthorized,HubKubeConfigUnauthorized',
      30_000,
    ],
    [
      'HubKubeConfigMissing',
      'BootstrapSecretMissing',
      'True',
      'BootstrapSecretMissing,HubKubeConfigMissing',
      undefined,
    ],
    ['HubKubeConfigError', undefined, 'True', 'HubKubeConfigError', 30_000],
    ['HubConnectionFunctional', undefined, 'False', 'HubConnectionFunctional', 300_000],
  ])('%s with %s', (hub, bootstrap, status, reason, recheckMs) => {
    const result = verdict(finding(hub), bootstrap && finding(bootstrap), 4);
    expect(result.condition).toMatchObject({
      type: 'HubConnectionDegraded',
      status,
      reason,
      observedGeneration: 4,
    });
    expect(result.condition.message).toBe(
      reason
        .split(',')
        .map((each) => `${each}.`)
        .join('\n'),
    );
    expect(result.recheckMs).toBe(recheckMs);
  });

  test.each<[string, boolean]>([
    ['', false],
    ['cluster-name', true],
    ['cluster-name agent-name', true],
    ['cluster-name agent-name tls.key', false],
    ['token', false],
  ])('operator.md 122: a secret with the keys "%s" holds names only: %s', (keys, only) => {
    const data = Object.fromEntries(
      keys
        .split(' ')
        .filter(Boolean)
        .map((key) => [key, 'eA==']),
    );
    expect(holdsNamesOnly({ metadata: { name: 'hub-kubeconfig-secret' }, data })).toBe(only);
  });

  const bootstraps = [
    'BootstrapSecretMissing',
    'BootstrapSecretError',
    'BootstrapSecretUnauthorized',
    'BootstrapSecretFunctional',
  ] as const;
  const hubs = [
    'HubKubeConfigSecretMissing',
    'HubKubeConfigMissing',
    'HubKubeConfigError',
    'ClusterNameMissing',
    'HubKubeConfigUnauthorized',
  ] as const;
  test.each(hubs.flatMap((hub) => bootstraps.map((bootstrap) => [bootstrap, hub] as const)))(
    'operator.md 122: %s with %s, the bootstrap reason first',
    (bootstrap, hub) => {
      expect(verdict(finding(hub), finding(bootstrap), 4).condition).toMatchObject({
        type: 'HubConnectionDegraded',
        status: 'True',
        reason: `${bootstrap},${hub}`,
        message: `${bootstrap}.\n${hub}.`,
      });
    },
  );

  test('looks again soon at first and every 30 s in the end (operator.md 123)', () => {
    expect([0, 1, 2, 3, 4, 5, 6].map((times) => patience(times, 30_000))).toEqual([
      1000, 2000, 4000, 8000, 16_000, 30_000, 30_000,
    ]);
  });

  test('asks 6 reviews of a bootstrap kubeconfig and 24 of a hub kubeconfig (operator.md 5.8)', () => {
    expect(bootstrapReviews()).toHaveLength(6);
    expect(hubReviews('c1')).toHaveLength(24);
    expect(hubReviews('c1').filter(({ namespace }) => namespace !== undefined && namespace !== 'c1')).toEqual(
      [],
    );
    expect(hubReviews('c1')[9]).toEqual({
      group: 'register.open-cluster-management.io',
      resource: 'managedclusters',
      subresource: 'clientcertificates',
      verb: 'renew',
    });
  });
});

describe('a hub kubeconfig that leads elsewhere than the bootstrap kubeconfig', () => {
  const way = { server: 'https://hub', caData: 'old\n', proxyUrl: 'http://proxy', tlsServerName: 'hub' };
  const secretOf = (change: object = {}, cluster = 'hub') => {
    const kubeconfig = renderKubeconfig({ ...way, token: 't', ...change }, { cluster });
    return {
      metadata: { name: 's', namespace: 'n' },
      data: { kubeconfig: Buffer.from(kubeconfig).toString('base64') },
    };
  };

  test.each<[ReturnType<typeof secretOf> | undefined, string[]]>([
    [secretOf(), []],
    [secretOf({ token: 'another' }), []],
    [secretOf({ caData: 'old\nnew\n' }), ['certificate-authority']],
    [secretOf({ server: 'https://other', proxyUrl: undefined }), ['server', 'proxy-url']],
    [secretOf({ tlsServerName: 'other' }), ['tls-server-name']],
    [secretOf({}, 'rebuilt'), ['name of the cluster']],
    [{ metadata: { name: 's', namespace: 'n' }, data: { kubeconfig: 'bm9uc2Vuc2U=' } }, []],
    [undefined, []],
  ])('case %#', (bootstrap, expected) => {
    expect(differences(bootstrap, secretOf())).toEqual(expected);
  });

  test.each<[object | undefined, boolean]>([
    [undefined, false],
    [{}, false],
    [{ renewTime: '2026-01-01T00:00:00.000000Z' }, false],
    [{ renewTime: '2025-12-31T23:54:59.000000Z' }, true],
    [{ renewTime: '2025-12-31T23:54:59.000000Z', leaseDurationSeconds: 600 }, false],
    [{ renewTime: 'nonsense' }, false],
  ])('a lease of %j says that the cluster is silent: %s', (spec, expected) => {
    expect(isSilent({ spec }, Date.parse('2026-01-01T00:00:00Z'))).toBe(expected);
  });
});
