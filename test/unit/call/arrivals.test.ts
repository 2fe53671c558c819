import { setImmediate as endOfTick } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Arrivals } from '../../../src/call/arrivals.ts';
import { EarlierFlows } from '../../../src/call/earlier-flows.ts';
import type { CallStart, ToCall } from '../../../src/channel/messages.ts';
import { createFlowSet } from '../../../src/flow/flow-set.ts';
import { loadFlow } from '../../../src/flow/load-flow.ts';
import { keptLog } from '../../support/silent-log.ts';

const TEXT =
  'flow: bye\nversion: 1\nlanguage: en\nstart: bye\nnodes:\n  bye: { kind: end, outcome: x, text: Bye. }\n';
const OLD_TEXT = TEXT.replace('Bye.', 'So long.');
const flowOf = (text: string) => loadFlow(text, 'bye.yaml', { directory: '/flows', checkAudio: () => null });
const OLD_HASH = flowOf(OLD_TEXT).hash;

const started = (state: unknown, callId = 7): Extract<ToCall, { kind: 'call.started' }> => ({
  kind: 'call.started',
  callId,
  call: {
    callSid: 'CA1',
    streamSid: 'MZ1',
    attempt: 1,
    from: '',
    to: '',
    playFormat: 'mulaw-8000',
    state,
  } as CallStart,
});

function arrivalsUnderTest(textOf: (hash: string) => Promise<string | null>) {
  const { log, lines } = keptLog();
  const flows = new EarlierFlows(createFlowSet([flowOf(TEXT)]), textOf, log);
  const admitted: ToCall[] = [];
  const arrivals = new Arrivals(flows, (message) => admitted.push(message));
  const receive = (message: ToCall) => void (arrivals.holds(message) || admitted.push(message));
  return { flows, admitted, receive, lines };
}

describe('a call that comes back after its flow was changed', () => {
  it('waits for the version it began with, its messages behind it', async () => {
    const asked: string[] = [];
    const { flows, admitted, receive } = arrivalsUnderTest(async (hash) => {
      asked.push(hash);
      return OLD_TEXT;
    });
    const start = started({ flowHash: OLD_HASH });
    receive(start);
    receive({ kind: 'call.ended', callId: 7, reason: 'caller hung up' });
    expect(admitted).toEqual([]);
    await endOfTick();
    expect(admitted.map(({ kind }) => kind)).toEqual(['call.started', 'call.ended']);
    expect(flows.flowOf(start.call)?.hash).toBe(OLD_HASH);
    receive(started({ flowHash: OLD_HASH }, 8));
    expect(admitted).toHaveLength(3);
    expect(asked).toEqual([OLD_HASH]);
  });

  it('waits with others for one reading of it', async () => {
    const asked: string[] = [];
    const { admitted, receive } = arrivalsUnderTest(async (hash) => {
      asked.push(hash);
      return OLD_TEXT;
    });
    for (const callId of [7, 8, 9]) receive(started({ flowHash: OLD_HASH }, callId));
    await endOfTick();
    expect(admitted.map(({ callId }) => callId)).toEqual([7, 8, 9]);
    expect(asked).toEqual([OLD_HASH]);
  });

  it('begins at once when it is new, or its version is still served', () => {
    const { admitted, receive } = arrivalsUnderTest(async () => null);
    receive(started(null));
    receive(started({ flowHash: flowOf(TEXT).hash }, 8));
    expect(admitted).toHaveLength(2);
  });

  it.each([
    ['was never kept', async () => null],
    ['cannot be read', async () => 'flow: ['],
    ['is in a store that does not answer', () => Promise.reject(new Error('no answer'))],
  ])('goes on all the same where its version %s, and the log says so', async (_, textOf) => {
    const { flows, admitted, receive, lines } = arrivalsUnderTest(textOf);
    const start = started({ flowHash: OLD_HASH });
    receive(start);
    await endOfTick();
    expect(admitted).toEqual([start]);
    expect(flows.flowOf(start.call)).toBeUndefined();
    expect(lines()).toMatchObject([{ event: 'flow.missing', callSid: 'CA1' }]);
  });
});
