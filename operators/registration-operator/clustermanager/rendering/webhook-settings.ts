import type { BindConfiguration, ClusterManager } from '../../../api/generated/operator.ts';
import { isHosted } from '../mode.ts';

export const webhookComponents = ['registration', 'work', 'addon'] as const;
export type WebhookComponent = (typeof webhookComponents)[number];

/** Where a webhook listens, and where the hub's API server reaches it (operator.md 2.1, 4.3 to 4.5). */
export interface WebhookSettings {
  bindPort: number;
  /** Not above 0: no probes. */
  healthPort: number;
  metricsPort: number;
  hostNetwork: boolean;
  /** The port of the Service on the hub, and so of the webhook configurations (D9). */
  servicePort: number;
  /** Hosted mode: host name or address of the webhook as the hub sees it; empty when the CR does not say. */
  address?: string;
}

const bound = (bind: BindConfiguration | undefined) => ({
  bindPort: bind?.port ?? 9443,
  healthPort: bind?.healthProbePort ?? 8000,
  metricsPort: bind?.metricsPort ?? 8080,
  hostNetwork: bind?.hostNetwork ?? false,
});

export const webhookSettings = (
  clusterManager: ClusterManager,
  component: WebhookComponent,
): WebhookSettings => {
  const option = clusterManager.spec?.deployOption;
  if (!isHosted(clusterManager)) {
    const settings = bound(option?.default?.[`${component}WebhookConfiguration`]?.bindConfiguration);
    return { ...settings, servicePort: settings.bindPort };
  }
  const hosted = option?.hosted?.[`${component}WebhookConfiguration`];
  return {
    ...bound(hosted?.bindConfiguration),
    servicePort: hosted?.port ?? 443,
    address: hosted?.address ?? '',
  };
};

/**
 * Why a webhook could not open its ports: two of them are the same. In words that say what to do; undefined when all are
 * distinct. Ports of 0 or less are not opened, but for that of the webhook itself.
 */
export const portProblem = (clusterManager: ClusterManager): string | undefined => {
  for (const component of webhookComponents) {
    const { bindPort, healthPort, metricsPort } = webhookSettings(clusterManager, component);
    const open = [bindPort, healthPort, metricsPort].filter((port) => port > 0);
    if (new Set(open).size < open.length)
      return `bindConfiguration of ${component}WebhookConfiguration: port ${bindPort}, healthProbePort ${healthPort} and metricsPort ${metricsPort} must differ`;
  }
  return undefined;
};

/**
 * What keeps the API server of the hub from reaching the add-on webhook, in words that say what to do; undefined when nothing
 * does. Hosted resources of before have no address of it, for which there is no default.
 */
export const unreachableWebhook = (clusterManager: ClusterManager): string | undefined =>
  webhookSettings(clusterManager, 'addon').address === ''
    ? "the hub's API server is not told where the add-on webhook is; set spec.deployOption.hosted.addonWebhookConfiguration.address"
    : undefined;

/** Whether an address is of digits and dots only, and so needs Endpoints instead of an external name. */
export const isIpForm = (address: string): boolean => /^[\d.]+$/.test(address);

/** How many Pods may be missing during a rollout on the host network, where no Pod can come before one went. */
export const maxUnavailable = (replicas: number): number | string => (replicas < 4 ? 1 : '25%');
