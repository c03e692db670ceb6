import type { ClusterManagementAddOn, ManagedClusterAddOn } from '../../api/generated/addon.ts';
import type { ManagedCluster } from '../../api/generated/cluster.ts';
import { annotation, label } from '../../api/names.ts';
import type { Informer, Informers } from '../../runtime/cache/informer.ts';
import {
  type CertificateSigningRequest,
  type ConfigMap,
  type RoleBinding,
  certificateSigningRequests,
  configMaps,
  roleBindings,
} from '../../runtime/client/kubernetes.ts';
import type { KubeObject } from '../../runtime/client/object.ts';
import {
  type DesiredReference,
  referenceKey,
  referencesOf,
  storedReferences,
} from '../configuration/references.ts';
import { type KeptWork, addonOfWork } from '../works/kept.ts';

/** What a manager of add-ons works from. */
export interface AgentCaches {
  /** With {@link managementAgentIndexes}. */
  managementAddons: Informer<ClusterManagementAddOn>;
  /** With {@link addonAgentIndexes}, and indexes `name` and `key`. */
  addons: Informer<ManagedClusterAddOn>;
  /** Metadata, and condition Available. */
  clusters: Informer<ManagedCluster>;
  works: Informer<KeptWork>;
  /** The configurations that the add-ons understand, whole. */
  configs: readonly Informer<KubeObject>[];
}

/** What such a manager made beside works, and what is asked of it. */
export interface AgentObjects {
  roleBindings: Informer<RoleBinding>;
  hookRecords: Informer<ConfigMap>;
  requests: Informer<CertificateSigningRequest>;
}

const byAddon = { addon: (object: KubeObject): string[] => [addonOfWork(object)] };

export const createAgentObjects = (informers: Informers): AgentObjects => {
  const made = { labelSelector: `${label.addonName},${label.addonTemplateName}`, indexes: byAddon };
  return {
    roleBindings: informers.informer(roleBindings, made),
    hookRecords: informers.informer(configMaps, made),
    requests: informers.informer(certificateSigningRequests, {
      labelSelector: `${label.addonName},${label.clusterName}`,
      indexes: requestIndexes,
    }),
  };
};

const requestIndexes = {
  addon: ({ metadata: { labels } }: CertificateSigningRequest): string[] => [
    `${labels?.[label.clusterName]}/${labels?.[label.addonName]}`,
  ],
};

const keysOf = (references: readonly DesiredReference[]): string[] => [
  ...new Set(references.map(referenceKey)),
];

/** Indexes by the configurations that are referred to, and by hosting cluster. */
export const addonAgentIndexes = {
  config: ({ spec, status }: ManagedClusterAddOn): string[] =>
    keysOf([...referencesOf(spec?.configs), ...storedReferences(status?.configReferences)]),
  hosting: ({ metadata }: ManagedClusterAddOn): string[] => {
    const hosting = metadata.annotations?.[annotation.hostingCluster];
    return hosting ? [hosting] : [];
  },
};

export const managementAgentIndexes = {
  config: ({ status }: ClusterManagementAddOn): string[] =>
    keysOf([
      ...storedReferences(status?.defaultConfigReferences),
      ...(status?.installProgressions ?? []).flatMap(({ configReferences }) =>
        storedReferences(configReferences),
      ),
    ]),
};

/** A configuration as references name it. */
export const configKey = (
  { resource: { group, plural } }: Informer<KubeObject>,
  { metadata: { name, namespace = '' } }: KubeObject,
): string => referenceKey({ group, resource: plural, namespace, name });

/** The configuration that is referred to; undefined when it does not exist, or is of another kind than these. */
export const configIn = (
  configs: readonly Informer<KubeObject>[],
  { group, resource, namespace, name }: Omit<DesiredReference, 'specHash'>,
): KubeObject | undefined =>
  configs
    .find((each) => each.resource.group === group && each.resource.plural === resource)
    ?.get(name, namespace || undefined);
