/** The wall clock of the machine is set by an hour under live calls: nobody waits for it, and no record lies. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished, vi } from 'vitest';
import { speak } from '../support/caller-speech.ts';
import { ProcessRig } from '../support/process-rig.ts';

const CALLS = 10;
const HOUR_MS = 3_600_000;
/** Of one call here, with all that a busy machine adds. */
const CALL_MAX_MS = 90_000;
const STEPPED = fileURLToPath(new URL('../support/stepped-clock.ts', import.meta.url));

interface Result {
  readonly callSid: string;
  readonly outcome: string;
  readonly durationMs: number;
}

/** Takes every result. */
async function receiver(): Promise<{ url: string; results: Result[] }> {
  const results: Result[] = [];
  const server: Server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    results.push(JSON.parse(body));
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, results };
}

it.each([
  ['forward', HOUR_MS],
  ['back', -HOUR_MS],
] as const)(
  's08 a clock set %s by an hour under live calls ends none, keeps their lengths, and their results go out',
  {
    timeout: 180_000,
  },
  async (_, stepMs) => {
    const yes = await speak('yes');
    const { url, results } = await receiver();
    const rig = await ProcessRig.start({
      commandLine: ['start', '--no-supervisor'],
      environment: {
        NODE_OPTIONS: `--import=${STEPPED}`,
        CLOCK_STEP_MS: String(stepMs),
        RESULT_URL: url,
        RESULT_SECRET: 'a-secret-of-tests-of-32-letters!',
      },
    });
    // Nobody answers the second question before the clock is set.
    const answers: { first: Uint8Array; second?: Uint8Array; number?: string } = { first: yes };
    const calls = Array.from({ length: CALLS }, () => rig.place('three', answers));
    await vi.waitFor(
      async () => {
        const records = await rig.records();
        expect(records.filter((record) => record.answers['first'] === true).length).toBe(CALLS);
      },
      { timeout: 30_000 },
    );
    const setAtWallMs = Date.now();
    rig.process.signal('SIGUSR2');
    // One loses its stream after that, and comes back by a token of before.
    calls[0]!.drop('reset');
    Object.assign(answers, { second: yes, number: '123' });

    const reports = await Promise.all(calls.map((call) => call.ended));
    expect(reports.map(({ streams }) => streams.length)).toEqual([2, ...Array(CALLS - 1).fill(1)]);
    const records = await Promise.all(calls.map(({ callSid }) => rig.finalRecord(callSid)));
    for (const { endedAtWallMs, outcome, startedAtWallMs } of records) {
      expect(outcome).toBe('done');
      const lengthMs = endedAtWallMs! - startedAtWallMs;
      expect(lengthMs).toBeGreaterThan(0);
      expect(lengthMs).toBeLessThan(CALL_MAX_MS);
    }
    await vi.waitFor(() => expect(results.length).toBe(CALLS), { timeout: 20_000 });
    expect(new Set(results.map(({ callSid }) => callSid))).toEqual(
      new Set(calls.map(({ callSid }) => callSid)),
    );
    for (const { durationMs, outcome } of results) {
      expect(outcome).toBe('done');
      expect(durationMs).toBeGreaterThan(0);
      expect(durationMs).toBeLessThan(CALL_MAX_MS);
    }

    const later = rig.place('three', answers);
    await later.ended;
    const { startedAtWallMs } = await rig.finalRecord(later.callSid);
    expect(Math.abs(startedAtWallMs - (setAtWallMs + stepMs))).toBeLessThan(2 * CALL_MAX_MS);
    await vi.waitFor(() => expect(results.map(({ callSid }) => callSid)).toContain(later.callSid), {
      timeout: 20_000,
    });
  },
);
