/** Results leave a server whose receiver is away, and which is killed meanwhile. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished, vi } from 'vitest';
import { ProcessRig } from '../support/process-rig.ts';

const CALLS = 12;
/** The killed process has the courier's lease for a minute at most; then a look every 5 s. */
const LEASE_MS = 75_000;

interface Receiver {
  readonly url: string;
  isAway: boolean;
  /** Idempotency keys, as they were taken. */
  readonly taken: string[];
  tried: number;
}

async function receiver(): Promise<Receiver> {
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      seen.tried += 1;
      if (!seen.isAway) seen.taken.push(String(request.headers['idempotency-key']));
      response.writeHead(seen.isAway ? 503 : 200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const seen: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    isAway: true,
    taken: [],
    tried: 0,
  };
  return seen;
}

it('a kill -9 while the receiver is away loses no result and doubles none, and they come in order of finish', {
  timeout: 180_000,
}, async () => {
  const results = await receiver();
  const rig = await ProcessRig.start({
    environment: { RESULT_URL: results.url, RESULT_SECRET: 'a-secret-of-tests-of-32-letters!' },
  });
  const calls = Array.from({ length: CALLS }, () =>
    rig.place('three', { first: '1', second: '1', number: '123' }),
  );
  await Promise.all(calls.map((call) => call.ended));
  const records = await Promise.all(calls.map(({ callSid }) => rig.finalRecord(callSid)));
  await vi.waitFor(() => expect(results.tried).toBeGreaterThan(0), { timeout: 10_000 });
  rig.process.signalServer('SIGKILL');
  results.isAway = false;
  await rig.process.printsAgain(/Ready for calls/, 2);

  await vi.waitFor(() => expect(results.taken.length).toBeGreaterThanOrEqual(CALLS), { timeout: LEASE_MS });
  const inOrder = [...records].sort(
    (a, b) => a.endedAtWallMs! - b.endedAtWallMs! || (a.callSid < b.callSid ? -1 : 1),
  );
  expect(results.taken).toEqual(inOrder.map(({ callSid }) => callSid));
});
