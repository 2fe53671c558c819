import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { StoreWrite } from '../../../src/channel/store-messages.ts';
import { hangUpCall } from '../../../src/cli/calls-hang-up.ts';
import { showLive, watchLive } from '../../../src/cli/calls-live.ts';
import { describeLive, type LiveCalls } from '../../../src/cli/live-calls.ts';
import { type Config, parseConfig } from '../../../src/config.ts';
import { ChannelListener } from '../../../src/store/channel-listener.ts';
import { HangUpBox } from '../../../src/store/hang-up-box.ts';
import { openEngine } from '../../../src/store/open-engine.ts';
import { HANG_UP_CHANNEL, SqlStore } from '../../../src/store/sql-store.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { postgresMissing, TestPostgres } from '../../support/postgres.ts';
import { silentLog } from '../../support/silent-log.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const SHOWN = { limit: 100, json: false, unmask: false };
const PATIENCE = { timeout: 10_000, interval: 20 };

class Paper extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, written: () => void): void {
    this.text += chunk.toString();
    written();
  }
}

/** A clock whose time flies. */
function flyingClock(): FakeClock {
  const clock = new FakeClock();
  const flying = setInterval(() => clock.advanceMs(100), 5);
  onTestFinished(() => clearInterval(flying));
  return clock;
}

const begin = (callSid: string, atWallMs: number, attempt = 0): StoreWrite => ({
  kind: 'begin',
  callSid,
  attempt,
  from: '+12025550147',
  to: '+12025550100',
  flowHash: 'f',
  atWallMs,
});
const finish = (callSid: string, reason: 'completed' | 'hung up' = 'completed'): StoreWrite => ({
  kind: 'finish',
  callSid,
  attempt: 0,
  reason,
  atWallMs: 9000,
});

describe.each(['SQLite', 'PostgreSQL'])('the live calls on %s', (name) => {
  const it_ = it.skipIf(name === 'PostgreSQL' && postgresMissing !== null);
  let server: TestPostgres | null = null;
  beforeAll(async () => {
    if (name === 'PostgreSQL' && postgresMissing === null) server = await TestPostgres.start();
  }, 60_000);
  afterAll(() => server?.close(), 60_000);

  /** A store that a node of this name has open; it ends what it is told to. */
  async function officeUnderTest() {
    const folder = temporaryFolder();
    const url = await server?.createDatabase();
    const database = url === undefined ? null : { url, poolMax: 2 };
    const engine = await openEngine({ path: join(folder, 'trunkline.db'), database }, silentLog);
    const store = new SqlStore(engine, { nodeId: 'node-1' });
    const config: Config = parseConfig({
      DATA_DIR: folder,
      LOG_LEVEL: 'silent',
      ...(url === undefined ? {} : { DATABASE_URL: url }),
    });
    const clock = flyingClock();
    const onHangUp = (callSid: string) => void store.write([finish(callSid, 'hung up')]);
    const box = new HangUpBox({ engine, onHangUp, clock, log: silentLog });
    const listener =
      url === undefined
        ? null
        : new ChannelListener({
            url,
            channel: HANG_UP_CHANNEL,
            onMessage: onHangUp,
            clock,
            log: silentLog,
          });
    listener?.begin();
    if (listener === null) box.begin();
    onTestFinished(async () => {
      box.close();
      await listener?.close();
      await store.close();
    });
    return { config, clock, store };
  }

  it_('are those without an end, oldest first, with numbers masked and the node that has each', async () => {
    const { clock, config, store } = await officeUnderTest();
    const nowMs = clock.wallMs();
    await store.write([begin('CA2', nowMs - 2000), begin('CA1', nowMs - 60_000), begin('CA3', nowMs)]);
    await store.write([finish('CA3'), begin('CA2', nowMs, 1)]);
    const paper = new Paper();
    await showLive(config, SHOWN, paper, clock);
    const rows = paper.text.split('\n').map((line) => line.split(/ {2,}/));
    expect(rows.map(([callSid, from, to, , stream, node]) => [callSid, from, to, stream, node])).toEqual([
      ['CALL', 'FROM', 'TO', 'STREAM', 'NODE'],
      ['CA1', '+1•••••••147', '+1•••••••100', '1', 'node-1'],
      ['CA2', '+1•••••••147', '+1•••••••100', '2', 'node-1'],
      ['', undefined, undefined, undefined, undefined],
    ]);
    const json = new Paper();
    await showLive(config, { limit: 1, json: true, unmask: true }, json, clock);
    expect(JSON.parse(json.text)).toMatchObject({
      nodes: [],
      calls: [{ callSid: 'CA1', from: '+12025550147' }],
    });
    expect(JSON.parse(json.text).calls).toHaveLength(1);
  });

  it_('are watched: each that begins or ends is one line more', async () => {
    const { clock, config, store } = await officeUnderTest();
    const [paper, ended] = [new Paper(), new AbortController()];
    const watching = watchLive(config, { ...SHOWN, json: true }, paper, clock, ended.signal);
    const seen = () => {
      const lines = paper.text.split('\n').filter((line) => line !== '');
      return lines.map((line) => JSON.parse(line).calls.map((call: { callSid: string }) => call.callSid));
    };
    await vi.waitFor(() => expect(seen()).toEqual([[]]), PATIENCE);
    await store.write([begin('CA1', clock.wallMs())]);
    await vi.waitFor(() => expect(seen()).toEqual([[], ['CA1']]), PATIENCE);
    await store.write([finish('CA1')]);
    await vi.waitFor(() => expect(seen()).toEqual([[], ['CA1'], []]), PATIENCE);
    ended.abort();
    await watching;
  });

  it_('are hung up by a command, whichever process has them', async () => {
    const { clock, config, store } = await officeUnderTest();
    await store.write([begin('CA1', clock.wallMs()), begin('CA2', clock.wallMs())]);
    const paper = new Paper();
    await hangUpCall(config, 'CA1', paper, clock);
    expect(paper.text).toBe('CA1 has ended: hung up.\n');
    expect(await store.load('CA2')).toMatchObject({ endReason: null });
    await expect(hangUpCall(config, 'CA1', paper, clock)).rejects.toThrow(
      'Expected a live call, received CA1, which has ended: hung up',
    );
    await expect(hangUpCall(config, 'CA9', paper, clock)).rejects.toThrow(
      'Expected a call in the store, received CA9, which is not there',
    );
  });
});

