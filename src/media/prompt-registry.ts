/**
 * The prompts that streams can play at once: key -> audio for the wire in shared memory, sent here once by the voice thread;
 * in each format under a key of its own. Not a cache of synthesis (that is the voice thread's), and it asks for nothing: who
 * wants a prompt asks the voice thread. I/O thread.
 *
 * Bounded in bytes: the prompt used longest ago goes first, but never one that is playing or fixed (of a loaded flow, or
 * the goodbye of last resort). Bounded in waiters per key.
 */
import type { ReadyPrompt } from '../audio/ready-prompt.ts';
import { wireBytes } from '../audio/wire-bytes.ts';

/** Told once per wait, unless it stopped waiting. */
export interface PromptWaiter {
  promptReady(key: string): void;
  promptFailed(key: string): void;
}

/** The registry as a stream has it. */
export type PromptShelf = Pick<PromptRegistry, 'acquire' | 'release' | 'has' | 'wait' | 'stopWaiting'>;

export interface PromptRegistryLimits {
  /** Of audio and levels together. Fixed prompts and playing ones may exceed it. */
  readonly bytesMax: number;
  readonly waitersPerKeyMax: number;
}

export interface PromptRegistryCounts {
  readonly prompts: number;
  readonly bytes: number;
  readonly waiters: number;
  readonly playing: number;
  /** Prompts that came and could not be used: malformed, or no room. */
  readonly refused: number;
}

interface Entry {
  prompt: ReadyPrompt;
  bytes: number;
  playing: number;
}

export class PromptRegistry {
  readonly #limits: PromptRegistryLimits;
  /** In order of use, the longest unused first. */
  readonly #entries = new Map<string, Entry>();
  readonly #waiters = new Map<string, Set<PromptWaiter>>();
  readonly #fixedKeys = new Set<string>();
  #bytes = 0;
  #refused = 0;

  constructor(limits: PromptRegistryLimits = { bytesMax: 256 * 1024 * 1024, waitersPerKeyMax: 4096 }) {
    this.#limits = limits;
  }

  /** From now on this prompt is never dropped, whether it is here already or comes later. */
  fix(key: string): void {
    this.#fixedKeys.add(key);
  }

  /**
   * The voice thread made it; what is here under the same key gives way to it, but for streams that play that now. False,
   * and its waiters are told that it failed, if it is malformed, of another format than what it replaces, or there is no room.
   */
  ready(prompt: ReadyPrompt): boolean {
    const { key } = prompt;
    const earlier = this.#entries.get(key);
    if (earlier !== undefined) return this.#replace(earlier, prompt);
    const bytes = prompt.wire.length + prompt.levels.length;
    if (!isWellFormed(prompt) || !(this.#makeRoom(bytes) || this.#fixedKeys.has(key))) {
      this.#refused++;
      this.failed(key);
      return false;
    }
    this.#entries.set(key, { prompt, bytes, playing: 0 });
    this.#bytes += bytes;
    for (const waiter of this.#takeWaiters(key)) waiter.promptReady(key);
    return true;
  }

  /** The voice thread could not make it. */
  failed(key: string): void {
    for (const waiter of this.#takeWaiters(key)) waiter.promptFailed(key);
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  /** The prompt, which stays until `release` is called as often as this; undefined if it is not here. */
  acquire(key: string): ReadyPrompt | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    entry.playing++;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.prompt;
  }

  release(key: string): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined && entry.playing > 0) entry.playing--;
  }

  /** For a prompt that is not here: tells `waiter` once, when it is or has failed. False: too many wait for it already. */
  wait(key: string, waiter: PromptWaiter): boolean {
    let waiters = this.#waiters.get(key);
    if (waiters === undefined) {
      waiters = new Set();
      this.#waiters.set(key, waiters);
    }
    if (waiters.size >= this.#limits.waitersPerKeyMax && !waiters.has(waiter)) return false;
    waiters.add(waiter);
    return true;
  }

  stopWaiting(key: string, waiter: PromptWaiter): void {
    const waiters = this.#waiters.get(key);
    if (waiters === undefined) return;
    waiters.delete(waiter);
    if (waiters.size === 0) this.#waiters.delete(key);
  }

  counts(): PromptRegistryCounts {
    let waiters = 0;
    for (const ofKey of this.#waiters.values()) waiters += ofKey.size;
    let playing = 0;
    for (const entry of this.#entries.values()) playing += entry.playing;
    return { prompts: this.#entries.size, bytes: this.#bytes, waiters, playing, refused: this.#refused };
  }

  /** A stand-in's successor is about as long; what it exceeds the bound by, the next one makes room for. */
  #replace(entry: Entry, prompt: ReadyPrompt): boolean {
    const { codec, sampleRateHz } = entry.prompt.format;
    const { format } = prompt;
    if (!isWellFormed(prompt) || format.codec !== codec || format.sampleRateHz !== sampleRateHz) {
      this.#refused++;
      return false;
    }
    const bytes = prompt.wire.length + prompt.levels.length;
    this.#bytes += bytes - entry.bytes;
    entry.bytes = bytes;
    entry.prompt = prompt;
    return true;
  }

  #takeWaiters(key: string): Iterable<PromptWaiter> {
    const waiters = this.#waiters.get(key);
    this.#waiters.delete(key);
    return waiters ?? [];
  }

  #makeRoom(bytes: number): boolean {
    for (const [key, entry] of this.#entries) {
      if (this.#bytes + bytes <= this.#limits.bytesMax) break;
      if (entry.playing > 0 || this.#fixedKeys.has(key)) continue;
      this.#entries.delete(key);
      this.#bytes -= entry.bytes;
    }
    return this.#bytes + bytes <= this.#limits.bytesMax;
  }
}

/** Sizes that belong together: noise must never reach a caller's ear because lengths were mixed up. */
function isWellFormed(prompt: ReadyPrompt): boolean {
  const { wire, audioBytes, durationMs, format } = prompt;
  return wire.length > 0 && wire.length === wireBytes(format, audioBytes) && durationMs > 0;
}
