/** A store thread in this process, and calls that commit turn after turn through it, each as fast as its answers come. */
import { MessageChannel } from 'node:worker_threads';
import { onTestFinished } from 'vitest';
import type { StoreRequest, TurnRecord } from '../../src/channel/store-messages.ts';
import { systemClock } from '../../src/clock.ts';
import type { SqlEngine } from '../../src/store/sql-engine.ts';
import { SqlStore } from '../../src/store/sql-store.ts';
import { StoreClient } from '../../src/store/store-client.ts';
import { StoreThread } from '../../src/store/store-thread.ts';
import { keptLog } from './silent-log.ts';

/** A caller answers no faster. */
const TURN_EVERY_MS = 200;

export class StoreLoad {
  readonly store: SqlStore;
  readonly thread: StoreThread;
  readonly client: StoreClient;
  readonly lines: ReturnType<typeof keptLog>['lines'];
  /** Answers that were given, by kind. */
  readonly answered = { durable: 0, deferred: 0 };
  /** Call -> the last turn that it committed. */
  readonly lastTurns = new Map<string, number>();
  #isOver = false;
  readonly #calls: Promise<void>[] = [];

  constructor(engine: SqlEngine) {
    const { log, lines } = keptLog();
    this.lines = lines;
    this.store = new SqlStore(engine, { keepsResults: true });
    this.thread = new StoreThread({ store: this.store, clock: systemClock, log });
    const { port1, port2 } = new MessageChannel();
    const ask = this.thread.addClient((answer) => port2.postMessage(answer));
    port2.on('message', (request: StoreRequest) => ask(request));
    this.client = new StoreClient(port1, { clock: systemClock, log });
    onTestFinished(async () => {
      this.#isOver = true;
      await Promise.all(this.#calls);
      await this.client.close();
      port2.close();
      await this.store.close();
    });
  }

  begin(calls: number): void {
    for (let index = 0; index < calls; index++) this.#calls.push(this.#call(`CA${index}`));
  }

  /** All calls end. Resolves when nothing is deferred any more. */
  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#calls);
    while (this.client.deferredCount > 0 || (await this.thread.drain(60_000)) > 0) await pause(50);
  }

  /** In words: what is lost or doubled; empty is what is wanted. */
  async faults(): Promise<string[]> {
    const faults: string[] = [];
    for (const [callSid, lastTurn] of this.lastTurns) {
      const call = await this.store.load(callSid);
      const turns = (await this.store.turnsOf(callSid)).map(({ listenId }) => listenId);
      const wanted = Array.from({ length: lastTurn }, (_, index) => index + 1);
      if ((call?.state as { turn: number } | null)?.turn !== lastTurn)
        faults.push(`${callSid} lost its state`);
      if (JSON.stringify(turns) !== JSON.stringify(wanted)) faults.push(`${callSid} has turns ${turns}`);
      if (call?.endReason !== 'completed' || call.resumes !== 0)
        faults.push(`${callSid} has no end, or two beginnings`);
    }
    return faults;
  }

  async #call(callSid: string): Promise<void> {
    await this.client.begin({ callSid, attempt: 0, from: '', to: '', flowHash: 'f' });
    for (let turn = 1; !this.#isOver; turn++) {
      const record: TurnRecord = {
        listenId: turn,
        nodeId: 'age',
        askedAtWallMs: 0,
        answeredAtWallMs: 1,
        how: 'speech',
        heard: 'seventy',
        value: 70,
        playout: { sentMs: 1, heardMs: 1, answerBeganAtWallMs: 1 },
      };
      const decided = { outcome: null, answers: {}, turn: record };
      this.answered[await this.client.commit(callSid, 0, { turn }, decided)] += 1;
      this.lastTurns.set(callSid, turn);
      await pause(TURN_EVERY_MS);
    }
    this.answered[await this.client.finish(callSid, 0, 'completed')] += 1;
  }
}

export function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
