/** Where a command writes (cli.md 1.4). */
export interface Output {
  /** What the user asked for: stdout. */
  print: (text: string) => void;
  /** What the user should know: stderr. */
  note: (text: string) => void;
  /** Whether stdout is a terminal. */
  readonly terminal: boolean;
}

/** As `output`, but everything goes to stderr: for a command whose stdout belongs to a program. */
export const aside = (output: Output): Output => ({ ...output, print: output.note, terminal: false });
