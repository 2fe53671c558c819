/**
 * FAULTS.md, section P: what voices do on bad days, each in a whole call. The flow `spoken` asks a question that names the
 * caller's number: it is spoken while they wait. Each test has a server and vendors of its own, and they run several at a time.
 */
import { describe, expect, it } from 'vitest';
import {
  faultQueue,
  htmlReply,
  jsonReply,
  type VendorFault,
} from '../../src/simulator/vendors/vendor-fault.ts';
import { mp3Fixture } from '../support/elevenlabs-rig.ts';
import { SharedRig } from '../support/shared-rig.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { SILENCE_MAX_MS, type VendorCall, VendorRig, type VendorRigOptions } from '../support/vendor-rig.ts';

/** With the wait for the tests before it. */
const TIMEOUT_MS = 180_000;
const BOTH = { outcome: 'both', endReason: 'completed', answers: { first: true, second: true } };

const failing = (statusCode: number, status: string, headers: Record<string, string> = {}): VendorFault => ({
  kind: 'reply',
  reply: jsonReply(statusCode, { detail: { status, message: status } }, headers),
});
const replying = (contentType: string, body: string): VendorFault => ({
  kind: 'reply',
  reply: { status: 200, headers: { 'content-type': contentType }, body },
});
const HANG: VendorFault = { kind: 'hang', after: 'request' };

let callers = 0;

/** Who calls the flow that names their number: what was spoken for one is no use to the next. */
function anotherCaller() {
  callers += 1;
  return { number: 'spoken', from: `+1202555${String(callers).padStart(4, '0')}` } as const;
}

type AtEnd = (close: () => Promise<void>) => void;

/** A server whose fixed prompts are made; from then on the voice does these things, one a request, or all of them that. */
async function startedWith(
  atEnd: AtEnd,
  faults: readonly VendorFault[] | VendorFault,
  options: VendorRigOptions = {},
): Promise<VendorRig> {
  let isStarted = false;
  const queue = Array.isArray(faults)
    ? faultQueue(faults as readonly VendorFault[])
    : () => faults as VendorFault;
  const rig = await VendorRig.start(
    {
      ...options,
      elevenLabs: { fault: (request) => (isStarted ? queue(request) : null), ...options.elevenLabs },
      environment: { API_DEADLINE_MS: '2000', ...options.environment },
    },
    atEnd,
  );
  await rig.checked;
  isStarted = true;
  return rig;
}

/** A server that several tests share, each with its own faults in the first that is spoken for its call. */
function faultsInTurn(tests: number, environment: Readonly<Record<string, string>> = {}) {
  const waiting: VendorFault[] = [];
  const shared = new SharedRig(tests, (atEnd) =>
    startedWith(atEnd, [], { environment, elevenLabs: { fault: () => waiting.shift() ?? null } }),
  );
  return (
    faults: readonly VendorFault[],
    check: (rig: VendorRig, call: VendorCall, requests: number) => Promise<void>,
  ): Promise<void> =>
    shared.turn(async (rig) => {
      waiting.push(...faults);
      const before = rig.elevenLabs!.spoken.length;
      const call = await rig.call(anotherCaller());
      await check(rig, call, rig.elevenLabs!.spoken.length - before);
    });
}

/** Everything that a fault owes whoever meets it. */
async function isSurvived(rig: VendorRig, call: VendorCall): Promise<void> {
  expect(call.report).toMatchObject({ endedBy: 'server', errors: [], warnings: [] });
  expect(call.report.firstAudioAtMs).toBeLessThanOrEqual(SILENCE_MAX_MS);
  expect(Math.max(0, ...call.waitsMs)).toBeLessThanOrEqual(SILENCE_MAX_MS);
  await rig.nothingIsLeft();
  await rig.rig.freshCallerIsServed();
}

