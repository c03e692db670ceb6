import { readFile, stat } from 'node:fs/promises';

/** Reads a file anew only when it has changed, looking at most once per interval. */
export class WatchedFile {
  readonly path: string;
  readonly #intervalMs: number;
  #stamp = '';
  #lookedAt = -Infinity;
  #text = '';

  constructor(path: string, intervalMs: number) {
    this.path = path;
    this.#intervalMs = intervalMs;
  }

  /** The file's text; after the first time, a file that cannot be read keeps its last text. */
  async read(options: { now?: boolean } = {}): Promise<string> {
    const time = performance.now();
    if (!options.now && time - this.#lookedAt < this.#intervalMs) return this.#text;
    const isFirst = this.#stamp === '';
    try {
      const { mtimeMs, ino, size } = await stat(this.path);
      const stamp = `${mtimeMs}:${ino}:${size}`;
      if (stamp !== this.#stamp) {
        this.#text = await readFile(this.path, 'utf8');
        this.#stamp = stamp;
      }
    } catch (error) {
      // A secret volume is swapped and a file rewritten in more than one step: what was valid still serves.
      if (isFirst) throw error;
    }
    this.#lookedAt = time;
    return this.#text;
  }
}
