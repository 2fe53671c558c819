/**
 * What a whole Trunkline writes at LOG_LEVEL=debug while it serves, and refuses: nothing that a caller said or dialled, no
 * number and no secret, but under `pii`; and about five lines a call.
 */
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import type { CallReport } from '../../src/simulator/call-report.ts';
import type { CallerScript } from '../../src/simulator/caller.ts';
import { SimulatedCarrier } from '../../src/simulator/simulated-carrier.ts';
import { speak } from '../support/caller-speech.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TrunklineProcess } from '../support/trunkline-process.ts';

const AUTH_TOKEN = 'a-secret-auth-token-of-32-letters';
const PUBLIC_URL = 'https://bot.example.org';
const FROM = '+15005550006';
const SHORT = '+12025550100';
const THREE = '+12025550101';
const FLOWS = ['short', 'three'].map((name) =>
  fileURLToPath(new URL(`../fixtures/flows/${name}.yaml`, import.meta.url)),
);
const TURN_SILENCE_MS = 350;
const INFO = 30;

interface Line {
  readonly level: number;
  readonly event: string;
  readonly callSid?: string;
  readonly streamSid?: string;
  readonly pii?: unknown;
}

interface Written {
  readonly lines: readonly Line[];
  readonly usual: CallReport;
  readonly all: readonly CallReport[];
  /** Paths of the streams and of what comes after them: each holds a token. */
  readonly tokens: readonly string[];
}

async function serve(logPii: string): Promise<Written> {
  const server = new TrunklineProcess(['start'], {
    DATA_DIR: temporaryFolder(),
    LOG_LEVEL: 'debug',
    LOG_PII: logPii,
    TWILIO_AUTH_TOKEN: AUTH_TOKEN,
    PUBLIC_URL,
    FLOW: FLOWS.join(','),
    WORKERS: '1',
  });
  const port = Number(new URL(await server.listens()).port);
  await server.prints(/Ready for calls/);
  const yes = await speak('yes');
  const maybe = await speak('maybe');
  const connectTo = { host: '127.0.0.1', port, tls: false };
  const carrierOf = (authToken: string) =>
    new SimulatedCarrier({ authToken, publicUrl: PUBLIC_URL, connectTo, insecure: true });
  const carrier = carrierOf(AUTH_TOKEN);
  const forger = carrierOf('another-auth-token-of-32-letters!');
  const place = (to: string, caller: CallerScript, from = carrier) =>
    from.placeCall({ from: FROM, to, caller: { silenceMs: TURN_SILENCE_MS, ...caller } }).ended;
  const saying = (...answers: (Uint8Array | string)[]): CallerScript => ({
    onSilence: (caller) => {
      const answer = answers.shift();
      if (typeof answer === 'string') caller.press(answer);
      else if (answer !== undefined) caller.say(answer);
    },
  });
  let isLost = false;
  const [usual, ...others] = await Promise.all([
    place(SHORT, saying(yes, yes)),
    place(THREE, saying('1', yes, '731#')),
    place(SHORT, saying(maybe, maybe, maybe)),
    place(SHORT, {
      ...saying('1', '1', '1', '1'),
      onAudioStart: (caller) => {
        caller.sendRaw('my card number is 4111111111111111');
        caller.sendRaw('{"event":"dtmf","dtmf":{"digit":"4111111111111111"}}');
        if (!isLost) caller.drop('reset');
        isLost = true;
      },
    }),
    place(SHORT, {}, forger),
  ]);
  const all = [usual, ...others];
  const used = all.flatMap((report) => report.streams.map(({ url }) => new URL(url).pathname));
  // Its token was used: refused, and logged.
  await fetch(`http://127.0.0.1:${port}${used[0]}`, { method: 'GET' });
  await Promise.all([carrier.close(), forger.close()]);
  server.signal('SIGTERM');
  expect(await server.exited).toBe(0);
  const actions = all.flatMap(({ verbs }) =>
    verbs.flatMap(({ attributes: { action } }) => (action === undefined ? [] : [new URL(action).pathname])),
  );
  const lines = server.stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  return { lines, usual, all, tokens: [...used, ...actions].map((path) => path.split('/').at(-1)!) };
}

/** The lines without times and counts, where any number may stand by chance, and without `pii`. */
function withoutPii({ lines }: Written): string {
  const left = new Set(['pii', 'time', 'durationMs', 'counters']);
  return lines
    .map((line) => JSON.stringify(line, (key, value) => (left.has(key) ? undefined : value)))
    .join('\n');
}

function expectNothingPrivate(written: Written): void {
  const text = withoutPii(written);
  expect(written.tokens.length).toBeGreaterThan(5);
  for (const secret of [AUTH_TOKEN, ...written.tokens]) expect(text).not.toContain(secret);
  expect(text).not.toMatch(/[\w-]{60,}/);
  for (const number of [FROM, SHORT, THREE]) expect(text).not.toContain(number.slice(2));
  expect(text).not.toMatch(/\b(yes|maybe|731|4111111111111111|card)\b/i);
}

it('keeps secrets, numbers, digits and words out of the log, and writes about five lines a call', async () => {
  const written = await serve('false');
  const { all, lines, usual } = written;
  expectNothingPrivate(written);
  expect(lines.filter(({ pii }) => pii !== undefined)).toEqual([]);
  const named = lines.filter(
    ({ callSid, level, streamSid }) =>
      level === INFO && (callSid === usual.callSid || streamSid === usual.streams[0]!.streamSid),
  );
  expect(named.map(({ event }) => event)).toContain('call.ended');
  expect(named.length).toBeLessThanOrEqual(6);
  expect(lines.length).toBeLessThan(6 * all.length + 20);
  expect(lines.every(({ event }) => typeof event === 'string' && event.length > 0)).toBe(true);
  expect(lines.map(({ event }) => event)).toEqual(
    expect.arrayContaining(['call.started', 'call.ended', 'stream.ended', 'request.refused']),
  );
});

it('with LOG_PII writes who calls, under `pii` and nowhere else', async () => {
  const written = await serve('true');
  expectNothingPrivate(written);
  expect(written.lines.find(({ event }) => event === 'call.started')?.pii).toEqual({ from: FROM });
});
