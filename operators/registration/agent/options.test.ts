import { describe, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Flags } from '../../runtime/process/command.ts';
import { parseFlags } from '../../runtime/process/flags/flags.ts';
import type { Logger } from '../../runtime/process/logger.ts';
import { registrationAgentFlags } from './flags.ts';
import { completeIdentity } from './identity/identity.ts';
import { newManagedCluster } from './creating.ts';
import { authorityOf } from './settings.ts';
import { clusterLabelsIn, filterAnnotations, validateAgentFlags, validateClusterName } from './options.ts';

const flagsOf = (...args: string[]): Flags<typeof registrationAgentFlags> =>
  parseFlags(registrationAgentFlags, ['--bootstrap-kubeconfig=/b', ...args]).flags;

const inFolder = async (files: Record<string, string>, use: (folder: string) => Promise<void>) => {
  const folder = await mkdtemp(join(tmpdir(), 'identity-'));
  try {
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
};

describe('identity', () => {
  const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  const files = { 'cluster-name': 'stored\n', 'agent-name': 'abcde' };

  test('registration.md 1: neither flags nor files give new names', () =>
    inFolder({}, async (folder) => {
      const { clusterName, agentName } = await completeIdentity({ clusterName: '', agentName: '' }, folder);
      expect(clusterName).toMatch(uuid);
      expect(agentName).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    }));

  test('registration.md 2: a flag outdoes its file', () =>
    inFolder(files, async (folder) => {
      expect(await completeIdentity({ clusterName: 'flag', agentName: '' }, folder)).toEqual({
        clusterName: 'flag',
        agentName: 'abcde',
      });
    }));

  test('registration.md 3: files give both names', () =>
    inFolder(files, async (folder) => {
      expect(await completeIdentity({ clusterName: '', agentName: '' }, folder)).toEqual({
        clusterName: 'stored',
        agentName: 'abcde',
      });
    }));

  test('registration.md 3: what was recorded gives the names that neither flags nor files give', () =>
    inFolder({ 'agent-name': 'abcde' }, async (folder) => {
      const recorded = { clusterName: 'recorded', agentName: 'other' };
      expect(await completeIdentity({ clusterName: '', agentName: '' }, folder, recorded)).toEqual({
        clusterName: 'recorded',
        agentName: 'abcde',
      });
    }));

  test('registration.md 4: flags give both names, without a look at files', async () => {
    const given = { clusterName: 'c', agentName: 'a' };
    expect(await completeIdentity(given, '/proc/self/mem')).toEqual(given);
    await expect(readFile('/proc/self/mem/cluster-name')).rejects.toThrow();
  });

  test.each([
    ['', 'cluster name is empty'],
    ['my.cluster', 'metadata.name format is not correct: a lowercase RFC 1123 label'],
    ['UPPER', 'metadata.name format is not correct: a lowercase RFC 1123 label'],
    ['a'.repeat(64), 'metadata.name format is not correct: must be no more than 63 characters'],
  ])('registration.md 5: the cluster name %j is refused', (name, message) => {
    expect(() => validateClusterName(name)).toThrow(message);
  });
});

describe('flags', () => {
  test.each([
    ['registration.md 6', ['--spoke-external-server-urls=http://a'], '"http://a" is invalid'],
    ['registration.md 6', ['--spoke-external-server-urls='], '"" is invalid'],
    [
      'registration.md 7',
      ['--cluster-healthcheck-period=0'],
      'cluster healthcheck period must greater than zero',
    ],
    [
      'registration.md 8',
      ['--client-cert-expiration-seconds=3599'],
      'client certificate expiration seconds must greater or qual to 3600',
    ],
    [
      'registration.md 9',
      ['--registration-auth=awsirsa'],
      'EksHubClusterArn cannot be empty if RegistrationAuth is awsirsa',
    ],
    ['registration.md 9', ['--registration-auth=grpc'], 'config file should be set'],
    [
      'registration.md 9',
      ['--registration-auth=grpc', '--grpc-config=/c', '--feature-gates=MultipleHubs=true'],
      'MultipleHubs is not available with --registration-auth=grpc',
    ],
    [
      'registration.md 10',
      ['--addon-kubeclient-registration-auth=foo'],
      'unsupported addon-kubeclient-registration-auth: foo',
    ],
    ['registration.md 11', ['--feature-gates=MultipleHubs=true'], 'at least 2 bootstrap kubeconfigs'],
    [
      'registration.md 11',
      ['--feature-gates=MultipleHubs=true', '--bootstrap-kubeconfigs=/1'],
      'at least 2 bootstrap',
    ],
    ['registration.md 16', ['--addon-token-expiration-seconds=60'], 'addon-token-expiration-seconds'],
    ['registration.md 5.1', ['--bootstrap-kubeconfig='], 'bootstrap-kubeconfig is required'],
  ])('%s: %j is refused', (_row, args, message) => {
    expect(() => validateAgentFlags(flagsOf(...args))).toThrow(message);
  });

  test.each([
    ['registration.md 6', ['--spoke-external-server-urls=https://a']],
    ['registration.md 8', ['--client-cert-expiration-seconds=3600']],
    ['registration.md 8', ['--client-cert-expiration-seconds=0']],
    ['registration.md 10', ['--addon-kubeclient-registration-auth=']],
    ['registration.md 10', ['--addon-kubeclient-registration-auth=csr']],
    ['registration.md 10', ['--addon-kubeclient-registration-auth=token']],
    [
      'registration.md 11',
      ['--feature-gates=MultipleHubs=true', '--bootstrap-kubeconfigs=/1', '--bootstrap-kubeconfigs=/2'],
    ],
  ])('%s: %j is fine', (_row, args) => {
    expect(() => validateAgentFlags(flagsOf(...args))).not.toThrow();
  });

  test('registration.md 6: URLs of the managed cluster come with its authority, from its kubeconfig or the file that this names', () =>
    inFolder({ 'ca.crt': 'of the file' }, async (folder) => {
      const caFile = join(folder, 'ca.crt');
      const encoded = (text: string) => Buffer.from(text).toString('base64');
      expect(await authorityOf({ caData: 'of the data', caFile })).toBe(encoded('of the data'));
      expect(await authorityOf({ caFile })).toBe(encoded('of the file'));
      await expect(authorityOf({ caFile: join(folder, 'none') })).rejects.toThrow('ENOENT');
      await expect(authorityOf({})).rejects.toThrow('needs a certificate authority in the kubeconfig');
    }));

  test('registration.md 12: only annotations for agents are kept', () => {
    expect(filterAnnotations({ 'agent.open-cluster-management.io/a': '1', 'other/b': '2' })).toEqual({
      allowed: { 'agent.open-cluster-management.io/a': '1' },
      dropped: ['other/b'],
    });
  });

  test('the old name of the cluster flag is the same flag', () => {
    expect(flagsOf('--cluster-name=c')['spoke-cluster-name']).toBe('c');
  });
});

describe('labels for the ManagedCluster', () => {
  const log = { warn: () => {} } as unknown as Logger;

  test.each<[string | undefined, Record<string, string>]>([
    [undefined, {}],
    ['', {}],
    ['nonsense', {}],
    ['null', {}],
    ['{"a":"1","example.com/b":"2"}', { a: '1', 'example.com/b': '2' }],
    ['{"a":"1","cluster.open-cluster-management.io/clusterset":"s","b":2,"c d":"e"}', { a: '1' }],
  ])('in %j', (text, expected) => {
    expect(clusterLabelsIn(log, text)).toEqual(expected);
  });

  test('are set at creation', () => {
    const cluster = { name: 'c', annotations: {}, clientConfigs: [] };
    expect(newManagedCluster({ ...cluster, labels: { a: '1' } })).toEqual({
      metadata: { name: 'c', labels: { a: '1' } },
      spec: {},
    });
    expect(newManagedCluster({ ...cluster, labels: {} })).toEqual({ metadata: { name: 'c' }, spec: {} });
  });
});
