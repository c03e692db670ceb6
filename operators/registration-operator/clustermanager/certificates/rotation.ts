import { configMap, secret as secretName } from '../../../api/names.ts';
import { type ConfigMap, configMaps, type Secret, secrets } from '../../../runtime/client/kubernetes.ts';
import type { Logger } from '../../../runtime/process/logger.ts';
import { deleteSecret, encode, textOf, writeSecret } from '../../secrets/secret.ts';
import { type Dependencies, fieldManager, type Settings } from '../dependencies.ts';
import { createAuthority, issueServing, type KeyPair } from './issue.ts';
import { authorityProblem, certificatesOf, nextBundle, servingProblem } from './renewal.ts';

/** How long certificates are valid and how often they are looked at; milliseconds (operator.md 4.9). */
export interface RotationTimes {
  authorityMs: number;
  servingMs: number;
  intervalMs: number;
}

/** What certificates depend on. */
export interface RotationDependencies extends Pick<
  Dependencies,
  | 'bundles'
  | 'clusterManagers'
  | 'hubNamespaces'
  | 'caBundles'
  | 'operandServices'
  | 'certificateSecrets'
  | 'certificates'
> {
  settings: Pick<Settings, 'images' | 'clusterDomain'>;
  management: Pick<Dependencies['management'], 'client'>;
}

const bundleKey = 'ca-bundle.crt';

const pairOf = (secret: Secret | undefined): KeyPair | undefined => {
  if (!secret) return undefined;
  return { certificate: textOf(secret, 'tls.crt') ?? '', key: textOf(secret, 'tls.key') ?? '' };
};

/** Keeps the certificates of one hub's namespace. */
export class Rotation {
  private readonly deps: RotationDependencies;
  private readonly times: RotationTimes;
  private readonly namespace: string;
  private readonly log: Logger;

  constructor(deps: RotationDependencies, times: RotationTimes, namespace: string, log: Logger) {
    this.deps = deps;
    this.times = times;
    this.namespace = namespace;
    this.log = log;
  }

  /** Making a key takes a while: every step looks at the clock anew. */
  private get now(): Date {
    return new Date();
  }

  async authority(): Promise<KeyPair> {
    const present = pairOf(await this.find(secretName.signer));
    const problem = authorityProblem(present, this.now);
    if (present && !problem) {
      this.tell(secretName.signer, present);
      return present;
    }
    this.log.info('making a certificate authority', { why: problem });
    const made = await createAuthority(this.now, this.times.authorityMs);
    await this.write(secretName.signer, made);
    return made;
  }

  async bundle(authority: KeyPair): Promise<string> {
    const { client } = this.deps.management;
    const name = configMap.caBundle;
    const present = await client.find(configMaps, name, this.namespace);
    const wanted = nextBundle(present?.data?.[bundleKey], authority.certificate, this.now);
    if (present?.data?.[bundleKey] === wanted) return wanted;
    const data = { [bundleKey]: wanted };
    const options = { fieldManager };
    if (present)
      await client.replace(configMaps, { ...present, data: { ...present.data, ...data } }, options);
    else {
      const created: ConfigMap = { metadata: { name, namespace: this.namespace }, data };
      await client.create(configMaps, created, options);
    }
    return wanted;
  }

  async serving(name: string, hosts: string[], authority: KeyPair, bundle: string): Promise<void> {
    const present = pairOf(await this.find(name));
    const problem = servingProblem(present, hosts, bundle, this.now);
    if (present && !problem) return this.tell(name, present);
    this.log.info('issuing a serving certificate', { secret: `${this.namespace}/${name}`, why: problem });
    await this.write(name, await issueServing(authority, hosts, this.now, this.times.servingMs));
  }

  async withoutServing(name: string): Promise<void> {
    const present = await this.find(name);
    if (!present) return;
    await deleteSecret(this.deps.management.client, present);
    this.deps.certificates.forget(this.namespace, name);
  }

  private find(name: string): Promise<Secret | undefined> {
    return this.deps.management.client.find(secrets, name, this.namespace);
  }

  /** Shows in metrics when a certificate expires. */
  private tell(secret: string, { certificate }: KeyPair): void {
    const [leaf] = certificatesOf(certificate);
    if (leaf) this.deps.certificates.tell(this.namespace, secret, leaf.validToDate);
  }

  private async write(name: string, pair: KeyPair): Promise<void> {
    const { certificate, key } = pair;
    await writeSecret(
      this.deps.management.client,
      {
        metadata: { name, namespace: this.namespace },
        type: 'kubernetes.io/tls',
        data: { 'tls.crt': encode(certificate), 'tls.key': encode(key) },
      },
      fieldManager,
    );
    this.tell(name, pair);
  }
}
