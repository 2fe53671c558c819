/** Calls that came back and wait for the version of the flow that they began with. Their messages wait with them. Call worker. */
import type { CallId, ToCall } from '../channel/messages.ts';
import type { EarlierFlows } from './earlier-flows.ts';

/** Nothing is asked of the caller yet: what may come are keys that they press meanwhile, and the end. */
const HELD_MESSAGES_MAX = 64;

export class Arrivals {
  readonly #flows: Pick<EarlierFlows, 'lacks' | 'fetch'>;
  readonly #admit: (message: ToCall) => void;
  readonly #held = new Map<CallId, ToCall[]>();

  constructor(flows: Pick<EarlierFlows, 'lacks' | 'fetch'>, admit: (message: ToCall) => void) {
    this.#flows = flows;
    this.#admit = admit;
  }

  /** True: it will be admitted later, in order. */
  holds(message: ToCall): boolean {
    const held = this.#held.get(message.callId);
    if (held !== undefined) {
      if (held.length < HELD_MESSAGES_MAX || message.kind === 'call.ended') held.push(message);
      return true;
    }
    if (message.kind !== 'call.started' || !this.#flows.lacks(message.call)) return false;
    this.#held.set(message.callId, [message]);
    void this.#flows.fetch(message.call).then(() => {
      const messages = this.#held.get(message.callId) ?? [];
      this.#held.delete(message.callId);
      for (const one of messages) this.#admit(one);
    });
    return true;
  }
}
