/**
 * What crosses between the media plane (I/O thread) and the call plane (workers): whole things, never a 20 ms frame.
 * Both sides import this file; it imports neither. Everything here survives a structured clone.
 */
import type { ErrorRecord } from '../errors.ts';

/** Names one stream of one call within this process. A call that comes back on a new stream gets a new id. */
export type CallId = number;

/** What an outbound call was asked for with. */
export interface Dialed {
  /** The flow that it is about, by hash. */
  readonly flowHash: string;
  /** Values for the flow's variables. */
  readonly variables: Readonly<Record<string, string | number | boolean>>;
}

/** Whom a call is put through to. */
export interface Transfer {
  /** E.164 or a `sip:` URI. */
  readonly to: string;
  /** Said to whoever answers there, before the two are joined; empty: nothing. */
  readonly whisper: string;
  /** How long it rings there. */
  readonly ringSeconds: number;
}

/** What a call knows when it begins. */
export interface CallStart {
  readonly callSid: string;
  readonly streamSid: string;
  /** 0 for the first stream of a call, one more at each return: the fencing number. */
  readonly attempt: number;
  /** How often the call was made anew within this attempt, on another worker or the same. */
  readonly move: number;
  /** E.164 where the carrier gave it, else an empty string. */
  readonly from: string;
  readonly to: string;
  /** `codec-rate` of the audio to play, as `mulaw-8000`. */
  readonly playFormat: string;
  /** The state that an earlier stream or worker of this call left, to resume from; null on a new call. */
  readonly state: unknown;
  /** Of an outbound call: what it was asked for with. Absent: it came in. */
  readonly dialed?: Dialed;
  /** It comes back from a transfer that nobody answered. */
  readonly isTransferFailed?: boolean;
  /** The call is recorded: how long ago its stream was opened, when this was posted. Absent: it is not. */
  readonly recordedFromMs?: number;
}

/** Why a call ended, as its record says. */
export type EndReason =
  | 'completed' // the flow reached an end node
  | 'transferred'
  | 'caller hung up'
  | 'stream lost' // the socket closed with no stop
  | 'node lost' // its process died, and no other has taken the call up
  | 'hung up' // somebody asked for it, on this node or another
  | 'busy' // these four: a call of ours that was not answered
  | 'no answer'
  | 'not reached'
  | 'canceled'
  | 'no media'
  | 'peer does not read'
  | 'time limit'
  | 'superseded' // a newer stream of the same call took over
  | 'protocol violation'
  | 'worker failed'
  | 'call failed'
  | 'shutting down';

/** I/O thread -> worker. */
export type ToCall =
  | { readonly kind: 'call.started'; readonly callId: CallId; readonly call: CallStart }
  | {
      readonly kind: 'speech.started';
      readonly callId: CallId;
      readonly listenId: number;
      readonly atStreamMs: number;
      readonly bargeIn: boolean;
    }
  | {
      readonly kind: 'utterance';
      readonly callId: CallId;
      readonly listenId: number;
      /** PCM16 mono, transferred. */
      readonly audio: ArrayBuffer;
      readonly sampleRateHz: number;
      readonly speechStartMs: number;
      readonly speechEndMs: number;
      readonly voicedMs: number;
      readonly cut: boolean;
    }
  /** The caller pauses: what was said so far, whole, in case that was all. */
  | {
      readonly kind: 'utterance.provisional';
      readonly callId: CallId;
      readonly listenId: number;
      /** PCM16 mono, transferred. */
      readonly audio: ArrayBuffer;
      readonly sampleRateHz: number;
      readonly voicedMs: number;
    }
  /** The caller went on after that: it was not all. An `utterance` without this says that it was. */
  | { readonly kind: 'utterance.withdrawn'; readonly callId: CallId; readonly listenId: number }
  /** The next piece of an utterance that goes on, without gaps from the pre-roll on; `utterance` brings the whole again. */
  | {
      readonly kind: 'speech.chunk';
      readonly callId: CallId;
      readonly listenId: number;
      /** From 0 for each utterance. */
      readonly sequence: number;
      /** PCM16 mono, transferred. */
      readonly audio: ArrayBuffer;
      readonly sampleRateHz: number;
    }
  | { readonly kind: 'speech.discarded'; readonly callId: CallId; readonly listenId: number }
  | { readonly kind: 'no.input'; readonly callId: CallId; readonly listenId: number }
  | { readonly kind: 'digit'; readonly callId: CallId; readonly digit: string; readonly atStreamMs: number }
  /** Its first audio is on its way to the caller. */
  | { readonly kind: 'prompt.started'; readonly callId: CallId; readonly playId: number }
  /** `played`: heard to its end. `interrupted`: cleared; `playedMs` of it were heard. `failed`: its audio never came. */
  | {
      readonly kind: 'prompt.ended';
      readonly callId: CallId;
      readonly playId: number;
      readonly outcome: 'played' | 'interrupted' | 'failed';
      readonly playedMs: number;
      /** What had left for the caller, heard or not. */
      readonly sentMs: number;
    }
  /** An answering machine has taken the call, and its tone has sounded. */
  | { readonly kind: 'machine'; readonly callId: CallId }
  | { readonly kind: 'call.ended'; readonly callId: CallId; readonly reason: EndReason };

