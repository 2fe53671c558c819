/**
 * The face of the native addon, as `addon.ts` loads it. Thin: checks arguments and lifetimes in C++, works in
 * C++, allocates nothing per frame. Every function throws TypeError or RangeError naming the argument before
 * it writes a byte. All samples are signed 16-bit in native byte order.
 */

/** What one call of `receive` found; a sum of bits. Zero means: not a media message, parse it as JSON. */
export const RECEIVED = {
  /** A media message of this stream's inbound track was taken in. */
  media: 1,
  /** The caller began to speak (onset confirmed). Only while listening. */
  speechStarted: 2,
  /** An utterance is complete and waits in `takeUtterance`. */
  speechEnded: 4,
  /** No speech for `noInputMs` of media time since `armNoInput`. */
  noInput: 8,
  /** A media message that is not ours to hear (outbound track, other streamSid, before start); counted. */
  ignored: 16,
  /** What began as speech was too short or a tone; it is dropped and no utterance comes. */
  speechDiscarded: 32,
} as const;

/** How the receiver listens; set for every question. All durations are media time. */
export interface ListenSettings {
  /** Silence that ends an utterance. 100 to 5000. */
  readonly endOfSpeechMs: number;
  /** An utterance is cut here, and the rest of that speech is not kept. 500 to 60000. */
  readonly maxUtteranceMs: number;
}

/** The utterance that `takeUtterance` handed out last. Positions are media time since the stream's first frame. */
export interface UtteranceSpan {
  /** Where the copied audio begins, pre-roll included. */
  readonly audioStartMs: number;
  readonly speechStartMs: number;
  readonly speechEndMs: number;
  /** It was cut at `maxUtteranceMs`. */
  readonly cut: boolean;
  /** Frames judged as speech, times 20 ms. */
  readonly voicedMs: number;
}

/** Counters since the stream began; for logs, metrics and tests. */
export interface ReceiverCounters {
  readonly mediaMessages: number;
  readonly ignoredMessages: number;
  readonly badPayloads: number;
  readonly clippedFrames: number;
}

/** One stream's inbound audio: media message -> PCM -> endpointer -> utterance. Owned by one MediaStream. */
export interface NativeStreamReceiver {
  /** Media messages with another `streamSid` are ignored. Call once, at `start`. */
  setStreamSid(streamSid: string): void;
  /**
   * Takes one whole wire message, the bytes as they came. The buffer is read during the call only.
   * `playoutDbfs` is the level of what the caller hears from us about now (-100 when nothing plays): onset
   * then asks for more, so that our own echo does not interrupt us. Returns a sum of `RECEIVED` bits.
   */
  receive(message: ArrayBuffer, playoutDbfs: number): number;
  /** The same for audio that comes without a wire message (browser): raw samples of the receiver's format. */
  receiveAudio(payload: Uint8Array, playoutDbfs: number): number;
  /** Begins to hear utterances; the pre-roll before this moment still counts. Replaces earlier settings. */
  listen(settings: ListenSettings): void;
  /** Hears no utterances; the noise floor and the pre-roll go on. Drops an utterance in progress. */
  stopListening(): void;
  /** Drops an utterance in progress (a digit came instead) and goes on listening. */
  discardSpeech(): void;
  /** Starts the no-input count now; speech or `disarmNoInput` stops it. */
  armNoInput(noInputMs: number): void;
  disarmNoInput(): void;
  /** The finished utterance as PCM16 samples in a new engine-owned ArrayBuffer (transferable), or null. */
  takeUtterance(): ArrayBuffer | null;
  lastUtterance(): UtteranceSpan;
  /** Media time received so far, in milliseconds. */
  mediaMs(): number;
  /** Level of the last frame and the noise floor, dBFS (-100 to 0). */
  levelDbfs(): number;
  noiseFloorDbfs(): number;
  counters(): ReceiverCounters;
  /** Frees the native memory at once. Idempotent; every later call is a no-op that returns 0 or null. */
  close(): void;
}

/** Streaming resampler, PCM16 mono. The output does not depend on how the input was cut. */
export interface NativeResampler {
  /** Writes to `output` and returns the samples written. `output` must hold at least `maxOutputSamples(input.length)`. */
  process(input: Int16Array, output: Int16Array): number;
  /** What the filter still holds; after it the resampler is as new. */
  flush(output: Int16Array): number;
  reset(): void;
  /** Samples that one `process` of `inputSamples` may write at the most; also enough for `flush`. */
  maxOutputSamples(inputSamples: number): number;
  /** Group delay in output samples. */
  readonly delaySamples: number;
}

export interface Addon {
  /** scalar, avx2, avx512 or neon. */
  activeIsa(): string;
  mulawDecode(input: Uint8Array, output: Int16Array): number;
  mulawEncode(input: Int16Array, output: Uint8Array): number;
  alawDecode(input: Uint8Array, output: Int16Array): number;
  alawEncode(input: Int16Array, output: Uint8Array): number;
  /** Standard base64 with padding. Returns the bytes written: 4 * ceil(input.length / 3). */
  base64Encode(input: Uint8Array, output: Uint8Array): number;
  readonly StreamReceiver: new (format: {
    codec: 'mulaw' | 'alaw' | 'pcm16';
    sampleRateHz: number;
  }) => NativeStreamReceiver;
  readonly Resampler: new (fromHz: number, toHz: number) => NativeResampler;
  /** Native objects alive in this environment, by class: a leak check for tests and metrics. */
  liveObjects(): { receivers: number; resamplers: number };
}
