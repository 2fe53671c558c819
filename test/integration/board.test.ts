/** Real calls, and what the board shows of them. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { callSchema, flowSchema, problemSchema, snapshotSchema } from '../../src/protocol/api-schemas.ts';
import type { CallView, FlowView } from '../../src/protocol/board-api.ts';
import { speak } from '../support/caller-speech.ts';
import { EventStream } from '../support/event-stream.ts';
import { TrunklineRig } from '../support/trunkline-rig.ts';

const TOKEN = 'an-admin-token-of-tests';
const authorization = `Bearer ${TOKEN}`;

let rig: TrunklineRig;
let yes: Uint8Array;
const open: EventStream[] = [];

const url = (path: string) => `http://127.0.0.1:${rig.trunkline.port}${path}`;

async function watch(): Promise<EventStream> {
  const stream = await EventStream.open(url('/api/board'), { authorization });
  open.push(stream);
  return stream;
}

async function ask<T>(path: string, method = 'GET'): Promise<{ status: number; body: T }> {
  const response = await fetch(url(path), { method, headers: { authorization } });
  return { status: response.status, body: (await response.json()) as T };
}

beforeAll(async () => {
  rig = await TrunklineRig.start({ ADMIN_TOKEN: TOKEN });
  yes = await speak('yes');
}, 60_000);

afterAll(async () => {
  for (const stream of open) stream.close();
  await rig.close();
});

describe('the board during calls', () => {
  it('shows every watcher the same: who is on, at which question, and how the node does', async () => {
    const watchers = [await watch(), await watch()];
    const placed = [1, 2, 3].map(() => rig.place({ answers: { first: yes } }));
    const seen = await Promise.all(
      watchers.map((watcher) =>
        watcher.until(({ calls }) => calls.filter(({ question }) => question === 'second').length === 3),
      ),
    );
    for (const snapshot of seen) {
      snapshotSchema.parse(snapshot);
      expect(snapshot).toMatchObject({
        callCount: 3,
        capacity: { limit: 1000, lowered: false, draining: false },
        workers: { ready: 2, wanted: 2, lost: 0 },
        store: { engine: 'sqlite', isDurable: true, deferredCommits: 0 },
      });
      expect(snapshot.calls.map(({ callSid }) => callSid).sort()).toEqual(
        placed.map(({ call }) => call.callSid).sort(),
      );
      for (const call of snapshot.calls) {
        expect(call).toMatchObject({ channel: 'phone', heard: '•••', turn: 1 });
        expect(call.from).toMatch(/^\+\d•+\d{3}$/);
        expect(Math.abs(snapshot.atMs - call.startedAtMs)).toBeLessThan(60_000);
        expect(call.levelDbfs).toBeGreaterThanOrEqual(-100);
        expect(call.levelDbfs).toBeLessThanOrEqual(0);
      }
    }
    expect(seen[0]!.today.turnLatencyMs!.p50).toBeGreaterThan(400);
    for (const { call } of placed) call.hangUp();
    await Promise.all(placed.map(({ finished }) => finished));
    await watchers[0]!.until(({ callCount }) => callCount === 0);
  });

  it('sends at most two snapshots a second', async () => {
    const watcher = await watch();
    const atMs: number[] = [];
    for (let count = 0; count < 4; count++) atMs.push((await watcher.next())!.atMs);
    for (let index = 1; index < atMs.length; index++)
      expect(atMs[index]! - atMs[index - 1]!).toBeGreaterThanOrEqual(495);
  });

  it('hears both ends: the bot that speaks, then the caller', async () => {
    const watcher = await watch();
    const { call, finished } = rig.place({ number: 'cued' });
    await watcher.until(({ calls }) => calls.some(({ botSpeaks }) => botSpeaks));
    call.hangUp();
    await finished;
  });

  it('hangs a call up, once', async () => {
    const { call, finished } = rig.place();
    await vi.waitFor(() => expect(rig.trunkline.server.directory.liveCount).toBe(1), 5000);
    expect(await ask(`/api/calls/${call.callSid}/hang-up`, 'POST')).toEqual({ status: 202, body: {} });
    expect((await finished).record.endReason).toBe('hung up');
    expect(await ask(`/api/calls/${call.callSid}/hang-up`, 'POST')).toMatchObject({
      status: 404,
      body: { code: 'no-such-call' },
    });
  });
});

describe('one call', () => {
  it('is told while it is on, and to its end, with what it took', async () => {
    const { call, finished } = rig.place({ answers: { first: yes, second: '1' } });
    const watcher = await watch();
    await watcher.until(({ calls }) => calls.some(({ question }) => question === 'second'));
    const live = await ask<CallView>(`/api/calls/${call.callSid}`);
    expect(live.status).toBe(200);
    expect(live.body).toMatchObject({ state: 'live', endedAtMs: null, outcome: null });
    callSchema.parse(live.body);
    expect(live.body.timeline.at(0)).toMatchObject({ kind: 'prompt', text: 'Are you ready?' });
    await finished;
    const { body } = await ask<CallView>(`/api/calls/${call.callSid}`);
    callSchema.parse(body);
    expect(body).toMatchObject({
      callSid: call.callSid,
      channel: 'phone',
      state: 'ended',
      outcome: 'both',
      endReason: 'completed',
      answers: [
        { node: 'first', value: 'true' },
        { node: 'second', value: 'true' },
      ],
    });
    expect(body.timeline.map(({ kind }) => kind)).toEqual([
      'prompt',
      'speech',
      'vendor',
      'answer',
      'prompt',
      'digits',
      'answer',
      'prompt',
      'ended',
    ]);
    expect(JSON.stringify(body)).not.toMatch(/\byes\b/);
  });

  it.each(['CA00000000000000000000000000000000', 'nothing', 'CA%3Cscript%3E'])(
    '%s is none',
    async (callSid) => {
      for (const [path, method] of [
        [`/api/calls/${callSid}`, 'GET'],
        [`/api/calls/${callSid}/hang-up`, 'POST'],
      ] as const) {
        const answer = await ask(path, method);
        expect(answer).toMatchObject({ status: 404, body: { code: 'no-such-call', status: 404 } });
        problemSchema.parse(answer.body);
      }
    },
  );
});

describe('/api', () => {
  it('describes itself to whoever may use it', async () => {
    expect((await ask<{ readonly openapi: string }>('/api/openapi.json')).body.openapi).toBe('3.1.0');
    const strangers = await fetch(url('/api/openapi.json'));
    expect(strangers.status).toBe(401);
  });

  it('says that no call can be placed where there is no account to place it with', async () => {
    expect(await ask('/api/calls', 'POST')).toMatchObject({ status: 409, body: { code: 'no-account' } });
    expect(await ask(`/api/dials/DL${'0'.repeat(32)}`)).toMatchObject({
      status: 404,
      body: { code: 'no-such-dial' },
    });
  });
});

describe('the flow', () => {
  it('is shown as a graph, with how callers went through it today', async () => {
    await rig.place({ answers: { first: yes, second: yes } }).finished;
    const { body } = await vi.waitFor(
      async () => {
        const answer = await ask<FlowView>('/api/flow?name=short');
        expect(answer.body.edges.some(({ from, callsToday }) => from === 'second' && callsToday > 0)).toBe(
          true,
        );
        return answer;
      },
      { timeout: 15_000, interval: 500 },
    );
    flowSchema.parse(body);
    expect(body).toMatchObject({ name: 'short', start: 'first' });
    expect(body.nodes.find(({ id }) => id === 'first')).toEqual({
      id: 'first',
      kind: 'ask',
      text: 'Are you ready?',
    });
    const count = (from: string, to: string) =>
      body.edges.find((edge) => edge.from === from && edge.to === to && edge.label !== 'otherwise')
        ?.callsToday;
    expect(count('first', 'second')).toBeGreaterThanOrEqual(1);
    expect(count('second', 'both')).toBeGreaterThanOrEqual(1);
    expect(count('second', 'not_both')).toBe(0);
    expect(body.names).toContain('short');
  });

  it('of no such name is refused', async () => {
    expect(await ask('/api/flow?name=other')).toMatchObject({ status: 404, body: { code: 'no-such-flow' } });
  });
});

describe('who may look', () => {
  const paths = [
    ['GET', '/api/board'],
    ['GET', '/api/flow'],
    ['GET', '/api/calls/CA00000000000000000000000000000000'],
    ['POST', '/api/calls/CA00000000000000000000000000000000/hang-up'],
  ] as const;

  it.each([
    ['without a token', undefined],
    ['with another token', `Bearer ${TOKEN}x`],
    ['by another scheme', `Basic ${TOKEN}`],
  ])('nobody %s, at any path', async (_who, given) => {
    for (const [method, path] of paths) {
      const headers = given === undefined ? {} : { authorization: given };
      const response = await fetch(url(path), { method, headers });
      expect(response.status).toBe(401);
      expect(response.headers.get('content-type')).toBe('application/problem+json');
      expect(response.headers.get('www-authenticate')).toBe('Bearer realm="board"');
      expect(await response.json()).toMatchObject({ status: 401, code: 'no-token' });
    }
  });

  it('and a hang-up is a POST', async () => {
    const response = await fetch(url('/api/calls/CA00000000000000000000000000000000/hang-up'), {
      headers: { authorization },
    });
    expect(response.status).toBe(405);
  });
});

it('leaves nothing behind when everybody has left', async () => {
  for (const stream of open.splice(0)) stream.close();
  await vi.waitFor(() => expect(rig.trunkline.server.board?.watcherCount).toBe(0), 5000);
  await rig.nothingIsLeft();
});