describe.concurrent('a fault of the voice while a caller waits', { timeout: TIMEOUT_MS }, () => {
  const healing = faultsInTurn(5);
  const failingOnce = [
    faultsInTurn(4),
    faultsInTurn(4),
    faultsInTurn(1, { ELEVENLABS_OUTPUT_FORMAT: 'pcm_16000' }),
  ];

  it.for<[string, readonly VendorFault[]]>([
    ['p20: 429 with Retry-After 1', [failing(429, 'system_busy', { 'retry-after': '1' })]],
    ['p21: one 500', [failing(500, 'internal_server_error')]],
    ['p22: one reset in the body', [{ kind: 'reset', after: 'half-body' }]],
    ['p35: too many requests at once, twice', Array(2).fill(failing(429, 'too_many_concurrent_requests'))],
  ])('%s is asked once more, and the vendor speaks', ([, faults]) =>
    healing(faults, async (rig, call, requests) => {
      expect(call.record).toMatchObject(BOTH);
      // The question, with what was asked again, and the goodbye.
      expect(requests).toBe(faults.length + 2);
      await isSurvived(rig, call);
    }),
  );

  it.for<[string, VendorFault, 0 | 1 | 2]>([
    ['p24: a body that hangs', { kind: 'hang', after: 'half-body' }, 0],
    ['p25: speech slower than it is heard', { kind: 'trickle', pieceBytes: 400, everyMs: 200 }, 1],
    ['p26: JSON with status 200', { kind: 'reply', reply: jsonReply(200, { detail: 'no' }) }, 0],
    ['p26: JSON that calls itself audio', replying('audio/basic', '{"detail":{"status":"error"}}'), 1],
    ['p27: HTML with status 200', { kind: 'reply', reply: htmlReply(200) }, 0],
    ['p28: nothing with status 200', replying('audio/basic', ''), 1],
    ['p29: half a sample', { kind: 'odd' }, 2],
    ['p30: audio without end', { kind: 'endless' }, 1],
    ['p32: no answer at all', HANG, 0],
  ])('%s is never played: another voice speaks', ([, fault, rigIndex]) =>
    failingOnce[rigIndex]!([fault], async (rig, call) => {
      expect(call.record).toMatchObject(BOTH);
      await isSurvived(rig, call);
    }),
  );

  it.for<[string, VendorFault]>([
    ['p31: a quota that is spent, as 401', failing(401, 'quota_exceeded')],
    ['p31: a quota that is spent, as 400', failing(400, 'quota_exceeded')],
  ])('%s takes the vendor out at once: another voice speaks', async ([, fault], { onTestFinished }) => {
    const rig = await startedWith(onTestFinished, fault);
    const before = rig.elevenLabs!.spoken.length;
    const call = await rig.call(anotherCaller());
    expect(call.record).toMatchObject(BOTH);
    expect(rig.elevenLabs!.spoken.length - before).toBe(1);
    expect(await rig.downVendors()).toEqual(['synthesizer elevenlabs']);
    await isSurvived(rig, call);
  });

  it('p23: speech that is cut is heard as far as it came', () =>
    healing([{ kind: 'cut', keepRatio: 0.5 }], async (rig, call) => {
      expect(call.record).toMatchObject(BOTH);
      await isSurvived(rig, call);
    }));

  it('p32: a voice that hangs for ever is passed over by the next callers', async ({ onTestFinished }) => {
    const rig = await startedWith(onTestFinished, HANG);
    for (let count = 0; count < 3; count++)
      expect((await rig.call(anotherCaller())).record).toMatchObject(BOTH);
    expect(await rig.downVendors()).toEqual(['synthesizer elevenlabs']);
    const call = await rig.call(anotherCaller());
    expect(call.report.firstAudioAtMs).toBeLessThan(1500);
    await isSurvived(rig, call);
  });

  it('p33: both vendors dead leave the built-in parts, and the call its result', async ({
    onTestFinished,
  }) => {
    const rig = await startedWith(onTestFinished, HANG, {
      openAi: { fault: ({ path }) => (path.endsWith('/transcriptions') ? HANG : null) },
    });
    const call = await rig.call(anotherCaller());
    expect(call.record).toMatchObject(BOTH);
    await isSurvived(rig, call);
  });

  it('p33: no voice at all is left to the carrier, which says so', async ({ onTestFinished }) => {
    const rig = await startedWith(onTestFinished, failing(401, 'invalid_api_key'), {
      environment: { SYNTHESIZERS: 'elevenlabs' },
    });
    const call = await rig.call(anotherCaller());
    expect(call.record).toMatchObject({ outcome: null, endReason: 'call failed' });
    expect(call.report.verbs.map(({ name, text }) => [name, text])).toContainEqual([
      'Say',
      'Sorry, something went wrong on our side. Goodbye.',
    ]);
    await rig.nothingIsLeft();
    await rig.rig.freshCallerIsServed();
  });
});

describe.concurrent('a fault of the voice at the start', { timeout: TIMEOUT_MS }, () => {
  it.for<[string, VendorFault]>([
    ['p34: a key that is refused', failing(401, 'invalid_api_key')],
    ['p34: 500 for ever', failing(500, 'internal_server_error')],
    ['p34: no answer for ever', HANG],
  ])('%s: the built-in voice stands in', async ([, fault], { onTestFinished }) => {
    const rig = await VendorRig.start({ elevenLabs: { fault: () => fault } }, onTestFinished);
    const call = await rig.call();
    expect(call.record).toMatchObject(BOTH);
    expect(await rig.downVendors()).toEqual(['synthesizer elevenlabs']);
    await isSurvived(rig, call);
  });

  it('p35: a plan of two requests at once makes every prompt all the same', async ({ onTestFinished }) => {
    const rig = await VendorRig.start(
      { elevenLabs: { concurrencyMax: 2, latencyMs: 50 }, environment: { ELEVENLABS_CONCURRENCY: '4' } },
      onTestFinished,
    );
    expect(rig.elevenLabs!.speakingMax).toBe(2);
    expect(await rig.requests()).not.toHaveProperty('synthesizer builtin ok');
    expect(await rig.downVendors()).toEqual([]);
  });
});

describe.concurrent('a voice on a good day', { timeout: TIMEOUT_MS }, () => {
  it.for(['ulaw_8000', 'pcm_16000', 'mp3_44100_128'])(
    'speaks from the greeting to the result as %s',
    async (format, { onTestFinished }) => {
      const rig = await startedWith(onTestFinished, [], {
        elevenLabs: { mp3: mp3Fixture },
        environment: { ELEVENLABS_OUTPUT_FORMAT: format },
      });
      const call = await rig.call(anotherCaller());
      expect(call.record).toMatchObject(BOTH);
      expect(new Set(rig.elevenLabs!.spoken.map(({ outputFormat }) => outputFormat))).toEqual(
        new Set([format]),
      );
      expect(await rig.downVendors()).toEqual([]);
      const before = rig.elevenLabs!.spoken.length;
      // A call that says only fixed prompts asks for nothing.
      expect((await rig.call()).record).toMatchObject(BOTH);
      expect(rig.elevenLabs!.spoken).toHaveLength(before);
      await isSurvived(rig, call);
    },
  );

  it('is asked for nothing by a server that starts again', async ({ onTestFinished }) => {
    const environment = { DATA_DIR: temporaryFolder(onTestFinished) };
    const first = await VendorRig.start({ elevenLabs: {}, environment }, onTestFinished);
    expect(first.elevenLabs!.spoken).not.toEqual([]);
    await first.rig.trunkline.close();
    const second = await VendorRig.start({ elevenLabs: {}, environment }, onTestFinished);
    expect(second.elevenLabs!.spoken).toEqual([]);
  });
});
