import { readFileSync } from 'node:fs';

/** What of a GenericOperatorConfig (`--config`, operator.md 1.2) this process obeys. */
export interface ConfigFile {
  bindAddress?: string;
  certFile?: string;
  keyFile?: string;
  minTlsVersion?: string;
  cipherSuites?: string[];
  leaderElection?: { disable?: boolean; name?: string; namespace?: string };
}

/** Reads the file; throws an Error that names the file and the field when it is not such a configuration. */
export const readConfigFile = async (path: string): Promise<ConfigFile> => {
  const { readYaml } = await import('../../client/yaml/read.ts');
  const fail = (what: string) => new Error(`configuration file ${path}: ${what}`);
  let parsed: unknown;
  try {
    parsed = readYaml(readFileSync(path, 'utf8'));
  } catch (error) {
    throw fail((error as Error).message);
  }

  const mapOf = (value: unknown, field: string): Record<string, unknown> => {
    if (value == null) return {};
    if (typeof value !== 'object' || Array.isArray(value)) throw fail(`${field} must be a map`);
    return value as Record<string, unknown>;
  };
  const stringOf = (value: unknown, field: string): string | undefined => {
    if (value == null || value === '') return undefined;
    if (typeof value !== 'string') throw fail(`${field} must be a string`);
    return value;
  };

  const root = mapOf(parsed, 'the content');
  const serving = mapOf(root['servingInfo'], 'servingInfo');
  const election = mapOf(root['leaderElection'], 'leaderElection');
  const suites = serving['cipherSuites'] ?? undefined;
  if (suites !== undefined && !(Array.isArray(suites) && suites.every((suite) => typeof suite === 'string')))
    throw fail('servingInfo.cipherSuites must be a list of strings');
  if (election['disable'] != null && typeof election['disable'] !== 'boolean')
    throw fail('leaderElection.disable must be true or false');
  const [certFile, keyFile] = [
    stringOf(serving['certFile'], 'servingInfo.certFile'),
    stringOf(serving['keyFile'], 'servingInfo.keyFile'),
  ];
  if (!certFile !== !keyFile) throw fail('servingInfo needs both certFile and keyFile, or neither');
  return {
    bindAddress: stringOf(serving['bindAddress'], 'servingInfo.bindAddress'),
    certFile,
    keyFile,
    minTlsVersion: stringOf(serving['minTLSVersion'], 'servingInfo.minTLSVersion'),
    cipherSuites: suites as string[] | undefined,
    leaderElection: {
      disable: (election['disable'] as boolean | null) ?? undefined,
      name: stringOf(election['name'], 'leaderElection.name'),
      namespace: stringOf(election['namespace'], 'leaderElection.namespace'),
    },
  };
};
