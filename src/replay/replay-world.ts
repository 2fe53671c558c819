/** The world around a call that is replayed, where the record is not asked: nothing sounds, wakes, listens or keeps anything. */
import { parseFormatName } from '../audio/audio-format.ts';
import type { ReadyPrompt } from '../audio/ready-prompt.ts';
import type { CallParts } from '../call/call.ts';
import type { Clock } from '../clock.ts';
import type { AudioLine } from '../journal/record-line.ts';
import { createLog } from '../log.ts';
import { type CarrierSocket, SENT } from '../media/carrier-socket.ts';
import type { AudioNames } from '../media/journaled-prompts.ts';
import { MediaCensus } from '../media/media-census.ts';
import type { MediaPlane } from '../media/media-plane.ts';
import { PromptWants } from '../speech/prompt-wants.ts';
import type { Recognizer } from '../speech/recognizer.ts';
import { VendorTally } from '../speech/resilience/vendor-tally.ts';
import type { Understanding } from '../speech/understanding.ts';

const log = createLog({ level: 'silent' });
const NO_TIMER = { dueAtMs: 0, pending: false } as const;

/** Both planes have the time of their journals; this one never runs anything. */
const STILL_CLOCK: Clock = {
  nowMs: () => 0,
  wallMs: () => 0,
  setTimer: () => NO_TIMER,
  clearTimer: () => {},
};

export function stillPlane(): MediaPlane {
  return {
    clock: STILL_CLOCK,
    wheel: { createTimer: () => NO_TIMER, start: () => {}, startAt: () => {}, stop: () => {} },
    registry: {
      acquire: () => undefined,
      release: () => {},
      has: () => false,
      wait: () => true,
      stopWaiting: () => {},
    },
    census: new MediaCensus(),
    log,
  };
}

/** Takes everything. What closes it comes out of the record. */
export const DEAF_SOCKET: CarrierSocket = {
  send: () => SENT.sent,
  getBufferedAmount: () => 0,
  ping: () => {},
  end: () => {},
  close: () => {},
};

export function audioOfRecord(lines: ReadonlyMap<string, AudioLine>): AudioNames {
  const prompts = new Map<string, ReadyPrompt>();
  return {
    nameOf: () => '',
    audioOf(name) {
      const known = prompts.get(name);
      const line = lines.get(name);
      if (known !== undefined || line === undefined) return known;
      const prompt = toPrompt(line);
      prompts.set(name, prompt);
      return prompt;
    },
  };
}

function toPrompt({ audioBytes, durationMs, format, key, levels, wire }: AudioLine): ReadyPrompt {
  return {
    key,
    format: parseFormatName(format),
    wire: shared(Buffer.from(wire, 'latin1')),
    levels: shared(Buffer.from(levels, 'base64')),
    audioBytes,
    durationMs,
  };
}

function shared(bytes: Uint8Array): Uint8Array<SharedArrayBuffer> {
  const memory = new Uint8Array(new SharedArrayBuffer(bytes.length));
  memory.set(bytes);
  return memory;
}

/** Never answers: that is the record's to do. */
function never<Value>(): Promise<Value> {
  return new Promise(() => {});
}

const RECOGNIZER: Recognizer = {
  provider: 'record',
  isLive: false,
  open: () => ({ push: () => {}, end: never }),
};

const UNDERSTANDING: Understanding = { provider: 'record', understand: never };

/** All of a call's parts but those that are the call's own. */
export function stillCallParts(of: {
  readonly speculates: boolean;
  readonly understands: boolean;
}): Omit<CallParts, 'scriptFor' | 'post'> {
  return {
    clock: STILL_CLOCK,
    log,
    store: { commit: never },
    recognizer: RECOGNIZER,
    speculates: of.speculates,
    understanding: of.understands ? UNDERSTANDING : null,
    tally: new VendorTally(),
    wants: new PromptWants(() => {}, []),
    serve: (_callId, work) => work(),
    onClosed: () => {},
  };
}
