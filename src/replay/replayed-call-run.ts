/**
 * The call plane of a replay, for one worker that had the call: the very `Call`, with the record in place of the store, the
 * vendors and the clock. What the streams posted for it waits here until the record says that it arrived.
 */

import { scriptOf } from '../call/flow-script.ts';
import { JournaledCall } from '../call/journaled-call.ts';
import type { Script } from '../call/script.ts';
import type { CallStart, FromCall, ToCall } from '../channel/messages.ts';
import { RecordError } from '../errors.ts';
import type { Flow } from '../flow/flow.ts';
import { readFlow } from '../flow/load-flow.ts';
import type { FirstDifference } from './difference.ts';
import type { NumberedLine } from './read-record.ts';
import type { CallIn } from './record-schema.ts';
import type { ReplayJournal } from './replay-journal.ts';
import { stillCallParts } from './replay-world.ts';

/** What a stream carries out; the rest is the server's. */
const ORDERS: ReadonlySet<FromCall['kind']> = new Set([
  'play',
  'fill',
  'listen',
  'stop.listening',
  'clear',
  'finish',
]);

export interface ReplayedCallRunParts {
  readonly file: string;
  readonly journal: ReplayJournal;
  readonly difference: FirstDifference;
  /** Of this build; a test brings another. */
  readonly scriptOf?: (flow: Flow, call: CallStart) => Script;
}

export class ReplayedCallRun {
  readonly journal: ReplayJournal;
  readonly #parts: ReplayedCallRunParts;
  readonly #toCall: ToCall[] = [];
  readonly #orders: FromCall[] = [];
  #call: JournaledCall | null = null;

  constructor(parts: ReplayedCallRunParts) {
    this.#parts = parts;
    this.journal = parts.journal;
  }

  /** The stream has a message for this call. */
  post(message: ToCall): void {
    this.#toCall.push(message);
  }

  /** The next order that the call has given and that the stream has not seen. */
  takeOrder(): FromCall | undefined {
    return this.#orders.shift();
  }

  /** Has what stands in `line` come in. */
  perform(line: NumberedLine): void {
    const input = line as unknown as CallIn & NumberedLine;
    if (input.kind === 'begun') {
      this.#begin(input);
      return;
    }
    const call = this.#call;
    if (call === null) {
      this.#differs(line, 'a call that has begun', 'none');
      return;
    }
    switch (input.kind) {
      case 'received':
        this.#receive(call, input);
        return;
      case 'timer':
        if (call.clock.dueAtMs(input.timer) === null)
          this.#differs(line, `timer ${input.timer} to be pending`, 'it is not');
        else call.clock.run(input.timer);
        return;
      case 'transcript':
      case 'understood':
      case 'committed': {
        const { at, joined, line: _line, plane, run, way, within, ...reply } = input;
        if (call.replies.awaits(reply.kind, reply.number)) call.replies.take(reply as never);
        else this.#differs(line, `${reply.kind} ${reply.number} to be awaited`, 'it is not');
      }
    }
  }

  #begin(input: Extract<CallIn, { kind: 'begun' }> & NumberedLine): void {
    const start = input.call as CallStart;
    const flow = this.#readFlow(input);
    const bind = this.#parts.scriptOf ?? scriptOf;
    this.#call = new JournaledCall({
      journal: this.journal,
      callId: input.callId,
      start,
      flow,
      wallOriginMs: input.wallOriginMs,
      parts: {
        ...stillCallParts(input),
        scriptFor: (call) => bind(flow, call),
        post: (message) => {
          if (ORDERS.has(message.kind)) this.#orders.push(message);
        },
      },
    });
    this.#call.begin();
  }

  #receive(call: JournaledCall, input: Extract<CallIn, { kind: 'received' }> & NumberedLine): void {
    const message = input.of === undefined ? this.#toCall.shift() : (input.of as unknown as ToCall);
    if (message === undefined) this.#differs(input, input.message, 'nothing on its way to the call');
    else call.receive(message);
  }

  #readFlow({
    flow: { directory, fileName, text },
    line,
  }: Extract<CallIn, { kind: 'begun' }> & NumberedLine): Flow {
    const { flow, problems } = readFlow(text, fileName, { directory, checkAudio: () => null });
    if (flow !== null) return flow;
    const why = problems[0]?.message ?? 'it cannot be read';
    throw new RecordError(`flow.text: ${why}; the file is damaged`, { file: this.#parts.file, line });
  }

  #differs(line: NumberedLine, expected: unknown, got: unknown): void {
    const { difference } = this.#parts;
    difference.tell({ line: line.line, atMs: line.at, plane: 'call', path: '', expected, got });
  }
}
