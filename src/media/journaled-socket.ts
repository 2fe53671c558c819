/**
 * A stream's socket, through its journal. What leaves is told as the caller's carrier has it: for each mark and clear the
 * audio that was offered since the one before it, however that was cut into messages. I/O thread.
 */
import { createHash, type Hash } from 'node:crypto';
import type { Journal, JournalEntry } from '../journal/journal.ts';
import { type CarrierSocket, SENT } from './carrier-socket.ts';

/** A message of ours as the wire has it, for what it is. */
export type ReadOutbound = (
  message: Uint8Array,
) =>
  | { readonly kind: 'audio'; readonly bytes: Uint8Array }
  | { readonly kind: 'mark'; readonly name: string }
  | { readonly kind: 'clear' }
  | { readonly kind: 'other'; readonly text: string };

export class JournaledSocket implements CarrierSocket {
  readonly #journal: Journal;
  readonly #socket: CarrierSocket;
  readonly #read: ReadOutbound;
  #sends = 0;
  #looks = 0;
  #audioBytes = 0;
  #hash: Hash = createHash('sha256');

  constructor(journal: Journal, socket: CarrierSocket, read: ReadOutbound) {
    this.#journal = journal;
    this.#socket = socket;
    this.#read = read;
  }

  send(message: Uint8Array, isBinary: boolean): number {
    const question = { kind: 'send', number: ++this.#sends };
    const result = this.#journal.askRare(question, SENT.sent, () => this.#socket.send(message, isBinary));
    if (result !== SENT.dropped) this.#sent(this.#read(message));
    return result;
  }

  getBufferedAmount(): number {
    const question = { kind: 'buffered', number: ++this.#looks };
    return this.#journal.askRare(question, 0, () => this.#socket.getBufferedAmount());
  }

  ping(): void {
    this.#socket.ping();
    this.#journal.tell({ kind: 'ping' });
  }

  end(code: number, reason: string): void {
    this.#journal.tell({ kind: 'close', code, reason, ...this.#takeAudio() });
    this.#socket.end(code, reason);
  }

  close(): void {
    this.#journal.tell({ kind: 'cut', ...this.#takeAudio() });
    this.#socket.close();
  }

  /** The connection has gone by itself: no mark and no clear comes any more behind what was offered last. */
  lost(): void {
    if (this.#audioBytes > 0) this.#journal.tell({ kind: 'lost', ...this.#takeAudio() });
  }

  #sent(message: ReturnType<ReadOutbound>): void {
    switch (message.kind) {
      case 'audio':
        this.#audioBytes += message.bytes.length;
        this.#hash.update(message.bytes);
        return;
      case 'mark':
        this.#journal.tell({ kind: 'mark', name: message.name, ...this.#takeAudio() });
        return;
      case 'clear':
        this.#journal.tell({ kind: 'clear', ...this.#takeAudio() });
        return;
      case 'other':
        this.#journal.tell({ kind: 'sent', text: message.text });
    }
  }

  /** What was offered since the last mark or clear. */
  #takeAudio(): Omit<JournalEntry, 'kind'> {
    const audioBytes = this.#audioBytes;
    const sha256 = this.#hash.digest('hex');
    this.#audioBytes = 0;
    this.#hash = createHash('sha256');
    return audioBytes === 0 ? { audioBytes } : { audioBytes, sha256 };
  }
}
