import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfigFile } from './config-file.ts';

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'config-'))));
afterAll(() => rmSync(folder, { recursive: true }));

const read = (text: string) => {
  const path = join(folder, 'config.yaml');
  writeFileSync(path, text);
  return readConfigFile(path);
};

test('a GenericOperatorConfig; unknown fields are left alone', async () => {
  const text = `
apiVersion: operator.openshift.io/v1alpha1
kind: GenericOperatorConfig
servingInfo:
  bindAddress: 127.0.0.1:8888
  certFile: /a/tls.crt
  keyFile: /a/tls.key
  minTLSVersion: VersionTLS13
  cipherSuites: [TLS_AES_128_GCM_SHA256]
  namedCertificates: []
leaderElection: { disable: true, namespace: ns }
`;
  expect(await read(text)).toEqual({
    bindAddress: '127.0.0.1:8888',
    certFile: '/a/tls.crt',
    keyFile: '/a/tls.key',
    minTlsVersion: 'VersionTLS13',
    cipherSuites: ['TLS_AES_128_GCM_SHA256'],
    leaderElection: { disable: true, name: undefined, namespace: 'ns' },
  });
});

test.each([
  ['servingInfo: [1]', 'servingInfo must be a map'],
  ['servingInfo: { minTLSVersion: 12 }', 'servingInfo.minTLSVersion must be a string'],
  ['servingInfo: { cipherSuites: TLS }', 'servingInfo.cipherSuites must be a list of strings'],
  ['servingInfo: { certFile: /a }', 'servingInfo needs both certFile and keyFile, or neither'],
  ['leaderElection: { disable: "yes" }', 'leaderElection.disable must be true or false'],
  ['- 1', 'the content must be a map'],
  ['a: [', 'configuration file'],
])('%s', async (text, message) => {
  await expect(read(text)).rejects.toThrow(message);
});

test('a missing file is named', async () => {
  await expect(readConfigFile('/nope/config.yaml')).rejects.toThrow(
    /configuration file \/nope\/config\.yaml: ENOENT/,
  );
});

test('an empty file is an empty configuration', async () => {
  expect((await read('')).leaderElection?.disable).toBeUndefined();
});
