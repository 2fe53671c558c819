/**
 * The face of the native addon, as `addon.ts` loads it. Thin: checks arguments and lifetimes in C++, works in
 * C++, allocates nothing per frame. Every function throws TypeError or RangeError naming the argument before
 * it writes a byte. All samples are signed 16-bit in native byte order.
 */

/**
 * What one call of `receive` found; a sum of bits. Zero means: not a media message, parse it as JSON. One call may take in
 * many frames; their sum stands for what happened in this order: speechStarted or noInput, speechResumed, speechDiscarded,
 * speechEnded, speechPaused, speechGrown. What came and went within the call (a pause, or news of an utterance that then
 * ended) is left out, so the last two are always of the utterance that is in progress after the call.
 */
export const RECEIVED = {
  /** A media message of this stream's inbound track was taken in. */
  media: 1,
  /** The caller began to speak (onset confirmed). Only while listening. */
  speechStarted: 2,
  /** An utterance is complete and waits in `takeUtterance`. */
  speechEnded: 4,
  /** No speech for `noInputMs` of media time since `armNoInput`. */
  noInput: 8,
  /**
   * A media message that is not ours to hear (outbound track, other streamSid, before `setStreamSid`, the chunk of the
   * message before once more) or cannot be heard (no base64, empty, half a sample). Counted; it needs no second look.
   */
  ignored: 16,
  /** What began as speech was too short or a tone; it is dropped and no utterance comes. */
  speechDiscarded: 32,
  /**
   * The utterance in progress has had no solid speech for `provisionalMs`, and holds enough voice not to be discarded. Then
   * one of speechResumed, speechEnded and speechDiscarded follows, unless the listening ends first: `listen` (which lets
   * the pause be told anew), `stopListening`, `discardSpeech`, `close`.
   */
  speechPaused: 64,
  /** After speechPaused: solid speech again in the same utterance. */
  speechResumed: 128,
  /**
   * The utterance in progress has grown by `chunkMs`, or more where more came at once, since this was told last; the
   * pre-roll counts, so it comes first with speechStarted or soon after. Told once, fetched (`copySpeech`) or not.
   */
  speechGrown: 256,
} as const;

/** `receive` adds, above the bits of `RECEIVED`, how many messages were taken directly since it was last called, times this. */
export const DIRECT_UNIT = 1 << 16;

/** How the receiver listens; set for every question. All durations are media time. */
export interface ListenSettings {
  /** Silence that ends an utterance. 100 to 5000. */
  readonly endOfSpeechMs: number;
  /** An utterance is cut here, and the rest of that speech is not kept. 500 to 60000. */
  readonly maxUtteranceMs: number;
  /** Silence that is told as `speechPaused`. 100 to 5000; 0, or not below `endOfSpeechMs`: none is. */
  readonly provisionalMs: number;
  /** Growth that is told as `speechGrown`, in whole frames of 20 ms, rounded up. 20 to 1000; 0: none is. */
  readonly chunkMs: number;
}

/**
 * The utterance that ended last, taken or not; all zero before the first. Positions are media time since the stream's
 * first frame, in steps of 20 ms. The audio ends at most 300 ms after `speechEndMs`, however long the wait for that end.
 */
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

/** Counters since the stream began; for logs, metrics and tests. They can be read after `close` too. */
export interface ReceiverCounters {
  /** Taken in, `receiveAudio` included. */
  readonly mediaMessages: number;
  /** Not ours to hear. */
  readonly ignoredMessages: number;
  /** Ours, but no base64, empty or half a sample. */
  readonly badPayloads: number;
  /** Frames of 20 ms with three samples or more at the end of the scale. */
  readonly clippedFrames: number;
}

