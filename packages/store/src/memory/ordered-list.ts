/**
 * Values in the order of a number each has, most of them added at the end. Adding at the end, taking the
 * first and looking up are cheap; removal leaves a hole, and holes are closed once they are the most.
 */
export class OrderedList<Value> {
  #ordinals: number[] = [];
  #values: (Value | undefined)[] = [];
  /** Everything before it is holes. */
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(ordinal: number): Value | undefined {
    const at = this.#search(ordinal);
    return this.#ordinals[at] === ordinal ? this.#values[at] : undefined;
  }

  first(): Value | undefined {
    while (this.#head < this.#values.length && this.#values[this.#head] === undefined) this.#head++;
    return this.#values[this.#head];
  }

  /** Puts the value at its place; the one that had the ordinal goes. */
  set(ordinal: number, value: Value): void {
    const last = this.#ordinals.at(-1);
    if (last === undefined || ordinal > last) {
      this.#ordinals.push(ordinal);
      this.#values.push(value);
      this.#size++;
      return;
    }
    const at = this.#search(ordinal);
    if (this.#ordinals[at] !== ordinal) {
      this.#ordinals.splice(at, 0, ordinal);
      this.#values.splice(at, 0, undefined);
    }
    if (this.#values[at] === undefined) this.#size++;
    this.#values[at] = value;
    if (at < this.#head) this.#head = at;
  }

  delete(ordinal: number): void {
    const at = this.#search(ordinal);
    if (this.#ordinals[at] !== ordinal || this.#values[at] === undefined) return;
    this.#values[at] = undefined;
    this.#size--;
    if (this.#values.length > 16 && this.#size * 2 < this.#values.length) this.#closeHoles();
  }

  /** From the first on, or from the one after the ordinal. The list must not change meanwhile. */
  *ascending(after = -Infinity): Generator<Value> {
    const start = after === -Infinity ? this.#head : this.#search(after);
    for (let at = start; at < this.#values.length; at++) {
      const value = this.#values[at];
      if (value !== undefined && this.#ordinals[at] !== after) yield value;
    }
  }

  /** From the last on, or from the one before the ordinal. The list must not change meanwhile. */
  *descending(before = Infinity): Generator<Value> {
    const start = before === Infinity ? this.#values.length : this.#search(before);
    for (let at = start - 1; at >= this.#head; at--) {
      const value = this.#values[at];
      if (value !== undefined) yield value;
    }
  }

  /** The place of the first ordinal that is not smaller. */
  #search(ordinal: number): number {
    let low = 0;
    let high = this.#ordinals.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ordinals[middle] ?? Infinity) < ordinal) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #closeHoles(): void {
    this.#ordinals = this.#ordinals.filter((_, at) => this.#values[at] !== undefined);
    this.#values = this.#values.filter((value) => value !== undefined);
    this.#head = 0;
  }
}
