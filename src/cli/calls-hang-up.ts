/** `trunkline calls hang-up`: ends one live call, on whichever node it is, and waits until its record says so. */
import type { Command } from 'commander';
import { type Clock, systemClock } from '../clock.ts';
import { type Config, readConfig } from '../config.ts';
import { StoreError } from '../errors.ts';
import { plain } from './call-text.ts';
import { withCalls } from './calls-store.ts';
import type { Output } from './prompt-progress.ts';

const EXAMPLES = `
Asks every node that shares the store; the one that has the call ends it. Exit code 1 when there is no such call, when it
has ended already, and when it is still on after 10 s. Example:
  npx trunkline calls hang-up CA0123456789abcdef0123456789abcdef`;

/** A call between two streams is heard of by its node only when the next one has come. */
const ASK_EVERY_MS = 2000;
const LOOK_EVERY_MS = 200;
const DEADLINE_MS = 10_000;

export function registerCallsHangUp(calls: Command): void {
  calls
    .command('hang-up <callSid>')
    .description('End a live call, on whichever node it is.')
    .addHelpText('after', EXAMPLES)
    .action((callSid: string) => hangUpCall(readConfig(), callSid, process.stdout, systemClock));
}

/** Rejects with StoreError when there is no such live call, or it does not end. */
export async function hangUpCall(
  config: Config,
  callSid: string,
  output: Output,
  clock: Clock,
): Promise<void> {
  const name = plain(callSid).slice(0, 64);
  const reason = await withCalls(
    config,
    async ({ store, hangUp }) => {
      const call = await store.load(callSid);
      if (call === null)
        throw new StoreError(`Expected a call in the store, received ${name}, which is not there`);
      if (call.endReason !== null)
        throw new StoreError(`Expected a live call, received ${name}, which has ended: ${call.endReason}`);
      for (let waitedMs = 0; waitedMs < DEADLINE_MS; waitedMs += LOOK_EVERY_MS) {
        if (waitedMs % ASK_EVERY_MS === 0) await hangUp(callSid);
        await new Promise<void>((resolve) => {
          clock.setTimer(LOOK_EVERY_MS, resolve);
        });
        const ended = (await store.load(callSid))?.endReason ?? null;
        if (ended !== null) return ended;
      }
      throw new StoreError(
        `Expected an end of ${name} within ${DEADLINE_MS / 1000} s, received none from node ${call.nodeId}; ` +
          'npx trunkline calls live shows whether that node lives',
      );
    },
    'ask',
  );
  output.write(`${name} has ended: ${reason}.\n`);
}
