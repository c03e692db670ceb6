import { createHash } from 'node:crypto';
import { annotation } from '../../../api/names.ts';
import type { UnknownObject } from '../../../runtime/client/object.ts';
import { semanticEqual } from '../../../runtime/controller/equality.ts';
import { canonicalJson } from '../canonical.ts';
import type { OwnerWish } from '../manifest/ownership.ts';
import { mergedMetadata } from './metadata.ts';

/** What the Update strategy makes of an existing object and a manifest. */
export interface Merge {
  object: UnknownObject;
  /** Whether `object` differs from the existing one in anything that the manifest decides. */
  changed: boolean;
  /** The change cannot be made in place: the existing object is deleted and `object` created. */
  recreate?: boolean;
}

type Fields = Record<string, unknown>;
type Merger = (existing: UnknownObject, required: UnknownObject, owner: OwnerWish) => Merge;

/** The manifest cannot be applied as it stands. */
export class InvalidManifestError extends Error {
  override readonly name = 'InvalidManifestError';
}

const fields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const without = (source: Fields, ...keys: string[]): Fields =>
  Object.fromEntries(Object.entries(source).filter(([key]) => !keys.includes(key)));

/** Merges metadata and, of the other fields, replaces those named that differ. */
const replacing =
  (...names: string[]): Merger =>
  (existing, required, owner) => {
    const { metadata, changed } = mergedMetadata(existing.metadata, required.metadata, owner);
    const different = names.filter((name) => !semanticEqual(existing[name], required[name]));
    const replaced = Object.fromEntries(different.map((name) => [name, required[name]]));
    return { object: { ...existing, ...replaced, metadata }, changed: changed || different.length > 0 };
  };

const metadataOnly = replacing();
const spec = replacing('spec');

const withAnnotation = (object: UnknownObject, key: string, value: string): UnknownObject => ({
  ...object,
  metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, [key]: value } },
});

/** The manifest with the hash of its spec, by which a later pass sees that it has changed. */
const withSpecHash = (required: UnknownObject): UnknownObject =>
  withAnnotation(
    required,
    annotation.specHash,
    createHash('sha256')
      .update(canonicalJson(required.spec ?? {}))
      .digest('hex'),
  );

/** Whether all that is required is there, whatever else is. */
const covers = (existing: unknown, required: unknown): boolean => {
  if (Array.isArray(required))
    return (
      Array.isArray(existing) &&
      existing.length === required.length &&
      required.every((item, i) => covers(existing[i], item))
    );
  if (typeof required !== 'object' || required === null) return semanticEqual(existing, required);
  return Object.entries(required).every(([key, value]) => covers(fields(existing)[key], value));
};

const service: Merger = (existing, required, owner) => {
  const hashed = withSpecHash(required);
  const { metadata, changed } = mergedMetadata(existing.metadata, hashed.metadata, owner);
  const [before, after] = [fields(existing.spec), fields(required.spec)];
  const sameType = (after.type || 'ClusterIP') === before.type;
  const same = sameType && semanticEqual(before.selector, after.selector) && covers(before, after);
  if (same && !changed) return { object: existing, changed: false };
  return { object: { ...existing, metadata, spec: required.spec }, changed: true };
};

/** Keys that the cluster itself fills in, and the marks on the ConfigMap that ask it to. */
const trustedBundleKey = 'ca-bundle.crt';
const serviceBundleKey = 'service-ca.crt';
const configMap: Merger = (existing, required, owner) => {
  const { metadata, changed } = mergedMetadata(existing.metadata, required.metadata, owner);
  const trusted = required.metadata.labels?.['config.openshift.io/inject-trusted-cabundle'] === 'true';
  const serving = required.metadata.annotations?.['service.beta.openshift.io/inject-cabundle'] === 'true';
  const [before, after] = [fields(existing.data), fields(required.data)];
  const injected = [...(trusted ? [trustedBundleKey] : []), ...(serving ? [serviceBundleKey] : [])].filter(
    (key) => key in before && !(key in after),
  );
  const same =
    semanticEqual(without(before, ...injected), after) &&
    semanticEqual(existing.binaryData, required.binaryData);
  if (same) return { object: { ...existing, metadata }, changed };
  const kept = injected.includes(trustedBundleKey) ? { [trustedBundleKey]: before[trustedBundleKey] } : {};
  return {
    object: { ...existing, metadata, data: { ...after, ...kept }, binaryData: required.binaryData },
    changed: true,
  };
};

const tokenType = 'kubernetes.io/service-account-token';

/** The Secret with its stringData folded into data, as the API server would store it. */
export const foldedSecret = (required: UnknownObject): UnknownObject => {
  const { stringData, ...rest } = required;
  const data = { ...fields(required.data) };
  for (const [key, value] of Object.entries(fields(stringData))) {
    const encoded = Buffer.from(String(value)).toString('base64');
    if (Object.hasOwn(data, key) && data[key] !== encoded)
      throw new InvalidManifestError(
        `Secret.stringData["${key}"] conflicts with Secret.data["${key}"]; keep one of them`,
      );
    data[key] = encoded;
  }
  return { ...rest, type: required.type || 'Opaque', ...(Object.keys(data).length ? { data } : {}) };
};

