import { createHash } from 'node:crypto';
import { annotation } from '../../../api/names.ts';
import type { UnknownObject } from '../../../runtime/client/object.ts';
import { type JsonMap, isMap } from '../../../runtime/client/json.ts';
import { semanticEqual } from '../../../runtime/controller/equality.ts';
import { canonicalJson } from '../../../runtime/client/canonical-json.ts';
import { withoutNulls } from '../manifest/nulls.ts';

/** The manifest cannot be applied as it stands. */
export class InvalidManifestError extends Error {
  override readonly name = 'InvalidManifestError';
}

const fields = (value: unknown): JsonMap => (isMap(value) ? value : {});
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const without = (source: UnknownObject, ...keys: string[]): UnknownObject =>
  Object.fromEntries(Object.entries(source).filter(([key]) => !keys.includes(key))) as UnknownObject;

const withAnnotation = (object: UnknownObject, key: string, value: string): UnknownObject => ({
  ...object,
  metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, [key]: value } },
});

/** The manifest with the hash of its spec, by which agents of either project see that it has changed. */
const withSpecHash = (manifest: UnknownObject): UnknownObject =>
  withAnnotation(
    manifest,
    annotation.specHash,
    createHash('sha256')
      .update(canonicalJson(manifest.spec ?? {}))
      .digest('hex'),
  );

/** The Secret with its stringData folded into data, as the API server would store it. */
const secret = (manifest: UnknownObject): UnknownObject => {
  const { stringData, ...rest } = manifest;
  const data = { ...fields(manifest.data) };
  for (const [key, value] of Object.entries(fields(stringData))) {
    const encoded = Buffer.from(String(value)).toString('base64');
    if (Object.hasOwn(data, key) && data[key] !== encoded)
      throw new InvalidManifestError(
        `Secret.stringData["${key}"] conflicts with Secret.data["${key}"]; keep one of them`,
      );
    data[key] = encoded;
  }
  return { ...rest, type: manifest.type || 'Opaque', ...(Object.keys(data).length ? { data } : {}) };
};

/** Rules that the cluster aggregates are not the manifest's to give. */
const clusterRole = (manifest: UnknownObject): UnknownObject =>
  manifest.aggregationRule ? without(manifest, 'rules') : manifest;

const defaultClass = 'storageclass.kubernetes.io/is-default-class';

/** Which class is the default is for the cluster to say, once it has said so. */
const storageClass = (manifest: UnknownObject, live?: UnknownObject): UnknownObject => {
  const chosen = live?.metadata.annotations?.[defaultClass];
  return chosen === undefined ? manifest : withAnnotation(manifest, defaultClass, chosen);
};

const ephemeralProfile = 'security.openshift.io/csi-ephemeral-volume-profile';

const csiDriver = (manifest: UnknownObject, live?: UnknownObject): UnknownObject => {
  const profile = live?.metadata.labels?.[ephemeralProfile] ?? manifest.metadata.labels?.[ephemeralProfile];
  const isEphemeral = list(fields(manifest.spec).volumeLifecycleModes).includes('Ephemeral');
  if (isEphemeral && !profile)
    throw new InvalidManifestError(
      `CSIDriver ${manifest.metadata.name} has volume lifecycle mode Ephemeral and no label ${ephemeralProfile}; add it`,
    );
  const labels =
    profile === undefined
      ? manifest.metadata.labels
      : { ...manifest.metadata.labels, [ephemeralProfile]: profile };
  return withSpecHash({ ...manifest, metadata: { ...manifest.metadata, ...(labels && { labels }) } });
};

/** An empty certificate authority asks the cluster for one, and is none to be declared. */
const webhookConfiguration = (manifest: UnknownObject): UnknownObject => ({
  ...manifest,
  webhooks: list(manifest.webhooks).map((webhook) => {
    const { caBundle, ...clientConfig } = fields(fields(webhook).clientConfig);
    return caBundle || !isMap(webhook) ? webhook : { ...webhook, clientConfig };
  }),
});

type Shaper = (manifest: UnknownObject, live?: UnknownObject) => UnknownObject;

const shapers = new Map<string, Shaper>([
  ['v1/Secret', secret],
  ['v1/Service', withSpecHash],
  ['rbac.authorization.k8s.io/v1/ClusterRole', clusterRole],
  ['storage.k8s.io/v1/StorageClass', storageClass],
  ['storage.k8s.io/v1/CSIDriver', csiDriver],
  ['admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration', webhookConfiguration],
  ['admissionregistration.k8s.io/v1/MutatingWebhookConfiguration', webhookConfiguration],
]);

const kindOf = ({ apiVersion, kind }: UnknownObject): string => `${apiVersion}/${kind}`;

/**
 * What the Update strategy declares of a manifest (work.md 3.5.1). A status is the cluster's own to write, and null is
 * absence in every kind.
 * @param live the object as it is; some kinds leave decisions to the cluster
 * @throws InvalidManifestError
 */
export const bodyOf = (manifest: UnknownObject, live?: UnknownObject): UnknownObject => {
  const shape = shapers.get(kindOf(manifest));
  const { status: _, ...rest } = withoutNulls(manifest);
  return shape ? shape(rest as UnknownObject, live) : (rest as UnknownObject);
};

/** Whether what is declared of a kind depends on the object as it is. */
export const dependsOnLive = (manifest: UnknownObject): boolean =>
  ['storage.k8s.io/v1/StorageClass', 'storage.k8s.io/v1/CSIDriver'].includes(kindOf(manifest));

const immutable: Record<string, JsonMap> = {
  'v1/Secret': { type: 'Opaque' },
  'storage.k8s.io/v1/StorageClass': {
    parameters: undefined,
    provisioner: undefined,
    reclaimPolicy: 'Delete',
    volumeBindingMode: 'Immediate',
  },
};

/** Whether an object must be deleted and made anew: what differs cannot be changed in place (work.md 3.5.1). */
export const mustRecreate = (live: UnknownObject, body: UnknownObject): boolean => {
  const kind = kindOf(body);
  if (kind === 'storage.k8s.io/v1/CSIDriver') {
    const [before, after] = [live, body].map(({ metadata }) => metadata.annotations?.[annotation.specHash]);
    return before !== after;
  }
  return Object.entries(immutable[kind] ?? {}).some(
    ([name, unset]) => !semanticEqual(live[name] || unset, body[name] || unset),
  );
};
