/**
 * The operator's board, behind `/api`: who is on, how this node does, one call with its timeline, hanging it up, the flow
 * with today's ways through it. Looks at what others hold, keeps a few lines a call, and takes no part in a frame. I/O thread.
 */
import type { Dial } from '../../channel/dial-messages.ts';
import type { CallId } from '../../channel/messages.ts';
import type { TallySlice, TallySpan } from '../../channel/store-messages.ts';
import type { Clock } from '../../clock.ts';
import { toErrorRecord } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { Histogram } from '../../meter/histogram.ts';
import { isCallSid } from '../../protocol/call-sid.ts';
import type { DialAnswer } from '../../protocol/dial-api.ts';
import type { CallRecord, CallStore, CommitResult } from '../../store/call-store.ts';
import type { CallDirectory } from '../call-directory.ts';
import { withinDeadline } from '../deadline.ts';
import type { Exchange } from '../exchange.ts';
import type { GuardedApp } from '../guarded-app.ts';
import { type Problem, problemAnswer } from '../problem.ts';
import type { TurnTimes } from '../server-telemetry.ts';
import { ApiGate } from './api-gate.ts';
import { BoardFeed } from './board-feed.ts';
import { type BoardPictureOf, boardPicture } from './board-picture.ts';
import { CallTrails } from './call-trails.ts';
import { toCallView } from './call-view.ts';
import { DayTally } from './day-tally.ts';
import { DialRoutes } from './dial-routes.ts';
import { type FlowDrawing, toFlowView } from './flow-view.ts';
import { LatencyLog } from './latency-log.ts';
import { RecentDelay } from './recent-delay.ts';

/** What the composition root gives. */
export interface BoardSettings {
  /** Null: local requests only. */
  readonly adminToken: string | null;
  /** What callers said may be shown. */
  readonly showsWords: boolean;
  /** Of all that are served, the default first. */
  readonly flows: readonly [FlowDrawing, ...FlowDrawing[]];
  readonly callLifeMs: number;
  /** Of this thread. */
  readonly loopDelay: Pick<Histogram, 'counts'>;
  readonly tally: (span: TallySpan) => Promise<TallySlice>;
  /** Asks whichever node has the call. */
  readonly hangUp: (callSid: string) => Promise<CommitResult>;
  /** Takes the body of `POST /api/calls`; null or absent: no calls can be placed here. */
  readonly dial?: ((body: unknown, key: string | null) => Promise<DialAnswer>) | null;
  readonly loadDial?: (dialId: string) => Promise<Dial | null>;
  /** Of `/api`, as OpenAPI has it; absent: there is none. */
  readonly description?: object;
}

export interface BoardParts
  extends Pick<BoardPictureOf, 'nodeId' | 'capacity' | 'isDraining' | 'workers' | 'storeHealth' | 'vendors'> {
  readonly settings: BoardSettings;
  readonly clock: Clock;
  readonly log: Log;
  readonly directory: CallDirectory;
  readonly store: Pick<CallStore, 'engine' | 'load' | 'turnsOf'>;
}

const COUNT_DEADLINE_MS = 1000;

const NO_SUCH_CALL: Problem = {
  status: '404 Not Found',
  code: 'no-such-call',
  title: 'No such call',
  detail: 'Neither is this call on, nor is there a record of it.',
};
const NOT_LIVE: Problem = { ...NO_SUCH_CALL, detail: 'This call is not on: it has ended, or never was.' };
const NO_SUCH_FLOW: Problem = {
  status: '404 Not Found',
  code: 'no-such-flow',
  title: 'No such flow',
  detail: 'Ask without a name for the default flow; its answer lists the names of all.',
};
const NO_STORE: Problem = {
  status: '503 Service Unavailable',
  code: 'store-unavailable',
  title: 'The store does not answer',
  detail: 'Calls go on; their records can be read again when the store answers.',
  headers: { 'Retry-After': '5' },
};

export class Board {
  readonly #parts: BoardParts;
  readonly #gate: ApiGate;
  readonly #dials: DialRoutes;
  readonly #trails: CallTrails;
  readonly #tally: DayTally;
  readonly #latencies: LatencyLog;
  readonly #feed: BoardFeed;

  constructor(parts: BoardParts) {
    const { clock, directory, settings } = parts;
    this.#parts = parts;
    this.#gate = new ApiGate(settings.adminToken);
    const { dial = null, loadDial = () => Promise.resolve(null) } = settings;
    this.#dials = new DialRoutes({ gate: this.#gate, dial, load: loadDial, log: parts.log });
    this.#trails = new CallTrails({ clock, directory, showsWords: settings.showsWords });
    this.#tally = new DayTally({ ...parts, tally: settings.tally, callLifeMs: settings.callLifeMs });
    this.#latencies = new LatencyLog(clock);
    const picture: BoardPictureOf = {
      ...parts,
      calls: this.#trails,
      today: () => this.#tally.totals,
      latencies: this.#latencies,
      loopDelay: new RecentDelay(settings.loopDelay),
    };
    const snapshot = () => {
      void this.#tally.look();
      return boardPicture(picture);
    };
    this.#feed = new BoardFeed({ ...parts, snapshot });
  }