const secret: Merger = (existing, manifest, owner) => {
  const required = foldedSecret(manifest);
  const { metadata, changed } = mergedMetadata(existing.metadata, required.metadata, owner);
  const data =
    required.type === tokenType ? { ...fields(existing.data), ...fields(required.data) } : required.data;
  const sameType = (existing.type || 'Opaque') === required.type;
  const differs = !sameType || !semanticEqual(existing.data, data);
  return {
    object: sameType ? { ...existing, metadata, data, type: required.type } : { ...required, data },
    changed: changed || differs,
    recreate: !sameType,
  };
};

const clusterRole: Merger = (existing, required, owner) =>
  required.aggregationRule
    ? replacing('aggregationRule')(existing, required, owner)
    : replacing('aggregationRule', 'rules')(existing, required, owner);

const rbacGroup = 'rbac.authorization.k8s.io';
const normalizedBinding = (binding: UnknownObject): UnknownObject => ({
  ...binding,
  roleRef: { ...fields(binding.roleRef), apiGroup: fields(binding.roleRef).apiGroup || rbacGroup },
  subjects: list(binding.subjects).map((entry) => {
    const subject = fields(entry);
    return subject.kind === 'User' || subject.kind === 'Group'
      ? { ...subject, apiGroup: subject.apiGroup || rbacGroup }
      : subject;
  }),
});
const binding: Merger = (existing, required, owner) =>
  replacing('subjects', 'roleRef')(normalizedBinding(existing), normalizedBinding(required), owner);

/** A CustomResourceDefinition with what the API server would fill in. */
const defaultedCrd = (crd: UnknownObject): UnknownObject => {
  const crdSpec = fields(crd.spec);
  const names = fields(crdSpec.names);
  const kind = typeof names.kind === 'string' ? names.kind : '';
  const conversion = fields(crdSpec.conversion);
  const webhook = fields(conversion.webhook);
  const clientConfig = fields(webhook.clientConfig);
  const target = fields(clientConfig.service);
  const withPort = clientConfig.service
    ? {
        webhook: {
          ...webhook,
          clientConfig: { ...clientConfig, service: { ...target, port: target.port ?? 443 } },
        },
      }
    : {};
  return {
    ...crd,
    spec: {
      ...crdSpec,
      names: {
        ...names,
        singular: names.singular || kind.toLowerCase(),
        listKind: names.listKind || `${kind}List`,
      },
      conversion: { ...conversion, strategy: conversion.strategy ?? 'None', ...withPort },
    },
  };
};
const crd: Merger = (existing, required, owner) => spec(existing, defaultedCrd(required), owner);

