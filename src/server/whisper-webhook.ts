/**
 * `POST /voice/whisper/{callToken}`: somebody has answered a transfer, and is told who comes before the two are joined. The request is
 * of their own leg; the token names the call that is put through. I/O thread.
 */
import type { Transfer } from '../channel/messages.ts';
import type { Clock } from '../clock.ts';
import { say } from '../protocol/plain-twiml.ts';
import { readToken, type TokenClaims } from '../protocol/tokens.ts';
import { WHISPER_PATH } from '../protocol/webhook-paths.ts';
import type { CallStore } from '../store/call-store.ts';
import type { CallDirectory } from './call-directory.ts';
import { twimlAnswer } from './call-door.ts';
import { withinDeadline } from './deadline.ts';
import { type Exchange, textAnswer } from './exchange.ts';
import type { WebhookGate } from './webhook-gate.ts';

export interface WhisperParts {
  readonly gate: WebhookGate;
  readonly directory: Pick<CallDirectory, 'lastEnd'>;
  readonly store: Pick<CallStore, 'load'>;
  readonly clock: Clock;
  readonly sessionKey: Buffer;
}

/** Two people wait. */
const LOAD_DEADLINE_MS = 1000;

export class WhisperWebhook {
  readonly #parts: WhisperParts;

  constructor(parts: WhisperParts) {
    this.#parts = parts;
  }

  async answer(exchange: Exchange): Promise<void> {
    const { clock, gate, sessionKey } = this.#parts;
    if (!gate.admitsOrigin(exchange)) return;
    const token = readToken(exchange.parameter, 'call', sessionKey, clock.wallMs());
    if (token.status === 'malformed' || token.status === 'forged') {
      exchange.answer(textAnswer('404 Not Found', 'There is nothing at this path'));
      return;
    }
    if ((await gate.admit(exchange, WHISPER_PATH + exchange.parameter)) === null) return;
    const transfer = await this.#transferOf(token.claims);
    // Without words they are joined at once.
    exchange.answer(twimlAnswer(say(transfer?.whisper ?? '')));
  }

  async #transferOf({ attempt, callSid }: TokenClaims): Promise<Transfer | null> {
    const { clock, directory, store } = this.#parts;
    const end = directory.lastEnd(callSid);
    // Of an older stream it may be another's: a later one was on another node.
    if (end !== null && end.attempt >= attempt && end.disposition?.kind === 'transfer')
      return end.disposition.transfer;
    const loaded = await withinDeadline(clock, LOAD_DEADLINE_MS, store.load(callSid));
    return loaded.kind === 'done' ? (loaded.value?.transfer ?? null) : null;
  }
}
