import type { HealthCheck } from '../command.ts';
import type { Logger } from '../logger.ts';

export interface HealthAnswer {
  status: 200 | 404 | 500;
  body: string;
}

/**
 * Answers a probe as Kubernetes components do: `ok`, or with `verbose` or on failure a line per check. Why a check failed
 * is in the log only: the endpoint is open to everybody.
 */
export const answerProbe = async (
  probe: string,
  checks: readonly HealthCheck[],
  { only, verbose, log }: { only?: string; verbose: boolean; log: Logger },
): Promise<HealthAnswer> => {
  const chosen = only === undefined ? checks : checks.filter(({ name }) => name === only);
  if (chosen.length === 0) return { status: 404, body: `no check is called ${only}\n` };
  const failures = await Promise.all(chosen.map(failureOf));
  const lines = chosen.map(({ name }, i) =>
    failures[i] === undefined ? `[+]${name} ok` : `[-]${name} failed: reason withheld`,
  );
  const failed = chosen.flatMap(({ name }, i) =>
    failures[i] === undefined ? [] : [{ name, error: failures[i] }],
  );
  if (failed.length > 0) {
    for (const { name, error } of failed) log.warn('health check failed', { probe, check: name, error });
    return { status: 500, body: `${lines.join('\n')}\n${probe} check failed\n` };
  }
  if (!verbose || only !== undefined) return { status: 200, body: 'ok' };
  return { status: 200, body: `${lines.join('\n')}\n${probe} check passed\n` };
};

const failureOf = async (checked: HealthCheck): Promise<unknown> => {
  try {
    await checked.check();
    return undefined;
  } catch (error) {
    return error ?? new Error('unknown');
  }
};