const defaultClass = 'storageclass.kubernetes.io/is-default-class';
const storageClass: Merger = (existing, manifest, owner) => {
  const chosen = existing.metadata.annotations?.[defaultClass];
  const required = chosen === undefined ? manifest : withAnnotation(manifest, defaultClass, chosen);
  const { metadata, changed } = mergedMetadata(existing.metadata, required.metadata, owner);
  const immutable = ['parameters', 'provisioner', 'reclaimPolicy', 'volumeBindingMode'];
  const defaults: Fields = { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' };
  const recreate = immutable.some(
    (name) => !semanticEqual(existing[name] ?? defaults[name], required[name] ?? defaults[name]),
  );
  const { metadata: _, ...content } = required;
  const differs = !covers(existing, content);
  return {
    object: recreate ? required : { ...existing, ...content, metadata },
    changed: changed || differs || recreate,
    recreate,
  };
};

const ephemeralProfile = 'security.openshift.io/csi-ephemeral-volume-profile';
const csiDriver: Merger = (existing, manifest, owner) => {
  const chosen = existing.metadata.labels?.[ephemeralProfile];
  const profiled: UnknownObject =
    chosen === undefined
      ? manifest
      : {
          ...manifest,
          metadata: {
            ...manifest.metadata,
            labels: { ...manifest.metadata.labels, [ephemeralProfile]: chosen },
          },
        };
  const hashed = withSpecHash(checkedCsiDriver(profiled));
  const { metadata, changed } = mergedMetadata(existing.metadata, hashed.metadata, owner);
  const sameSpec =
    existing.metadata.annotations?.[annotation.specHash] ===
    hashed.metadata.annotations?.[annotation.specHash];
  return sameSpec
    ? { object: { ...existing, metadata }, changed }
    : { object: hashed, changed: true, recreate: true };
};

const checkedCsiDriver = (driver: UnknownObject): UnknownObject => {
  const ephemeral = list(fields(driver.spec).volumeLifecycleModes).includes('Ephemeral');
  if (ephemeral && !driver.metadata.labels?.[ephemeralProfile])
    throw new InvalidManifestError(
      `CSIDriver ${driver.metadata.name} has volume lifecycle mode Ephemeral and no label ${ephemeralProfile}; add it`,
    );
  return driver;
};

/** Webhook configurations, with the certificate authority that the cluster put into a webhook of the same name. */
const webhookConfiguration: Merger = (existing, required, owner) => {
  const bundles = new Map(
    list(existing.webhooks).map((entry) => {
      const webhook = fields(entry);
      return [webhook.name, fields(webhook.clientConfig).caBundle] as const;
    }),
  );
  const webhooks = list(required.webhooks).map((entry) => {
    const webhook = fields(entry);
    const clientConfig = fields(webhook.clientConfig);
    const injected = bundles.get(webhook.name);
    return clientConfig.caBundle || !injected
      ? webhook
      : { ...webhook, clientConfig: { ...clientConfig, caBundle: injected } };
  });
  return replacing('webhooks')(existing, { ...required, webhooks }, owner);
};

/** Fields that the cluster fills in once and never lets go of (work.md 13, 19). */
const settledByCluster = (existing: UnknownObject, required: UnknownObject): UnknownObject => {
  const [before, after] = [fields(existing.spec), fields(required.spec)];
  const keep = (...names: string[]): UnknownObject => ({
    ...required,
    spec: {
      ...Object.fromEntries(names.filter((name) => name in before).map((name) => [name, before[name]])),
      ...after,
    },
  });
  switch (`${required.apiVersion}/${required.kind}`) {
    case 'v1/PersistentVolumeClaim':
      return keep('volumeName', 'storageClassName', 'volumeMode', 'volumeAttributesClassName');
    case 'v1/PersistentVolume':
      return keep('claimRef', 'nodeAffinity');
    case 'batch/v1/Job': {
      if (after.manualSelector === true || after.selector) return required;
      const template = fields(after.template);
      const metadata = fields(template.metadata);
      const generated = fields(fields(fields(before.template).metadata).labels);
      const withSelector = keep('selector');
      return {
        ...withSelector,
        spec: {
          ...fields(withSelector.spec),
          template: {
            ...template,
            metadata: { ...metadata, labels: { ...generated, ...fields(metadata.labels) } },
          },
        },
      };
    }
    default:
      return required;
  }
};

/** Every other kind: the whole object is written when anything outside metadata and status differs. */
const generic: Merger = (existing, manifest, owner) => {
  const required = settledByCluster(existing, manifest);
  const { metadata, changed } = mergedMetadata(existing.metadata, required.metadata, owner);
  const same = semanticEqual(
    without(existing, 'metadata', 'status'),
    without(required, 'metadata', 'status'),
  );
  if (same && !changed) return { object: existing, changed: false };
  return {
    object: { ...required, metadata, ...('status' in existing ? { status: existing.status } : {}) },
    changed: true,
  };
};

const mergers = new Map<string, Merger>([
  ['v1/Namespace', metadataOnly],
  ['v1/Pod', metadataOnly],
  ['v1/ServiceAccount', metadataOnly],
  ['v1/Service', service],
  ['v1/ConfigMap', configMap],
  ['v1/Secret', secret],
  ['networking.k8s.io/v1/NetworkPolicy', spec],
  ['policy/v1/PodDisruptionBudget', spec],
  ['admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy', spec],
  ['admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyBinding', spec],
  ['admissionregistration.k8s.io/v1beta1/ValidatingAdmissionPolicy', spec],
  ['admissionregistration.k8s.io/v1beta1/ValidatingAdmissionPolicyBinding', spec],
  ['admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration', webhookConfiguration],
  ['admissionregistration.k8s.io/v1/MutatingWebhookConfiguration', webhookConfiguration],
  ['rbac.authorization.k8s.io/v1/ClusterRole', clusterRole],
  ['rbac.authorization.k8s.io/v1/Role', replacing('rules')],
  ['rbac.authorization.k8s.io/v1/ClusterRoleBinding', binding],
  ['rbac.authorization.k8s.io/v1/RoleBinding', binding],
  ['apiextensions.k8s.io/v1/CustomResourceDefinition', crd],
  ['storage.k8s.io/v1/StorageClass', storageClass],
  ['storage.k8s.io/v1/CSIDriver', csiDriver],
  ['monitoring.coreos.com/v1/ServiceMonitor', spec],
  ['monitoring.coreos.com/v1/PrometheusRule', spec],
  ['monitoring.coreos.com/v1/Alertmanager', spec],
  ['monitoring.coreos.com/v1/Prometheus', spec],
  ['snapshot.storage.k8s.io/v1/VolumeSnapshotClass', replacing('parameters', 'driver', 'deletionPolicy')],
]);

/** Merges a manifest into the object of its name as the Update strategy does for its kind (work.md 3.5.1). */
export const merged: Merger = (existing, required, owner) =>
  (mergers.get(`${required.apiVersion}/${required.kind}`) ?? generic)(existing, required, owner);

/** The manifest as the Update strategy creates it. */
export const prepared = (required: UnknownObject): UnknownObject => {
  switch (`${required.apiVersion}/${required.kind}`) {
    case 'v1/Secret':
      return foldedSecret(required);
    case 'v1/Service':
      return withSpecHash(required);
    case 'storage.k8s.io/v1/CSIDriver':
      return withSpecHash(checkedCsiDriver(required));
    default:
      return required;
  }
};
