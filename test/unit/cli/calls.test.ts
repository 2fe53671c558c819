import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StoreWrite } from '../../../src/channel/store-messages.ts';
import { exportCalls, exportToFile } from '../../../src/cli/calls-export.ts';
import { listCalls } from '../../../src/cli/calls-list.ts';
import { showCall } from '../../../src/cli/calls-show.ts';
import { parseSince } from '../../../src/cli/calls-store.ts';
import { csvLine } from '../../../src/cli/csv.ts';
import { parseConfig } from '../../../src/config.ts';
import { maskDigits, maskNumber } from '../../../src/masked.ts';
import { openEngine } from '../../../src/store/open-engine.ts';
import { SqlStore } from '../../../src/store/sql-store.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { postgresMissing, TestPostgres } from '../../support/postgres.ts';
import { silentLog } from '../../support/silent-log.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const HOUR_MS = 3_600_000;
const clock = new FakeClock();
const NONE = { unmask: false, json: false };

class Paper extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, written: () => void): void {
    this.text += chunk.toString();
    setImmediate(written);
  }
}

const call = (callSid: string, agoMs: number, answers: object = { age: 70, adult: true }): StoreWrite[] => {
  const atWallMs = clock.wallMs() - agoMs;
  return [
    { kind: 'begin', callSid, attempt: 0, from: '+12025550147', to: '+12025550100', flowHash: 'f', atWallMs },
    {
      kind: 'commit',
      callSid,
      attempt: 0,
      state: '{}',
      outcome: callSid.startsWith('CAno') ? 'not-eligible' : 'eligible',
      answers: JSON.stringify(answers),
      turns: [
        {
          listenId: 1,
          nodeId: 'zip',
          askedAtWallMs: atWallMs,
          answeredAtWallMs: atWallMs + 3000,
          how: 'speech',
          heard: 'it is 94110',
          value: '94110',
          playout: { sentMs: 1200, heardMs: 900, answerBeganAtWallMs: atWallMs + 1000 },
        },
      ],
      atWallMs,
    },
    { kind: 'finish', callSid, attempt: 0, reason: 'completed', atWallMs: atWallMs + 30_000 },
  ];
};

