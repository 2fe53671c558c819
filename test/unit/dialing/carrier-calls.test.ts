import { describe, expect, it } from 'vitest';
import type { CarrierReply, CarrierRequest } from '../../../src/carrier-request.ts';
import type { Dial } from '../../../src/channel/dial-messages.ts';
import { carrierCalls } from '../../../src/dialing/carrier-calls.ts';

const dial: Dial = {
  dialId: `DL${'1'.repeat(32)}`,
  to: '+12025550123',
  from: '+12025550110',
  flowHash: '',
  variables: {},
  machineDetection: 'off',
  askedAtWallMs: 0,
  untilWallMs: 0,
  status: 'placing',
  callSid: null,
  answeredBy: null,
  failure: null,
  updatedAtWallMs: 0,
};
const CALL = `CA${'2'.repeat(32)}`;

function carrier(reply: CarrierReply) {
  const requests: CarrierRequest[] = [];
  const calls = carrierCalls(async (request) => {
    requests.push(request);
    return reply;
  }, 'https://bot.example.org');
  return { calls, requests };
}

const answered = (status: number, body: object): CarrierReply => ({
  kind: 'answered',
  status,
  body: body as Readonly<Record<string, unknown>>,
});

describe('a call that is placed', () => {
  it('is told where to ask, whom to tell, and what to do about machines', async () => {
    const { calls, requests } = carrier(answered(201, { sid: CALL, status: 'queued' }));
    expect(await calls.place(dial)).toMatchObject({
      kind: 'placed',
      call: { callSid: CALL, status: 'queued' },
    });
    await calls.place({ ...dial, machineDetection: 'async' });
    await calls.place({ ...dial, machineDetection: 'sync' });
    const [plain, async_, sync] = requests.map(({ fields }) =>
      fields.map(([name, value]) => `${name}=${value}`),
    );
    expect(plain).toEqual([
      'To=+12025550123',
      'From=+12025550110',
      `Url=https://bot.example.org/voice/outbound/${dial.dialId}#rc=5&rp=all`,
      'Method=POST',
      'FallbackUrl=https://bot.example.org/voice/fallback',
      'FallbackMethod=POST',
      `StatusCallback=https://bot.example.org/voice/outbound-status/${dial.dialId}#rc=5&rp=all`,
      'StatusCallbackMethod=POST',
      'StatusCallbackEvent=initiated',
      'StatusCallbackEvent=ringing',
      'StatusCallbackEvent=answered',
      'StatusCallbackEvent=completed',
      'Timeout=30',
    ]);
    expect(async_!.slice(plain!.length)).toEqual([
      'MachineDetection=DetectMessageEnd',
      'AsyncAmd=true',
      `AsyncAmdStatusCallback=https://bot.example.org/voice/machine/${dial.dialId}#rc=5&rp=all`,
      'AsyncAmdStatusCallbackMethod=POST',
    ]);
    expect(sync!.slice(plain!.length)).toEqual(['MachineDetection=DetectMessageEnd']);
  });

  it.each([
    ['of our account', answered(401, { code: 20003 }), 'refused', /must be of one account.*error 20003/],
    ['of a number that is none', answered(400, { code: 21211 }), 'refused', /no such number/],
    ['in words of its own', answered(400, { code: 21999, message: 'Odd' }), 'refused', /Odd \(error 21999/],
    [
      'in words of its own that name a number',
      answered(400, { code: 21999, message: 'Not allowed to call +12025550123' }),
      'refused',
      /Not allowed to call \+•+ \(error/,
    ],
    ['for now', answered(429, { code: 20429 }), 'later', /HTTP 429/],
    ['of trouble of its own: it may have been carried out', answered(503, {}), 'unknown', /HTTP 503/],
    ['without a name', answered(201, {}), 'unknown', /names no call/],
    [
      'by nobody, who was never reached',
      { kind: 'unsent', reason: 'no answer (ECONNREFUSED)' },
      'later',
      /ECONN/,
    ],
    ['by silence', { kind: 'silent', reason: 'no answer within 5 s' }, 'unknown', /5 s/],
  ] as const)('says what a refusal means: %s', async (_, reply, kind, reason) => {
    const placed = await carrier(reply).calls.place(dial);
    expect(placed.kind).toBe(kind);
    expect(placed).toMatchObject({ reason: expect.stringMatching(reason) });
  });
});

describe('a call that is looked for', () => {
  it('is found by its numbers, whatever else the list holds', async () => {
    const body = {
      calls: [
        { sid: CALL, status: 'ringing', date_created: 'Thu, 26 Nov 2026 18:00:00 +0000', answered_by: null },
        { sid: 'none' },
      ],
    };
    const { calls, requests } = carrier(answered(200, body));
    expect(await calls.find(dial)).toEqual([
      { callSid: CALL, status: 'ringing', answeredBy: null, createdAtWallMs: Date.UTC(2026, 10, 26, 18) },
    ]);
    expect(requests[0]).toMatchObject({ method: 'GET', path: '/Calls.json' });
    expect(await carrier(answered(500, {})).calls.find(dial)).toBeNull();
    expect(await carrier(answered(200, {})).calls.find(dial)).toBeNull();
  });

  it('is there, not there, or not known', async () => {
    const { calls } = carrier(answered(200, { sid: CALL, status: 'completed', answered_by: 'human' }));
    expect(await calls.look(CALL)).toMatchObject({ status: 'completed', answeredBy: 'human' });
    expect(await carrier(answered(404, { code: 20404 })).calls.look(CALL)).toBe('none');
    expect(await carrier({ kind: 'silent', reason: '' }).calls.look(CALL)).toBeNull();
  });
});
