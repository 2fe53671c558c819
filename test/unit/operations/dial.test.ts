import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { NewDial } from '../../../src/channel/dial-messages.ts';
import { loadFlowFiles } from '../../../src/cli/flow-file.ts';
import { askForCall, DIAL_LIFE_MS, type DialWish } from '../../../src/operations/dial.ts';
import { answerDialRequest } from '../../../src/operations/dial-request.ts';

const flow = (name: string) => fileURLToPath(new URL(`../../fixtures/flows/${name}.yaml`, import.meta.url));
const flows = loadFlowFiles([flow('short'), flow('reminder')].join(','));
const FROM = '+12025550110';
const TO = '+12025550123';

function deskUnderTest(number: string | null = FROM) {
  const put: NewDial[] = [];
  const desk = {
    flows,
    number,
    clock: { wallMs: () => 5000 },
    dials: {
      isDoNotCall: async (wanted: string) => wanted.endsWith('666'),
      put: async (dial: NewDial) => put.push(dial),
    },
  };
  return {
    put,
    ask: (wish: DialWish) => askForCall(wish, desk),
    answer: (body: unknown, key: string | null = null) => answerDialRequest(body, key, desk),
  };
}

describe('asking for a call', () => {
  it('keeps it with the flow that answers the number that calls, and with values of the right kind', async () => {
    const { ask, put } = deskUnderTest();
    await ask({ to: '+1 (202) 555-0123', variables: { name: 'Ana', visits: '3', paid: 'yes' } });
    expect(put).toEqual([
      {
        dialId: expect.stringMatching(/^DL[0-9a-f]{32}$/),
        to: TO,
        from: FROM,
        flowHash: flows.byNumber[FROM]!.hash,
        variables: { name: 'Ana', visits: 3, paid: true },
        machineDetection: 'async',
        askedAtWallMs: 5000,
        untilWallMs: 5000 + DIAL_LIFE_MS,
      },
    ]);
  });

  it('makes of the same key the same call, and of each wish without one its own', async () => {
    const { answer, put } = deskUnderTest();
    for (const key of ['order 1', 'order 1', 'order 2', null, null]) await answer({ to: TO }, key);
    const ids = put.map(({ dialId }) => dialId);
    expect(ids[0]).toMatch(/^DL[0-9a-f]{32}$/);
    expect(ids[1]).toBe(ids[0]);
    expect(new Set(ids).size).toBe(4);
  });

  it('notices machines only where the flow has something to say to them, or it is wanted', async () => {
    const { ask } = deskUnderTest();
    expect(await ask({ to: TO, flow: 'short' })).toMatchObject({ machineDetection: 'off' });
    expect(await ask({ to: TO, flow: 'short', machineDetection: 'sync' })).toMatchObject({
      machineDetection: 'sync',
    });
  });

  it.each([
    [{ to: '911' }, 'to: expected E.164 form, as +12025550123, received "911"'],
    [
      { to: '+44 (0)20 7946 0958' },
      'to: expected E.164 form without the (0), as +442079460958, received "+44 (0)20 7946 0958"',
    ],
    [{ to: FROM }, `to: expected another number than ${FROM}, which is to call`],
    [{ to: TO, from: 'me' }, 'from: expected E.164 form, as +12025550123, received "me"'],
    [{ to: TO, flow: 'remainder' }, 'flow: expected one of short, reminder, received "remainder"'],
    [{ to: TO, variables: { nam: 'Ana' } }, /variables\.nam: .*did you mean name\?/],
    [{ to: TO, variables: { visits: 'many' } }, 'variables.visits: expected a number, received "many"'],
    [{ to: TO, variables: { visits: true } }, 'variables.visits: expected a number, received true'],
    [
      { to: TO, variables: { paid: 'perhaps' } },
      'variables.paid: expected true or false, received "perhaps"',
    ],
    [{ to: TO, variables: { name: 'x'.repeat(201) } }, /at most 200 characters, received 201/],
    [{ to: '+12025550666' }, /do-not-call list/],
  ] as const)('refuses %j, and says which field and why', async (wish, message) => {
    const { ask, put } = deskUnderTest();
    await expect(ask(wish)).rejects.toThrow(message);
    expect(put).toEqual([]);
  });

  it('needs a number that calls', async () => {
    await expect(deskUnderTest(null).ask({ to: TO })).rejects.toThrow(/TWILIO_PHONE_NUMBER/);
    expect(await deskUnderTest(null).ask({ to: TO, from: FROM })).toMatchObject({ from: FROM });
  });
});

describe('the body of a request', () => {
  it('is asked for as it stands', async () => {
    const { answer, put } = deskUnderTest();
    expect(await answer({ to: TO, variables: { visits: 2 } })).toEqual({
      kind: 'asked',
      dialId: put[0]!.dialId,
    });
  });

  it.each([
    [null, /^body: /],
    [{}, /^to: /],
    [{ to: 5 }, /^to: /],
    [{ to: TO, too: 1 }, /too/],
    [{ to: TO, variables: { name: {} } }, /^variables\.name/],
    [{ to: TO, machineDetection: 'maybe' }, /^machineDetection/],
    [{ to: 'nobody' }, /^to: expected E\.164/],
  ] as const)('is refused in words: %j', async (body, reason) => {
    const { answer, put } = deskUnderTest();
    expect(await answer(body)).toEqual({ kind: 'refused', reason: expect.stringMatching(reason) });
    expect(put).toEqual([]);
  });
});
