/**
 * One prompt in a stream's queue: how far it is sent, and, from the moment when all that was sent will have been
 * played, how far it is heard. Arithmetic only; `playback.ts` decides what happens. I/O thread.
 */
import { type AudioFormat, bytesPerSample } from '../audio/audio-format.ts';
import type { ReadyPrompt } from '../audio/ready-prompt.ts';

/**
 * Audio in one message: long enough that 1,000 streams cost few writes, short enough for a lead of one second. At every
 * rate of `SAMPLE_RATES_HZ` (all divide by 25) it is a multiple of 6 samples: whole samples in whole groups of base64,
 * and on telephones whole 20 ms frames.
 */
const MESSAGE_MS = 240;
const LEVEL_FRAME_MS = 20;
/** What `playoutDbfs` says of silence. */
export const SILENCE_DBFS = -100;
/** Nothing plays at all: less than the silence within a prompt, for whom that makes a difference. */
export const NOTHING_DBFS = Number.NEGATIVE_INFINITY;

/**
 * `awaiting audio` -> `ready` -> `sending` -> `unmarked` (all audio sent, its mark not) -> `sent`. An item leaves the
 * queue from any of them, once.
 */
export type ItemStage = 'awaiting audio' | 'ready' | 'sending' | 'unmarked' | 'sent';

function messageBytes(format: AudioFormat): number {
  return (format.sampleRateHz * MESSAGE_MS * bytesPerSample(format.codec)) / 1000;
}

export class PlaybackItem {
  readonly playId: number;
  readonly promptKey: string;
  readonly bargeIn: boolean;
  readonly markName: string;
  stage: ItemStage = 'awaiting audio';
  prompt: ReadyPrompt | null = null;
  /** When it fails for want of its audio; null: its turn has not come yet. */
  waitsUntilAtMs: number | null = null;
  /** Its first audio is on its way. */
  hasStarted = false;
  sentBytes = 0;
  /** When all that was sent of it will have been played, by our clock and at the earliest. */
  sentUntilAtMs = 0;
  /** Its mark was echoed before it can have been played: believed once that time has come. */
  echoedEarly = false;

  constructor(play: { playId: number; promptKey: string; bargeIn: boolean }, generation: number) {
    this.playId = play.playId;
    this.promptKey = play.promptKey;
    this.bargeIn = play.bargeIn;
    this.markName = `g${generation}.${play.playId}`;
  }

  setPrompt(prompt: ReadyPrompt): void {
    this.prompt = prompt;
    this.stage = 'ready';
  }

  /** Bytes of audio of the next message: up to half a message more at the end, rather than a scrap of its own. */
  nextMessageBytes(): number {
    if (this.prompt === null) return 0;
    const whole = messageBytes(this.prompt.format);
    const leftBytes = this.prompt.audioBytes - this.sentBytes;
    return leftBytes <= whole * 1.5 ? leftBytes : whole;
  }

  toMs(bytes: number): number {
    return this.prompt === null ? 0 : (bytes / this.prompt.audioBytes) * this.prompt.durationMs;
  }

  /** Estimated: what has been heard of it at `atMs`. Never more than was sent, never less than nothing. */
  playedMs(atMs: number): number {
    const sentMs = this.toMs(this.sentBytes);
    return Math.max(0, Math.min(sentMs, sentMs - (this.sentUntilAtMs - atMs)));
  }

  /** Nothing more of it is to be heard, by our clock. */
  isOver(atMs: number): boolean {
    return this.stage === 'sent' && this.sentUntilAtMs <= atMs;
  }

  /** The loudest that the caller heard of it between two moments, in dBFS; `SILENCE_DBFS` for nothing. */
  loudestDbfs(fromAtMs: number, toAtMs: number): number {
    if (this.prompt === null || this.sentBytes === 0) return SILENCE_DBFS;
    const { levels } = this.prompt;
    const sentMs = this.toMs(this.sentBytes);
    const startAtMs = this.sentUntilAtMs - sentMs;
    const first = Math.max(0, Math.floor((fromAtMs - startAtMs) / LEVEL_FRAME_MS));
    const last = Math.min(
      levels.length - 1,
      Math.floor((Math.min(toAtMs, this.sentUntilAtMs) - startAtMs) / LEVEL_FRAME_MS),
    );
    let loudest = 0;
    for (let frame = first; frame <= last; frame++) {
      if (levels[frame]! > loudest) loudest = levels[frame]!;
    }
    return SILENCE_DBFS + loudest;
  }
}
