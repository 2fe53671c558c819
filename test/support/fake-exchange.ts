/** An exchange without a socket: says what it was asked with, and keeps what it was answered with. */
import type { AnswerStream } from '../../src/server/answer-stream.ts';
import type { Answer, Exchange } from '../../src/server/exchange.ts';

const LOOPBACK = new Uint8Array([127, 0, 0, 1]);

export interface FakeRequest {
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly peerAddress?: Uint8Array;
}

/** The peer of an answer that goes on. */
export class FakeWatcher {
  readonly pieces: string[] = [];
  /** It reads nothing. */
  isFull = false;
  end: 'none' | 'ended' | 'cut' | 'left' = 'none';
  readonly #onClosed: () => void;

  constructor(first: string, onClosed: () => void) {
    this.pieces.push(first);
    this.#onClosed = onClosed;
  }

  get stream(): AnswerStream {
    const watcher = this;
    return {
      get isFull() {
        return watcher.isFull;
      },
      write: (piece: string) => {
        if (!watcher.isFull) watcher.pieces.push(piece);
        return !watcher.isFull;
      },
      end: () => watcher.#close('ended'),
      cut: () => watcher.#close('cut'),
    } as AnswerStream;
  }

  leave(): void {
    this.#close('left');
  }

  #close(end: 'ended' | 'cut' | 'left'): void {
    if (this.end !== 'none') return;
    this.end = end;
    this.#onClosed();
  }
}

export function fakeExchange({
  headers = [['host', 'localhost:8080']],
  peerAddress = LOOPBACK,
}: FakeRequest = {}) {
  const answers: Answer[] = [];
  const watchers: FakeWatcher[] = [];
  const exchange = {
    headers,
    peerAddress,
    header: (name: string) => headers.find(([key]) => key === name)?.[1] ?? '',
    answer: (answer: Answer) => answers.push(answer),
    stream: (first: Answer, onClosed: () => void) => {
      const watcher = new FakeWatcher(first.body, onClosed);
      watchers.push(watcher);
      const { stream } = watcher;
      return stream;
    },
  } as unknown as Exchange;
  return {
    exchange,
    answers,
    /** The status of the only answer, as `403`; 0: none. */
    get status() {
      return Number.parseInt(answers[0]?.status ?? '0', 10);
    },
    get code() {
      return (JSON.parse(answers[0]?.body ?? '{}') as { code?: string }).code;
    },
    get watcher() {
      return watchers[0]!;
    },
  };
}
