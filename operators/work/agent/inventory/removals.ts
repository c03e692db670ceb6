/**
 * What stands in the way of removals that are under way, by AppliedManifestWork: one controller removes, another says so in
 * the ManifestWork's status. Lost with the process, and found again by the next round.
 */
export class Removals {
  readonly #texts = new Map<string, string>();
  readonly #listeners = new Set<(appliedWork: string) => void>();

  /** What is in the way; undefined when nothing is, or all is gone. Returns whether that is new. */
  report(appliedWork: string, text: string | undefined): boolean {
    if (this.#texts.get(appliedWork) === text) return false;
    if (text === undefined) this.#texts.delete(appliedWork);
    else this.#texts.set(appliedWork, text);
    for (const listener of this.#listeners) listener(appliedWork);
    return true;
  }

  textOf(appliedWork: string): string | undefined {
    return this.#texts.get(appliedWork);
  }

  /** Calls the listener with the AppliedManifestWork of each news. Returns the way to stop. */
  onNews(listener: (appliedWork: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