it('says of a call that nobody ends which node has it', async () => {
  const folder = temporaryFolder();
  const engine = await openEngine({ path: join(folder, 'trunkline.db') }, silentLog);
  const store = new SqlStore(engine, { nodeId: 'node-1' });
  onTestFinished(() => store.close());
  await store.write([begin('CA1', 0)]);
  const config = parseConfig({ DATA_DIR: folder, LOG_LEVEL: 'silent' });
  await expect(hangUpCall(config, 'CA1', new Paper(), flyingClock())).rejects.toThrow(
    /^Expected an end of CA1 within 10 s, received none from node node-1; /,
  );
});

it('shows how each node is, and that there are more calls', () => {
  const node = {
    url: 'wss://a.example',
    startedAtWallMs: 0,
    seenAtWallMs: 0,
    liveCalls: 2,
    isDraining: false,
  };
  const live: LiveCalls = {
    calls: [
      {
        callSid: 'CA1',
        attempt: 0,
        from: '',
        to: '',
        nodeId: 'a',
        nodeUrl: null,
        startedAtWallMs: 500,
      },
    ],
    isCut: true,
    nodes: [
      { ...node, nodeId: 'a', unseenMs: 1000 },
      { ...node, nodeId: 'b', unseenMs: 2000, isDraining: true },
      { ...node, nodeId: 'c', unseenMs: 9000, isDraining: true },
      { ...node, nodeId: 'd', unseenMs: 31_000 },
    ],
  };
  const lines = describeLive(live, 4500).split('\n');
  const rows = lines.map((line) => line.split(/ {2,}/));
  expect(rows.slice(1, 5).map(([nodeId, calls, seen, state]) => [nodeId, calls, seen, state])).toEqual([
    ['a', '2', '1 s ago', 'alive'],
    ['b', '2', '2 s ago', 'draining'],
    ['c', '2', '9 s ago', 'silent'],
    ['d', '2', '31 s ago', 'dead'],
  ]);
  expect(lines.at(-1)).toBe('There are more; --limit shows them.');
});
