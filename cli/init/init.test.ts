import { Command } from 'commander';
import { describe, expect, test } from '@jest/globals';
import { defineInit, idleFlags, type InitFlags } from './flags.ts';
import { checkHubApiServer } from './preflight.ts';
import { validate } from './validate.ts';
import { initValues } from './values.ts';

const flags = (...argv: string[]): InitFlags => {
  const command = new Command().exitOverride();
  defineInit(command);
  return command.parse(argv, { from: 'user' }).opts<InitFlags>();
};
const ARN = 'arn:aws:eks:us-west-2:123456789012:cluster/hub';
const registration = (...argv: string[]) =>
  initValues(flags(...argv), () => ARN).clusterManager.registrationConfiguration;

describe('initValues', () => {
  test('cli.md 11: the ARN of the hub is the name of its cluster in the kubeconfig', () => {
    expect(registration('--registration-drivers=awsirsa').registrationDrivers).toEqual([
      { authType: 'awsirsa', awsirsa: { hubClusterArn: ARN } },
    ]);
    expect(() => initValues(flags('--registration-drivers=awsirsa'), () => undefined)).toThrow(
      'unable to retrieve hubClusterArn from kubeconfig',
    );
  });

  test.each([
    ['hostname', { type: 'hostname', hostname: { host: 'g' } }],
    ['loadBalancer', { type: 'loadBalancer', loadBalancer: { host: 'g' } }],
  ])('cli.md 17: the gRPC server by %s', (type, grpc) => {
    const argv = ['--registration-drivers=grpc', '--grpc-server=g', `--grpc-endpoint-type=${type}`];
    const { serverConfiguration } = initValues(flags(...argv), () => ARN).clusterManager;
    expect(serverConfiguration).toEqual({ endpointsExposure: [{ protocol: 'grpc', grpc }] });
  });

  test('without the gRPC driver there is no gRPC server', () => {
    expect(
      initValues(flags('--grpc-server=g'), () => ARN).clusterManager.serverConfiguration,
    ).toBeUndefined();
  });

  test.each([
    ['cli.md 17', ['--registration-drivers=grpc'], 'grpc server should not be empty'],
    ['4.3', ['--registration-drivers=grpc', '--grpc-endpoint-type=x'], 'unknown grpc endpoint type x'],
    ['4.3', ['--registration-drivers=x'], 'unknown registration-drivers type: x'],
    ['4.2', ['--resource-limits=cpu=1'], 'resource type must be ResourceRequirement'],
    [
      '4.3',
      ['--bundle-version=9', '--registration-drivers=x'],
      "couldn't find the requested version bundle: 9",
    ],
    [
      '4.3',
      ['--registration-drivers=x', '--image-pull-credential-file=/none'],
      'unknown registration-drivers',
    ],
    ['4.3', ['--image-pull-credential-file=/none', '--resource-limits=cpu=1'], 'failed read the image pull'],
  ])('%s: %j', (_, argv, message) => {
    expect(() => initValues(flags(...argv), () => ARN)).toThrow(message);
  });
});

describe('validate (cli.md 14)', () => {
  const gate = '--feature-gates=ManagedClusterAutoApproval=true';

  test.each([
    [['--auto-approved-csr-identities=u'], 'should enable feature gate ManagedClusterAutoApproval before'],
    [['--auto-approved-grpc-identities=u'], 'should enable feature gate ManagedClusterAutoApproval before'],
    [
      [gate, '--auto-approved-arn-patterns=u'],
      'should not provide list of patterns for aws eks arn if not initializing hub with awsirsa registration',
    ],
    [
      [gate, '--auto-approved-csr-identities=u'],
      'should not provide list of users for csr to auto approve if not initializing hub with csr registration',
    ],
    [
      [gate, '--registration-drivers=csr', '--auto-approved-grpc-identities=u'],
      'should not provide list of users or identities for grpc cluster to auto approve if not initializing hub with grpc registration',
    ],
    [['--image-registry='], 'registry should not be empty'],
    [['--wait', '-o', 'json'], 'output should be text if --wait is set'],
    [['--wait', '-o', 'yaml'], 'output should be text if --wait is set'],
  ])('%j', (argv, message) => {
    expect(() => validate(flags(...argv))).toThrow(message);
  });

  test('consistent flags', () => {
    validate(flags('--wait'));
    validate(flags('-o', 'json'));
    validate(flags(gate, '--registration-drivers=csr', '--auto-approved-csr-identities=u'));
  });
});

describe('checkHubApiServer', () => {
  const known = { known: true, clusterKnown: true };

  test.each([
    ['https://hub.example.com:6443', 1],
    ['https://hub.example.com', 1],
    ['https://10.0.0.1:6443', 0],
    ['https://10.0.0.1', 0],
    ['https://[fd00::1]:6443', 0],
  ])('cli.md 18: %s gives %i warnings', (server, warnings) => {
    const finding = checkHubApiServer(known, () => ({ server }));
    expect(finding.errors).toEqual([]);
    expect(finding.warnings).toHaveLength(warnings);
  });

  test.each([
    [{ known: false, clusterKnown: false }, 'failed to find the given Current Context in Contexts'],
    [{ known: true, cluster: 'c', clusterKnown: false }, 'failed to find the given CurrentContext Cluster'],
  ])('4.4: %j', (context, error) => {
    const finding = checkHubApiServer(context, () => ({ server: 'https://10.0.0.1' }));
    expect(finding).toEqual({ warnings: [], errors: [expect.stringContaining(error)] });
  });
});

test('flags of the singleton hub are named when they have no effect', () => {
  expect(idleFlags((flag) => ['setString', 'singletonName', 'wait'].includes(flag))).toEqual([
    'flag set-string is only supported when deploy singleton controlplane',
    'flag singleton-name is only supported when deploy singleton controlplane',
  ]);
});
