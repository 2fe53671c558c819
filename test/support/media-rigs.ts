/** Playback alone, and a whole stream, wired to the fakes on a fake clock. */
import type { NativeStreamReceiver } from '../../src/audio/addon-types.ts';
import type { Disposition, EndReason, FromCall, ToCall } from '../../src/channel/messages.ts';
import { createLog } from '../../src/log.ts';
import { GapCounts } from '../../src/media/gap-counts.ts';
import { MediaCensus } from '../../src/media/media-census.ts';
import { MediaStream } from '../../src/media/media-stream.ts';
import type { MediaStreamLimits } from '../../src/media/media-stream-hooks.ts';
import { Playback } from '../../src/media/playback.ts';
import type { PlayOutcome } from '../../src/media/playback-state.ts';
import { PromptRegistry } from '../../src/media/prompt-registry.ts';
import { TimerWheel } from '../../src/media/timer-wheel.ts';
import type { StreamStart } from '../../src/media/transport.ts';
import { TwilioTransport } from '../../src/media/twilio-transport.ts';
import type { RecordFile } from '../../src/recordings/record-files.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeCarrier } from './media-carrier.ts';
import { carrierSays, FakeReceiver, FakeSocket, promptOf } from './media-fakes.ts';

function throwOn(thrown: unknown): void {
  throw thrown;
}

/** `short` 300 ms, `prompt` 2 s, `long` 10 s are in the registry. */
function registryOfPrompts(): PromptRegistry {
  const registry = new PromptRegistry();
  registry.ready(promptOf('short', 300));
  registry.ready(promptOf('prompt', 2000));
  registry.ready(promptOf('long', 10_000));
  return registry;
}

/** What a question asks of the ear. */
export const LISTENING = {
  endOfSpeechMs: 700,
  maxUtteranceMs: 10_000,
  noInputMs: 5000,
  provisionalMs: 0,
  chunkMs: 0,
} as const;

export class PlaybackRig {
  readonly clock = new FakeClock();
  readonly wheel = new TimerWheel(this.clock, throwOn);
  readonly registry = registryOfPrompts();
  readonly gaps = new GapCounts();
  readonly socket = new FakeSocket();
  readonly transport = new TwilioTransport(this.socket, new FakeReceiver());
  readonly started: number[] = [];
  readonly ended: { playId: number; outcome: PlayOutcome; playedMs: number }[] = [];
  readonly playback: Playback;
  readonly carrier: FakeCarrier;
  finished = 0;
  dead = 0;
  changes = 0;
  finishAsked = false;

  constructor() {
    this.transport.readEvent(carrierSays.start(), false, -100);
    this.playback = new Playback(
      {
        clock: this.clock,
        wheel: this.wheel,
        registry: this.registry,
        transport: this.transport,
        audioWaitMaxMs: 6000,
        gaps: this.gaps,
      },
      {
        started: (playId) => this.started.push(playId),
        ended: (playId, outcome, playedMs) => this.ended.push({ playId, outcome, playedMs }),
        changed: () => this.changes++,
        finished: () => this.finished++,
        peerDoesNotRead: () => {
          this.dead++;
          this.playback.close();
        },
        threw: throwOn,
      },
    );
    this.carrier = new FakeCarrier(this.clock, (name) => this.playback.markEchoed(name));
    this.socket.onSend = (message) => this.carrier.takes(message);
  }

  play(playId: number, promptKey = 'prompt', bargeIn = true): void {
    this.playback.enqueue({ playId, promptKey, bargeIn });
  }

  outcomes(): string[] {
    return this.ended.map(({ playId, outcome }) => `${playId} ${outcome}`);
  }
}

type Order = FromCall extends infer One
  ? One extends { callId: number }
    ? Omit<One, 'callId'>
    : never
  : never;

