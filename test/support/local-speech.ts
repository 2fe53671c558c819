/** What a worker's calls hear by when a test brings the recognizer: no chain and no guard, so that its defects are the call's own. */
import type { SpeechSettings } from '../../src/channel/speech-settings.ts';
import { systemClock } from '../../src/clock.ts';
import type { CallSpeech } from '../../src/speech/call-speech.ts';
import type { Recognizer } from '../../src/speech/recognizer.ts';
import { withDeadline } from '../../src/speech/recognizer-deadline.ts';
import { VendorTally } from '../../src/speech/resilience/vendor-tally.ts';

export function localSpeech(recognizer: Recognizer, settings: SpeechSettings): CallSpeech {
  const timed = (one: Recognizer): Recognizer => withDeadline(one, settings.apiDeadlineMs, systemClock);
  return {
    recognizer: {
      ...timed(recognizer),
      forCall: (callId) => timed(recognizer.forCall?.(callId) ?? recognizer),
    },
    understanding: null,
    speculates: false,
    tally: new VendorTally(),
  };
}
