import type { UnknownObject } from '../../../runtime/client/object.ts';
import { semanticEqual } from '../../../runtime/controller/equality.ts';
import {
  binding,
  checkedCsiDriver,
  clusterRole,
  configMap,
  crd,
  csiDriver,
  foldedSecret,
  secret,
  service,
  storageClass,
  webhookConfiguration,
} from './kind-mergers.ts';
import { mergedMetadata } from './metadata.ts';
import { type Merger, fields, replacing, withSpecHash, without } from './merger.ts';

const metadataOnly = replacing();
const spec = replacing('spec');

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
