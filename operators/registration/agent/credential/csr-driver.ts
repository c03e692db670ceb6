import { createPrivateKey } from 'node:crypto';
import { managedClusterCondition } from '../../../api/conditions.ts';
import { label } from '../../../api/names.ts';
import type { Informer } from '../../../runtime/cache/informer.ts';
import type { Client } from '../../../runtime/client/client.ts';
import { isNotFound } from '../../../runtime/client/errors.ts';
import {
  type CertificateSigningRequest,
  certificateSigningRequests,
} from '../../../runtime/client/kubernetes.ts';
import { namePrefix } from '../../../runtime/client/legal-name.ts';
import { mapped } from '../../../runtime/controller/controller.ts';
import type { Logger } from '../../../runtime/process/logger.ts';
import type { NextCondition } from '../../../runtime/controller/conditions.ts';
import { isKeyPair, parseChain, validityOf } from '../../../runtime/pki/certificate.ts';
import { createRequest, generatePrivateKey } from '../../../runtime/pki/request.ts';
import type { Subject } from '../../../runtime/pki/subject.ts';
import type { CredentialDriver, Outcome } from './driver.ts';
import { drawThreshold, freshnessOf } from './freshness.ts';
import { whoAmI } from './who-am-i.ts';

/** Requests of one cluster, or of one of its add-ons, that may exist on the hub at once (registration.md 3.6). */
const maxRequests = 10;

export interface CsrDriverOptions {
  hub: Client;
  /** The requests of this cluster on the hub, those of its add-ons included. */
  requests: Informer<CertificateSigningRequest>;
  /** What the names of requests begin with, as much as there is room for. */
  namePrefix: string;
  labels: Record<string, string>;
  subject: Subject;
  dnsNames?: string[];
  signerName: string;
  /** Requested life of the certificate in seconds; 0 leaves it to the signer. */
  expirationSeconds: number;
  log: Logger;
  random?: () => number;
  now?: () => Date;
}

const rotated = (status: 'True' | 'False', message: string): NextCondition => ({
  type: managedClusterCondition.certificateRotated.type,
  status,
  reason:
    managedClusterCondition.certificateRotated.reason[
      status === 'True' ? 'ClientCertificateUpdated' : 'ClientCertificateUpdateFailed'
    ],
  message,
});

const failed = (error: Error): Outcome => ({
  condition: rotated('False', `Failed to rotated client certificate ${error.message}`),
  error,
});

/** A time as in the messages of the condition: `2026-01-31 12:00:00 +0000 UTC`. */
const inWords = (date: Date): string => `${date.toISOString().slice(0, 19).replace('T', ' ')} +0000 UTC`;

const isApproved = (request: CertificateSigningRequest): boolean => {
  const types = request.status?.conditions?.map(({ type }) => type) ?? [];
  return types.includes('Approved') && !types.includes('Denied');
};

/** Keeps of a request what the driver looks at: the requests of others are many and large. */
export const trimRequest = (request: CertificateSigningRequest): CertificateSigningRequest => ({
  metadata: request.metadata,
  spec: { signerName: request.spec.signerName, request: '', username: request.spec.username },
  status: request.status,
});

/**
 * Gets client certificates through CertificateSigningRequests (registration.md 3.6 and 5.1). The private key stays in
 * memory until its certificate is there; a request that was lost, or whose certificate does not fit, is made anew.
 */