/** One stream's inbound audio: media message -> PCM -> endpointer -> utterance. Owned by one MediaStream. */
export interface NativeStreamReceiver {
  /** Media messages with another `streamSid` are ignored; all are before this. Call once, at `start`. */
  setStreamSid(streamSid: string): void;
  /**
   * Takes one whole wire message, the bytes as they came. The buffer is read during the call only.
   * `playoutDbfs` is the level of what the caller hears from us about now (-100 for silence, and less counts as that): onset
   * then asks for more, so that our own echo does not interrupt us. Returns a sum of `RECEIVED` bits; 0 also for a
   * payload over 48 KiB and for every message of a pcm16 receiver. Throws TypeError for another kind of argument.
   */
  receive(message: ArrayBuffer, playoutDbfs: number): number;
  /**
   * The same for audio that comes without a wire message (browser) or out of an unusual one: raw samples of the
   * receiver's format, little-endian. Returns `media` or `ignored`, with what was found. `payload` is read during the call only.
   */
  receiveAudio(payload: Uint8Array | ArrayBuffer, playoutDbfs: number): number;
  /**
   * What the last call of `receive` or `receiveAudio` took in, as it came (codes, or samples): copied from byte `from` on to
   * `output` at `at`, as much as fits there. Returns the bytes copied. Nothing after a message that was not taken in, after
   * `close`, and once another receiver of the thread has taken something: to be called right after.
   */
  copyReceived(output: Uint8Array, at: number, from: number): number;
  /** Where that stands in the stream by the carrier's own word: milliseconds from an origin of its own, or -1. */
  receivedAtMs(): number;
  /**
   * From now on media messages are taken as uWebSockets.js reads them, without JavaScript, by the `playoutDbfs` of the last that came
   * by `receive`: at most 99 in a row where that was -Infinity, which says that nothing plays, and else at most 4. `found` is called
   * with what such a message found, if it is more than media.
   * False, and nothing changes, where `setStreamSid` was not called within a message of a socket of `takeSocketsOf`. Until `close`.
   */
  takeDirectly(found: (received: number) => void): boolean;
  /** What plays is another now: no message is taken directly before the next `receive` has told its level. */
  holdDirect(): void;
  /**
   * Time that passes without media: `durationMs` of silence (20 to 60000, whole frames of 20 ms), which the noise floor
   * learns nothing of. Drives no-input and the end of speech; counted in `mediaMs`, not as messages. Returns what was found.
   */
  receiveGap(durationMs: number, playoutDbfs: number): number;
  /**
   * Begins to hear utterances, one after the other; speech that began within the last 600 ms still counts. Replaces
   * earlier settings and drops an utterance that was not taken; one in progress goes on, and its pause and its growth are
   * told as if it had just begun. What is found comes with the next frame.
   */
  listen(settings: ListenSettings): void;
  /** Hears no utterances; the noise floor and the pre-roll go on. Drops an utterance in progress. */
  stopListening(): void;
  /**
   * Drops an utterance in progress or not taken (a digit came instead), the rest of that speech, and speech that begins
   * within 300 ms from now: the key, said aloud. Goes on listening for the next.
   */
  discardSpeech(): void;
  /**
   * Starts the no-input count now, 1 to 3,600,000 ms. An utterance in progress holds it, one that ended ends it, one that
   * is discarded lets it go on.
   */
  armNoInput(noInputMs: number): void;
  disarmNoInput(): void;
  /**
   * The finished utterance as PCM16 samples at `utteranceRateHz`, in a new engine-owned ArrayBuffer (transferable), or
   * null. One waits at most: the next one to end takes its place.
   */
  takeUtterance(): ArrayBuffer | null;
  lastUtterance(): UtteranceSpan;
  /**
   * The utterance in progress, pre-roll included, from that sample on: PCM16 at `utteranceRateHz`, in a new engine-owned
   * ArrayBuffer (transferable). Null when there is none, or nothing new. Changes nothing: what `takeUtterance` gives at its
   * end is this again, whole, but for the end of the wait for that end.
   */
  copySpeech(fromSamples: number): ArrayBuffer | null;
  /** Frames of the utterance in progress that were judged as speech, times 20 ms; 0 when there is none. */
  speechVoicedMs(): number;
  /** 8000 for a source of 8 kHz, else 16000: what utterances come in. */
  readonly utteranceRateHz: 8000 | 16000;
  /** Media time received so far, in milliseconds. */
  mediaMs(): number;
  /**
   * Whether somebody spoke in the last whole frame of 20 ms; a pause within speech still counts for a moment. Known without
   * `listen`; what `listen` finds is stricter at the start and more patient at the end.
   */
  isSpeech(): boolean;
  /** Level of the last frame and the noise floor, dBFS (-100 to 0). */
  levelDbfs(): number;
  noiseFloorDbfs(): number;
  counters(): ReceiverCounters;
  /**
   * Frees the native memory at once. Idempotent; later calls do nothing and return 0, null, false or -100 dBFS, but for
   * `counters`, `lastUtterance` and `mediaMs`, which keep what they had.
   */
  close(): void;
}

