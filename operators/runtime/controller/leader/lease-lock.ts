import type { Client } from '../../client/client.ts';
import { isAlreadyExists, isConflict } from '../../client/errors.ts';
import { type Lease, leases } from '../../client/kubernetes.ts';
import type { Logger } from '../../process/logger.ts';
import { microTime } from '../events.ts';

export interface LeaseLockOptions {
  client: Client;
  log: Logger;
  namespace: string;
  /** The Lease. */
  name: string;
  /** Unique to this process: `<hostname>_<uuid>`. */
  identity: string;
  /** Milliseconds that others wait after the last renewal that they saw. */
  leaseDurationMs: number;
  /** Milliseconds between renewals. */
  retryPeriodMs: number;
  /** Whether a holder is known to have ended, though its lease has not run out; see `holderEnded`. */
  hasEnded?: (holder: string, signal: AbortSignal) => Promise<boolean>;
}

/** A leader that lives renews within this many retry periods. */
export const jitterFactor = 1.2;

/** The Lease as this process last saw it, and when that was. */
export class LeaseLock {
  observed: Lease | undefined;
  private observedAt = -Infinity;
  private readonly options: LeaseLockOptions;

  constructor(options: LeaseLockOptions) {
    this.options = options;
  }

  get holder(): string {
    return this.observed?.spec?.holderIdentity ?? '';
  }

  get heldByOther(): boolean {
    return this.holder !== '' && this.holder !== this.options.identity;
  }

  /** Milliseconds until the lease has run out for this process; 0 when it has, or was never seen. */
  get remainingMs(): number {
    const seconds = this.observed?.spec?.leaseDurationSeconds ?? 0;
    return Math.max(0, this.observedAt + seconds * 1000 - performance.now());
  }

  /** Whether the lease is now ours; an error is logged and counts as no. */
  async tryAcquireOrRenew(signal: AbortSignal): Promise<boolean> {
    const { client, log, name, namespace, identity } = this.options;
    try {
      if (this.holder === identity && this.remainingMs > 0) {
        // What we hold nobody else should have written: try without reading first.
        try {
          this.observe(await client.replace(leases, this.renewed(this.observed!), { signal }));
          return true;
        } catch (error) {
          if (!isConflict(error)) throw error;
        }
      }
      const found = await client.find(leases, name, namespace, { signal });
      if (!found) {
        this.observe(await client.create(leases, this.renewed(undefined), { signal }));
        return true;
      }
      if (this.observed === undefined && isHeld(found)) this.observe(found, await this.ageOf(found, signal));
      else if (specOf(found) !== specOf(this.observed) || found.metadata.uid !== this.observed?.metadata.uid)
        this.observe(found);
      else this.observed = found;
      if (this.heldByOther && this.remainingMs > 0) {
        if (!(await this.options.hasEnded?.(this.holder, signal))) {
          log.debug(4, 'the lease is held', { lease: name, holder: this.holder });
          return false;
        }
        log.info('taking over from a leader that has ended', { lease: name, holder: this.holder });
      }
      this.observe(await client.replace(leases, this.renewed(found), { signal }));
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      // Another candidate was faster.
      if (isConflict(error) || isAlreadyExists(error))
        log.debug(2, 'lost a race for the lease', { lease: name });
      else log.error('the lease cannot be acquired or renewed', { lease: name, namespace, error });
      return false;
    }
  }

  /** Lets the next candidate take over at once. Failing that, the lease runs out by itself. */
  async release(): Promise<void> {
    const { client, log, identity, name } = this.options;
    if (this.holder !== identity) return;
    const now = microTime(new Date());
    const { metadata, spec } = this.observed!;
    const released: Lease = {
      metadata,
      spec: { ...spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: now, acquireTime: now },
    };
    try {
      this.observe(await client.replace(leases, released, { signal: AbortSignal.timeout(5000) }));
    } catch (error) {
      log.warn('the lease could not be released', { lease: name, error });
    }
  }

  private observe(lease: Lease, ageMs = 0): void {
    this.observed = lease;
    this.observedAt = performance.now() - ageMs;
  }

  /**
   * How long ago a Lease of somebody else was written, in milliseconds, by the clock of the API server that notes the
   * times of writes: a write that stores nothing asks what that clock says now. At most so much that a holder which
   * lives has time to show it, whatever that clock did meanwhile; 0 where the server notes no times.
   */
  private async ageOf(lease: Lease, signal: AbortSignal): Promise<number> {
    const { client, retryPeriodMs } = this.options;
    const attempt = await client.replace(leases, this.renewed(lease), { signal, dryRun: true });
    const age = lastWriteOf(attempt) - lastWriteOf(lease);
    if (!Number.isFinite(age)) return 0;
    const most = (lease.spec?.leaseDurationSeconds ?? 0) * 1000 - retryPeriodMs * jitterFactor;
    return Math.max(0, Math.min(age, most));
  }

  /** The lease as it will be once it is ours; `current` keeps its place in the history. */
  private renewed(current: Lease | undefined): Lease {
    const { name, namespace, identity, leaseDurationMs } = this.options;
    const now = microTime(new Date());
    const before = current?.spec;
    const ours = before?.holderIdentity === identity;
    return {
      metadata: current?.metadata ?? { name, namespace },
      spec: {
        ...before,
        holderIdentity: identity,
        leaseDurationSeconds: Math.floor(leaseDurationMs / 1000),
        acquireTime: (ours && before?.acquireTime) || now,
        renewTime: now,
        leaseTransitions: (before?.leaseTransitions ?? 0) + (current && !ours ? 1 : 0),
      },
    };
  }
}

const isHeld = ({ spec }: Lease): boolean => Boolean(spec?.holderIdentity);

/** Milliseconds since 1970; no finite number where the server noted no time. */
const lastWriteOf = ({ metadata }: Lease): number =>
  Math.max(...(metadata.managedFields ?? []).map(({ time }) => Date.parse(time ?? '')));

const specOf = (lease: Lease | undefined): string => JSON.stringify(lease?.spec ?? null);
