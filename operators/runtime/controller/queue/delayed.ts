/** Keys that become ready at a time. Adding a key again keeps the earlier time, as client-go's delaying queue does. */
export class DelayedKeys {
  private readonly heap: string[] = [];
  private readonly readyAt = new Map<string, number>();
  private readonly position = new Map<string, number>();

  get size(): number {
    return this.heap.length;
  }

  /** When the first key is ready; undefined when there is none. */
  get next(): number | undefined {
    return this.heap.length ? this.readyAt.get(this.heap[0]!) : undefined;
  }

  add(key: string, at: number): void {
    const known = this.readyAt.get(key);
    if (known !== undefined && known <= at) return;
    this.readyAt.set(key, at);
    if (known === undefined) this.place(key, this.heap.length);
    this.rise(this.position.get(key)!);
  }

  /** Removes and returns the first key that is ready by `now`. */
  take(now: number): string | undefined {
    const next = this.next;
    if (next === undefined || next > now) return undefined;
    const key = this.heap[0]!;
    const last = this.heap.pop()!;
    if (last !== key) {
      this.place(last, 0);
      this.sink(0);
    }
    this.readyAt.delete(key);
    this.position.delete(key);
    return key;
  }

  clear(): void {
    this.heap.length = 0;
    this.readyAt.clear();
    this.position.clear();
  }

  private place(key: string, at: number): void {
    this.heap[at] = key;
    this.position.set(key, at);
  }

  private timeAt(index: number): number {
    return this.readyAt.get(this.heap[index]!)!;
  }

  private swap(a: number, b: number): void {
    const key = this.heap[a]!;
    this.place(this.heap[b]!, a);
    this.place(key, b);
  }

  private rise(index: number): void {
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (this.timeAt(parent) <= this.timeAt(index)) return;
      this.swap(parent, index);
      index = parent;
    }
  }

  private sink(index: number): void {
    for (;;) {
      const left = 2 * index + 1;
      if (left >= this.heap.length) return;
      const right = left + 1;
      const child = right < this.heap.length && this.timeAt(right) < this.timeAt(left) ? right : left;
      if (this.timeAt(index) <= this.timeAt(child)) return;
      this.swap(index, child);
      index = child;
    }
  }
}