/** What comes after the stream is closed: `/voice/continue` answers with it. */
export type Disposition =
  | { readonly kind: 'hangup' }
  | { readonly kind: 'transfer'; readonly transfer: Transfer }
  /** No audio of ours can be had any more: the carrier says it, then hangs up. */
  | { readonly kind: 'say'; readonly text: string };

/** For whoever watches a call (demo, board): never logged unredacted. */
export type CallNote =
  | { readonly kind: 'bot said'; readonly text: string; readonly nodeId: string }
  | {
      readonly kind: 'caller said';
      readonly text: string;
      readonly how: 'speech' | 'digits';
      readonly answer: string | null;
      readonly nodeId: string;
    }
  | { readonly kind: 'no input'; readonly nodeId: string }
  /** What was heard was no answer, and the question is asked again. */
  | { readonly kind: 'no match'; readonly nodeId: string }
  /** What was said could not be recognized by anyone, and the keypad is offered. */
  | { readonly kind: 'recognizer failed'; readonly nodeId: string }
  /** The caller speaks over what is said. Of the media plane: no call posts it. */
  | { readonly kind: 'interrupted' }
  | {
      readonly kind: 'decided';
      readonly outcome: string;
      readonly answers: Readonly<Record<string, string | number | boolean>>;
    };

/** Worker -> I/O thread. */
export type FromCall =
  | {
      readonly kind: 'play';
      readonly callId: CallId;
      readonly playId: number;
      readonly promptKey: string;
      readonly bargeIn: boolean;
    }
  /**
   * Fills a silence: played before whatever waits for its audio, and not at all (`prompt.ended`, interrupted) if anything
   * can be heard by then.
   */
  | {
      readonly kind: 'fill';
      readonly callId: CallId;
      readonly playId: number;
      readonly promptKey: string;
    }
  | {
      readonly kind: 'listen';
      readonly callId: CallId;
      readonly listenId: number;
      readonly endOfSpeechMs: number;
      readonly maxUtteranceMs: number;
      /** Counted in media time from the end of the last queued prompt. */
      readonly noInputMs: number;
      /** A pause of this length brings `utterance.provisional`; 0: none does. Less than `endOfSpeechMs`. */
      readonly provisionalMs: number;
      /** `speech.chunk` comes each time that so much has been said; 0: none does. */
      readonly chunkMs: number;
    }
  | { readonly kind: 'stop.listening'; readonly callId: CallId }
  | { readonly kind: 'clear'; readonly callId: CallId }
  /** Both legs are kept from here on, or no more. For the server, which has the files. */
  | { readonly kind: 'recording'; readonly callId: CallId; readonly isOn: boolean }
  /** Play what is queued to its end, then close the stream. */
  | {
      readonly kind: 'finish';
      readonly callId: CallId;
      readonly reason: 'completed' | 'transferred' | 'call failed';
      readonly disposition: Disposition;
      /** Said by the carrier before it hangs up, if the last prompt could not be heard. */
      readonly lastWords?: string;
    }
  /**
   * The state after a transition, as the worker-loss copy. It comes before the commit is answered: nobody acts on it until
   * the call that is made from it has committed it again.
   */
  | { readonly kind: 'snapshot'; readonly callId: CallId; readonly state: unknown }
  | { readonly kind: 'note'; readonly callId: CallId; readonly note: CallNote }
  /** A line of the call's record, of a call that is recorded; it stands before what it tells of. `isLast`: none follows. */
  | { readonly kind: 'recorded'; readonly callId: CallId; readonly line: string; readonly isLast: boolean }
  /** The call's code threw; the I/O thread ends the call politely. */
  | { readonly kind: 'call.failed'; readonly callId: CallId; readonly error: ErrorRecord };
