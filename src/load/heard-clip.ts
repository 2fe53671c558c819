/**
 * How the server's own ear takes a clip: run once through the addon's StreamReceiver, frame by frame, as the server does
 * while it plays a prompt. A barge-in is counted from the frame that shows speech, not from the first sound: what is still
 * to be told from a breath or from the prompt's own echo, no ear can know.
 */
import { RECEIVED } from '../audio/addon-types.ts';
import { TELEPHONE_FORMAT } from '../audio/audio-format.ts';
import { createStreamReceiver } from '../audio/stream-receiver.ts';
import { MULAW_SILENCE } from '../simulator/mulaw.ts';

const FRAME_BYTES = 160;
const FRAME_MS = 20;
/** Before the clip: the noise floor has settled. */
const QUIET_FRAMES = 100;
/** What a voice may be while it is spoken over: in a pause, and from a soft syllable to the loudest of the built-in ones. */
const PROMPTS_DBFS = [-60, -20, -12, -6] as const;
/** They matter to the end of an utterance only. */
const LISTEN = { endOfSpeechMs: 400, maxUtteranceMs: 4000, provisionalMs: 0, chunkMs: 0 };

/**
 * Where the frame begins, in the clip, with which the receiver says that the caller speaks. Null: it never does, or sooner over
 * a soft syllable of the prompt than over a loud one, so that nobody knows which frame it was in a call.
 */
export function speechShownAtMs(mulaw: Uint8Array): number | null {
  const [first = null, ...others] = PROMPTS_DBFS.map((promptDbfs) => shownOverMs(mulaw, promptDbfs));
  return others.every((shownMs) => shownMs === first) ? first : null;
}

function shownOverMs(mulaw: Uint8Array, promptDbfs: number): number | null {
  const receiver = createStreamReceiver(TELEPHONE_FORMAT);
  try {
    receiver.listen(LISTEN);
    const quiet = new Uint8Array(FRAME_BYTES).fill(MULAW_SILENCE);
    for (let frame = 0; frame < QUIET_FRAMES; frame += 1) receiver.receiveAudio(quiet, promptDbfs);
    for (let at = 0; at + FRAME_BYTES <= mulaw.length; at += FRAME_BYTES) {
      const found = receiver.receiveAudio(mulaw.subarray(at, at + FRAME_BYTES), promptDbfs);
      if ((found & RECEIVED.speechStarted) !== 0) return (at / FRAME_BYTES) * FRAME_MS;
    }
    return null;
  } finally {
    receiver.close();
  }
}
