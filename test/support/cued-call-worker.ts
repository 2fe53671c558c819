/**
 * A call worker whose recognizer does on cue what no recognizer should. The cue is the first sample of the utterance;
 * any other utterance is heard as "yes", and of one call as "no".
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { runCallWorker } from '../../src/call/run-call-worker.ts';
import type { CallWorkerStart } from '../../src/channel/worker-start.ts';
import { systemClock } from '../../src/clock.ts';
import type { Recognition, Recognizer } from '../../src/speech/recognizer.ts';
import { localSpeech } from './local-speech.ts';

export const NO_CALL_ID = 77;
export const RECOGNIZER_CUES = { throw: 1, strayThrow: 2, strayRejection: 3, spin: 4 } as const;

const cued: Recognizer = {
  provider: 'cued',
  isLive: false,
  open: () => ({
    push: ({ samples }) => {
      switch (samples[0]) {
        case RECOGNIZER_CUES.throw:
          throw new Error('thrown on cue');
        case RECOGNIZER_CUES.strayThrow:
          setImmediate(() => {
            throw new Error('stray throw');
          });
          break;
        case RECOGNIZER_CUES.strayRejection:
          void Promise.reject(new Error('stray rejection'));
          break;
        case RECOGNIZER_CUES.spin:
          for (;;);
      }
    },
    end: async () => ({ text: 'yes', confidence: 1, provider: 'cued' }),
  }),
  forCall: (callId) => (callId === NO_CALL_ID ? { ...cued, open: hearNo } : cued),
};

function hearNo(): Recognition {
  return { push: () => {}, end: async () => ({ text: 'no', confidence: 1, provider: 'cued' }) };
}

if (parentPort !== null) {
  const start = workerData as CallWorkerStart;
  runCallWorker({
    start,
    port: parentPort as MessagePort,
    clock: systemClock,
    speech: localSpeech(cued, start.settings.speech),
  });
}
