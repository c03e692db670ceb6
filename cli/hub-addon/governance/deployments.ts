import type { UnknownObject } from '../../../operators/runtime/client/object.ts';
import { CONTROLLER_ACCOUNT, PROPAGATOR } from './rbac.ts';

const CONTROLLER = 'governance-policy-addon-controller';

const podName = { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } };

const deployment = (
  metadata: UnknownObject['metadata'],
  labels: Record<string, string>,
  pod: object,
): UnknownObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { ...metadata, labels },
  spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: pod } },
});

/**
 * The two controllers of the policy framework (cli.md 13).
 * @param tag the version of their images, such as `v0.18.0`
 */
export const controllers = (namespace: string, registry: string, tag: string): UnknownObject[] => {
  const image = (name: string) => `${registry}/${name}:${tag}`;
  const controller = deployment(
    { name: CONTROLLER, namespace },
    { app: CONTROLLER, 'control-plane': 'controller-manager' },
    {
      serviceAccountName: CONTROLLER_ACCOUNT,
      securityContext: { runAsNonRoot: true },
      terminationGracePeriodSeconds: 10,
      containers: [
        {
          name: 'manager',
          image: image(CONTROLLER),
          imagePullPolicy: 'IfNotPresent',
          command: [CONTROLLER],
          args: ['controller'],
          env: [
            podName,
            { name: 'CONFIG_POLICY_CONTROLLER_IMAGE', value: image('config-policy-controller') },
            {
              name: 'GOVERNANCE_POLICY_FRAMEWORK_ADDON_IMAGE',
              value: image('governance-policy-framework-addon'),
            },
          ],
          resources: {
            limits: { cpu: '500m', memory: '128Mi' },
            requests: { cpu: '10m', memory: '64Mi' },
          },
          securityContext: { allowPrivilegeEscalation: false },
        },
      ],
    },
  );
  const propagator = deployment(
    { name: PROPAGATOR, namespace },
    { name: PROPAGATOR },
    {
      serviceAccountName: PROPAGATOR,
      containers: [
        {
          name: PROPAGATOR,
          image: image(PROPAGATOR),
          imagePullPolicy: 'Always',
          command: [PROPAGATOR],
          args: [
            '--health-probe-bind-address=:8081',
            '--metrics-bind-address=:8383',
            '--leader-elect',
            '--enable-webhooks=false',
          ],
          ports: [{ name: 'http', containerPort: 8383, protocol: 'TCP' }],
          env: [
            { name: 'WATCH_NAMESPACE', value: '' },
            podName,
            { name: 'OPERATOR_NAME', value: PROPAGATOR },
          ],
        },
      ],
    },
  );
  return [controller, propagator];
};