export const csrDriver = (options: CsrDriverOptions): CredentialDriver => {
  const { hub, requests, subject, labels, log } = options;
  const now = options.now ?? (() => new Date());
  let pending: { name: string; key: string } | undefined;
  /** No rotation before this: a signer that issues very short certificates must not be asked without end. */
  let rotateNotBefore = 0;

  /** Whether a request may be this driver's: by its labels, since the API server shortens long names. */
  const mayBeOurs = ({ metadata, spec }: CertificateSigningRequest): boolean =>
    spec.signerName === options.signerName &&
    metadata.labels?.[label.clusterName] === labels[label.clusterName] &&
    metadata.labels?.[label.addonName] === labels[label.addonName];

  const collect = async (request: { name: string; key: string }, signal: AbortSignal): Promise<Outcome> => {
    let found = requests.get(request.name);
    try {
      found ??= await hub.get(certificateSigningRequests, request.name, undefined, { signal });
    } catch (error) {
      if (!isNotFound(error)) return {}; // as long as the hub does not answer the request counts as not approved
      pending = undefined;
      return failed(
        new Error(`unable to get csr "${request.name}". It might have already been deleted`, {
          cause: error,
        }),
      );
    }
    const certificate = found.status?.certificate;
    if (!isApproved(found) || !certificate) return {};
    pending = undefined;
    try {
      const pem = Buffer.from(certificate, 'base64').toString('utf8');
      const { notBefore, notAfter } = validityOf(parseChain(pem));
      if (!isKeyPair(pem, request.key))
        throw new Error(`the certificate of csr "${request.name}" is not for its key`);
      rotateNotBefore = (now().getTime() + notAfter.getTime()) / 2;
      log.info('ClientCertificateCreated', { csr: request.name, notAfter: notAfter.toISOString() });
      return {
        credential: { 'tls.crt': pem, 'tls.key': request.key },
        condition: rotated(
          'True',
          `client certificate rotated starting from ${inWords(notBefore)} to ${inWords(notAfter)}`,
        ),
      };
    } catch (error) {
      return failed(error as Error);
    }
  };

  /** How many requests stand in the way of another one; those that others made in our name do not (D24). */
  const countRequests = async (signal: AbortSignal): Promise<number> => {
    const present = requests
      .list()
      .filter(({ metadata }) => metadata.labels?.[label.addonName] === labels[label.addonName]);
    if (present.length < maxRequests) return present.length;
    const user = await whoAmI(hub, signal);
    return user === undefined ? present.length : present.filter(({ spec }) => spec.username === user).length;
  };

  const ask = async (signal: AbortSignal): Promise<Outcome> => {
    if ((await countRequests(signal)) >= maxRequests) {
      const message = 'Stop creating csr since there are too many csr created already on hub';
      log.warn('ClientCertificateCreationHalted', { requests: maxRequests });
      return { condition: rotated('False', message) };
    }
    const key = generatePrivateKey();
    try {
      const created = await hub.create(
        certificateSigningRequests,
        {
          metadata: {
            generateName: namePrefix(options.namePrefix),
            labels,
          } as CertificateSigningRequest['metadata'],
          spec: {
            request: Buffer.from(createRequest(createPrivateKey(key), subject, options.dnsNames)).toString(
              'base64',
            ),
            signerName: options.signerName,
            usages: ['digital signature', 'key encipherment', 'client auth'],
            ...(options.expirationSeconds > 0 ? { expirationSeconds: options.expirationSeconds } : {}),
          },
        },
        { signal },
      );
      pending = { name: created.metadata.name, key };
      log.info('CSRCreated', { csr: created.metadata.name, user: subject.commonName });
      return {};
    } catch (error) {
      return {
        condition: rotated('False', `Failed to create CSR ${(error as Error).message}`),
        error: error as Error,
      };
    }
  };

  return {
    watches: [mapped(requests, (request) => (mayBeOurs(request) ? 'credential' : undefined))],
    keys: ['tls.crt', 'tls.key'],
    async process(present, additional, signal) {
      if (pending) return collect(pending, signal);
      const threshold = drawThreshold(options.random);
      const freshness = freshnessOf(present, { subject, additional }, threshold, now());
      if (freshness.fresh) return { checkAfterMs: freshness.rotateAt.getTime() - now().getTime() };
      const pauseMs = rotateNotBefore - now().getTime();
      if (freshness.need.reason === 'CertificateRotationStarted' && pauseMs > 0)
        return { checkAfterMs: pauseMs };
      log.info(freshness.need.reason, { user: subject.commonName, cause: freshness.need.message });
      return ask(signal);
    },
  };
};
