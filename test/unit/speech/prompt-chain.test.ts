import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { TELEPHONE_FORMAT } from '../../../src/audio/audio-format.ts';
import { writeWav } from '../../../src/audio/wav.ts';
import { PromptChain, type PromptRequest } from '../../../src/speech/prompt-chain.ts';
import { PromptFiles } from '../../../src/speech/prompt-files.ts';
import { spokenBy } from '../../../src/speech/spoken.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { toneSamples } from '../../support/prompt-fixture.ts';
import { keptLog, silentLog } from '../../support/silent-log.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { FakeGuard, FakeSynthesizer, failure, settled, voiceOf } from '../../support/voice-fakes.ts';

const never = new AbortController().signal;
const SOURCE = { kind: 'text', text: 'Hello.', voice: 'slt', language: 'en' } as const;
const request = (source: PromptRequest['source'] = SOURCE): PromptRequest => ({
  key: 'key',
  source,
  format: TELEPHONE_FORMAT,
});

async function openFiles(folder = temporaryFolder()) {
  const files = new PromptFiles(folder, 1e8);
  await files.open();
  return files;
}

interface RigOptions {
  readonly first?: FakeSynthesizer;
  readonly second?: FakeSynthesizer;
  readonly files?: PromptFiles | null;
  readonly log?: typeof silentLog;
}

function rig({
  first = new FakeSynthesizer('a'),
  second = new FakeSynthesizer('b'),
  ...about
}: RigOptions = {}) {
  const clock = new FakeClock();
  const guards = [new FakeGuard(), new FakeGuard()] as const;
  const files = about.files ?? null;
  const chain = new PromptChain({
    voices: [
      voiceOf(first, clock, { guard: guards[0], files }),
      voiceOf(second, clock, { guard: guards[1], files }),
    ],
    knownVoices: ['slt', 'rms'],
    urgent: { totalMs: 10_000, exchangeMs: 4000, stallMs: 2500, triesMax: 2, isKept: false },
    clock,
    log: about.log ?? silentLog,
  });
  /** Advances the clock while the making waits for it; whether it ended within `forMs`, and when. */
  const making = async (isUrgent: boolean, forMs: number) => {
    let end: { atMs: number; made?: unknown; error?: unknown } | null = null;
    chain.make(request(), isUrgent, never).then(
      (made) => {
        end = { atMs: clock.nowMs(), made };
      },
      (error: unknown) => {
        end = { atMs: clock.nowMs(), error };
      },
    );
    for (let passedMs = 0; end === null && passedMs <= forMs; passedMs += 50) {
      await settled();
      if (end === null) clock.advanceMs(50);
    }
    await settled();
    return end as { atMs: number; made?: unknown; error?: unknown } | null;
  };
  return { chain, clock, first, second, guards, making };
}

describe('PromptChain', () => {
  it('asks the first vendor, and no other', async () => {
    const { chain, second } = rig();
    expect(await chain.make(request(), true, never)).toMatchObject({ provider: 'a', isStandIn: false });
    expect(second.requests).toEqual([]);
  });

  it("takes the flow's voice where it is the vendor's own, else the vendor's default", async () => {
    const { chain, first } = rig();
    await chain.make(request(), false, never);
    await chain.make(request({ ...SOURCE, voice: 'a-own' }), false, never);
    await chain.make(request({ ...SOURCE, voice: 'b-own' }), false, never);
    expect(first.requests.map(({ voice }) => voice)).toEqual(['a-voice', 'a-own', 'a-voice']);
  });

  it('refuses a voice that nobody knows, and names those that there are', async () => {
    const { chain, first } = rig();
    const misspelt = request({ ...SOURCE, voice: 'alto' });
    for (const asked of [chain.find(misspelt), chain.make(misspelt, true, never)]) {
      await expect(asked).rejects.toMatchObject({
        fault: 'refused',
        message: 'Expected one of slt, rms, or a voice of a or b, for voice, received "alto"',
      });
    }
    expect(first.requests).toEqual([]);
  });

  it.each(['denied', 'refused', 'unusable'] as const)('goes on at once after %s', async (fault) => {
    const { log, lines } = keptLog();
    const { chain, first } = rig({ first: new FakeSynthesizer('a', [], failure(fault)), log });
    expect(await chain.make(request(), true, never)).toMatchObject({ provider: 'b', isStandIn: true });
    expect(first.requests).toHaveLength(1);
    expect(lines()).toMatchObject([{ event: 'prompt.passed-on', provider: 'a' }]);
  });

  it('says what each vendor said when none could, with what the first means', async () => {
    const { chain } = rig({
      first: new FakeSynthesizer('a', [], failure('denied')),
      second: new FakeSynthesizer('b', [], failure('refused')),
    });
    await expect(chain.make(request(), true, never)).rejects.toMatchObject({
      fault: 'denied',
      message: 'denied failure; refused failure',
    });
  });

  it('passes over a vendor that is down, and tries it on the side once it has rested', async () => {
    const { chain, first, guards } = rig();
    guards[0].isUp = false;
    expect(await chain.make(request(), true, never)).toMatchObject({ provider: 'b' });
    expect(first.requests).toHaveLength(0);
    guards[0].isRested = true;
    expect(await chain.make(request(), true, never)).toMatchObject({ provider: 'b' });
    await settled();
    expect([first.requests.length, guards[0].outcomes]).toEqual([1, ['ok']]);
    expect(await chain.make(request(), true, never)).toMatchObject({ provider: 'a' });
  });

  it('ends with the reason of an abort, and asks nobody else', async () => {
    const { chain, second } = rig({ first: new FakeSynthesizer('a', ['hangs']) });
    const abort = new AbortController();
    const made = chain.make(request(), false, abort.signal);
    made.catch(() => {});
    await settled();
    const reason = new Error('gone');
    abort.abort(reason);
    await expect(made).rejects.toBe(reason);
    expect(second.requests).toEqual([]);
  });
});

