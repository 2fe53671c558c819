/**
 * Plays one prompt at a time on one stream: media messages at most a second ahead of what is heard, a mark behind the
 * last. One timer serves all players that play (`Pacing`).
 */
import type { Pacing } from './pacing.ts';
import type { ReadyPrompt } from './ready-prompt.ts';

const LEAD_MS = 1000;
/** A mark that does not come back so long after its time counts as come. */
const MARK_WAIT_MS = 5000;

export interface PlayerStream {
  send(message: string): void;
  /** The prompt was heard to its end. Not after `clear`. */
  played(): void;
}

export class Player {
  readonly #stream: PlayerStream;
  readonly #pacing: Pacing;
  readonly #mediaHead: string;
  readonly #streamSid: string;
  #prompt: ReadyPrompt | null = null;
  #nextPiece = 0;
  #playoutEndAtMs = 0;
  /** Tells the marks of a prompt that was cleared from those of the next. */
  #generation = 0;

  constructor(stream: PlayerStream, streamSid: string, pacing: Pacing) {
    this.#stream = stream;
    this.#pacing = pacing;
    this.#streamSid = streamSid;
    this.#mediaHead = `{"event":"media","streamSid":"${streamSid}","media":{"payload":"`;
  }

  get isPlaying(): boolean {
    return this.#prompt !== null;
  }

  play(prompt: ReadyPrompt): void {
    const nowMs = performance.now();
    this.#prompt = prompt;
    this.#nextPiece = 0;
    this.#generation += 1;
    this.#playoutEndAtMs = nowMs;
    this.#pacing.add(this);
    this.pace(nowMs);
  }

  /** Sends what fits into the lead. Called every 20 ms while it plays. */
  pace(nowMs: number): void {
    if (this.#prompt === null) return;
    const { pieces } = this.#prompt;
    if (this.#nextPiece === pieces.length) {
      if (nowMs > this.#playoutEndAtMs + MARK_WAIT_MS) this.#end();
      return;
    }
    while (this.#nextPiece < pieces.length) {
      const { payload, durationMs } = pieces[this.#nextPiece]!;
      if (this.#playoutEndAtMs + durationMs > nowMs + LEAD_MS) return;
      this.#stream.send(`${this.#mediaHead}${payload}"}}`);
      this.#playoutEndAtMs = Math.max(this.#playoutEndAtMs, nowMs) + durationMs;
      this.#nextPiece += 1;
    }
    this.#stream.send(
      `{"event":"mark","streamSid":"${this.#streamSid}","mark":{"name":"${this.#generation}"}}`,
    );
  }

  markEchoed(name: string): void {
    if (this.#prompt !== null && name === String(this.#generation)) this.#end();
  }

  /** The caller spoke into it: what the carrier still holds is thrown away. */
  clear(): void {
    if (this.#prompt === null) return;
    this.close();
    this.#stream.send(`{"event":"clear","streamSid":"${this.#streamSid}"}`);
  }

  close(): void {
    this.#prompt = null;
    this.#pacing.remove(this);
  }

  #end(): void {
    this.close();
    this.#stream.played();
  }
}
