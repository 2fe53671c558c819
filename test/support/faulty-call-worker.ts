/**
 * Entry of a call worker whose recognizer does what no recognizer should, on cue: the first choice of the question
 * (`test/fixtures/flows/cued.yaml`). Yes and no it leaves to the built-in one. What it was given it tells on a channel.
 */
import { BroadcastChannel, type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { runCallWorker } from '../../src/call/run-call-worker.ts';
import type { CallWorkerStart } from '../../src/channel/worker-start.ts';
import { systemClock } from '../../src/clock.ts';
import { loadBuiltinRecognizer } from '../../src/speech/builtin/load-recognizer.ts';
import type { Recognition, Recognizer } from '../../src/speech/recognizer.ts';
import { localSpeech } from './local-speech.ts';
import { RECOGNITIONS_CHANNEL, type RecognitionNote } from './recognition-notes.ts';

const SLOW_MS = 3000;

const builtin = await loadBuiltinRecognizer();
const channel = new BroadcastChannel(RECOGNITIONS_CHANNEL);
// Else the thread of a test that has ended would be kept by it.
(channel as unknown as { unref(): void }).unref();

function act(cue: string, signal: AbortSignal): string | Promise<string> {
  switch (cue) {
    case 'throw':
      throw new Error('thrown on cue');
    case 'reject':
      return Promise.reject(new Error('rejected on cue'));
    case 'stray':
      setImmediate(() => {
        throw new Error('thrown past every call, on cue');
      });
      return 'stray';
    case 'exit':
      return process.exit(7);
    case 'spin':
      for (;;);
    case 'grow':
      return grow(signal);
    case 'objects':
    case 'map':
    case 'array':
    case 'buffers':
      return growForEver(cue);
    case 'slow':
      return new Promise((resolve) => {
        setTimeout(() => resolve('slow'), SLOW_MS).unref();
      });
    case 'repeat':
      return 'say that again';
    case 'stop':
      return 'please stop calling me';
    default:
      return 'mumble mumble';
  }
}

/** Without a pause: all that sees it is the look at its memory from outside. */
function growForEver(cue: string): never {
  const objects: object[] = [];
  const map = new Map<number, number>();
  const array: number[] = [];
  const buffers: Buffer[] = [];
  for (let at = 0; ; at++) {
    if (cue === 'objects') objects.push({ at, self: [at] });
    else if (cue === 'map') map.set(at, at + 0.5);
    else if (cue === 'array') array.push(at + 0.5);
    else buffers.push(Buffer.alloc(2 ** 20, 1));
  }
}

/** Takes 300 MB a second and lets the thread breathe: it stalls nowhere, and V8's own limit stays out of reach. */
function grow(signal: AbortSignal): Promise<string> {
  const kept: number[][] = [];
  return new Promise((resolve) => {
    const more = (): void => {
      kept.push(new Array<number>(2 * 1024 * 1024).fill(0.5));
      if (signal.aborted && kept.length > 250) resolve('grow');
      else setTimeout(more, 50);
    };
    setTimeout(more, 50);
  });
}

const recognizer: Recognizer = {
  provider: 'faulty',
  isLive: false,
  open(expectation, signal): Recognition {
    const cue = expectation.kind === 'choice' ? (expectation.keywords[0] ?? '') : expectation.kind;
    const tell = (what: RecognitionNote['what'], durationMs: number): void =>
      channel.postMessage({ cue, what, durationMs } satisfies RecognitionNote);
    const inner = builtin.open(expectation, signal);
    let durationMs = 0;
    signal.addEventListener('abort', () => tell('aborted', durationMs));
    return {
      push(audio) {
        durationMs += (audio.samples.length / audio.sampleRateHz) * 1000;
        inner.push(audio);
        // A defect in the middle of a call's own code, with nothing between it and the call.
        if (cue === 'throw') act(cue, signal);
      },
      async end() {
        tell('heard', durationMs);
        if (expectation.kind !== 'choice') return inner.end();
        return { text: await act(cue, signal), confidence: 1, provider: 'faulty' };
      },
    };
  },
};

if (parentPort !== null) {
  const start = workerData as CallWorkerStart;
  runCallWorker({
    start,
    port: parentPort as MessagePort,
    clock: systemClock,
    speech: localSpeech(recognizer, start.settings.speech),
  });
}