describe("a caller's time", () => {
  it('gives a vendor that hangs one exchange, then the next one speaks', async () => {
    const { making, first } = rig({ first: new FakeSynthesizer('a', [], 'hangs') });
    expect(await making(true, 10_000)).toMatchObject({
      atMs: 4000,
      made: { provider: 'b', isStandIn: true },
    });
    expect(first.requests).toHaveLength(1);
  });

  it('asks a second time after a passing failure, and not a third', async () => {
    const { making, first } = rig({ first: new FakeSynthesizer('a', [], failure('transient')) });
    expect(await making(true, 10_000)).toMatchObject({ atMs: 200, made: { provider: 'b' } });
    expect(first.requests).toHaveLength(2);
  });

  it('waits as long as a vendor asks for while there is time, and no longer', async () => {
    const soon = rig({ first: new FakeSynthesizer('a', [failure('transient', 2000)]) });
    expect(await soon.making(true, 10_000)).toMatchObject({ atMs: 2000, made: { provider: 'a' } });
    const late = rig({ first: new FakeSynthesizer('a', [failure('transient', 600_000)]) });
    expect(await late.making(true, 10_000)).toMatchObject({ atMs: 0, made: { provider: 'b' } });
  });

  it('asks a busy vendor again until its time is over, and keeps 1.5 s for the last', async () => {
    const busy = rig({
      first: new FakeSynthesizer('a', [failure('busy'), failure('busy'), failure('busy')]),
    });
    expect(await busy.making(true, 10_000)).toMatchObject({ atMs: 750, made: { provider: 'a' } });
    const forEver = rig({ first: new FakeSynthesizer('a', [], failure('busy')) });
    const end = await forEver.making(true, 10_000);
    expect(end).toMatchObject({ made: { provider: 'b' } });
    expect(end?.atMs).toBeLessThanOrEqual(8500);
    expect(end?.atMs).toBeGreaterThan(7900);
  });

  it('counts no try for a busy vendor', async () => {
    const script = [failure('busy'), failure('busy'), failure('transient')];
    const { making } = rig({ first: new FakeSynthesizer('a', script) });
    expect(await making(true, 10_000)).toMatchObject({ atMs: 700, made: { provider: 'a' } });
  });

  it('is over after the turn, whatever hangs', async () => {
    const { making } = rig({
      first: new FakeSynthesizer('a', [], 'hangs'),
      second: new FakeSynthesizer('b', [], 'hangs'),
    });
    expect(await making(true, 12_000)).toMatchObject({ atMs: 8000, error: { code: 'ERR_PROVIDER' } });
  });
});

describe('the time of what is made ahead', () => {
  it('has three more tries, ever later', async () => {
    const { making, first } = rig({ first: new FakeSynthesizer('a', [], failure('transient')) });
    expect(await making(false, 60_000)).toMatchObject({ atMs: 200 + 400 + 800, made: { provider: 'b' } });
    expect(first.requests).toHaveLength(4);
  });

  it('waits half a minute if the vendor asks for it', async () => {
    const { making } = rig({ first: new FakeSynthesizer('a', [failure('transient', 30_000)]) });
    expect(await making(false, 60_000)).toMatchObject({ atMs: 30_000, made: { provider: 'a' } });
  });

  it('gives an exchange 10 s', async () => {
    const { making } = rig({ first: new FakeSynthesizer('a', [], 'hangs') });
    expect(await making(false, 60_000)).toMatchObject({ atMs: 10_000, made: { provider: 'b' } });
  });
});

