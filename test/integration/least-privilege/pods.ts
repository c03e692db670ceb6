import type { Deployment } from '../../../operators/runtime/client/kubernetes.ts';

type Pod = NonNullable<NonNullable<Deployment['spec']>['template']['spec']>;
type Changes = Partial<Pod> & { container?: object };

/** A Deployment whose Pods are harmless but for the given changes. */
export const deploymentWith = (
  namespace: string,
  serviceAccountName: string | undefined,
  { container, ...pod }: Changes = {},
): Deployment => ({
  metadata: { name: 'attempt', namespace },
  spec: {
    selector: { matchLabels: { app: 'attempt' } },
    template: {
      metadata: { labels: { app: 'attempt' } },
      spec: { serviceAccountName, containers: [{ name: 'c', image: 'i', ...container }], ...pod },
    },
  },
});

const volume = (source: object): Changes => ({ volumes: [{ name: 'v', ...source }] });
const privileges = (securityContext: object): Changes => ({ container: { securityContext } });

/** What no operator may have a Pod do, and the beginning of what the policy says. */
export const forbiddenPods: [what: string, changes: Changes, message: RegExp][] = [
  ['a Secret of somebody else', volume({ secret: { secretName: 'somebody-elses' } }), /mounts empty folders/],
  [
    'a Secret among projected sources',
    volume({ projected: { sources: [{ secret: { name: 'signer-secret' } }] } }),
    /mounts empty folders/,
  ],
  [
    'a token with an audience of its own',
    volume({ projected: { sources: [{ serviceAccountToken: { path: 't', audience: 'a' } }] } }),
    /mounts empty folders/,
  ],
  ['the files of its node', volume({ hostPath: { path: '/' } }), /mounts empty folders/],
  ['a driver of its node', volume({ csi: { driver: 'd' } }), /mounts empty folders/],
  ['a claim', volume({ persistentVolumeClaim: { claimName: 'c' } }), /mounts empty folders/],
  [
    'another ServiceAccount',
    { serviceAccountName: 'clusterrole-aggregation-controller' },
    /as the ServiceAccounts of its/,
  ],
  ['the processes of its node', { hostPID: true }, /namespace of its node/],
  ['the memory of its node', { hostIPC: true }, /namespace of its node/],
  ['privileges', privileges({ privileged: true }), /no container with privileges/],
  ['a way to privileges', privileges({ allowPrivilegeEscalation: true }), /no container with privileges/],
  ['a capability', privileges({ capabilities: { add: ['SYS_ADMIN'] } }), /no container with privileges/],
  [
    'privileges of its Windows node',
    { hostNetwork: false, securityContext: { windowsOptions: { runAsUserName: 'x' } } },
    /no container with privileges/,
  ],
  [
    'privileges before it starts',
    { initContainers: [{ name: 'i', image: 'i', securityContext: { privileged: true } }] },
    /no container with privileges/,
  ],
  [
    'a Secret in a variable',
    { container: { env: [{ name: 'E', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] } },
    /no Secret into environment variables/,
  ],
  [
    'a Secret in all variables',
    { container: { envFrom: [{ secretRef: { name: 's' } }] } },
    /no Secret into environment variables/,
  ],
  [
    'a Secret to pull images with',
    { imagePullSecrets: [{ name: 'somebody-elses' }] },
    /its own image pull Secret only/,
  ],
];