describe('trunkline calls', () => {
  let server: TestPostgres | null = null;
  beforeAll(async () => {
    if (postgresMissing === null) server = await TestPostgres.start();
  }, 60_000);
  afterAll(() => server?.close(), 60_000);

  /** A store with these calls, that a server still has open. */
  async function officeUnderTest(writes: readonly StoreWrite[], url?: string) {
    const folder = temporaryFolder();
    const database = url === undefined ? null : { url, poolMax: 2 };
    const engine = await openEngine({ path: join(folder, 'trunkline.db'), database }, silentLog);
    const store = new SqlStore(engine, { keepsResults: true });
    await store.write(writes);
    const config = parseConfig({ DATA_DIR: folder, ...(url === undefined ? {} : { DATABASE_URL: url }) });
    const print = async (run: (paper: Paper) => Promise<void>) => {
      const paper = new Paper();
      await run(paper);
      await new Promise<void>((resolve) => paper.end(resolve));
      return paper.text;
    };
    return { config, print, close: () => store.close() };
  }

  it('lists the newest first, numbers masked, while a server has the file open', async () => {
    const { config, print, close } = await officeUnderTest([...call('CA1', HOUR_MS), ...call('CAno', 1000)]);
    const text = await print((paper) => listCalls(config, { ...NONE, limit: 20 }, paper, clock));
    expect(text.split('\n').map((line) => line.split(/ {2,}/).slice(1, 6))).toEqual([
      ['CALL', 'FROM', 'OUTCOME', 'END', 'SECONDS'],
      ['CAno', '+1•••••••147', 'not-eligible', 'completed', '30.0'],
      ['CA1', '+1•••••••147', 'eligible', 'completed', '30.0'],
      [],
    ]);
    const since = parseSince('30m');
    const recent = { ...NONE, limit: 20, json: true, unmask: true, since };
    const json = JSON.parse(await print((paper) => listCalls(config, recent, paper, clock)));
    expect(json).toMatchObject([{ callSid: 'CAno', from: '+12025550147', answers: { age: 70 } }]);
    const eligible = { ...NONE, limit: 20, outcome: 'eligible' };
    expect(await print((paper) => listCalls(config, eligible, paper, clock))).not.toContain('CAno');
    await close();
  });

  it('names the recordings of a call, those that were cut too', async () => {
    const callSid = `CA${'0123456789abcdef'.repeat(2)}`;
    const { config, print, close } = await officeUnderTest(call(callSid, HOUR_MS));
    const folder = join(config.DATA_DIR, 'recordings');
    mkdirSync(folder);
    const ours = ['-0.incomplete.wav', '-2.wav', '-10.wav'].map((end) => join(folder, callSid + end));
    for (const path of [
      ...ours,
      join(folder, `CA${'f'.repeat(32)}-0.wav`),
      join(folder, `${callSid}-11.wav.part`),
    ])
      writeFileSync(path, '');
    const text = await print((paper) => showCall(config, callSid, NONE, paper));
    expect(text.match(/^audio +.*$/gm)).toEqual(ours.map((path) => `audio    ${path}`));
    const whole = JSON.parse(
      await print((paper) => showCall(config, callSid, { ...NONE, json: true }, paper)),
    );
    expect(whole.recordings).toEqual(ours);
    await close();
  });

  it('shows a call with its questions, what of them was heard, and where its result is', async () => {
    const { config, print, close } = await officeUnderTest(call('CA1', HOUR_MS));
    const text = await print((paper) => showCall(config, 'CA1', NONE, paper));
    expect(text).toMatch(/^result +waiting, 0 tries$/m);
    expect(text).toMatch(/1 +zip +0\.0 s +1200 ms +900 ms +1\.0 s +speech +••••• +it is •••••/);
    expect(text).not.toMatch(/94110|5550147/);
    const whole = JSON.parse(
      await print((paper) => showCall(config, 'CA1', { json: true, unmask: true }, paper)),
    );
    expect(whole).toMatchObject({
      from: '+12025550147',
      turns: [{ nodeId: 'zip', heard: 'it is 94110', value: '94110', sentMs: 1200, heardMs: 900 }],
      result: { state: 'waiting' },
    });
    await expect(print((paper) => showCall(config, 'CA2', NONE, paper))).rejects.toMatchObject({
      code: 'ERR_STORE',
    });
    await close();
  });

  it("shows whom a call was put through to, how that went, and the carrier's recordings", async () => {
    const transfer = { to: '+12025550199', whisper: '', ringSeconds: 20 };
    const { config, print, close } = await officeUnderTest([
      ...call('CA1', HOUR_MS),
      {
        kind: 'commit',
        callSid: 'CA1',
        attempt: 0,
        state: '{}',
        outcome: 'transferred',
        answers: '{}',
        transfer,
        atWallMs: HOUR_MS,
      },
      { kind: 'transfer.ended', callSid: 'CA1', status: 'busy' },
    ]);
    const account = {
      recordingsOf: async () => [
        {
          sid: 'RE1',
          status: 'completed',
          durationSeconds: 12,
          startedAtWallMs: 0,
          url: 'https://a.example/RE1',
        },
      ],
    };
    const options = { ...NONE, twilio: true };
    const text = await print((paper) => showCall(config, 'CA1', options, paper, () => account));
    expect(text).toMatch(/^transfer +to \+1•+199, busy$/m);
    expect(text).toMatch(
      /^twilio +RE1, 1970-01-01T00:00:00\.000Z, 12 s, completed: https:\/\/a\.example\/RE1$/m,
    );
    const none = { recordingsOf: async () => [] };
    expect(await print((paper) => showCall(config, 'CA1', options, paper, () => none))).toMatch(
      /^twilio +no recordings$/m,
    );
    await close();
  });

  it('exports every call, page by page, with a column for each question', async () => {
    const many = Array.from({ length: 1100 }, (_, index) => call(`CA${index}`, index * 10)).flat();
    const odd = call('CAodd', 20_000, { note: 'a "quoted", text\nof two lines', sum: '=1+1' });
    const { config, print, close } = await officeUnderTest([...many, ...odd]);
    const options = { format: 'csv', unmask: false } as const;
    const csv = await print((paper) => exportCalls(config, options, paper, clock));
    const [head, ...lines] = csv.split('\r\n');
    expect(head).toMatch(/^callSid,direction,from,.*,answer\.adult,answer\.age,answer\.note,answer\.sum$/);
    expect(lines.filter((line) => line !== '')).toHaveLength(1101);
    expect(lines[0]).toMatch(/^CA0,inbound,'\+1•••••••147,.*,true,70,,$/);
    expect(csv).toContain(`,,,"a ""quoted"", text\nof two lines",'=1+1\r\n`);
    const json = await print((paper) => exportCalls(config, { ...options, format: 'json' }, paper, clock));
    expect(JSON.parse(json)).toHaveLength(1101);
    const none = { format: 'json', unmask: false, outcome: 'nobody' } as const;
    expect(await print((paper) => exportCalls(config, none, paper, clock))).toBe('[]\n');
    await close();
  });

  it.skipIf(postgresMissing !== null)('reads PostgreSQL just so', async () => {
    const { config, print, close } = await officeUnderTest(call('CA1', 1000), await server!.createDatabase());
    const text = await print((paper) => listCalls(config, { ...NONE, limit: 20 }, paper, clock));
    expect(text).toContain('CA1');
    expect(await print((paper) => showCall(config, 'CA1', NONE, paper))).toContain('zip');
    const options = { format: 'csv', unmask: true } as const;
    const csv = await print((paper) => exportCalls(config, options, paper, clock));
    expect(csv).toContain("CA1,inbound,'+12025550147,");
    await close();
  });

  it('ends without a word when its reader has gone', async () => {
    const { config, close } = await officeUnderTest([...call('CA1', 2000), ...call('CA2', 1000)]);
    const closedPipe = () =>
      new Writable({
        write: (_text, _encoding, written) =>
          written(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
      });
    await exportCalls(config, { format: 'csv', unmask: false }, closedPipe(), clock);
    await listCalls(config, { ...NONE, limit: 20 }, closedPipe(), clock);
    await showCall(config, 'CA1', NONE, closedPipe());
    await close();
  });

  it('exports to a file that is its owner’s alone, and not over one while there is no store', async () => {
    const { config, close } = await officeUnderTest(call('CA1', 1000));
    const out = join(temporaryFolder(), 'calls.csv');
    writeFileSync(out, 'an earlier export', { mode: 0o644 });
    const options = { format: 'csv', unmask: true } as const;
    const nowhere = exportToFile(parseConfig({ DATA_DIR: temporaryFolder() }), options, out, clock);
    await expect(nowhere).rejects.toThrow(/received none/);
    expect(readFileSync(out, 'utf8')).toBe('an earlier export');
    await exportToFile(config, options, out, clock);
    expect(readFileSync(out, 'utf8')).toContain("CA1,inbound,'+12025550147,");
    expect(statSync(out).mode & 0o777).toBe(0o600);
    const folder = exportToFile(config, options, join(out, 'x'), clock);
    await expect(folder).rejects.toThrow(
      /^--out: expected a file that can be written, received .* \(ENOTDIR\)$/,
    );
    await close();
  });

  it('says where it looked when there is no store', async () => {
    const config = parseConfig({ DATA_DIR: temporaryFolder() });
    const listing = listCalls(config, { ...NONE, limit: 20 }, new Paper(), clock);
    await expect(listing).rejects.toThrow(/^Expected a SQLite file at .*trunkline\.db, received none/);
  });

  it('takes ages and dates, and nothing else, for a time', () => {
    expect(clock.wallMs() - parseSince('7d')(clock)).toBe(7 * 24 * HOUR_MS);
    expect(parseSince('2026-11-22')(clock)).toBe(Date.UTC(2026, 10, 22));
    for (const wrong of ['7', 'yesterday', '7w', '2026-13-45'])
      expect(() => parseSince(wrong)).toThrow('Expected');
  });
});

describe('a line of CSV', () => {
  it('is as RFC 4180 has it', () => {
    expect(csvLine(['a', 'b,c', 'say "no"', 'two\r\nlines', null, 7, true])).toBe(
      'a,"b,c","say ""no""","two\r\nlines",,7,true\r\n',
    );
  });

  it.each(['=1+1', '+12025550147', '-2', '@SUM(A1)', '\tx', '\rx', '\nx', '＝1+1', '＠SUM'])(
    'makes no formula of %j',
    (text) => {
      expect(csvLine([text]).replaceAll('"', '')).toMatch(/^'/);
    },
  );

  it('leaves a negative number a number', () => expect(csvLine([-2])).toBe('-2\r\n'));
});

describe('masking', () => {
  it('leaves of a number what tells callers apart, and of digits nothing', () => {
    expect(maskNumber('+12025550147')).toBe('+1•••••••147');
    expect(maskNumber('')).toBe('');
    expect(maskNumber('911')).toBe('•••');
    expect(maskDigits('my card is 4242 4242')).toBe('my card is •••• ••••');
    expect(maskDigits('call me at (202) 555-0147, or 20.')).toBe('call me at (•••) •••-••••, or 20.');
    expect(maskDigits(94110)).toBe('•••••');
    expect(maskDigits(70)).toBe(70);
    expect(maskDigits(true)).toBe(true);
  });
});
