/** What went wrong in our own code at the edge, by place. For metrics and tests: all zero is the aim. I/O thread. */
export class FaultCounters {
  readonly #byPlace = new Map<string, number>();

  /** `place` is one of a fixed set of names, as `POST /voice` or `socket message`. Returns the new count. */
  add(place: string): number {
    const count = (this.#byPlace.get(place) ?? 0) + 1;
    this.#byPlace.set(place, count);
    return count;
  }

  of(place: string): number {
    return this.#byPlace.get(place) ?? 0;
  }

  entries(): readonly (readonly [place: string, count: number])[] {
    return [...this.#byPlace];
  }
}
