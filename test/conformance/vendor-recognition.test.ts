/**
 * FAULTS.md, section P: what recognizers do on bad days, each in a whole call. The caller says yes twice; after it comes a
 * fresh caller. Each test has a server and a vendor of its own, and they run several at a time.
 */
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import {
  type FaultSource,
  faultQueue,
  htmlReply,
  jsonReply,
  type VendorFault,
} from '../../src/simulator/vendors/vendor-fault.ts';
import { toTelephone } from '../support/caller-speech.ts';
import { SharedRig } from '../support/shared-rig.ts';
import { join, silence, whiteNoise } from '../support/signals.ts';
import { SILENCE_MAX_MS, type VendorCall, VendorRig, type VendorRigOptions } from '../support/vendor-rig.ts';

/** With the wait for the tests before it. */
const TIMEOUT_MS = 180_000;

const failing = (status: number, code: string, headers: Record<string, string> = {}): VendorFault => ({
  kind: 'reply',
  reply: jsonReply(status, { error: { message: code, type: 'error', param: null, code } }, headers),
});
const replying = (body: string, contentType = 'application/json'): VendorFault => ({
  kind: 'reply',
  reply: { status: 200, headers: { 'content-type': contentType }, body },
});

const RATE_LIMITED = failing(429, 'rate_limit_exceeded', { 'retry-after': '1' });
const HANG: VendorFault = { kind: 'hang', after: 'request' };

/** A server that several tests share, each with one fault in the first transcription of its call. */
function oneFaultAtATime(tests: number) {
  const faults: VendorFault[] = [];
  const shared = new SharedRig(tests, (atEnd) => startWith(() => faults.shift() ?? null, atEnd));
  return (
    fault: VendorFault,
    check: (rig: VendorRig, call: VendorCall, requests: number) => Promise<void>,
  ): Promise<void> =>
    shared.turn(async (rig) => {
      faults.push(fault);
      const before = rig.openAi.utterances.length;
      const call = await rig.call();
      await check(rig, call, rig.openAi.utterances.length - before);
    });
}

type AtEnd = (close: () => Promise<void>) => void;

/** A server whose vendor does these things to the first transcriptions, then behaves. */
function startWith(
  faults: readonly VendorFault[] | FaultSource,
  atEnd: AtEnd,
  options: VendorRigOptions = {},
): Promise<VendorRig> {
  const source = typeof faults === 'function' ? faults : faultQueue(faults);
  const fault: FaultSource = (request) => (request.path.endsWith('/transcriptions') ? source(request) : null);
  return VendorRig.start(
    {
      ...options,
      openAi: { fault, ...options.openAi },
      // One request an utterance, unless a test is about more.
      environment: { SPECULATION: 'false', ...options.environment },
    },
    atEnd,
  );
}

/** Everything that a fault owes whoever meets it. */
async function isSurvived(rig: VendorRig, call: VendorCall): Promise<void> {
  expect(call.report).toMatchObject({ endedBy: 'server', errors: [], warnings: [] });
  expect(Math.max(...call.waitsMs)).toBeLessThanOrEqual(SILENCE_MAX_MS);
  await rig.nothingIsLeft();
  await rig.rig.freshCallerIsServed();
}

const BOTH = { outcome: 'both', endReason: 'completed', answers: { first: true, second: true } };

