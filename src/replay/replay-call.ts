/**
 * Runs a recorded call again, in one thread and without a network: both planes as they are in a server, the record in place
 * of everything around them. What crosses between the planes is what they produce now; when it arrives, the record says.
 *
 *     lines of the file, in order --in--> plane --out, ask--> the same as the next line of that plane?
 *                                                   `--- no: the first difference, and the end
 */
import { addon } from '../audio/addon.ts';
import type { NativeStreamReceiver } from '../audio/addon-types.ts';
import { TELEPHONE_FORMAT } from '../audio/audio-format.ts';
import type { Script } from '../call/script.ts';
import type { CallStart, EndReason, FromCall, ToCall } from '../channel/messages.ts';
import type { Flow } from '../flow/flow.ts';
import type { JournalEntry } from '../journal/journal.ts';
import { JournaledStream } from '../media/journaled-stream.ts';
import { type Difference, FirstDifference } from './difference.ts';
import type { NumberedLine, RecordedCall } from './read-record.ts';
import type { MediaIn } from './record-schema.ts';
import { ReplayJournal } from './replay-journal.ts';
import { audioOfRecord, DEAF_SOCKET, stillPlane } from './replay-world.ts';
import { ReplayedCallRun } from './replayed-call-run.ts';

export interface ReplayOptions {
  /** How a flow is run, in place of this build's way. */
  readonly scriptOf?: (flow: Flow, call: CallStart) => Script;
}

/** Something that left a plane, as it did in the record. */
export interface ReplayedOutput {
  readonly atMs: number;
  readonly plane: 'media' | 'call';
  readonly output: JournalEntry;
}

export interface ReplayResult {
  /** Null: it is the same, as far as the record goes. */
  readonly difference: Difference | null;
  /** Up to the difference, if there is one. In the order of the replay. */
  readonly outputs: readonly ReplayedOutput[];
}

/** Rejects with RecordError where the record cannot be used. */
export function replayCall(record: RecordedCall, options: ReplayOptions = {}): Promise<ReplayResult> {
  return new Replay(record, options).run();
}

class Replay {
  readonly #record: RecordedCall;
  readonly #options: ReplayOptions;
  readonly #difference = new FirstDifference();
  readonly #outputs: ReplayedOutput[] = [];
  readonly #media: ReplayJournal;
  readonly #runs = new Map<number, ReplayedCallRun>();
  #stream: JournaledStream | null = null;
  #receiver: NativeStreamReceiver | null = null;
  /** Of the worker that the stream's messages go to. */
  #current: ReplayedCallRun | null = null;
  /** Runs whose promises have not run since something came in. */
  readonly #unsettled = new Set<ReplayedCallRun>();

  constructor(record: RecordedCall, options: ReplayOptions) {
    this.#record = record;
    this.#options = options;
    this.#media = this.#journalOf('media', null);
  }

