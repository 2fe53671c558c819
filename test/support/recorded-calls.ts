/**
 * Calls to a Trunkline in another process, whose notes are out of reach: callers answer by the question that the call's
 * record says is being asked.
 */
import { expect, vi } from 'vitest';
import type { FlowState } from '../../src/flow/state.ts';
import type { CallerControls } from '../../src/simulator/caller.ts';
import type { CallOptions, SimulatedCall } from '../../src/simulator/simulated-call.ts';
import type { SimulatedCarrier } from '../../src/simulator/simulated-carrier.ts';
import type { CallTurn, KeptCall } from '../../src/store/call-store.ts';
import type { SqlStore } from '../../src/store/sql-store.ts';
import { NUMBERS } from './trunkline-rig.ts';

const TURN_SILENCE_MS = 350;

/** What a caller says or presses, by the node that asks. Several are for its tries in turn, the last one again and again. */
export type ProcessAnswers = Readonly<Record<string, Answer | readonly Answer[]>>;
type Answer = Uint8Array | string;

export class RecordedCalls {
  readonly carrier: SimulatedCarrier;
  readonly store: SqlStore;

  constructor(carrier: SimulatedCarrier, store: SqlStore) {
    this.carrier = carrier;
    this.store = store;
  }

  place(number: keyof typeof NUMBERS, answers: ProcessAnswers, options: CallOptions = {}): SimulatedCall {
    const tries = new Map<string, number>();
    const call = this.carrier.placeCall({
      to: NUMBERS[number],
      timeLimitMs: 90_000,
      ...options,
      caller: {
        silenceMs: TURN_SILENCE_MS,
        onSilence: (caller) => void this.#answer(call.callSid, caller, answers, tries),
      },
    });
    return call;
  }

  record(callSid: string): Promise<KeptCall | null> {
    return this.store.load(callSid);
  }

  records(): Promise<readonly KeptCall[]> {
    return this.store.list(10_000);
  }

  turnsOf(callSid: string): Promise<readonly CallTurn[]> {
    return this.store.turnsOf(callSid);
  }

  /** The call's record once it has an end. Fails after 5 s. */
  finalRecord(callSid: string): Promise<KeptCall> {
    return vi.waitFor(
      async () => {
        const record = await this.store.load(callSid);
        if (record?.endReason == null) throw new Error(`no final record of ${callSid}`);
        return record;
      },
      { timeout: 5000, interval: 50 },
    );
  }

  /** A fresh caller gets TwiML and hears audio: half of what every fault test is for. */
  async freshCallerIsServed(): Promise<void> {
    const call = this.carrier.placeCall({
      to: NUMBERS.short,
      caller: { onAudioStart: (caller) => caller.hangUp() },
      timeLimitMs: 15_000,
    });
    expect(await call.ended).toMatchObject({ endedBy: 'caller', errors: [] });
  }

  async #answer(
    callSid: string,
    caller: CallerControls,
    answers: ProcessAnswers,
    tries: Map<string, number>,
  ): Promise<void> {
    const state = (await this.store.load(callSid))?.state as FlowState | null | undefined;
    const nodeId = state?.nodeId ?? '';
    const listed = answers[nodeId];
    if (listed === undefined) return;
    const tried = tries.get(nodeId) ?? 0;
    tries.set(nodeId, tried + 1);
    const answer = Array.isArray(listed) ? listed[Math.min(tried, listed.length - 1)] : listed;
    if (typeof answer === 'string') caller.press(answer);
    else caller.say(answer);
  }
}
