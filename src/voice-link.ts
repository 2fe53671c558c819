/**
 * The I/O thread's end of the voice thread: starts it, starts it again when it dies, carries what is wanted to it, and puts
 * what it makes into the prompt registry. Part of the composition root; the thread itself is speech/voice-worker.ts.
 */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { parseFormatName } from './audio/audio-format.ts';
import type { VendorChecked, VendorCounts, VendorHealth } from './channel/vendor-messages.ts';
import type { FromVoice, PromptWanted } from './channel/voice-messages.ts';
import type { VoiceWorkerStart } from './channel/voice-start.ts';
import type { Clock, Timer } from './clock.ts';
import { toErrorRecord } from './errors.ts';
import type { Log } from './log.ts';
import type { PromptRegistry } from './media/prompt-registry.ts';

/** More than the prompts of several flows; what does not fit fails in its call, which goes on without that prompt. */
const WANTED_MAX = 4096;
const RESTART_DELAY_MIN_MS = 250;
const RESTART_DELAY_MAX_MS = 10_000;
/** A prompt that was owed at so many deaths in a row may be their cause: it is given up. */
const DEATHS_MAX = 2;

export interface VoiceLinkParts {
  readonly workerUrl: URL;
  readonly start: VoiceWorkerStart;
  readonly registry: PromptRegistry;
  readonly clock: Clock;
  readonly log: Log;
  /** A prompt could not be made; told besides the registry. */
  readonly onFailed: (key: string, message: string) => void;
  /** It is in the registry; told again when a stand-in's successor comes. */
  readonly onReady: (key: string, by: PromptOrigin) => void;
  /** What the thread tells of vendors; null: it is gone, and with it what it had found. */
  readonly onVendor?: (message: VendorChecked | VendorCounts | VendorHealth | null) => void;
}

export interface PromptOrigin {
  readonly provider: string;
  /** The first vendor could not. */
  readonly isStandIn: boolean;
}

interface Owed {
  wanted: PromptWanted;
  /** Of voice threads, each time with this prompt owed. */
  deaths: number;
}

export class VoiceLink {
  readonly #parts: VoiceLinkParts;
  /** Asked for and not answered: asked for again when the thread is started again. */
  readonly #owed = new Map<string, Owed>();
  #worker: Worker;
  #provider: string | null = null;
  /** Since a prompt was made. A thread that only starts proves nothing: the next prompt may end it again. */
  #deaths = 0;
  #restart: Timer | null = null;
  #isClosed = false;

  constructor(parts: VoiceLinkParts) {
    this.#parts = parts;
    this.#worker = this.#start();
  }

  /** Who synthesizes, once the thread is ready; null before and between. */
  get provider(): string | null {
    return this.#provider;
  }

  /** Asks for it once, however often it is wanted while it is owed; once more when it has become urgent. */
  want(wanted: PromptWanted): void {
    const owed = this.#owed.get(wanted.key);
    if (owed !== undefined) {
      if (!wanted.isUrgent || owed.wanted.isUrgent) return;
      owed.wanted = wanted;
      this.#worker.postMessage(wanted);
      return;
    }
    if (this.#owed.size >= WANTED_MAX) {
      this.#parts.registry.failed(wanted.key);
      return;
    }
    this.#owed.set(wanted.key, { wanted, deaths: 0 });
    this.#worker.postMessage(wanted);
  }

  /** A port for a call worker; it carries `PromptWanted`. By way of this thread, so that it outlives a voice thread. */
  openPort(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    port1.on('message', (wanted: PromptWanted) => {
      if (!this.#parts.registry.has(wanted.key)) this.want(wanted);
    });
    port1.unref();
    return port2;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#restart !== null) this.#parts.clock.clearTimer(this.#restart);
    await this.#worker.terminate();
  }

  #start(): Worker {
    const worker = new Worker(this.#parts.workerUrl, { workerData: this.#parts.start, name: 'voice' });
    let thrown: unknown = null;
    worker.on('message', (message: FromVoice) => this.#receive(message));
    worker.on('error', (error) => {
      thrown = error;
    });
    worker.on('exit', (code) => this.#exited(code, thrown));
    return worker;
  }

  #receive(message: FromVoice): void {
    if (message.kind === 'voice.ready') {
      this.#provider = message.provider;
      return;
    }
    if (message.kind !== 'prompt.ready' && message.kind !== 'prompt.failed') {
      this.#parts.onVendor?.(message);
      return;
    }
    this.#owed.delete(message.key);
    if (message.kind === 'prompt.failed') {
      this.#parts.registry.failed(message.key);
      this.#parts.onFailed(message.key, message.error.message);
      return;
    }
    this.#deaths = 0;
    const { key, wire, levels, audioBytes, durationMs, provider, isStandIn } = message;
    const format = parseFormatName(message.format);
    if (this.#parts.registry.ready({ key, format, wire, levels, audioBytes, durationMs }))
      this.#parts.onReady(key, { provider, isStandIn });
    else this.#parts.onFailed(key, 'the prompt does not fit into the registry');
  }

  #exited(code: number, thrown: unknown): void {
    this.#provider = null;
    if (this.#isClosed) return;
    this.#parts.onVendor?.(null);
    const delayMs = Math.min(RESTART_DELAY_MAX_MS, RESTART_DELAY_MIN_MS * 2 ** this.#deaths);
    this.#deaths += 1;
    this.#parts.log.error(
      { event: 'voice.lost', code, err: thrown === null ? null : toErrorRecord(thrown), delayMs },
      'the voice thread was lost; it is started again',
    );
    this.#giveUpSuspects();
    this.#restart = this.#parts.clock.setTimer(delayMs, () => {
      this.#restart = null;
      this.#worker = this.#start();
      for (const { wanted } of this.#owed.values()) this.#worker.postMessage(wanted);
    });
  }

  /** One that had nothing to do with it costs its next play a new asking; one that had costs no third thread by itself. */
  #giveUpSuspects(): void {
    for (const [key, owed] of this.#owed) {
      owed.deaths += 1;
      if (owed.deaths < DEATHS_MAX) continue;
      this.#owed.delete(key);
      this.#parts.log.error({ event: 'prompt.given-up', promptKey: key }, 'a prompt was owed at two deaths');
      this.#parts.registry.failed(key);
      this.#parts.onFailed(key, `the voice thread ended ${owed.deaths} times while it was to make it`);
    }
  }
}
