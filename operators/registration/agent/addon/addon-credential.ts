import { readFile } from 'node:fs/promises';
import { type ManagedClusterAddOn, managedClusterAddOns } from '../../../api/generated/addon.ts';
import { label } from '../../../api/names.ts';
import { createInformers } from '../../../runtime/cache/informers.ts';
import type { Informer } from '../../../runtime/cache/informer.ts';
import type { Client } from '../../../runtime/client/client.ts';
import { type CertificateSigningRequest, secrets } from '../../../runtime/client/kubernetes.ts';
import { labelValue } from '../../../runtime/client/legal-name.ts';
import type { NextCondition } from '../../../runtime/controller/conditions.ts';
import { runControllers } from '../../../runtime/controller/run.ts';
import type { Process } from '../../../runtime/process/command.ts';
import { applyCondition } from '../../common/conditions.ts';
import { syncTimeoutMs } from '../bootstrap.ts';
import { credentialController } from '../credential/credential-controller.ts';
import { csrDriver } from '../credential/csr-driver.ts';
import { identityFile } from '../identity/identity.ts';
import { certificateUser, hubKubeconfig, tokenUser } from '../kubeconfig.ts';
import { maxBackoffMs } from '../patience.ts';
import type { Settings } from '../settings.ts';
import type { AddonRegistration } from './registrations.ts';
import { tokenDriver } from './token-driver.ts';

export interface AddonCredentialOptions {
  process: Process;
  settings: Settings;
  hub: Client;
  spoke: Client;
  addons: Informer<ManagedClusterAddOn>;
  /** The requests of this cluster and its add-ons on the hub. */
  requests: Informer<CertificateSigningRequest>;
}

/** Keeps one credential of an add-on until the signal aborts (registration.md 3.12). */
export const keepAddonCredential =
  ({ process, settings, hub, spoke, addons, requests }: AddonCredentialOptions) =>
  async (registration: AddonRegistration, signal: AbortSignal): Promise<void> => {
    const { clusterName } = settings.identity;
    const { addon, type, driver, installNamespace } = registration;
    const { log, metrics } = process;
    const client = registration.hosted ? process.client : spoke;
    const informers = createInformers(client, { logger: log, metrics });
    const labels = { [label.clusterName]: clusterName, [label.addonName]: labelValue(addon) };
    const bootstrap = await readFile(settings.bootstrapKubeconfig, 'utf8');

    const showCondition = async (condition: NextCondition, abort: AbortSignal): Promise<void> => {
      const present = addons.get(addon, clusterName);
      if (!present) return; // nobody is left to show it to
      await applyCondition(hub, managedClusterAddOns, present, condition, {
        fieldManager: `registration-agent-${condition.type}`,
        signal: abort,
      });
    };

    const controller = credentialController({
      name: `ClientCertController@addon:${addon}:type:${type}`,
      client,
      secret: { name: registration.secretName, namespace: installNamespace },
      informer: informers.informer(secrets, {
        namespace: installNamespace,
        fieldSelector: `metadata.name=${registration.secretName}`,
      }),
      driver:
        driver === 'token'
          ? tokenDriver({
              hub,
              addons,
              clusterName,
              addon,
              expirationSeconds: settings.flags['addon-token-expiration-seconds'],
            })
          : csrDriver({
              hub,
              requests,
              namePrefix: `addon-${clusterName}-${addon}`,
              labels,
              subject: registration.subject,
              dnsNames: [`${labelValue(addon)}.addon.open-cluster-management.io`],
              signerName: registration.signerName,
              expirationSeconds: settings.flags['client-cert-expiration-seconds'],
              log,
            }),
      additional: {
        [identityFile.clusterName]: clusterName,
        ...(registration.withKubeconfig
          ? { kubeconfig: hubKubeconfig(bootstrap, driver === 'token' ? tokenUser : certificateUser) }
          : {}),
      },
      labels,
      showCondition,
    });
    informers.start(signal);
    await runControllers([controller], { logger: log, metrics, syncTimeoutMs, maxBackoffMs }, signal);
  };
