/**
 * The journal of one stream of a call as it is written: both planes' lines in the order in which they come here, and
 * the end of it. Not what is in the lines (`media/journaled-stream.ts`, `call/journaled-call.ts`), nor the file. I/O thread.
 *
 *   open      the stream ended                                    ended
 *   ended     the call has said its last, on each worker it had,  closed
 *             but for those that were lost before it moved on
 *   ended     5 s passed: a worker was lost                       closed
 *   ended     `close`                                             closed
 *   open      `close`                                             closed: it breaks off
 *   closed    any                                                 closed: what comes is dropped
 */
import type { CallId } from '../channel/messages.ts';
import type { Clock, Timer } from '../clock.ts';
import type { EndLine, RecordHead } from '../journal/record-line.ts';
import { RecordingJournal } from '../journal/recording-journal.ts';
import type { MediaStreamHooks } from '../media/media-stream-hooks.ts';
import type { RecordFile } from '../recordings/record-files.ts';
import { JournalAudio } from './journal-audio.ts';

/** A commit takes 250 ms at most, and nothing else keeps a call that has ended. */
const LAST_LINES_MAX_MS = 5000;

export class StreamJournal {
  readonly journal: RecordingJournal;
  readonly audio: JournalAudio;
  readonly openedAtMs: number;
  /** As its call is known here; null before it has begun. */
  callId: CallId | null = null;
  readonly #clock: Clock;
  readonly #file: RecordFile;
  readonly #onClosed: () => void;
  #runsBegun = 0;
  #runsClosed = 0;
  #hasEnded = false;
  #lastLines: Timer | null = null;
  #isClosed = false;

  constructor(head: RecordHead, file: RecordFile, clock: Clock, onClosed: () => void) {
    this.#clock = clock;
    this.#file = file;
    this.#onClosed = onClosed;
    this.openedAtMs = clock.nowMs();
    this.#write(JSON.stringify(head));
    const write = (line: string): void => this.#write(line);
    this.journal = new RecordingJournal({ plane: 'media', readMs: () => this.#readMs(), write });
    this.audio = new JournalAudio((line) => write(JSON.stringify(line)));
  }

  /** The stream's hooks, and the record's end behind that of the stream. */
  watching(hooks: MediaStreamHooks): MediaStreamHooks {
    return {
      onStart: (start) => hooks.onStart(start),
      post: (message) => hooks.post(message),
      onEnd: (reason, disposition) => {
        hooks.onEnd(reason, disposition);
        this.#streamEnded();
      },
    };
  }

  /** The call goes to a worker, for the first time or anew. Returns how long the stream is open. */
  callStarts(run: number): number {
    this.#runsBegun += 1;
    this.journal.enter({ kind: 'call.started', run }, () => {});
    return this.journal.nowMs;
  }

  /** The worker that had the call was lost. */
  runLost(): void {
    this.#runsClosed += 1;
    this.#closeIfDone();
  }

  /** A line of the call's. */
  take(line: string, isLast: boolean): void {
    this.#write(line);
    if (!isLast) return;
    this.#runsClosed += 1;
    this.#closeIfDone();
  }

  /** The process ends: the record of a stream that lives breaks off here. Idempotent. */
  close(): void {
    if (this.#hasEnded) this.#end();
    else this.#finish();
  }

  #end(): void {
    this.#write(JSON.stringify({ end: true, at: this.#readMs() } satisfies EndLine));
    this.#finish();
  }

  #finish(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#lastLines !== null) this.#clock.clearTimer(this.#lastLines);
    this.#file.finish();
    this.#onClosed();
  }

  #streamEnded(): void {
    this.#hasEnded = true;
    this.#lastLines = this.#clock.setTimer(LAST_LINES_MAX_MS, () => this.#end());
    this.#closeIfDone();
  }

  #closeIfDone(): void {
    if (this.#hasEnded && this.#runsClosed >= this.#runsBegun) this.#end();
  }

  #write(line: string): void {
    if (!this.#isClosed) this.#file.write(Buffer.from(`${line}\n`));
  }

  #readMs(): number {
    return this.#clock.nowMs() - this.openedAtMs;
  }
}
