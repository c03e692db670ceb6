import type { Watch } from '../../../runtime/controller/controller.ts';
import type { NextCondition } from '../../../runtime/controller/conditions.ts';

/** Data of a secret, base64 by key. */
export type SecretData = Readonly<Record<string, string>>;

/** What one step of a driver came to. */
export interface Outcome {
  /** A new credential: secret keys with plain text. */
  credential?: Record<string, string>;
  /** What to show of it on the hub. */
  condition?: NextCondition;
  /** What went wrong; the step is tried again. */
  error?: Error;
  /** Milliseconds until the credential should be looked at again. */
  checkAfterMs?: number;
}

/** A way to get a credential for the hub and to keep it fresh (registration.md 5). */
export interface CredentialDriver {
  /** What should make the driver look again. */
  readonly watches: Watch[];
  /** Secret keys that the driver writes. */
  readonly keys: readonly string[];
  /**
   * Takes the next step, given what the secret holds and the other data that it should hold. Rejects when the hub
   * could not be asked.
   */
  process(
    present: SecretData,
    additional: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Outcome>;
}