  async run(): Promise<ReplayResult> {
    try {
      for (const line of this.#record.lines) {
        if (this.#mustSettle()) await this.#settle();
        if (this.#difference.found !== null) break;
        const journal = line.plane === 'media' ? this.#media : this.#runOf(line.run ?? 0).journal;
        if (journal.next !== line) continue;
        if (line.way === 'in' && line.within !== true) this.#perform(line);
        // It came to nothing, or it is nothing that comes in.
        if (journal.next === line) this.#lacks(line);
      }
      await this.#settle();
    } finally {
      this.#receiver?.close();
    }
    return { difference: this.#difference.found, outputs: this.#outputs };
  }

  #perform(line: NumberedLine): void {
    if (line.plane === 'media') {
      try {
        this.#performMedia(line);
      } catch {
        // A stream that throws is ended by its server, and then the record goes on with that.
      }
      return;
    }
    const run = this.#runOf(line.run ?? 0);
    this.#unsettled.add(run);
    run.perform(line);
  }

  #performMedia(line: NumberedLine): void {
    const input = line as unknown as MediaIn & NumberedLine;
    if (input.kind === 'opened') {
      this.#open();
      return;
    }
    const stream = this.#stream;
    if (stream === null) {
      this.#differs(line, 'a stream that was opened', 'none');
      return;
    }
    switch (input.kind) {
      case 'message':
        stream.receive(contentOf(input), input.isBinary === true);
        return;
      case 'accepted':
        stream.accept(input.callId, input.callBeganAgoMs, null);
        return;
      case 'call.started':
        this.#media.enter({ kind: 'call.started', run: input.run }, () => {
          this.#current = this.#runOf(input.run);
        });
        return;
      case 'order': {
        const order = input.of === undefined ? this.#current?.takeOrder() : (input.of as unknown as FromCall);
        if (order === undefined) this.#differs(line, `an order: ${input.order}`, 'none was given');
        else stream.order(order);
        return;
      }
      case 'goodbye':
        stream.playAndFinish(input.promptKey, input.reason as EndReason);
        return;
      case 'end':
        stream.end(input.reason as EndReason);
        return;
      case 'drained':
        stream.drained();
        return;
      case 'pinged':
        stream.pinged();
        return;
      case 'pong':
        stream.pong();
        return;
      case 'closed':
        stream.socketClosed();
        return;
      case 'timer':
        if (stream.timers.dueAtMs(input.timer) === null)
          this.#differs(line, `timer ${input.timer} to be pending`, 'it is not');
        else stream.timers.run(input.timer);
        return;
      case 'prompt.ready':
        stream.prompts.came(input.key);
        return;
      case 'prompt.failed':
        stream.prompts.failed(input.key);
    }
  }

  #open(): void {
    const { audio, head } = this.#record;
    const { codec, sampleRateHz } = TELEPHONE_FORMAT;
    const receiver = new addon.StreamReceiver({ codec, sampleRateHz });
    this.#receiver = receiver;
    this.#stream = new JournaledStream({
      journal: this.#media,
      plane: stillPlane(),
      socket: DEAF_SOCKET,
      receiver,
      hooks: {
        onStart: () => {},
        post: (message: ToCall) => this.#current?.post(message),
        onEnd: () => {},
      },
      limits: head.limits,
      audioNames: audioOfRecord(audio),
      originAtMs: 0,
    });
  }

  #runOf(number: number): ReplayedCallRun {
    let run = this.#runs.get(number);
    if (run === undefined) {
      const { scriptOf } = this.#options;
      run = new ReplayedCallRun({
        file: this.#record.file,
        journal: this.#journalOf('call', number),
        difference: this.#difference,
        ...(scriptOf === undefined ? {} : { scriptOf }),
      });
      this.#runs.set(number, run);
    }
    return run;
  }

  #journalOf(plane: 'media' | 'call', run: number | null): ReplayJournal {
    const lines = this.#record.lines.filter(
      (line) => line.plane === plane && (run === null || (line.run ?? 0) === run),
    );
    // A worker that was lost took its last lines with it.
    const isWhole = plane === 'media' ? !this.#record.isBrokenOff : lines.some(isLast);
    return new ReplayJournal({
      plane,
      lines,
      isWhole,
      difference: this.#difference,
      perform: (line) => this.#perform(line),
      onTold: (output, atMs) => this.#outputs.push({ atMs, plane, output }),
    });
  }

  /** Not where the next thing came in before the promises of the one before it had run. */
  #mustSettle(): boolean {
    return [...this.#unsettled].some((run) => run.journal.next?.joined !== true);
  }

  async #settle(): Promise<void> {
    this.#unsettled.clear();
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }

  /** The record goes on with something that nothing here led to. */
  #lacks(line: NumberedLine): void {
    const { at: _at, line: _line, plane: _plane, run: _run, way: _way, ...expected } = line;
    this.#differs(line, expected, 'nothing');
  }

  #differs(line: NumberedLine, expected: unknown, got: unknown): void {
    const { at, line: number, plane } = line;
    this.#difference.tell({ line: number, atMs: at, plane, path: '', expected, got });
  }
}

function isLast({ kind, way }: NumberedLine): boolean {
  return way === 'out' && kind === 'closed';
}

function contentOf({ base64, text }: Extract<MediaIn, { kind: 'message' }>): ArrayBuffer {
  const bytes = base64 === undefined ? Buffer.from(text ?? '') : Buffer.from(base64, 'base64');
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
}
