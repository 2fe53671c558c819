/**
 * A reader of server-sent events that takes nothing but what the board may send: `event`, one line of `data`, an empty line;
 * comments in between. Whatever else comes is an error of the server's.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
import type { BoardSnapshot } from '../../src/protocol/board-api.ts';

const EVENT = /^event: board\ndata: ([^\r\n]*)$/;
const COMMENT = /^:[^\r\n]*$/;

export class EventStream {
  readonly #reader: ReadableStreamDefaultReader<string>;
  readonly #abort: AbortController;
  #text = '';

  private constructor(body: ReadableStream<Uint8Array<ArrayBuffer>>, abort: AbortController) {
    this.#reader = body.pipeThrough(new TextDecoderStream('utf-8', { fatal: true })).getReader();
    this.#abort = abort;
  }

  /** Throws when it is anything but a stream of events. */
  static async open(url: string, headers: Record<string, string> = {}): Promise<EventStream> {
    const abort = new AbortController();
    const response = await fetch(url, { headers, signal: abort.signal });
    const type = response.headers.get('content-type');
    if (response.status !== 200 || type !== 'text/event-stream' || response.body === null)
      throw new Error(`Expected a stream of events, received ${response.status} ${type}`);
    return new EventStream(response.body, abort);
  }

  /** The next event's data; null: the server has ended the stream. Throws at what is no event. */
  async next(): Promise<BoardSnapshot | null> {
    for (;;) {
      const end = this.#text.indexOf('\n\n');
      if (end >= 0) {
        const block = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 2);
        if (COMMENT.test(block)) continue;
        const data = EVENT.exec(block)?.[1];
        if (data === undefined) throw new Error(`Expected an event, received ${JSON.stringify(block)}`);
        return JSON.parse(data) as BoardSnapshot;
      }
      const { done, value } = await this.#reader.read();
      if (!done) this.#text += value;
      else if (this.#text === '') return null;
      else throw new Error(`Expected the end of an event, received ${JSON.stringify(this.#text)}`);
    }
  }

  /** The first that fits. Throws when the stream ends before. */
  async until(fits: (snapshot: BoardSnapshot) => boolean): Promise<BoardSnapshot> {
    for (;;) {
      const snapshot = await this.next();
      if (snapshot === null) throw new Error('Expected a snapshot that fits, received the end of the stream');
      if (fits(snapshot)) return snapshot;
    }
  }

  close(): void {
    this.#abort.abort();
  }
}