describe.concurrent('one fault, after which the vendor goes on', { timeout: TIMEOUT_MS }, () => {
  const healing = oneFaultAtATime(5);
  const failingOnce = [oneFaultAtATime(6), oneFaultAtATime(5)];

  it.for<[string, VendorFault]>([
    ['p01: 429 with Retry-After 1', RATE_LIMITED],
    ['p02: one 500', failing(500, 'server_error')],
    ['p03: one reset', { kind: 'reset', after: 'request' }],
    ['p07: one reset in the body', { kind: 'reset', after: 'half-body' }],
    ['p11: one 502 in HTML', { kind: 'reply', reply: htmlReply(502) }],
  ])('%s is asked once more within the turn, and the vendor answers', ([, fault]) =>
    healing(fault, async (rig, call, requests) => {
      expect(call.record).toMatchObject(BOTH);
      expect(requests).toBe(3);
      await isSurvived(rig, call);
    }),
  );

  it.for<[string, VendorFault, 0 | 1]>([
    ['p04: an answer 6 s late', { kind: 'late', delayMs: 6000 }, 0],
    ['p05: no answer at all', HANG, 1],
    ['p06: headers, and then no body', { kind: 'hang', after: 'headers' }, 0],
    ['p06: half a body, and then nothing', { kind: 'hang', after: 'half-body' }, 1],
    ['p09: JSON that is cut', { kind: 'cut', keepRatio: 0.5 }, 0],
    ['p09: an empty body', replying(''), 1],
    ['p10: a text that is null', replying('{"text":null}'), 0],
    ['p11: HTML with status 200', { kind: 'reply', reply: htmlReply(200) }, 1],
    ['p12: 200 kB of text', replying(JSON.stringify({ text: 'yes '.repeat(50_000) })), 0],
    ['p14: a text that is a number', replying('{"text":1}'), 1],
    ['p15: Retry-After 600', failing(429, 'rate_limit_exceeded', { 'retry-after': '600' }), 0],
  ])('%s costs one turn its vendor, and the built-in recognizer answers', ([, fault, rigIndex]) =>
    failingOnce[rigIndex]!(fault, async (rig, call, requests) => {
      expect(call.record).toMatchObject(BOTH);
      expect(requests).toBe(2);
      await isSurvived(rig, call);
    }),
  );

  const texts: string[] = [];
  const mishearing = new SharedRig(3, (atEnd) =>
    startWith([], atEnd, { openAi: { transcribe: () => texts.shift() ?? 'yes' } }),
  );

  it.for<[string, string]>([
    ['p08: nothing', ''],
    ['p13: what is made up in silence', 'Thank you for watching!'],
    ['p36: a phantom', 'Thank you.'],
  ])('%s in place of the answer is asked again', ([, text]) =>
    mishearing.turn(async (rig) => {
      texts.push(text);
      const call = await rig.call();
      expect(call.record).toMatchObject(BOTH);
      const said = call.notes.flatMap(({ note }) => (note.kind === 'bot said' ? [note.text] : []));
      expect(said.slice(0, 2)).toEqual(['Are you ready?', 'Pardon?']);
      await isSurvived(rig, call);
    }),
  );
});

describe.concurrent('a vendor that stays away', { timeout: TIMEOUT_MS }, () => {
  it.for<[string, VendorFault]>([
    ['p16: a key that is refused', failing(401, 'invalid_api_key')],
    ['p17: a quota that is spent', failing(429, 'insufficient_quota')],
    ['p38: a model that is retired', failing(404, 'model_not_found')],
  ])(
    '%s is found by one request, told to the operator, and not asked again',
    async ([, fault], { onTestFinished }) => {
      const rig = await startWith(() => fault, onTestFinished);
      const call = await rig.call();
      expect(call.record).toMatchObject(BOTH);
      expect(rig.openAi.utterances).toHaveLength(1);
      expect(await rig.downVendors()).toEqual(['recognizer openai']);
      await isSurvived(rig, call);
    },
  );

  it.for<[string, VendorFault]>([
    ['p18: 500 for ever', failing(500, 'server_error')],
    ['p19: no answer for ever', HANG],
  ])('%s: the next callers do not wait for it', async ([, fault], { onTestFinished }) => {
    const rig = await startWith(() => fault, onTestFinished, { environment: { API_DEADLINE_MS: '1000' } });
    for (let callers = 0; callers < 2; callers++) expect((await rig.call()).record).toMatchObject(BOTH);
    // Three failures, and at the most one trial on the side since.
    expect(rig.openAi.utterances.length).toBeLessThanOrEqual(4);
    const call = await rig.call();
    expect(call.record).toMatchObject(BOTH);
    // The question's own 400 ms, the built-in recognizer, and the frames of the carrier.
    expect(Math.max(...call.waitsMs)).toBeLessThan(1000);
    await isSurvived(rig, call);
  });

  it.for<[string, VendorFault]>([
    ['p18: 500 for ever', failing(500, 'server_error')],
    ['p19: no answer for ever', HANG],
  ])(
    '%s, and nobody else to listen: keys are offered, then a polite end',
    async ([, fault], { onTestFinished }) => {
      const rig = await startWith(() => fault, onTestFinished, {
        environment: { RECOGNIZERS: 'openai', API_DEADLINE_MS: '2000' },
      });
      const call = await rig.call();
      expect(call.record).toMatchObject({ outcome: 'undecided', endReason: 'completed' });
      expect(call.report.endedAtMs).toBeLessThan(45_000);
      const said = call.notes.flatMap(({ note }) => (note.kind === 'bot said' ? [note.text] : []));
      expect(said[1]).toMatch(/keypad.*Press 1 for yes/);
      expect(Math.max(...call.waitsMs)).toBeLessThanOrEqual(SILENCE_MAX_MS);
      const keyed = await rig.call({ answers: { first: '1', second: '1' } });
      expect(keyed.record).toMatchObject(BOTH);
      await isSurvived(rig, keyed);
    },
  );

  it('p37: a host that accepts connections and never speaks costs a turn no silence', async ({
    onTestFinished,
  }) => {
    const sockets: Socket[] = [];
    const mute = createServer((socket) => void sockets.push(socket.on('error', () => {})));
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      mute.close();
    });
    const { port } = mute.address() as AddressInfo;
    const rig = await startWith([], onTestFinished, {
      environment: { OPENAI_BASE_URL: `https://127.0.0.1:${port}/v1` },
    });
    const call = await rig.call();
    expect(call.record).toMatchObject(BOTH);
    await isSurvived(rig, call);
  });

  it('p38: a model that is gone is found at the start', async ({ onTestFinished }) => {
    const rig = await startWith([], onTestFinished, { openAi: { retiredModels: ['gpt-transcribe'] } });
    await rig.checked;
    expect(rig.findings).toEqual([expect.objectContaining({ provider: 'openai', level: 'error' })]);
    expect(rig.findings[0]?.text).toContain('OPENAI_TRANSCRIBE_MODEL');
  });
});

