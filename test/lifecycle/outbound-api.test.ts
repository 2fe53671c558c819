/** Outbound calls as an operator asks for them: by `/api`, by the command line; what the carrier refuses, and what callees want. */
import { Writable } from 'node:stream';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { dialNumber } from '../../src/cli/dial.ts';
import { addDoNotCall, listDoNotCall, removeDoNotCall } from '../../src/cli/donotcall.ts';
import type { Output } from '../../src/cli/prompt-progress.ts';
import { systemClock } from '../../src/clock.ts';
import { type Config, parseConfig } from '../../src/config.ts';
import { askedSchema, dialSchema, problemSchema } from '../../src/protocol/api-schemas.ts';
import type { Callee } from '../../src/simulator/outbound-calls.ts';
import { OpenAiVendor } from '../../src/simulator/vendors/openai-vendor.ts';
import { speak } from '../support/caller-speech.ts';
import { ACCOUNT_SID, AUTH_TOKEN, fixtureFlow, ProcessRig, PUBLIC_URL } from '../support/process-rig.ts';

const TOKEN = 'an-admin-token-of-tests';
const FROM = '+12025550110';
const callees = new Map<string, Callee>();
let rig: ProcessRig;
let config: Config;

const says = (mulaw: Uint8Array): Callee => ({
  kind: 'answers',
  call: { caller: { silenceMs: 350, onSilence: (caller) => caller.say(mulaw) }, timeLimitMs: 60_000 },
});

async function startRig(more: Readonly<Record<string, string>> = {}): Promise<void> {
  const environment = {
    FLOW: fixtureFlow('reminder'),
    TWILIO_PHONE_NUMBER: FROM,
    DIALS_PER_SECOND: '10',
    ADMIN_TOKEN: TOKEN,
    ...more,
  };
  rig = await ProcessRig.start({
    outbound: { callee: (to) => callees.get(to) ?? { kind: 'no-answer' } },
    environment,
  });
  config = parseConfig({
    ...environment,
    TWILIO_ACCOUNT_SID: ACCOUNT_SID,
    TWILIO_AUTH_TOKEN: AUTH_TOKEN,
    TWILIO_API_BASE_URL: rig.rest.url,
    PUBLIC_URL,
    DATA_DIR: rig.folder,
    LOG_LEVEL: 'silent',
  });
}

