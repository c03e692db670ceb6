/** Installing stopped; reason and message are those of the condition Applied. */
export class ApplyError<Reason extends string> extends Error {
  override readonly name: string = 'ApplyError';
  readonly reason: Reason;
  /** It waits for somebody, of whose act a watch will tell: nothing is gained by trying again before. */
  readonly waiting: boolean;

  constructor(
    reason: Reason,
    message: string,
    { cause, waiting = false }: { cause?: unknown; waiting?: boolean } = {},
  ) {
    super(message, { cause });
    this.reason = reason;
    this.waiting = waiting;
  }
}
