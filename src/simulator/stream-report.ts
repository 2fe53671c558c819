/** What is known of one stream of a simulated call, and which of Twilio's errors its end is. */
import type { SocketEnd } from './stream-socket.ts';
import type { Complaint } from './twiml-document.ts';

export type StreamEnd =
  | SocketEnd
  /** We closed it: the caller hung up, or the call was ended otherwise. */
  | { readonly kind: 'stopped' }
  | { readonly kind: 'dropped' };

export interface StreamReport {
  readonly streamSid: string;
  readonly url: string;
  /** Milliseconds since the call was placed, as all of these; null: never came to it. */
  openedAtMs: number | null;
  firstAudioAtMs: number | null;
  endedAtMs: number | null;
  end: StreamEnd | null;
  mediaSent: number;
  /** What the server sent: messages of each kind. */
  mediaReceived: number;
  /** Messages that came after `stop`: there should be none. */
  receivedAfterStop: number;
  readonly marks: MarkReport[];
  readonly clears: { readonly atMs: number; readonly droppedMs: number }[];
}

interface MarkReport {
  readonly name: string;
  readonly receivedAtMs: number;
  echoedAtMs: number | null;
  /** False: a clear discarded the audio before it. */
  heard: boolean;
}

/** The line that Twilio's debugger has of such an end; null: nothing is wrong with it. */
export function complaintAbout(end: StreamEnd): Complaint | null {
  switch (end.kind) {
    case 'refused':
      return { code: end.code, text: end.text };
    case 'broken':
      return end.protocolError
        ? { code: 31924, text: 'WebSocket protocol error' }
        : { code: 31903, text: 'connection broken by the server' };
    case 'closed':
      // 1005 is a close frame without a code: as good as 1000.
      if (end.closeCode === 1000 || end.closeCode === 1005) return null;
      return { code: 31921, text: `server closed with ${end.closeCode}` };
    case 'stopped':
    case 'dropped':
      return null;
  }
}
