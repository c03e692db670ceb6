import { createHash } from 'node:crypto';
import type { ManagedClusterAddOn, ManagedClusterAddOnRegistration } from '../../../api/generated/addon.ts';
import { addonGroup, addonUser, serviceAccountUser } from '../../../api/identities.ts';
import { annotation, authType, namespace, signer } from '../../../api/names.ts';
import { objectName } from '../../../runtime/client/legal-name.ts';
import type { Subject } from '../../../runtime/pki/subject.ts';

/** One credential that an add-on's agent needs (registration.md 3.12). */
export interface AddonRegistration {
  /** Changes with everything that makes it another credential. */
  key: string;
  addon: string;
  type: 'kubeClient' | 'customSigner';
  secretName: string;
  installNamespace: string;
  /** The add-on's agent runs on the management cluster. */
  hosted: boolean;
  driver: 'csr' | 'token';
  signerName: string;
  subject: Subject;
  /** Whether the secret holds a kubeconfig. */
  withKubeconfig: boolean;
}

/** The ServiceAccount on the hub whose tokens an add-on with the token driver uses. */
export const addonAccount = (addon: string): string => objectName(`${addon}-agent`);

export const installNamespaceOf = ({ metadata, status }: ManagedClusterAddOn): string =>
  status?.namespace || metadata.annotations?.[annotation.addonInstallNamespace] || namespace.addon;

export const isHosted = ({ metadata }: ManagedClusterAddOn): boolean =>
  (metadata.annotations?.[annotation.hostingCluster] ?? '') !== '';

type Described = Omit<AddonRegistration, 'key' | 'addon' | 'installNamespace' | 'hosted'>;

const kubeClient = (
  { kubeClient }: ManagedClusterAddOnRegistration,
  cluster: string,
  addon: string,
): Described | undefined => {
  if (!kubeClient) return undefined;
  const usesToken = kubeClient.driver === authType.token;
  const groups = kubeClient.subject?.groups ?? [];
  return {
    type: 'kubeClient',
    secretName: objectName(`${addon}-hub-kubeconfig`),
    driver: usesToken ? 'token' : 'csr',
    signerName: signer.kubeApiServerClient,
    subject: usesToken
      ? { commonName: serviceAccountUser(cluster, addonAccount(addon)), organizations: [] }
      : {
          commonName: kubeClient.subject?.user || addonUser(cluster, addon),
          organizations: groups.length > 0 ? groups : [addonGroup(cluster, addon)],
        },
    withKubeconfig: true,
  };
};

const customSigner = (
  { customSigner }: ManagedClusterAddOnRegistration,
  cluster: string,
  addon: string,
): Described | undefined => {
  if (!customSigner?.signerName) return undefined;
  const { signerName, subject } = customSigner;
  return {
    type: 'customSigner',
    secretName: objectName(`${addon}-${signerName.replaceAll('/', '-')}-client-cert`),
    driver: 'csr',
    signerName,
    subject: {
      commonName: subject?.user || addonUser(cluster, addon),
      organizations: subject?.groups ?? [],
      organizationalUnits: subject?.organizationUnits ?? [],
    },
    withKubeconfig: false,
  };
};

/** The credentials that an add-on asks for; an entry that says nothing usable is left out and named in `skipped`. */
export const registrationsOf = (
  addon: ManagedClusterAddOn,
  cluster: string,
): { registrations: AddonRegistration[]; skipped: string[] } => {
  const skipped: string[] = [];
  const registrations: AddonRegistration[] = [];
  const { name } = addon.metadata;
  for (const entry of addon.status?.registrations ?? []) {
    const describe = { kubeClient, customSigner }[entry.type as string];
    const described = describe?.(entry, cluster, name);
    if (!described) {
      skipped.push(entry.type);
      continue;
    }
    const where = { installNamespace: installNamespaceOf(addon), hosted: isHosted(addon) };
    const key = createHash('sha256')
      .update(JSON.stringify([described, where]))
      .digest('hex');
    registrations.push({ key, addon: name, ...where, ...described });
  }
  return { registrations, skipped };
};

/**
 * The registrations with the way in which kubeClient credentials are made on this cluster, which the agent decides; the
 * very same array when they say so already. Only the first kubeClient entry counts.
 */
export const stampDriver = (
  registrations: ManagedClusterAddOnRegistration[],
  driver: string,
  cluster: string,
  addon: string,
): ManagedClusterAddOnRegistration[] => {
  const at = registrations.findIndex(({ type }) => type === 'kubeClient');
  const present = registrations[at];
  if (!present) return registrations;
  const subject =
    driver === authType.token
      ? { user: serviceAccountUser(cluster, addonAccount(addon)) }
      : present.kubeClient?.subject;
  const stamped = { ...present.kubeClient, driver: driver || undefined, ...(subject ? { subject } : {}) };
  const isStamped =
    present.kubeClient !== undefined &&
    (present.kubeClient.driver ?? '') === driver &&
    (driver !== authType.token ||
      (present.kubeClient.subject?.user === subject?.user &&
        (present.kubeClient.subject?.groups ?? []).length === 0));
  return isStamped
    ? registrations
    : registrations.with(at, { ...present, kubeClient: stamped as typeof present.kubeClient });
};
