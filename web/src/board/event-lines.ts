/** Server-sent events out of pieces of text (WHATWG HTML, 9.2): whole ones only, however they were cut. Pure. */
export interface ServerEvent {
  readonly name: string;
  readonly data: string;
}

/** Characters of one event; a snapshot with 500 calls has some 150,000. */
const EVENT_MAX = 4_000_000;

export class EventLines {
  #rest = '';
  #name = '';
  #data: string[] = [];
  #length = 0;

  /** Throws RangeError when an event has no end. */
  push(text: string): readonly ServerEvent[] {
    const events: ServerEvent[] = [];
    // A carriage return at the very end may be half of a line's end.
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop()!;
    for (const line of lines) this.#take(line, events);
    if (this.#rest.length + this.#length > EVENT_MAX) throw new RangeError('an event without an end');
    return events;
  }

  #take(line: string, events: ServerEvent[]): void {
    if (line === '') {
      if (this.#data.length > 0) events.push({ name: this.#name || 'message', data: this.#data.join('\n') });
      this.#name = '';
      this.#data = [];
      this.#length = 0;
      return;
    }
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.#name = value;
    if (field === 'data') {
      this.#data.push(value);
      this.#length += value.length;
    }
  }
}
