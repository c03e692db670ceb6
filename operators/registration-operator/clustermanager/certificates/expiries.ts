import type { Metrics } from '../../../runtime/process/metrics.ts';
import { hubOperatorMetrics } from '../../metrics.ts';

/** When the certificates of the hubs expire, for metrics. */
export interface Expiries {
  tell(namespace: string, secret: string, expiresAt: Date): void;
  forget(namespace: string, secret: string): void;
}

/** Shows what it was told of the namespaces that still have a hub when somebody scrapes. */
export const certificateExpiries = (metrics: Metrics, hubNamespaces: () => string[]): Expiries => {
  const byNamespace = new Map<string, Map<string, Date>>();
  const gauge = metrics.gauge(hubOperatorMetrics.certificates);
  metrics.onScrape(() => {
    const present = new Set(hubNamespaces());
    gauge.clear();
    for (const [namespace, secrets] of byNamespace)
      if (!present.has(namespace)) byNamespace.delete(namespace);
      else
        for (const [secret, expiresAt] of secrets)
          gauge.set(expiresAt.getTime() / 1000, { namespace, secret });
  });
  return {
    tell(namespace, secret, expiresAt) {
      const secrets = byNamespace.get(namespace) ?? new Map<string, Date>();
      byNamespace.set(namespace, secrets.set(secret, expiresAt));
    },
    forget: (namespace, secret) => void byNamespace.get(namespace)?.delete(secret),
  };
};
