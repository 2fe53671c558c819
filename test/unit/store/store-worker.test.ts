import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { MessageChannel, Worker } from 'node:worker_threads';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type {
  FromStoreThread,
  StoreWorkerStart,
  ToStoreThread,
} from '../../../src/channel/store-messages.ts';
import { systemClock } from '../../../src/clock.ts';
import { StoreClient } from '../../../src/store/store-client.ts';
import { silentLog } from '../../support/silent-log.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

function threadUnderTest(path: string, callLifeMs = 60_000, more: Partial<StoreWorkerStart> = {}) {
  const worker = new Worker(new URL('../../../src/store/store-worker.ts', import.meta.url), {
    workerData: { path, logLevel: 'silent', logPii: false, callLifeMs, ...more } satisfies StoreWorkerStart,
  });
  onTestFinished(async () => {
    await worker.terminate();
  });
  const said = new Promise<FromStoreThread>((resolve) => worker.once('message', resolve));
  const saidNext = () => new Promise<FromStoreThread>((resolve) => worker.once('message', resolve));
  const exited = new Promise<number>((resolve) => worker.once('exit', resolve));
  const open = () => {
    const { port1, port2 } = new MessageChannel();
    worker.postMessage({ kind: 'store.client', port: port2 } satisfies ToStoreThread, [port2]);
    return new StoreClient(port1, { clock: systemClock, log: silentLog });
  };
  const close = () => worker.postMessage({ kind: 'store.close' } satisfies ToStoreThread);
  return { said, saidNext, exited, open, close };
}

const CALL = { callSid: 'CA1', attempt: 0, from: '', to: '', flowHash: 'f' };
const UNDECIDED = { outcome: null, answers: { adult: true } };

describe('the store thread', () => {
  it('serves every client from one file', async () => {
    const { said, open } = threadUnderTest(join(temporaryFolder(), 'calls.sqlite'));
    const [main, worker] = [open(), open()];
    expect(await main.begin(CALL)).toBe('begun');
    expect(await worker.commit('CA1', 0, { turn: 1 }, UNDECIDED)).toBe('durable');
    expect(await main.finish('CA1', 0, 'completed')).toBe('durable');
    expect(await main.load('CA1')).toMatchObject({
      endReason: 'completed',
      state: { turn: 1 },
      answers: { adult: true },
    });
    expect(await said).toMatchObject({ kind: 'store.ready', engine: 'sqlite', abandonedCalls: 0 });
    await Promise.all([main.close(), worker.close()]);
  });

  it('writes what waits before it exits, and marks what a dead process left', async () => {
    const path = join(temporaryFolder(), 'calls.sqlite');
    const first = threadUnderTest(path);
    const client = first.open();
    await client.begin(CALL);
    void client.commit('CA1', 0, { turn: 2 }, UNDECIDED);
    first.close();
    expect(await first.exited).toBe(0);
    await client.close();

    const second = threadUnderTest(path, -1000);
    expect(await second.said).toMatchObject({ kind: 'store.ready', abandonedCalls: 1 });
    const reader = second.open();
    expect(await reader.load('CA1')).toMatchObject({ endReason: 'stream lost', state: { turn: 2 } });
    await reader.close();
  });

  it('sends the result of a finished call to its receiver', async () => {
    const keys: unknown[] = [];
    const receiver = createServer((request, response) => {
      keys.push(request.headers['idempotency-key']);
      response.end();
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void receiver.close());
    const { port } = receiver.address() as { port: number };
    const results = { url: `http://127.0.0.1:${port}/`, secret: 'a secret of sixteen letters' };
    const { open } = threadUnderTest(join(temporaryFolder(), 'calls.sqlite'), 60_000, { results });
    const client = open();
    await client.begin(CALL);
    await client.finish('CA1', 0, 'completed');
    await vi.waitFor(() => expect(keys).toEqual(['CA1']), { timeout: 10_000 });
    await client.close();
  });

  it('tells of a call that is to be hung up, and keeps flows', async () => {
    const { open, saidNext, said } = threadUnderTest(join(temporaryFolder(), 'calls.sqlite'));
    await said;
    const client = open();
    const next = saidNext();
    expect(await client.hangUp('CA1')).toBe('durable');
    expect(await next).toEqual({ kind: 'store.hang-up', callSid: 'CA1' });
    expect(await client.putFlow({ hash: 'h', name: 'short', text: 'flow: short' })).toBe('durable');
    expect(await client.loadFlow('h')).toBe('flow: short');
    await client.begin(CALL);
    expect(await client.liveCalls(10)).toMatchObject([{ callSid: 'CA1', nodeUrl: null }]);
    await client.close();
  });

  it('says why it cannot open its file, and exits', async () => {
    const path = join(temporaryFolder(), 'calls.sqlite');
    writeFileSync(path, 'this is a letter to my aunt, not a database '.repeat(100));
    const { said, exited } = threadUnderTest(path);
    expect(await said).toMatchObject({ kind: 'store.failed', error: { code: 'ERR_CONFIG' } });
    expect(await exited).toBe(1);
  });
});
