import type { AddOnTemplateSpec } from '../../../operators/api/generated/addon.ts';
import type { EmbeddedObject } from '../../../operators/api/meta.ts';
import type { Reported } from './rig.ts';

/** What template add-ons of these tests are made of. */

const group = 'addon.open-cluster-management.io';
export const templateConfig = (name: string) => ({ group, resource: 'addontemplates', name });
export const deploymentConfig = (name: string) => ({
  group,
  resource: 'addondeploymentconfigs',
  namespace: 'default',
  name,
});

export const signerName = 'example.com/signer';

export const deployment = (annotations: Record<string, string> = {}): EmbeddedObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'agent', namespace: 'default', annotations },
  spec: {
    selector: { matchLabels: { app: 'agent' } },
    template: {
      metadata: { labels: { app: 'agent' } },
      spec: { containers: [{ name: 'agent', image: 'quay.io/a/agent:{{TAG}}' }] },
    },
  },
});

export const settings = (text: string): EmbeddedObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', namespace: 'default' },
  data: { cluster: '{{CLUSTER_NAME}}', text },
});

export const hook = (annotations: Record<string, string> = {}): EmbeddedObject => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: {
    name: 'clean-up',
    namespace: 'default',
    annotations: { 'addon.open-cluster-management.io/addon-pre-delete': '', ...annotations },
  },
  spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'quay.io/a/c' }] } } },
});

export const templateOf = (
  addonName: string,
  manifests: EmbeddedObject[],
  rest: Partial<AddOnTemplateSpec> = {},
): AddOnTemplateSpec => ({ addonName, agentSpec: { workload: { manifests } }, ...rest });

/** What the work agent reads of the Deployment, and of the hook. */
export const running = (readyReplicas: number, namespace = 'default'): Reported => ({
  group: 'apps',
  resource: 'deployments',
  name: 'agent',
  namespace,
  values: { Replicas: 1, ReadyReplicas: readyReplicas },
});
export const hookIs = (state: 'JobComplete' | 'JobFailed', namespace = 'default'): Reported => ({
  group: 'batch',
  resource: 'jobs',
  name: 'clean-up',
  namespace,
  values: { [state]: 'True' },
});
