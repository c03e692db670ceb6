import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { load } from 'js-yaml';
import type { Klusterlet } from '../../operators/api/index.ts';
import { capiName } from './capi.ts';
import { defineJoin, type JoinFlags } from './flags.ts';
import { connectionTo } from './hub.ts';
import { bootstrapKubeconfig, withProxyCa } from './kubeconfigs.ts';
import { checkClusterName, checkMode, kubeconfigFinding } from './preflight.ts';
import { clusterAnnotations, joinValues } from './values.ts';
import { agentsReady, describeKlusterlet } from './wait.ts';

const flags = (...argv: string[]): JoinFlags => {
  const command = new Command().exitOverride();
  defineJoin(command);
  return command.parse(['--cluster-name=c1', ...argv], { from: 'user' }).opts<JoinFlags>();
};
const ARN = 'arn:aws:eks:us-west-2:123456789012:cluster/c1';
const values = (...argv: string[]) =>
  joinValues(flags(...argv), { managedClusterArn: () => ARN, warn: () => undefined }).klusterlet;

describe('joinValues', () => {
  test.each([
    [[], 'Default'],
    [['--mode=HOSTED'], 'Hosted'],
    [['--singleton'], 'Singleton'],
    [['--singleton', '-m', 'hosted'], 'SingletonHosted'],
  ])('5.1: %j is mode %s', (argv, mode) => {
    expect(values(...argv).mode).toBe(mode);
  });

  test('cli.md 41 and 42: hosted names (operator.md D19)', () => {
    const [first, second] = [values('-m', 'hosted'), values('-m', 'hosted')];
    expect(first!.name).toMatch(/^klusterlet-hosted-[a-z0-9]{6}$/);
    expect(first!.namespace).toBe(`open-cluster-management-${first!.name}`);
    expect(first!.name).not.toBe(second!.name);
  });

  test('cli.md 7: what is on by default stays on beside MultipleHubs', () => {
    expect(values('--feature-gates=MultipleHubs=true').registrationConfiguration.featureGates).toEqual(
      ['AddonManagement', 'ClusterClaim', 'MultipleHubs'].map((feature) => ({ feature, mode: 'Enable' })),
    );
  });

  test.each([
    [['--registration-auth=csr'], undefined],
    [['--registration-auth=grpc', '--grpc-server=g'], { authType: 'grpc' }],
    [
      ['--registration-auth=awsirsa', '--hub-cluster-arn=h'],
      { authType: 'awsirsa', awsIrsa: { hubClusterArn: 'h', managedClusterArn: ARN } },
    ],
    [
      ['--registration-auth=awsirsa', '--hub-cluster-arn=h', '--managed-cluster-arn=m'],
      { authType: 'awsirsa', awsIrsa: { hubClusterArn: 'h', managedClusterArn: 'm' } },
    ],
  ])('5.5: %j', (argv, driver) => {
    expect(values(...argv).registrationConfiguration.registrationDriver).toEqual(driver);
  });

  test.each([
    [['--addon-kubeclient-registration-auth=csr', '--addon-token-expiration-seconds=9'], undefined],
    [['--addon-kubeclient-registration-auth=token'], { authType: 'token' }],
    [
      ['--addon-kubeclient-registration-auth=token', '--addon-token-expiration-seconds=3600'],
      { authType: 'token', token: { expirationSeconds: 3600 } },
    ],
  ])('cli.md 37: %j', (argv, driver) => {
    expect(values(...argv).registrationConfiguration.addOnKubeClientRegistrationDriver).toEqual(driver);
  });
});

test('cli.md 35: annotations', () => {
  const warnings: string[] = [];
  const pairs = ['foo=bar', ' a = b=c ', 'agent.open-cluster-management.io/x=y', 'malformed', '=v'];
  expect(clusterAnnotations(pairs, (line) => warnings.push(line))).toEqual({
    'agent.open-cluster-management.io/foo': 'bar',
    'agent.open-cluster-management.io/a': 'b=c',
    'agent.open-cluster-management.io/x': 'y',
  });
  expect(warnings).toHaveLength(2);
});

describe('preflight', () => {
  const cluster = (server: string, ca?: string) => ({
    cluster: { server, ...(ca && { 'certificate-authority-data': ca }) },
  });

  test.each([
    ['no kubeconfig', undefined, { errors: ['no hubconfig found'], warnings: [] }],
    ['no cluster', {}, { errors: ['error cluster length'], warnings: [] }],
    [
      'two clusters',
      { clusters: [cluster('https://a', 'x'), cluster('https://b', 'x')] },
      { errors: ['error cluster length'], warnings: [] },
    ],
    [
      'a bad scheme',
      { clusters: [cluster('hub:6443', 'x')] },
      { errors: ['--hub-apiserver should start with http:// or https://'], warnings: [] },
    ],
    [
      'no CA',
      { clusters: [cluster('https://hub')] },
      { errors: [], warnings: ['no ca detected, creating hub kubeconfig without ca'] },
    ],
    ['a whole one', { clusters: [cluster('https://hub', 'x')] }, undefined],
  ])('cli.md 29: %s', (_, kubeconfig, finding) => {
    expect(kubeconfigFinding(kubeconfig)).toEqual(finding);
  });

  test.each(['Bad_Name', 'a.b', '-a', 'a-', ''])('cli.md 31: the name %j is refused', (name) => {
    expect(checkClusterName(name).errors).toEqual([
      'validate ClusterName failed: should match `^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`',
    ]);
  });
  test('cli.md 31: a name that is longer than that of a namespace is refused', () => {
    expect(checkClusterName('c'.repeat(64)).errors).toEqual([
      `validate ClusterName failed: ${'c'.repeat(64)} has 64 characters, a name has at most 63`,
    ]);
  });
  test.each(['a', 'cluster-1', '1', 'c'.repeat(63)])('cli.md 31: the name %j passes', (name) => {
    expect(checkClusterName(name)).toEqual({ warnings: [], errors: [] });
  });

  const context = null as never; // not reached: these rules ask no cluster
  test.each([
    ['Default', 'f', '--managed-cluster-kubeconfig should not be set in default deploy mode'],
    ['Singleton', 'f', '--managed-cluster-kubeconfig should not be set in default deploy mode'],
    ['Hosted', '', '--managed-cluster-kubeconfig should be set in hosted deploy mode'],
    ['SingletonHosted', '', '--managed-cluster-kubeconfig should be set in hosted deploy mode'],
    ['X', '', 'deploy mode should be default or hosted'],
  ])('cli.md 32: mode %s with the kubeconfig %j', async (mode, file, error) => {
    const given = { managedClusterKubeconfig: file, forceInternalEndpointLookup: false };
    expect(await checkMode(context, mode, given)).toEqual({ warnings: [], errors: [error] });
  });
  test.each([
    ['Default', ''],
    ['Hosted', 'f'],
  ])('cli.md 32: mode %s with the kubeconfig %j passes', async (mode, file) => {
    const given = { managedClusterKubeconfig: file, forceInternalEndpointLookup: true };
    expect(await checkMode(context, mode, given)).toEqual({ warnings: [], errors: [] });
  });
});

