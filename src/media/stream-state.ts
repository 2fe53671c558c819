import type { CallId, Disposition, EndReason } from '../channel/messages.ts';

/** Where a media stream is; the transitions stand in `media-stream.ts`. */
export type StreamState =
  | { readonly kind: 'opening' }
  | { readonly kind: 'starting' }
  | { readonly kind: 'live'; readonly callId: CallId }
  | {
      readonly kind: 'finishing';
      readonly reason: EndReason;
      readonly disposition: Disposition;
      /** The reason if the last words are cut. */
      readonly cutReason: EndReason;
    }
  | { readonly kind: 'ended' };