/** Streaming resampler, PCM16 mono. The output does not depend on how the input was cut. */
export interface NativeResampler {
  /** Writes to `output` and returns the samples written. `output` must hold at least `maxOutputSamples(input.length)`. */
  process(input: Int16Array, output: Int16Array): number;
  /** What the filter still holds, `delaySamples` or nothing; after it the resampler is as new. */
  flush(output: Int16Array): number;
  reset(): void;
  /** Samples that one `process` of `inputSamples` may write at the most; also enough for `flush`. */
  maxOutputSamples(inputSamples: number): number;
  /** Group delay in output samples; 0 for equal rates. At most 3 ms. */
  readonly delaySamples: number;
}

export interface LiveObjects {
  readonly receivers: number;
  readonly resamplers: number;
}

export interface Addon {
  /** scalar, avx2, avx512bw (AVX-512 without VBMI), avx512 or neon; `TRUNKLINE_ISA` forces one, and a load fails if it cannot be had. */
  activeIsa(): string;
  /**
   * G.711, spandsp-exact. Returns the samples done, all of `input`; `output` must hold as many and lie apart from it.
   */
  mulawDecode(input: Uint8Array, output: Int16Array): number;
  mulawEncode(input: Int16Array, output: Uint8Array): number;
  alawDecode(input: Uint8Array, output: Int16Array): number;
  alawEncode(input: Int16Array, output: Uint8Array): number;
  /** Standard base64 with padding. Returns the bytes written: 4 * ceil(input.length / 3). */
  base64Encode(input: Uint8Array, output: Uint8Array): number;
  /**
   * The inverse, strict: padding required, unused bits zero, no white space. Returns the bytes written, or -1 for text
   * that is not base64; `output` must hold 3 * ceil(input.length / 4), and after -1 its content means nothing.
   */
  base64Decode(input: Uint8Array, output: Uint8Array): number;
  readonly StreamReceiver: new (format: {
    codec: 'mulaw' | 'alaw' | 'pcm16';
    sampleRateHz: number;
  }) => NativeStreamReceiver;
  readonly Resampler: new (fromHz: number, toHz: number) => NativeResampler;
  /**
   * What sockets of this upgrade's context read may go to receivers directly (`takeDirectly`). `context` as uWebSockets.js gives it
   * to `upgrade`, of an app without TLS. False where that cannot be had: then everything goes the ordinary way. Idempotent.
   */
  takeSocketsOf(context: unknown): boolean;
  /**
   * The event loop of this thread looks at its sockets, timers and messages no more often than every `periodUs` (0 to 20,000
   * microseconds; 0: whenever there is something, as it does by itself). What comes meanwhile is taken together.
   */
  pollEvery(periodUs: number): void;
  /** Native objects alive in this environment, by class: a leak check for tests and metrics. */
  liveObjects(): LiveObjects;
  /** The same over all threads of the process. */
  liveObjectsInProcess(): LiveObjects;
}
