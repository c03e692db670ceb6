/** What makes a source unreadable; `at` as in Issue. */
export class SyntaxFault extends Error {
  override name = 'SyntaxFault';
  readonly at: number;
  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}
