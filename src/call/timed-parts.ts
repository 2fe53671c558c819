/** A call's parts, with what it asks of them timed. What they give is passed on as it is, a throw too. Call worker. */
import type { Recognition, Recognizer } from '../speech/recognizer.ts';
import type { CallParts } from './call.ts';
import type { TurnTimes } from './turn-times.ts';

export function timedParts(parts: CallParts, times: TurnTimes): CallParts {
  const { post, recognizer, store, understanding } = parts;
  return {
    ...parts,
    recognizer: timedRecognizer(recognizer, times),
    understanding:
      understanding === null
        ? null
        : {
            provider: understanding.provider,
            async understand(question, transcript, signal) {
              const beganAtMs = times.nowMs();
              try {
                return await understanding.understand(question, transcript, signal);
              } finally {
                if (!signal.aborted) times.understandingEnded(beganAtMs);
              }
            },
          },
    store: {
      async commit(callSid, attempt, state, decided, move) {
        const askedAtMs = times.committing(decided.outcome, decided.turn);
        const result = await store.commit(callSid, attempt, state, decided, move);
        times.committed(askedAtMs, result === 'durable');
        return result;
      },
    },
    post(message) {
      times.ordered(message);
      post(message);
    },
  };
}

function timedRecognizer(recognizer: Recognizer, times: TurnTimes): Recognizer {
  return {
    get provider() {
      return recognizer.provider;
    },
    get isLive() {
      return recognizer.isLive;
    },
    open(expectation, signal) {
      return timedRecognition(recognizer.open(expectation, signal), recognizer.provider, times);
    },
  };
}

function timedRecognition(recognition: Recognition, provider: string, times: TurnTimes): Recognition {
  return {
    push: (audio) => recognition.push(audio),
    async end() {
      const timed = times.recognitionBegan(provider);
      try {
        const transcript = await recognition.end();
        timed.provider = transcript.provider;
        times.recognitionEnded(timed, true);
        return transcript;
      } catch (failure) {
        times.recognitionEnded(timed, false);
        throw failure;
      }
    },
    get tries() {
      return recognition.tries ?? [];
    },
  };
}
