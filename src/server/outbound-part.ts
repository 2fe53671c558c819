/** What a stream of an outbound call knows beside what it would of one that came in; of that, nothing. I/O thread; `LiveCall` owns it. */
import { type Dial, isMachine } from '../channel/dial-messages.ts';
import type { Dialed } from '../channel/messages.ts';
import type { Clock } from '../clock.ts';
import { InvalidStateError } from '../errors.ts';
import type { DialStore } from '../store/dial-store.ts';
import { withinDeadline } from './deadline.ts';

/** Somebody has just said hello. */
const DIAL_DEADLINE_MS = 1000;

export interface OutboundParts {
  readonly clock: Clock;
  readonly dials?: Pick<DialStore, 'dialOfCall'>;
}

export class OutboundPart {
  #dialed: Dialed | null = null;
  #isMachine = false;

  /** Null before `load`, and where an earlier stream's state says enough. */
  get dialed(): Dialed | null {
    return this.#dialed;
  }

  /** An answering machine has the call. */
  get isMachine(): boolean {
    return this.#isMachine;
  }

  machineAnswered(): void {
    this.#isMachine = true;
  }

  /** Rejects with InvalidStateError where nobody knows what the call is about. */
  async load(callSid: string, attempt: number, { clock, dials }: OutboundParts): Promise<void> {
    const asked: Promise<Dial | null> = dials?.dialOfCall(callSid) ?? Promise.resolve(null);
    const loaded = await withinDeadline(clock, DIAL_DEADLINE_MS, asked);
    const dial = loaded.kind === 'done' ? loaded.value : null;
    if (dial !== null) {
      const { answeredBy, flowHash, variables } = dial;
      this.#dialed = { flowHash, variables };
      this.#isMachine ||= isMachine(answeredBy);
    } else if (attempt === 0) {
      throw new InvalidStateError('Expected to know what an outbound call is about, received nothing');
    }
  }
}