  get watcherCount(): number {
    return this.#feed.watcherCount;
  }

  addRoutes(app: GuardedApp, prefix: string): void {
    const guarded = (answer: (exchange: Exchange) => void | Promise<void>) => (exchange: Exchange) =>
      this.#gate.admits(exchange) ? answer(exchange) : undefined;
    app.route(
      'get',
      `${prefix}/api/board`,
      guarded((exchange) => this.#feed.answer(exchange)),
    );
    const { description } = this.#parts.settings;
    if (description !== undefined)
      app.route(
        'get',
        `${prefix}/api/openapi.json`,
        guarded((exchange) => answerJson(exchange, '200 OK', description)),
      );
    this.#dials.addRoutes(app, prefix);
    app.route(
      'get',
      `${prefix}/api/flow`,
      guarded((exchange) => this.#answerFlow(exchange)),
    );
    app.route(
      'get',
      `${prefix}/api/calls/:callSid`,
      guarded((exchange) => this.#answerCall(exchange)),
    );
    app.route(
      'post',
      `${prefix}/api/calls/:callSid/hang-up`,
      guarded((exchange) => this.#answerHangUp(exchange)),
    );
  }

  /** The caller hears the answer to what they said. */
  turnTook(callId: CallId, times: TurnTimes): void {
    const callSid = this.#parts.directory.callSidOf(callId);
    if (callSid === null) return;
    this.#latencies.add(times.endpointingMs + times.workMs + times.audioMs);
    this.#trails.turnTook(callSid, times);
  }

  /** Ends every watcher's stream. Idempotent. */
  close(): void {
    this.#feed.close();
  }

  async #answerFlow(exchange: Exchange): Promise<void> {
    const { flows } = this.#parts.settings;
    const name = new URLSearchParams(exchange.query).get('name') ?? flows[0].name;
    const flow = flows.find((each) => each.name === name);
    if (flow === undefined) {
      exchange.answer(problemAnswer(NO_SUCH_FLOW));
      return;
    }
    // The first look of a busy day takes longer: a flow without all of today's numbers is better than none.
    await withinDeadline(this.#parts.clock, COUNT_DEADLINE_MS, this.#tally.look());
    const names = flows.map((each) => each.name);
    answerJson(exchange, '200 OK', toFlowView(flow, this.#tally.totals.steps, names));
  }

  async #answerCall(exchange: Exchange): Promise<void> {
    const callSid = exchange.parameter;
    const { settings, store } = this.#parts;
    const record = isCallSid(callSid) ? await this.#ask(exchange, () => store.load(callSid)) : null;
    if (record === undefined) return;
    if (record === null) {
      exchange.answer(problemAnswer(NO_SUCH_CALL));
      return;
    }
    const turns = await this.#ask(exchange, () => store.turnsOf(callSid));
    if (turns === undefined) return;
    const { showsWords } = settings;
    const trail = this.#trails.trailOf(callSid);
    const textOf = this.#textsOf(record);
    answerJson(exchange, '200 OK', toCallView({ record, turns, trail, showsWords, textOf }));
  }

  async #answerHangUp(exchange: Exchange): Promise<void> {
    const callSid = exchange.parameter;
    const { directory, log, settings, store } = this.#parts;
    if (isCallSid(callSid) && directory.hangUp(callSid)) {
      log.info({ event: 'call.hung-up', callSid }, 'a call was hung up because somebody asked for it');
      answerJson(exchange, '202 Accepted', {});
      return;
    }
    const record = isCallSid(callSid) ? await this.#ask(exchange, () => store.load(callSid)) : null;
    if (record === undefined) return;
    // Only nodes that share a database can have what this one has not.
    if (record === null || record.endReason !== null || store.engine !== 'postgres') {
      exchange.answer(problemAnswer(NOT_LIVE));
      return;
    }
    const told = await settings.hangUp(callSid);
    if (told === 'durable') answerJson(exchange, '202 Accepted', {});
    else exchange.answer(problemAnswer(NO_STORE));
  }

  /** Undefined when the store did not answer: then the exchange was answered. */
  async #ask<T>(exchange: Exchange, read: () => Promise<T>): Promise<T | undefined> {
    try {
      return await read();
    } catch (thrown) {
      const err = toErrorRecord(thrown);
      this.#parts.log.warn({ event: 'board.stale', err }, 'the store did not answer the board');
      exchange.answer(problemAnswer(NO_STORE));
      return undefined;
    }
  }

  #textsOf({ flowHash }: CallRecord): (node: string) => string {
    const flow = this.#parts.settings.flows.find(({ hash }) => hash === flowHash);
    return (node) => flow?.nodes.find(({ id }) => id === node)?.prompt ?? '';
  }
}

function answerJson(exchange: Exchange, status: string, body: object): void {
  exchange.answer({ status, contentType: 'application/json', body: `${JSON.stringify(body)}\n` });
}
