/**
 * The process that is killed: a store thread as the server has it, and calls that begin, commit turns and end as fast as
 * they are answered. Each write that was confirmed as durable is a line on standard output, written before anything else.
 * `workerData` of the store thread is the argument, as JSON.
 */
import { writeSync } from 'node:fs';
import type { StoreWorkerStart } from '../../src/channel/store-messages.ts';
import { systemClock } from '../../src/clock.ts';
import { StoreClient } from '../../src/store/store-client.ts';
import { StoreLink } from '../../src/store-link.ts';
import { silentLog } from '../support/silent-log.ts';

const CALLS_AT_ONCE = 50;
const TURNS_A_CALL = 6;

const [startText = '', name = ''] = process.argv.slice(2);
const start = JSON.parse(startText) as StoreWorkerStart;
const link = new StoreLink(
  new URL('../../src/store/store-worker.ts', import.meta.url),
  start,
  silentLog,
  (error) => {
    throw error;
  },
);
await link.opened;
/** As many as a server has threads that write: one I/O thread, two call workers. */
const [io, ...workers] = [1, 2, 3].map(
  () => new StoreClient(link.openPort(), { clock: systemClock, log: silentLog }),
);
let calls = 0;
const confirm = (line: string): void => void writeSync(1, `${line}\n`);
confirm('open');
for (let caller = 0; caller < CALLS_AT_ONCE; caller++) void call(workers[caller % workers.length]!);

async function call(worker: StoreClient): Promise<void> {
  for (;;) {
    const callSid = `${name}-${++calls}`;
    const begun = await io!.begin({ callSid, attempt: 0, from: '+1', to: '+2', flowHash: 'f' });
    if (begun === 'begun') confirm(`begun ${callSid}`);
    for (let turn = 1; turn <= TURNS_A_CALL; turn++) {
      const nowWallMs = systemClock.wallMs();
      const result = await worker.commit(
        callSid,
        0,
        { turn },
        {
          outcome: turn === TURNS_A_CALL ? 'eligible' : null,
          answers: { turn },
          turn: {
            listenId: turn,
            nodeId: 'age',
            askedAtWallMs: nowWallMs,
            answeredAtWallMs: nowWallMs,
            how: 'speech',
            heard: 'seventy',
            value: 70,
            playout: { sentMs: 100, heardMs: 100, answerBeganAtWallMs: null },
          },
        },
      );
      if (result === 'durable') confirm(`turn ${callSid} ${turn}`);
    }
    if ((await io!.finish(callSid, 0, 'completed')) === 'durable') confirm(`ended ${callSid}`);
  }
}
