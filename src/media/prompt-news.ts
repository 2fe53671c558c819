/** What a call is told of its prompts. I/O thread. */
import type { CallId } from '../channel/messages.ts';
import type { MediaStreamHooks } from './media-stream-hooks.ts';
import type { PlaybackHooks } from './playback-state.ts';

/** Play id of a prompt that no call ordered, and of which none is told. A call counts up from 0 or 1, its fillers down from -2. */
export const OWN_PLAY_ID = -1;

/** `callId` answers null until the stream has its call. */
export function promptNews(
  hooks: Pick<MediaStreamHooks, 'post'>,
  callId: () => CallId | null,
): Pick<PlaybackHooks, 'started' | 'ended'> {
  const callOf = (playId: number): CallId | null => (playId === OWN_PLAY_ID ? null : callId());
  return {
    started(playId) {
      const told = callOf(playId);
      if (told !== null) hooks.post({ kind: 'prompt.started', callId: told, playId });
    },
    ended(playId, outcome, playedMs, sentMs) {
      const told = callOf(playId);
      if (told !== null)
        hooks.post({ kind: 'prompt.ended', callId: told, playId, outcome, playedMs, sentMs });
    },
  };
}