export class StreamRig {
  readonly clock = new FakeClock();
  readonly wheel = new TimerWheel(this.clock, throwOn);
  readonly registry = registryOfPrompts();
  readonly census = new MediaCensus();
  readonly gaps = new GapCounts();
  readonly socket = new FakeSocket();
  readonly receiver = new FakeReceiver();
  readonly carrier: FakeCarrier;
  readonly starts: StreamStart[] = [];
  readonly posts: ToCall[] = [];
  readonly ends: { reason: EndReason; disposition: Disposition }[] = [];
  readonly logLines: string[] = [];
  readonly stream: MediaStream;
  readonly #recording: RecordFile | null;

  /** `halfOpen`: the peer never answers a close, and the socket does not report one. `native`: in place of the fake. */
  constructor(
    options: Partial<MediaStreamLimits> & {
      halfOpen?: boolean;
      native?: NativeStreamReceiver;
      recording?: RecordFile;
    } = {},
  ) {
    this.#recording = options.recording ?? null;
    const plane = {
      clock: this.clock,
      wheel: this.wheel,
      registry: this.registry,
      census: this.census,
      gaps: this.gaps,
      log: createLog({ level: 'info', destination: { write: (line) => this.logLines.push(line) } }),
    };
    this.stream = new MediaStream(
      plane,
      new TwilioTransport(this.socket, options.native ?? this.receiver),
      {
        onStart: (start) => this.starts.push(start),
        post: (message) => this.posts.push(message),
        onEnd: (reason, disposition) => this.ends.push({ reason, disposition }),
      },
      { callMaxMs: 120_000, goodbyePromptKey: null, audioWaitMaxMs: 6000, ...options },
    );
    this.carrier = new FakeCarrier(this.clock, (name) => this.receive(carrierSays.mark(name)));
    this.socket.onSend = (message) => this.carrier.takes(message);
    if (options.halfOpen !== true) this.socket.onClose = () => this.stream.socketClosed();
  }

  receive(message: ArrayBuffer): void {
    this.stream.receive(message, false);
  }

  /** connected, start, accept: call 7 is live. */
  goLive(): this {
    this.receive(carrierSays.connected());
    this.receive(carrierSays.start());
    this.stream.accept(7, 0, this.#recording);
    return this;
  }

  /** The caller's line for `lengthMs`: a media message every 20 ms. */
  mediaForMs(lengthMs: number): void {
    for (let ms = 0; ms < lengthMs; ms += 20) {
      this.receive(carrierSays.media());
      this.clock.advanceMs(20);
    }
  }

  /** The next media message makes the receiver find this. */
  callerMakes(bits: number): void {
    this.receiver.finds(bits);
    this.receive(carrierSays.media());
  }

  order(order: Order): void {
    this.stream.order({ ...order, callId: 7 } as FromCall);
  }

  play(playId: number, promptKey = 'prompt', bargeIn = true): void {
    this.order({ kind: 'play', playId, promptKey, bargeIn });
  }

  listen(listenId = 1): void {
    this.order({ kind: 'listen', listenId, ...LISTENING });
  }

  /** What was posted, one word each, with what tells one from another. */
  told(): string[] {
    return this.posts.flatMap((post) => {
      if (post.kind === 'prompt.started') return [];
      if (post.kind === 'prompt.ended') return `${post.playId} ${post.outcome}`;
      if (post.kind === 'digit') return `digit ${post.digit}`;
      if (post.kind === 'speech.started') return post.bargeIn ? 'barge-in' : 'speech.started';
      return post.kind;
    });
  }

  endReasons(): EndReason[] {
    return this.ends.map(({ reason }) => reason);
  }

  /** Everything that may be left over; all zero after the end. */
  leftOver() {
    const { playing, waiters } = this.registry.counts();
    return {
      streams: this.census.streams,
      sockets: this.census.sockets,
      timers: this.wheel.pendingTimers,
      receivers: this.receiver.closed ? 0 : 1,
      playing,
      waiters,
    };
  }
}

export const NOTHING_LEFT = { streams: 0, sockets: 0, timers: 0, receivers: 0, playing: 0, waiters: 0 };
