/**
 * What the voice thread does: takes wanted prompts, has each made once, and sends it to the I/O thread. What is on disk
 * goes first, since synthesis may hold the thread; then those that a caller waits for; then those made ahead. Its queue is
 * bounded; what does not fit fails at once, so that the call goes on without that prompt. The entry is voice-worker.ts.
 *
 *     wanted --> finding --(on disk)--------------------------------> ready
 *                   |                                                   ^
 *                   +--> waiting --> making --(by whom it could)--------+--(a stand-in)--> asked for again, ready anew
 *                           ^           |
 *                           +-(wanted urgently meanwhile)
 */
import { formatName, parseFormatName } from '../audio/audio-format.ts';
import type { FromVoice, PromptWanted } from '../channel/voice-messages.ts';
import type { Clock } from '../clock.ts';
import { CapacityError, toErrorRecord } from '../errors.ts';
import type { Log } from '../log.ts';
import type { MadePrompt, PromptChain, PromptRequest } from './prompt-chain.ts';
import { StandIns } from './stand-ins.ts';

/** More than the prompts of several flows. */
const PENDING_MAX = 4096;
const FINDING_MAX = 8;
/** Of those that callers wait for, beyond those made ahead: they wait for a slot of the vendor, and nothing is before them. */
const URGENT_MAX = 16;

export interface VoiceThreadParts {
  readonly chain: Pick<PromptChain, 'find' | 'make' | 'makeByFirst'>;
  /** Prompts made ahead at once: fewer than the first vendor's slots leave one for a caller. */
  readonly aheadMax: number;
  readonly send: (message: FromVoice) => void;
  readonly clock: Clock;
  readonly log: Log;
}

interface Pending {
  readonly wanted: PromptWanted;
  isUrgent: boolean;
  /** While it is being made. */
  making: AbortController | null;
  stage: 'finding' | 'waiting' | 'making';
}

export class VoiceThread {
  readonly #parts: VoiceThreadParts;
  readonly #pending = new Map<string, Pending>();
  readonly #standIns: StandIns;
  #toFind: Pending[] = [];
  #urgent: Pending[] = [];
  #ahead: Pending[] = [];
  #finding = 0;
  #makingUrgent = 0;
  #makingAhead = 0;

  constructor(parts: VoiceThreadParts) {
    this.#parts = parts;
    const { chain, clock } = parts;
    this.#standIns = new StandIns({
      chain,
      clock,
      onMade: (request, made) => this.#ready(request.key, made),
    });
  }

  /** Nothing is wanted that was not answered. */
  get isIdle(): boolean {
    return this.#pending.size === 0;
  }

  /** Every key is answered once, with `prompt.ready` or `prompt.failed`; asked for again after that, once more. */
  want(wanted: PromptWanted): void {
    const pending = this.#pending.get(wanted.key);
    if (pending !== undefined) {
      if (wanted.isUrgent && !pending.isUrgent) this.#hurry(pending);
      return;
    }
    if (this.#pending.size >= PENDING_MAX) {
      this.#fail(
        wanted.key,
        new CapacityError(`Expected at most ${PENDING_MAX} prompts waiting, received one more`),
      );
      return;
    }
    const added: Pending = { wanted, isUrgent: wanted.isUrgent, making: null, stage: 'finding' };
    this.#pending.set(wanted.key, added);
    this.#toFind.push(added);
    this.#next();
  }

  /** A caller waits for it now. One that is being made in its own time begins anew, in the caller's. */
  #hurry(pending: Pending): void {
    pending.isUrgent = true;
    if (pending.stage === 'making') {
      pending.making?.abort(new DOMException('it is wanted urgently', 'AbortError'));
    } else if (pending.stage === 'waiting') {
      this.#ahead = this.#ahead.filter((other) => other !== pending);
      this.#urgent.push(pending);
      this.#next();
    }
  }

  #next(): void {
    while (this.#finding < FINDING_MAX) {
      const pending = this.#toFind.shift();
      if (pending === undefined) break;
      this.#finding += 1;
      void this.#find(pending);
    }
    if (this.#finding > 0) return;
    while (this.#makingUrgent < URGENT_MAX) {
      const pending = this.#urgent.shift();
      if (pending === undefined) break;
      void this.#make(pending);
    }
    while (this.#makingAhead < this.#parts.aheadMax) {
      const pending = this.#ahead.shift();
      if (pending === undefined) break;
      void this.#make(pending);
    }
  }

  /** Never rejects. */
  async #find(pending: Pending): Promise<void> {
    const { key } = pending.wanted;
    try {
      const found = await this.#parts.chain.find(toRequest(pending.wanted));
      if (found === null) this.#queue(pending);
      else this.#settle(key, () => this.#ready(key, found));
    } catch (thrown) {
      this.#settle(key, () => this.#fail(key, thrown));
    }
    this.#finding -= 1;
    this.#next();
  }

  #queue(pending: Pending): void {
    pending.stage = 'waiting';
    (pending.isUrgent ? this.#urgent : this.#ahead).push(pending);
  }

  /** Never rejects. */
  async #make(pending: Pending): Promise<void> {
    const { wanted, isUrgent } = pending;
    const abort = new AbortController();
    pending.stage = 'making';
    pending.making = abort;
    if (isUrgent) this.#makingUrgent += 1;
    else this.#makingAhead += 1;
    try {
      const request = toRequest(wanted);
      const made = await this.#parts.chain.make(request, isUrgent, abort.signal);
      this.#settle(wanted.key, () => this.#ready(wanted.key, made));
      // What one call alone wanted is not wanted again.
      if (made.isStandIn && !isUrgent) this.#standIns.add(request);
    } catch (thrown) {
      pending.making = null;
      if (abort.signal.aborted) this.#queue(pending);
      else this.#settle(wanted.key, () => this.#fail(wanted.key, thrown));
    }
    if (isUrgent) this.#makingUrgent -= 1;
    else this.#makingAhead -= 1;
    this.#next();
  }

  #settle(key: string, answer: () => void): void {
    this.#pending.delete(key);
    answer();
  }

  #ready(key: string, { prompt, provider, isStandIn }: MadePrompt): void {
    if (!isStandIn) this.#standIns.remove(key);
    const { wire, levels, audioBytes, durationMs } = prompt;
    const format = formatName(prompt.format);
    this.#parts.send({
      kind: 'prompt.ready',
      key,
      format,
      wire,
      levels,
      audioBytes,
      durationMs,
      provider,
      isStandIn,
    });
  }

  #fail(key: string, thrown: unknown): void {
    const { log, send } = this.#parts;
    log.error({ event: 'prompt.failed', promptKey: key, err: thrown }, 'a prompt could not be made');
    send({ kind: 'prompt.failed', key, error: toErrorRecord(thrown) });
  }
}

/** Throws InvalidStateError for a format that there is not. */
function toRequest({ key, source, format }: PromptWanted): PromptRequest {
  return { key, source, format: parseFormatName(format) };
}