async function ask(path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) {
  const response = await fetch(`http://127.0.0.1:${rig.port}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      Authorization: `Bearer ${TOKEN}`,
      'Content-Type': 'application/json',
      Connection: 'close',
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return {
    status: response.status,
    body: (await response.json()) as unknown,
  };
}

async function place(body: object): Promise<string> {
  const answer = await ask('/api/calls', body);
  expect(answer).toMatchObject({ status: 202 });
  return askedSchema.parse(answer.body).dialId;
}

function ended(dialId: string) {
  return vi.waitFor(
    async () => {
      const { body } = await ask(`/api/dials/${dialId}`);
      const dial = dialSchema.parse(body);
      expect(dial.status).toMatch(/completed|busy|no-answer|failed|refused|expired/);
      return dial;
    },
    { timeout: 60_000, interval: 200 },
  );
}

const paper = () => {
  let said = '';
  const output = new Writable({
    write(chunk: Buffer, _encoding, written) {
      said += chunk.toString();
      written();
    },
  }) as unknown as Output;
  return { output, said: () => said };
};

describe('outbound calls of a running server', { timeout: 120_000 }, () => {
  let yes: Uint8Array;

  beforeAll(async () => {
    yes = await speak('yes');
  });

  it('are asked for and followed by /api, refused in words, and obey who wants no more of them', async () => {
    let heard = 'yes';
    const vendor = await OpenAiVendor.listen({ clock: systemClock, transcribe: () => heard });
    onTestFinished(() => vendor.close());
    await startRig({ OPENAI_API_KEY: vendor.apiKey, OPENAI_BASE_URL: vendor.baseUrl });
    callees.set('+12025553001', says(yes));
    const dialId = await place({ to: '+1 202 555 3001', variables: { name: 'Ana', visits: 2 } });
    expect(await ended(dialId)).toMatchObject({
      status: 'completed',
      to: expect.stringMatching(/•/),
      failure: null,
    });
    const { callSid } = (await rig.store.dials.load(dialId))!;
    expect(await rig.finalRecord(callSid!)).toMatchObject({
      direction: 'outbound',
      from: FROM,
      to: '+12025553001',
      outcome: 'coming',
      answers: { first: true },
    });
    expect(((await rig.record(callSid!))!.state as { variables: object }).variables).toMatchObject({
      name: 'Ana',
      visits: 2,
      paid: false,
    });

    for (const [body, status] of [
      [{ to: '911' }, 422],
      [{ to: '+12025553001', variables: { age: 1 } }, 422],
      ['{', 400],
    ] as const) {
      const refused = await ask('/api/calls', body);
      expect(refused.status).toBe(status);
      expect(problemSchema.parse(refused.body).detail).not.toBe('');
    }
    expect((await ask('/api/calls', { to: FROM }, { Authorization: 'Bearer another' })).status).toBe(401);
    expect((await ask('/api/dials/DL0')).status).toBe(404);

    const headers = { 'Idempotency-Key': 'order 4711' };
    const once = await ask('/api/calls', { to: '+12025553004' }, headers);
    expect(await ask('/api/calls', { to: '+12025553004' }, headers)).toEqual(once);
    await ended(askedSchema.parse(once.body).dialId);
    expect(await ask('/api/calls', { to: '+12025553004' }, headers)).toEqual(once);
    expect((await ask('/api/calls', { to: FROM }, { 'Idempotency-Key': 'k'.repeat(256) })).status).toBe(400);
    expect(rig.rest.outbound.calls.filter(({ to }) => to === '+12025553004')).toHaveLength(1);

    heard = 'Please stop calling me.';
    callees.set('+12025553002', says(yes));
    const unwanted = await place({ to: '+12025553002' });
    await ended(unwanted);
    const { callSid: last } = (await rig.store.dials.load(unwanted))!;
    expect(await rig.finalRecord(last!)).toMatchObject({ outcome: 'opt-out' });
    expect(await ask('/api/calls', { to: '+12025553002' })).toMatchObject({
      status: 422,
      body: { code: 'refused', detail: expect.stringContaining('do-not-call list') },
    });
    expect(await rig.store.dials.doNotCall()).toMatchObject([{ number: '+12025553002', callSid: last }]);
  });

  it("are shown as they go by the command line, with the carrier's reason where they fail", async () => {
    await startRig();
    const run = async (number: string, more: object = {}) => {
      const { output, said } = paper();
      const isAnswered = await dialNumber(
        config,
        number,
        { set: {}, wait: true, ...more },
        output,
        systemClock,
      );
      return { isAnswered, said: said() };
    };
    callees.set('+12025553003', says(yes));
    const answered = await run('+12025553003', { set: { name: 'Ana' } });
    expect(answered.isAnswered).toBe(true);
    expect(answered.said).toMatch(/in-progress.*completed.*CA[0-9a-f]{32}: coming, \d/s);

    expect(await run('+12025553004')).toMatchObject({
      isAnswered: false,
      said: expect.stringMatching(/no-answer/),
    });

    rig.rest.failNext(400, 21211);
    const refused = await run('+12025553005');
    expect(refused).toMatchObject({ isAnswered: false });
    expect(refused.said).toMatch(/failed: HTTP 400: there is no such number to be called \(error 21211/);

    rig.rest.failNext(401, 20003);
    expect((await run('+12025553005')).said).toMatch(
      /failed: HTTP 401: TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN/,
    );

    rig.rest.failNext(429, 20429);
    callees.set('+12025553006', says(yes));
    expect((await run('+12025553006')).said).toMatch(/waiting: HTTP 429.*completed/s);

    // Carried out, and its answer lost: it is found, and not placed again.
    rig.rest.failNext('lost');
    callees.set('+12025553007', says(yes));
    expect(await run('+12025553007')).toMatchObject({ isAnswered: true });
    expect(rig.rest.outbound.calls.filter(({ to }) => to === '+12025553007')).toHaveLength(1);

    const { output, said } = paper();
    await addDoNotCall(config, '+1 202 555 3008', output, systemClock);
    await addDoNotCall(config, '+12025553008', output, systemClock);
    await expect(run('+12025553008')).rejects.toThrow(/do-not-call list/);
    await listDoNotCall(config, false, output);
    await listDoNotCall(config, true, output);
    await removeDoNotCall(config, '+12025553008', output);
    await removeDoNotCall(config, '+12025553008', output);
    expect(said()).toMatch(
      /never called.*already.*\+1•+008 .*put down here.*\+12025553008.*may be called again.*not on the list/s,
    );
    await expect(run('nobody')).rejects.toThrow(/E\.164/);
  });

  it('leave word with machines, told at once or when the call begins, and with nobody twice', async () => {
    await startRig();
    const machine = (by: 'machine_end_beep' | 'fax'): Callee => ({
      kind: 'answers',
      by,
      call: { timeLimitMs: 30_000 },
    });
    callees.set('+12025553011', machine('machine_end_beep'));
    callees.set('+12025553012', machine('machine_end_beep'));
    callees.set('+12025553013', machine('fax'));
    callees.set('+12025553014', says(yes));
    const dialIds = await Promise.all([
      place({ to: '+12025553011' }),
      place({ to: '+12025553012', machineDetection: 'sync' }),
      place({ to: '+12025553013' }),
      place({ to: '+12025553014', machineDetection: 'sync' }),
    ]);
    const outcomes = await Promise.all(
      dialIds.map(async (dialId) => {
        const { answeredBy } = await ended(dialId);
        const { callSid } = (await rig.store.dials.load(dialId))!;
        const { outcome } = await rig.finalRecord(callSid!);
        return [answeredBy, outcome];
      }),
    );
    expect(outcomes).toEqual([
      ['machine_end_beep', 'voicemail'],
      ['machine_end_beep', 'voicemail'],
      ['fax', 'voicemail'],
      ['human', 'coming'],
    ]);
  });
});
