/**
 * What the voice thread does: takes wanted prompts, has each made once, and sends it to the I/O thread. Its queue is
 * bounded; what does not fit fails at once, so that the call goes on without that prompt. The entry that gives it a port
 * and a synthesizer is voice-worker.ts.
 */
import { parseFormatName } from '../audio/audio-format.ts';
import type { FromVoice, PromptWanted } from '../channel/voice-messages.ts';
import { CapacityError, toErrorRecord } from '../errors.ts';
import type { Log } from '../log.ts';
import type { PromptCache } from './prompt-cache.ts';

/** More than the prompts of several flows. */
const WAITING_MAX = 4096;
/** Enough that reading from disk does not wait for synthesis; a vendor's own limit is its synthesizer's business. */
const MAKING_MAX = 4;

export interface VoiceThreadParts {
  readonly cache: Pick<PromptCache, 'get'>;
  readonly send: (message: FromVoice) => void;
  readonly log: Log;
}

export class VoiceThread {
  readonly #parts: VoiceThreadParts;
  readonly #waiting: PromptWanted[] = [];
  /** Waiting or being made. */
  readonly #pendingKeys = new Set<string>();
  #makingCount = 0;

  constructor(parts: VoiceThreadParts) {
    this.#parts = parts;
  }

  /** Every key is answered once, with `prompt.ready` or `prompt.failed`; asked for again after that, once more. */
  want(wanted: PromptWanted): void {
    if (this.#pendingKeys.has(wanted.key)) return;
    if (this.#waiting.length >= WAITING_MAX) {
      this.#fail(
        wanted.key,
        new CapacityError(`Expected at most ${WAITING_MAX} prompts waiting, received one more`),
      );
      return;
    }
    this.#pendingKeys.add(wanted.key);
    this.#waiting.push(wanted);
    this.#makeNext();
  }

  #makeNext(): void {
    while (this.#makingCount < MAKING_MAX) {
      const wanted = this.#waiting.shift();
      if (wanted === undefined) return;
      this.#makingCount += 1;
      void this.#make(wanted);
    }
  }

  /** Never rejects. */
  async #make(wanted: PromptWanted): Promise<void> {
    const { key, format, source } = wanted;
    try {
      const prompt = await this.#parts.cache.get(key, source, parseFormatName(format));
      const { wire, levels, audioBytes, durationMs } = prompt;
      this.#parts.send({
        kind: 'prompt.ready',
        key,
        format,
        wire,
        levels,
        audioBytes,
        durationMs,
        provider: 'builtin',
        isStandIn: false,
      });
    } catch (thrown) {
      this.#fail(key, thrown);
    }
    this.#makingCount -= 1;
    this.#pendingKeys.delete(key);
    this.#makeNext();
  }

  #fail(key: string, thrown: unknown): void {
    const { log, send } = this.#parts;
    log.error({ event: 'prompt.failed', promptKey: key, err: thrown }, 'a prompt could not be made');
    send({ kind: 'prompt.failed', key, error: toErrorRecord(thrown) });
  }
}
