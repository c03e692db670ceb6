/** V8 shares shorter strings by itself; longer ones seldom repeat. */
const [minLength, maxLength] = [11, 128];
const generationSize = 1_024;

/**
 * Lets objects share equal strings: label values, namespaces, images, reasons and messages repeat from object to object,
 * and each JSON text brings copies of its own. Two fifths of the memory of a cached ManifestWork, for less time than it
 * takes to parse. What has not been met for a while is forgotten, so that unique strings do not pile up.
 */
export class Interner {
  #young = new Map<string, string>();
  #old = new Map<string, string>();

  /** Strings remembered. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** Replaces strings in a tree of plain JSON, in place. */
  share<T>(tree: T): T {
    if (typeof tree !== 'object' || tree === null) return tree;
    const fields = tree as Record<string, unknown>;
    for (const name in fields) {
      const value = fields[name];
      if (typeof value === 'object') this.share(value);
      else if (typeof value === 'string' && value.length >= minLength && value.length <= maxLength) {
        fields[name] = this.#shared(value);
      }
    }
    return tree;
  }

  #shared(text: string): string {
    const young = this.#young.get(text);
    if (young !== undefined) return young;
    const shared = this.#old.get(text) ?? text;
    if (this.#young.size >= generationSize) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(shared, shared);
    return shared;
  }
}
