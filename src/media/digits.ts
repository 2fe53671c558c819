/**
 * The keys that the caller of one stream presses: each is told to the call, and interrupts where speech would. Those from
 * before the call are kept for it. Bounded. I/O thread.
 */
import type { NativeStreamReceiver } from '../audio/addon-types.ts';
import type { CallId, ToCall } from '../channel/messages.ts';
import type { FloodGuard } from './flood-guard.ts';
import type { Hearing } from './hearing.ts';
import type { StreamState } from './stream-state.ts';

const EARLY_DIGITS_MAX = 16;

export interface DigitsOf {
  readonly flood: Pick<FloodGuard, 'admitDigit'>;
  readonly receiver: Pick<NativeStreamReceiver, 'mediaMs'>;
  readonly hearing: Pick<Hearing, 'digit'>;
  post(message: ToCall): void;
}

export class Digits {
  readonly #of: DigitsOf;
  #early: { readonly digit: string; readonly atStreamMs: number }[] = [];
  #taken = 0;
  #ignored = 0;

  constructor(of: DigitsOf) {
    this.#of = of;
  }

  pressed(digit: string, state: StreamState): void {
    const isEarly = state.kind === 'starting' && this.#early.length < EARLY_DIGITS_MAX;
    if (!this.#of.flood.admitDigit() || (state.kind !== 'live' && !isEarly)) {
      this.#ignored++;
      return;
    }
    this.#taken++;
    const atStreamMs = this.#of.receiver.mediaMs();
    if (state.kind !== 'live') {
      this.#early.push({ digit, atStreamMs });
      return;
    }
    this.#of.hearing.digit();
    this.#of.post({ kind: 'digit', callId: state.callId, digit, atStreamMs });
  }

  /** The call is there: it is told what came before. */
  callBegan(callId: CallId): void {
    for (const { digit, atStreamMs } of this.#early) {
      this.#of.post({ kind: 'digit', callId, digit, atStreamMs });
    }
    this.#early = [];
  }

  counters(): { readonly digits: number; readonly ignoredDigits: number } {
    return { digits: this.#taken, ignoredDigits: this.#ignored };
  }
}
