/** A call store in memory, fencing as the real ones do. Tests make it slow, failing or fenced by replacing a method. */

import type { EndReason } from '../../src/channel/messages.ts';
import type {
  CallRecord,
  CallStore,
  CallTurn,
  CommitResult,
  LiveCallPlace,
  NewCall,
  NodeSeen,
} from '../../src/store/call-store.ts';

export class MemoryStore implements CallStore {
  readonly engine = 'memory';
  readonly records = new Map<string, CallRecord>();
  readonly flows = new Map<string, string>();
  /** Every `finish`, in order, as `callSid#attempt reason`. */
  readonly finished: string[] = [];

  async begin(call: NewCall): Promise<'begun' | 'fenced'> {
    const known = this.records.get(call.callSid);
    if (known !== undefined && known.attempt >= call.attempt) return 'fenced';
    this.records.set(call.callSid, {
      direction: 'inbound',
      ...call,
      startedAtWallMs: known?.startedAtWallMs ?? 0,
      endedAtWallMs: null,
      endReason: null,
      outcome: null,
      answers: {},
      transfer: null,
      transferStatus: null,
      state: known?.state ?? null,
    });
    return 'begun';
  }

  async commit(callSid: string, _attempt: number, state: unknown): Promise<CommitResult> {
    const known = this.records.get(callSid);
    if (known !== undefined) this.records.set(callSid, { ...known, state });
    return 'durable';
  }

  async finish(callSid: string, attempt: number, reason: EndReason): Promise<CommitResult> {
    this.finished.push(`${callSid}#${attempt} ${reason}`);
    const known = this.records.get(callSid);
    if (known?.attempt === attempt && known.endReason === null) {
      this.records.set(callSid, { ...known, endReason: reason, endedAtWallMs: 1 });
    }
    return 'durable';
  }

  async load(callSid: string): Promise<CallRecord | null> {
    return this.records.get(callSid) ?? null;
  }

  async list(limit: number): Promise<readonly CallRecord[]> {
    return [...this.records.values()].slice(0, limit);
  }

  async turnsOf(): Promise<readonly CallTurn[]> {
    return [];
  }

  async putFlow({ hash, text }: { hash: string; text: string }): Promise<CommitResult> {
    this.flows.set(hash, text);
    return 'durable';
  }

  async loadFlow(hash: string): Promise<string | null> {
    return this.flows.get(hash) ?? null;
  }

  async liveCalls(): Promise<readonly LiveCallPlace[]> {
    return [];
  }

  async nodes(): Promise<readonly NodeSeen[]> {
    return [];
  }

  async close(): Promise<void> {}
}
