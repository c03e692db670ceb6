import type { Client } from '../../client/client.ts';
import { type Lease, leases } from '../../client/kubernetes.ts';
import type { Logger } from '../../process/logger.ts';
import { gauge } from '../../process/metric-definition.ts';
import type { Metrics } from '../../process/metrics.ts';
import { LeaseLock, type LeaseLockOptions, jitterFactor } from './lease-lock.ts';

export const leaderMetrics = {
  status: gauge(
    'leader_election_master_status',
    "Gauge of if the reporting system is master of the relevant lease, 0 indicates backup, 1 indicates master. 'name' is the string used to identify the lease.",
    ['name'],
  ),
};

export interface LeaderElectionOptions extends LeaseLockOptions {
  metrics?: Metrics;
  /** Milliseconds after the last renewal at which this process gives up leading. */
  renewDeadlineMs: number;
  /** Told when leading begins and ends, for Events; never rejects. */
  announce?: (message: string, lease: Lease) => Promise<void>;
}

export type ElectionResult =
  /** The signal aborted; the lease, if held, is released. */
  | 'stopped'
  /** Another one leads, or the lease could not be renewed in time. */
  | 'lost';

/** The three times must stand in this order, and apart, or two processes could lead at once. */
export const checkTimes = ({
  leaseDurationMs,
  renewDeadlineMs,
  retryPeriodMs,
}: Pick<LeaderElectionOptions, 'leaseDurationMs' | 'renewDeadlineMs' | 'retryPeriodMs'>): void => {
  if (retryPeriodMs < 1 || leaseDurationMs < 1000)
    throw new Error('leaseDuration and retryPeriod must be greater than zero');
  if (leaseDurationMs <= renewDeadlineMs) throw new Error('leaseDuration must be greater than renewDeadline');
  if (renewDeadlineMs <= retryPeriodMs * jitterFactor)
    throw new Error('renewDeadline must be greater than retryPeriod*JitterFactor');
};

const firstRetryMs = 100;

/**
 * Waits until this process holds the Lease, then runs `lead` with a signal that aborts when leading ends, and keeps
 * renewing until `lead` returns. `mayWrite`, which `lead` is given too, says at any moment whether the last renewal is
 * younger than the renew deadline: a process that was stopped and goes on finds its writes refused before any timer or
 * answer could tell it that another one leads. The lease is released only then, so that no successor starts while work is still under way.
 *
 * Port of client-go's rules: whether a lease has run out is judged by when this process last saw it change, on its own
 * monotonic clock, never by the times in it; whoever cannot renew within the renew deadline stops. Beyond client-go, a
 * candidate watches the Lease, so that it takes over at once when it is released, looks again when it runs out, and does
 * not begin to count anew with each start (docs/decisions/008).
 */
export const runAsLeader = async (
  options: LeaderElectionOptions,
  lead: (signal: AbortSignal, mayWrite: () => boolean) => Promise<void>,
  signal: AbortSignal,
): Promise<ElectionResult> => {
  checkTimes(options);
  const lock = new LeaseLock(options);
  const { log, metrics, name, identity, announce } = options;
  const status = metrics?.gauge(leaderMetrics.status);
  status?.set(0, { name });

  log.info('waiting to become leader', { lease: name, namespace: options.namespace, identity });
  const held = await acquire(lock, options, signal);
  if (!held) return 'stopped';
  log.info('became leader', { lease: name, identity });
  void announce?.(`${identity} became leader`, lock.observed!);
  status?.set(1, { name });

  const lost = new AbortController();
  const ended = new AbortController();
  const renewing = renew(lock, held, options, ended.signal).then((kept) => {
    if (!kept) lost.abort(new Error('leadership lost'));
  });
  const mayWrite = () => !lost.signal.aborted && performance.now() < held.since + options.renewDeadlineMs;
  try {
    await lead(AbortSignal.any([signal, lost.signal]), mayWrite);
  } finally {
    ended.abort();
    await renewing;
    status?.set(0, { name });
    if (!lost.signal.aborted) await lock.release();
    log.info('stopped leading', { lease: name, identity });
    await announce?.(`${identity} stopped leading`, lock.observed!);
  }
  return lost.signal.aborted ? 'lost' : 'stopped';
};

/** When the Lease was last known to be ours; milliseconds of this process's monotonic clock. */
interface Held {
  since: number;
}

/** Undefined when the signal aborted first. */
const acquire = async (
  lock: LeaseLock,
  { retryPeriodMs, log, client, namespace, name }: LeaderElectionOptions,
  signal: AbortSignal,
): Promise<Held | undefined> => {
  const acquired = new AbortController();
  const watching = AbortSignal.any([signal, acquired.signal]);
  let wake = () => {};
  void watchRelease(client, namespace, name, watching, () => wake(), log);
  try {
    for (let failures = 0; !signal.aborted;) {
      const since = performance.now();
      if (await lock.tryAcquireOrRenew(signal)) return { since };
      // No answer yet, or no permission yet, as just after an installation: nobody is known to lead, so look again soon.
      const isHeld = lock.heldByOther && lock.remainingMs > 0;
      failures = isHeld ? 0 : failures + 1;
      const woken = new AbortController();
      wake = () => woken.abort();
      const jittered = (ms: number) => ms * (1 + Math.random() * jitterFactor);
      const soon = isHeld
        ? lock.remainingMs + jittered(firstRetryMs)
        : jittered(firstRetryMs) * 2 ** failures;
      await pause(Math.min(jittered(retryPeriodMs), soon), AbortSignal.any([signal, woken.signal]));
    }
    return undefined;
  } finally {
    acquired.abort();
  }
};

/** Calls `released` when the Lease is seen without a holder or deleted. Without permission to watch, polling has to do. */
const watchRelease = async (
  client: Client,
  namespace: string,
  name: string,
  signal: AbortSignal,
  released: () => void,
  log: Logger,
): Promise<void> => {
  const options = { namespace, fieldSelector: `metadata.name=${name}`, signal, timeoutSeconds: 300 };
  for (let failures = 0; !signal.aborted && failures < 5;) {
    try {
      for await (const event of client.watch(leases, options)) {
        failures = 0;
        if (event.type === 'BOOKMARK') continue;
        if (event.type === 'DELETED' || !event.object.spec?.holderIdentity) released();
      }
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      log.debug(2, 'the lease cannot be watched', { lease: name, error });
    }
    await pause(1000 * 2 ** failures, signal);
  }
};

/** Resolves to false when the lease was lost, to true when the signal aborted. */
const renew = async (
  lock: LeaseLock,
  held: Held,
  { retryPeriodMs, renewDeadlineMs, log }: LeaderElectionOptions,
  signal: AbortSignal,
): Promise<boolean> => {
  for (;;) {
    await pause(retryPeriodMs, signal);
    for (;;) {
      if (signal.aborted) return true;
      const left = held.since + renewDeadlineMs - performance.now();
      if (left <= 0) {
        log.error('failed to renew the lease in time: leadership is lost', { renewDeadlineMs });
        return false;
      }
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(left))]);
      const began = performance.now();
      if (await lock.tryAcquireOrRenew(deadline)) {
        held.since = began;
        break;
      }
      if (lock.heldByOther) {
        log.error('another process holds the lease: leadership is lost', { holder: lock.holder });
        return false;
      }
      await pause(Math.min(retryPeriodMs, Math.max(left, 0)), deadline);
    }
  }
};

/** Resolves after the time or when the signal aborts; its timer does not keep the process alive. */
const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms).unref();
    signal.addEventListener('abort', end);
  });
