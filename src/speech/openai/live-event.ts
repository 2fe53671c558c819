/** The events of the Realtime API that matter to a transcription; everything else it says is passed over. */
import type { ProviderError } from '../../errors.ts';
import { toEventError, toUnusable } from './openai-failure.ts';

export type LiveEvent =
  | { readonly kind: 'transcript'; readonly itemId: string; readonly text: string }
  | { readonly kind: 'committed'; readonly itemId: string }
  | { readonly kind: 'failure'; readonly error: ProviderError }
  | { readonly kind: 'other' };

const OTHER: LiveEvent = { kind: 'other' };
const TRANSCRIPTION = 'conversation.item.input_audio_transcription';

/** Never throws, whatever came. */
export function parseLiveEvent(text: string, provider: string): LiveEvent {
  let event: { readonly [name: string]: unknown } | null;
  try {
    event = JSON.parse(text);
  } catch {
    return failure(toUnusable(provider, 'an event that is no JSON'));
  }
  const type = typeof event === 'object' && event !== null ? event['type'] : undefined;
  if (event === null || typeof type !== 'string') {
    return failure(toUnusable(provider, 'an event without a type'));
  }
  const { item_id: itemId, transcript, error } = event;
  switch (type) {
    case 'input_audio_buffer.committed':
      return typeof itemId === 'string' ? { kind: 'committed', itemId } : OTHER;
    case `${TRANSCRIPTION}.completed`:
      if (typeof transcript !== 'string' || typeof itemId !== 'string') {
        return failure(toUnusable(provider, 'a transcript that is no text'));
      }
      return { kind: 'transcript', itemId, text: transcript };
    case `${TRANSCRIPTION}.failed`:
    case 'error':
      return failure(toEventError(provider, error));
    default:
      return OTHER;
  }
}

function failure(error: ProviderError): LiveEvent {
  return { kind: 'failure', error };
}