describe.concurrent('what is no speech', { timeout: TIMEOUT_MS }, () => {
  it('p36: never reaches the vendor', async ({ onTestFinished }) => {
    const rig = await startWith([], onTestFinished, { openAi: { transcribe: () => 'Thank you.' } });
    const clicks = toTelephone(join(whiteNoise(40, -20), silence(700), whiteNoise(40, -20), silence(700)));
    const call = await rig.call({ answers: { first: clicks, second: clicks } });
    expect(call.record).toMatchObject({ outcome: 'undecided', endReason: 'completed' });
    expect(rig.openAi.utterances).toEqual([]);
  });
});

describe.concurrent('ways to listen', { timeout: TIMEOUT_MS }, () => {
  it('transcribes in the first pause, and counts what that cost', async ({ onTestFinished }) => {
    const rig = await startWith([], onTestFinished, {
      openAi: { latencyMs: 300 },
      environment: { SPECULATION: 'true' },
    });
    const call = await rig.call();
    expect(call.record).toMatchObject(BOTH);
    expect(await rig.requests()).toMatchObject({
      'recognizer openai ok': 2,
      'recognizer openai speculated': 2,
    });
    await isSurvived(rig, call);
  });

  it('does not where it shall not', async ({ onTestFinished }) => {
    const rig = await startWith([], onTestFinished);
    await rig.call();
    expect(await rig.requests()).toEqual({ 'recognizer openai ok': 2 });
  });

  it('hears the caller live, and by file where that fails', async ({ onTestFinished }) => {
    const rig = await startWith([], onTestFinished, {
      environment: { RECOGNIZERS: 'openai-live,openai,builtin' },
    });
    const call = await rig.call();
    expect(call.record).toMatchObject(BOTH);
    expect(await rig.requests()).toEqual({ 'recognizer openai-live ok': 2 });
    rig.openAi.realtime.breakSessions();
    await isSurvived(rig, call);
  });

  it('has a small model read what no rule reads', async ({ onTestFinished }) => {
    const rig = await startWith([], onTestFinished, {
      environment: { UNDERSTANDING_MODEL: 'gpt-5-mini' },
      openAi: {
        transcribe: () => 'never been readier in my life',
        complete: () => '{"answer":"yes"}',
      },
    });
    const call = await rig.call();
    expect(call.record).toMatchObject(BOTH);
    expect(rig.openAi.chats).toHaveLength(2);
    await isSurvived(rig, call);
  });

  it('listens by a server of its own and speaks by the built-in voice, with no key at all', async ({
    onTestFinished,
  }) => {
    const rig = await startWith([], onTestFinished, {
      environment: { OPENAI_TRANSCRIBE_MODEL: 'whisper-1' },
    });
    const call = await rig.call();
    expect(call.record).toMatchObject(BOTH);
    expect(rig.openAi.utterances[0]).toMatchObject({ model: 'whisper-1', languages: ['en'], keywords: [] });
    expect(rig.openAi.speeches).toEqual([]);
    await isSurvived(rig, call);
  });
});
