/**
 * Who calls: a script of hooks, told what the caller hears and given the means to act. Also how the line between the
 * carrier and the server behaves. Types only, but for the levels' helper at the end.
 */

/** What a caller can do at any time of a call. Acting without a live stream has no effect, but for `hangUp`. */
export interface CallerControls {
  /** Milliseconds since the call was placed. */
  readonly nowMs: number;
  readonly isSpeaking: boolean;
  /** Speaks 8 kHz mu-law from the next frame on, after what is being said. The array must not change afterwards. */
  say(mulaw: Uint8Array): void;
  /** Stops in mid-word. */
  fallSilent(): void;
  /** Presses keys (0-9 * # A-D), 100 ms apart. Twilio reports them as messages, not as tones. */
  press(digits: string): void;
  hangUp(): void;
  /** The stream's connection breaks, the call goes on: Twilio then runs the action or the next verb. */
  drop(how: 'reset' | 'fin'): void;
  /** The whole carrier falls silent: the connection breaks and nothing is ever requested again for this call. */
  vanish(how: 'reset' | 'fin'): void;
  /** Nothing passes between carrier and server for so long; then everything held passes at once. */
  freeze(durationMs: number): void;
  /** Puts a frame of one's own on the stream, as text or binary: for tests of what no carrier sends. */
  sendRaw(message: string | Uint8Array): void;
}

/** The caller's mind. Every hook is optional; a hook that throws ends the call as failed. */
export interface CallerScript {
  /** After `start` was sent; again for each further stream of the call. */
  onStart?(caller: CallerControls): void;
  /** A message of the bot's audio came; it is heard when it is its turn. */
  onMedia?(caller: CallerControls): void;
  /** The bot begins to be heard, after at least `silenceMs` of silence. */
  onAudioStart?(caller: CallerControls): void;
  /** The audio before this mark was played (`heard`), or a clear discarded it. */
  onMark?(caller: CallerControls, name: string, heard: boolean): void;
  onClear?(caller: CallerControls): void;
  /** The bot was heard and has now been silent for `silenceMs`: the caller's turn. Once for each stretch of speech. */
  onSilence?(caller: CallerControls): void;
  /** All that `say` was given has been sent. */
  onSaid?(caller: CallerControls): void;
  /** Default 300. */
  readonly silenceMs?: number;
}

/** How the caller's end sounds. */
export interface LineOptions {
  /** Level of steady background noise in dBFS, for example -50. Default: digital silence. */
  readonly noiseDbfs?: number;
  /** The caller's handset gives back what it plays: -30 dB, 60 ms later, if an empty object is given. */
  readonly echo?: { readonly gainDb?: number; readonly delayMs?: number };
}

/** How the connection between carrier and server behaves, and what the carrier does wrong. All default to a good line. */
export interface NetworkOptions {
  /** Each way, in steps of 20 ms. */
  readonly delayMs?: number;
  /** Shares (0 to 1) of inbound media messages that are lost, sent twice, or sent after their successor. */
  readonly lossRatio?: number;
  readonly duplicationRatio?: number;
  readonly reorderingRatio?: number;
  /** False: marks are never echoed. */
  readonly echoesMarks?: boolean;
  /** False: after `start` nothing is read from the connection any more. */
  readonly reads?: boolean;
  /** False: `connected` and `start` are never sent, nor anything after them. */
  readonly sendsStart?: boolean;
  /** False: no inbound media is sent. */
  readonly sendsMedia?: boolean;
  /** False: the connection stays open after `stop`, until the server closes it or 10 s have passed. */
  readonly closesAfterStop?: boolean;
}
