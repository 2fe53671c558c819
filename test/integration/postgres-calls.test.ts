/** A whole Trunkline on PostgreSQL, and calls that do not notice when it is stopped. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { speak } from '../support/caller-speech.ts';
import { postgresMissing, TestPostgres } from '../support/postgres.ts';
import { pause } from '../support/store-load.ts';
import { TrunklineRig } from '../support/trunkline-rig.ts';

const CALLS = 50;
const OUTAGE_MS = 20_000;

describe.skipIf(postgresMissing !== null)('calls on PostgreSQL', () => {
  let server: TestPostgres;
  let rig: TrunklineRig;

  beforeAll(async () => {
    server = await TestPostgres.start({ isDurable: true });
    rig = await TrunklineRig.start({ DATABASE_URL: await server.createDatabase(), LOG_LEVEL: 'warn' });
  }, 90_000);
  afterAll(async () => {
    await rig?.close();
    await server?.close();
  }, 60_000);

  const storeHealth = async () => {
    const answer = await fetch(`http://127.0.0.1:${rig.trunkline.port}/readyz`);
    return ((await answer.json()) as { store: Record<string, unknown> }).store;
  };

  it('keep their questions, what was heard of them, and the last words', async () => {
    const yes = await speak('yes');
    const { record, report } = await rig.place({ answers: { first: [yes, '1'], second: [yes, '1'] } })
      .finished;
    expect(record).toMatchObject({ endReason: 'completed', outcome: 'both' });
    const turns = await vi.waitFor(
      async () => {
        const kept = await rig.turnsOf(report.callSid);
        expect(kept.at(-1)?.how).toBeNull();
        return kept;
      },
      { timeout: 5000 },
    );
    const answered = turns.filter(({ how, value }) => how !== null && value !== null);
    expect(answered.map(({ nodeId, value }) => [nodeId, value])).toEqual([
      ['first', true],
      ['second', true],
    ]);
    for (const { askedAtWallMs, answeredAtWallMs, playout } of answered) {
      expect(playout.heardMs).toBeGreaterThan(100);
      expect(playout.sentMs).toBeGreaterThanOrEqual(playout.heardMs);
      expect(playout.answerBeganAtWallMs).toBeGreaterThan(askedAtWallMs);
      expect(answeredAtWallMs).toBeGreaterThan(playout.answerBeganAtWallMs ?? 0);
    }
    expect(turns.at(-1)?.playout.heardMs).toBeGreaterThan(100);
  });

  it('are hung up by whoever asks for it, on whichever node', async () => {
    const { call, finished } = rig.place({ timeLimitMs: 30_000 });
    await vi.waitFor(async () => expect(await rig.record(call.callSid)).not.toBeNull(), { timeout: 10_000 });
    await rig.hangUp(call.callSid);
    expect((await finished).record).toMatchObject({ endReason: 'hung up' });
    expect((await call.ended).endedBy).toBe('server');
  });

  it('go on while it is stopped for 20 s, and all that they did is there once (s16)', async () => {
    const [yes, no] = [await speak('yes'), await speak('no')];
    const before = new Set((await rig.records()).map(({ callSid }) => callSid));
    const calls = Array.from({ length: CALLS }, (_, index) => {
      const first = index % 2 === 0;
      return rig.place({
        answers: { first: first ? [yes, yes, '1'] : [no, no, '2'], second: [yes, yes, '1'] },
        timeLimitMs: 90_000,
      });
    });
    // Half of the callers come before it goes, some during: all of theirs must be kept.
    await vi.waitFor(
      async () => expect((await rig.records()).length).toBeGreaterThanOrEqual(before.size + CALLS),
      {
        timeout: 30_000,
      },
    );
    await server.stop();
    const during = Array.from({ length: 5 }, () =>
      rig.place({ answers: { first: [yes, yes, '1'], second: [yes, yes, '1'] }, timeLimitMs: 90_000 }),
    );
    await vi.waitFor(
      async () => {
        expect(await storeHealth()).toMatchObject({ engine: 'postgres', isAlive: true, isDurable: false });
        expect((await storeHealth())['deferredCommits']).toBeGreaterThan(0);
      },
      { timeout: 15_000, interval: 200 },
    );
    await pause(OUTAGE_MS);
    await server.run();
    const reports = await Promise.all([...calls, ...during].map(({ call }) => call.ended));
    for (const report of reports) expect(report).toMatchObject({ endedBy: 'server', errors: [] });
    await vi.waitFor(
      async () => expect(await storeHealth()).toMatchObject({ isDurable: true, lostWrites: 0 }),
      {
        timeout: 15_000,
        interval: 200,
      },
    );
    for (const [index, { callSid }] of reports.entries()) {
      const record = await rig.finalRecord(callSid);
      const outcome = index % 2 === 0 || index >= CALLS ? 'both' : 'not-both';
      expect([callSid, record]).toMatchObject([callSid, { endReason: 'completed', outcome, attempt: 0 }]);
      const ids = (await rig.turnsOf(callSid)).map(({ listenId }) => listenId);
      expect(ids).toEqual(ids.map((_, turn) => turn + 1));
    }
    expect((await rig.records()).length).toBe(before.size + CALLS + during.length);
  }, 180_000);
});