describe('prompts on disk', () => {
  it('are found without a vendor, if the first one spoke them', async () => {
    const files = await openFiles();
    const before = rig({ files });
    await before.chain.make(request(), false, never);
    const { chain, first } = rig({ files });
    await vi.waitFor(async () =>
      expect(await chain.find(request())).toMatchObject({ provider: 'a', isStandIn: false }),
    );
    expect(first.requests).toEqual([]);
  });

  it('of the next vendor stand in only after the first was asked', async () => {
    const files = await openFiles();
    const down = rig({ files, first: new FakeSynthesizer('a', [], failure('denied')) });
    await down.chain.make(request(), false, never);
    await vi.waitFor(async () =>
      expect(await files.load('key', spokenBy(down.second, SOURCE), TELEPHONE_FORMAT)).not.toBeNull(),
    );
    const still = rig({ files, first: new FakeSynthesizer('a', [], failure('denied')) });
    expect(await still.chain.find(request())).toBeNull();
    expect(await still.chain.make(request(), false, never)).toMatchObject({ provider: 'b', isStandIn: true });
    expect([still.first.requests.length, still.second.requests.length]).toEqual([1, 0]);
    const back = rig({ files });
    expect(await back.chain.make(request(), false, never)).toMatchObject({ provider: 'a', isStandIn: false });
  });

  it('are not needed to speak: a full disk is told once', async () => {
    const files = await openFiles();
    files.save = () => Promise.reject(new Error('ENOSPC'));
    const { log, lines } = keptLog();
    const clock = new FakeClock();
    const voice = voiceOf(new FakeSynthesizer('a'), clock, { files, log });
    const chain = new PromptChain({
      voices: [voice],
      knownVoices: ['slt'],
      urgent: { totalMs: 10_000, exchangeMs: 4000, stallMs: 2500, triesMax: 2, isKept: false },
      clock,
      log,
    });
    for (let time = 0; time < 2; time++)
      expect(await chain.make(request(), false, never)).toMatchObject({ provider: 'a' });
    await settled();
    expect(lines()).toMatchObject([{ event: 'prompt.not-kept' }]);
  });

  it('hold nothing that was spoken for one call alone', async () => {
    const files = await openFiles();
    const { chain, first } = rig({ files });
    await chain.make(request(), true, never);
    await settled();
    expect(await files.load('key', spokenBy(first, SOURCE), TELEPHONE_FORMAT)).toBeNull();
    expect(await files.list()).toEqual([]);
  });

  it('do not stand for recordings, which are read each time', async () => {
    const path = join(temporaryFolder(), 'hello.wav');
    const { chain } = rig({ files: await openFiles() });
    for (const toneMs of [120, 240]) {
      writeFileSync(path, writeWav({ samples: toneSamples({ rateHz: 8000, toneMs }), sampleRateHz: 8000 }));
      expect(await chain.find(request({ kind: 'audio', path }))).toMatchObject({
        provider: 'recording',
        prompt: { durationMs: toneMs },
      });
    }
    await expect(chain.find(request({ kind: 'audio', path: '/no/such.wav' }))).rejects.toMatchObject({
      code: 'ERR_CONFIG',
    });
  });
});

describe('what replaces a stand-in', () => {
  it('is spoken by the first vendor alone', async () => {
    const { chain, second } = rig({ first: new FakeSynthesizer('a', [failure('denied')]) });
    await expect(chain.makeByFirst(request())).rejects.toMatchObject({ fault: 'denied' });
    expect(await chain.makeByFirst(request())).toMatchObject({ provider: 'a', isStandIn: false });
    expect(second.requests).toEqual([]);
  });

  it('waits for the rest of one that is down, and is its trial then', async () => {
    const { chain, first, guards } = rig();
    guards[0].isUp = false;
    await expect(chain.makeByFirst(request())).rejects.toMatchObject({ fault: 'transient' });
    expect(first.requests).toEqual([]);
    guards[0].isRested = true;
    expect(await chain.makeByFirst(request())).toMatchObject({ provider: 'a' });
    expect(guards[0].isUp).toBe(true);
  });
});
