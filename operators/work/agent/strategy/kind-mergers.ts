import { annotation } from '../../../api/names.ts';
import type { UnknownObject } from '../../../runtime/client/object.ts';
import { semanticEqual } from '../../../runtime/controller/equality.ts';
import { mergedMetadata } from './metadata.ts';
import {
  type Fields,
  InvalidManifestError,
  type Merger,
  covers,
  fields,
  list,
  replacing,
  withAnnotation,
  withSpecHash,
  without,
} from './merger.ts';

const spec = replacing('spec');

export const service: Merger = (existing, required, owner) => {
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
export const configMap: Merger = (existing, required, owner) => {
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

export const secret: Merger = (existing, manifest, owner) => {
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

export const clusterRole: Merger = (existing, required, owner) =>
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
export const binding: Merger = (existing, required, owner) =>
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
export const crd: Merger = (existing, required, owner) => spec(existing, defaultedCrd(required), owner);

const defaultClass = 'storageclass.kubernetes.io/is-default-class';
export const storageClass: Merger = (existing, manifest, owner) => {
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
export const csiDriver: Merger = (existing, manifest, owner) => {
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

export const checkedCsiDriver = (driver: UnknownObject): UnknownObject => {
  const ephemeral = list(fields(driver.spec).volumeLifecycleModes).includes('Ephemeral');
  if (ephemeral && !driver.metadata.labels?.[ephemeralProfile])
    throw new InvalidManifestError(
      `CSIDriver ${driver.metadata.name} has volume lifecycle mode Ephemeral and no label ${ephemeralProfile}; add it`,
    );
  return driver;
};

/** Webhook configurations, with the certificate authority that the cluster put into a webhook of the same name. */
export const webhookConfiguration: Merger = (existing, required, owner) => {
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
