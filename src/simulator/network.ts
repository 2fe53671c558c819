/** What a simulated call uses of its carrier. Types only: `SimulatedCarrier` is it, and neither file imports the other. */
import type { Clock } from '../clock.ts';
import type { Random } from './random.ts';
import type { OpenStreamSocket, StreamAddress } from './stream-socket.ts';
import type { Ticker } from './ticker.ts';
import type { WebhookAnswer, WebhookRequest } from './webhook.ts';

export interface Network {
  readonly clock: Clock;
  readonly ticker: Ticker;
  readonly random: Random;
  readonly accountSid: string;
  readonly voiceUrl: string;
  readonly fallbackUrl: string | null;
  /** `ws` streams are taken too. */
  readonly insecure: boolean;
  readonly openSocket: OpenStreamSocket;
  /** `prefix` and 32 hex digits. */
  newSid(prefix: string): string;
  fetch(request: WebhookRequest): Promise<WebhookAnswer>;
  streamAddress(url: string): StreamAddress;
  /** Counts a socket; the function it returns takes it off again. */
  socketOpened(): () => void;
  callEnded(call: object): void;
}
