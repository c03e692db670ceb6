import { counter, gauge, histogram } from '../../runtime/process/metric-definition.ts';
import type { Metrics } from '../../runtime/process/metrics.ts';
import type { Subscriber } from './subscriptions.ts';

const of = ['consumer', 'data_type'] as const;

/** Upstream's names; that of a cluster is what its events say, once its sender was let in. */
export const grpcServerMetrics = {
  connections: gauge('grpc_server_active_connections', 'Current number of connections of the gRPC server.'),
  received: counter(
    'grpc_server_msg_received_bytes_total',
    'Bytes of messages that the gRPC server received.',
  ),
  sent: counter('grpc_server_msg_sent_bytes_total', 'Bytes of messages that the gRPC server sent.'),
  subscribers: gauge('grpc_server_ce_subscribers', 'Current number of subscriptions to events.', of),
  eventsReceived: counter('grpc_server_ce_msg_received_total', 'Events that agents published.', of),
  eventsSent: counter('grpc_server_ce_msg_sent_total', 'Events that were sent to agents.', of),
  processed: counter(
    'grpc_server_ce_processed_total',
    'Calls that were answered, by the code of gRPC (0 is good).',
    ['method', 'grpc_code'],
  ),
  duration: histogram(
    'grpc_server_ce_processing_duration_seconds',
    'Seconds that it took to do what an event asked for.',
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    ['method', 'grpc_code'],
  ),
};

/** Counts what the gRPC server does. */
export const grpcCounts = (metrics: Metrics) => {
  const labels = ({ cluster, dataType }: Omit<Subscriber, 'user'>) => ({
    consumer: cluster,
    data_type: dataType,
  });
  metrics.gauge(grpcServerMetrics.connections).inc(undefined, 0);
  return {
    transport: {
      connections: (change: 1 | -1) => metrics.gauge(grpcServerMetrics.connections).inc(undefined, change),
      received: (bytes: number) => metrics.counter(grpcServerMetrics.received).inc(undefined, bytes),
      sent: (bytes: number) => metrics.counter(grpcServerMetrics.sent).inc(undefined, bytes),
    },
    subscribed: (subscriber: Subscriber, change: 1 | -1) =>
      metrics.gauge(grpcServerMetrics.subscribers).inc(labels(subscriber), change),
    sent: (subscriber: Subscriber) => metrics.counter(grpcServerMetrics.eventsSent).inc(labels(subscriber)),
    received: (event: Omit<Subscriber, 'user'>) =>
      metrics.counter(grpcServerMetrics.eventsReceived).inc(labels(event)),
    answered(method: string, status: number, seconds: number): void {
      const by = { method, grpc_code: String(status) };
      metrics.counter(grpcServerMetrics.processed).inc(by);
      metrics.histogram(grpcServerMetrics.duration).observe(seconds, by);
    },
  };
};

export type GrpcCounts = ReturnType<typeof grpcCounts>;