describe('kubeconfigs', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'join-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const certificate = (text: string) => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----`;
  const proxy = (content: string) => {
    const proxyCaFile = join(folder, 'proxy.pem');
    writeFileSync(proxyCaFile, content);
    return { proxyUrl: 'http://proxy', proxyCaFile };
  };

  test('cli.md 39: the CAs of hub and proxy, each once', () => {
    const [a, b] = [certificate('A'), certificate('B')];
    expect(withProxyCa(`${a}\n`, proxy(`${b}\n${a}\n${b}\n`))).toBe(`${a}\n${b}\n`);
    expect(withProxyCa(undefined, proxy(b))).toBe(`${b}\n`);
    expect(withProxyCa(a, { ...proxy(b), proxyUrl: '' })).toBe(a);
    expect(() => withProxyCa(a, proxy('none'))).toThrow('holds no PEM certificate');
  });

  test('a hub without a known CA is trusted to the system', () => {
    const kubeconfig = load(bootstrapKubeconfig({ server: 'https://hub', token: 't' })) as {
      clusters: { cluster: object }[];
    };
    expect(kubeconfig.clusters[0]!.cluster).toEqual({ server: 'https://hub' });
    expect(connectionTo({ server: 'https://hub' }, 't')).toMatchObject({ insecureSkipTlsVerify: true });
    expect(connectionTo({ server: 'https://hub', ca: 'x' }, 't')).toEqual({
      server: 'https://hub',
      token: 't',
      caData: 'x',
      caSource: 'as the hub publishes it',
      caRemedy: 'give the CA of the hub with --ca-file',
    });
    expect(connectionTo({ server: 'https://hub', ca: 'x', caFile: '/ca.crt' }, 't')).toMatchObject({
      caSource: '--ca-file /ca.crt',
      caRemedy: 'give the CA of the hub with --ca-file',
    });
  });
});

describe('capiName', () => {
  test.each([
    ['a', { namespace: 'default', name: 'a' }],
    ['n/a', { namespace: 'n', name: 'a' }],
  ])('%s', (given, name) => {
    expect(capiName(given)).toEqual(name);
  });
  test.each([
    ['', 'capi-cluster-name must be set'],
    ['a/b/c', 'must be namespace/name or name'],
    ['a/', 'must be namespace/name or name'],
    ['/a', 'must be namespace/name or name'],
  ])('%j is refused', (given, message) => {
    expect(() => capiName(given)).toThrow(message);
  });
});

describe('waiting for the Klusterlet', () => {
  type Status = NonNullable<Klusterlet['status']>;
  const klusterlet = (status: Partial<Status>): Klusterlet => ({
    metadata: { name: 'klusterlet', generation: 2 },
    status: status as Status,
  });
  const condition = (type: string, status: 'True' | 'False') => ({
    type,
    status,
    reason: 'R',
    message: 'm',
    lastTransitionTime: '',
  });
  const good = [condition('RegistrationDesiredDegraded', 'False'), condition('WorkDesiredDegraded', 'False')];

  test.each([
    ['both agents are in order', klusterlet({ observedGeneration: 2, conditions: good }), true],
    ['of an older spec', klusterlet({ observedGeneration: 1, conditions: good }), false],
    ['one agent', klusterlet({ conditions: good.slice(1) }), false],
    ['nothing reported', klusterlet({}), false],
    ['no Klusterlet', undefined, false],
  ])('%s', (_, object, ready) => {
    expect(agentsReady(object)).toBe(ready);
  });

  test('the most telling condition is shown', () => {
    const conditions = [...good, condition('HubConnectionDegraded', 'True'), condition('Applied', 'False')];
    expect(describeKlusterlet(klusterlet({ conditions }))).toBe('Applied is False: R: m');
    expect(describeKlusterlet(klusterlet({ conditions: conditions.slice(0, 3) }))).toBe(
      'HubConnectionDegraded is True: R: m',
    );
    expect(describeKlusterlet(klusterlet({ conditions: good }))).toBe('the Klusterlet reports no problem');
    expect(describeKlusterlet(undefined)).toBe('the operator has not reported on the Klusterlet yet');
  });
});
