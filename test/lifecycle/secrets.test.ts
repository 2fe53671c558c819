/**
 * Every secret that there is, and errors of every kind: none of them is ever written, whoever asks. What callers say and
 * dial, and their numbers: `conformance/webhook-log.test.ts`.
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { speak } from '../support/caller-speech.ts';
import { ProcessRig } from '../support/process-rig.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TrunklineProcess } from '../support/trunkline-process.ts';

const SECRETS = {
  TWILIO_AUTH_TOKEN: 'an-auth-token-of-tests-32-letters',
  SESSION_SECRET: 'session-secret-of-tests-32-letters-and-more',
  RESULT_SECRET: 'result-secret-of-tests',
  OPENAI_API_KEY: 'sk-openai-key-of-tests-0123456789',
  ELEVENLABS_API_KEY: 'sk_elevenlabs_key_of_tests_0123456789',
  METRICS_TOKEN: 'metrics-token-of-tests-0123456789',
} as const;
const DATABASE_PASSWORD = 'database-password-of-tests';
const RECEIVER_PASSWORD = 'receiver-password-of-tests';
const RECEIVER_KEY = 'receiver-key-of-tests';
const ALL = [...Object.values(SECRETS), DATABASE_PASSWORD, RECEIVER_PASSWORD, RECEIVER_KEY];

/** Nor in base64, as a header has it. */
function expectNoSecretIn(text: string): void {
  for (const secret of ALL) {
    expect(text).not.toContain(secret);
    expect(text).not.toContain(Buffer.from(secret).toString('base64').slice(0, -4));
  }
}

/** A server that refuses everything and repeats in its answer all that it was sent: no vendor should, and some do. */
async function echoing(): Promise<{ url: string; asked: () => number }> {
  let asked = 0;
  const server = createServer((request: IncomingMessage, response) => {
    asked += 1;
    const { headers, url } = request;
    const seen = `${url} ${JSON.stringify(headers)}`;
    request.resume();
    response.writeHead(401, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({ error: { message: seen, code: seen }, detail: { status: seen, message: seen } }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked: () => asked };
}

async function outputOf(
  commandLine: readonly string[],
  environment: Record<string, string>,
): Promise<string> {
  const run = new TrunklineProcess(commandLine, environment);
  await run.exited;
  return run.stdout + run.stderr;
}

describe('s19 a secret', () => {
  it('is neither in the log, nor in what is printed, nor in any answer of a server whose vendors and receiver refuse it', {
    timeout: 120_000,
  }, async () => {
    const vendor = await echoing();
    const receiver = await echoing();
    const folder = temporaryFolder();
    const environment = {
      ...SECRETS,
      LOG_LEVEL: 'trace',
      OPENAI_BASE_URL: `${vendor.url}/v1`,
      ELEVENLABS_BASE_URL: vendor.url,
      RECOGNIZERS: 'openai-live,openai,builtin',
      SYNTHESIZERS: 'elevenlabs,openai,builtin',
      UNDERSTANDING_MODEL: 'a-small-model',
      RESULT_URL: receiver.url
        .replace('//', `//clerk:${RECEIVER_PASSWORD}@`)
        .concat(`/hook?key=${RECEIVER_KEY}`),
    };
    const rig = await ProcessRig.start({
      commandLine: ['start', '--no-supervisor'],
      environment,
      dataFolder: folder,
    });
    const yes = await speak('yes');
    const calls = [rig.place('three', { first: yes, second: yes, number: '123' }), rig.place('short', {})];
    await Promise.all(calls.map((call) => call.ended));
    await rig.freshCallerIsServed();
    await vi.waitFor(() => expect(receiver.asked()).toBeGreaterThan(1), { timeout: 30_000 });
    expect(vendor.asked()).toBeGreaterThan(3);

    const token =
      calls[0] === undefined
        ? ''
        : new URL((await calls[0].ended).streams[0]!.url).pathname.split('/').at(-1)!;
    const answers = await Promise.all(
      ['/readyz', '/healthz', '/voice', '/nowhere', `/ws/twilio/${token}`, '/voice/continue/x'].map(
        async (path) => {
          const { headers, ...answer } = await rig.get(path);
          return `${JSON.stringify([...headers])} ${JSON.stringify(answer)} ${await (await rig.get(path)).text()}`;
        },
      ),
    );
    expectNoSecretIn(answers.join('\n'));
    expect(answers.join('\n')).not.toContain(token);

    rig.process.signal('SIGTERM');
    expect(await rig.process.exited).toBe(0);
    expect(rig.process.events().length).toBeGreaterThan(10);
    expectNoSecretIn(rig.process.stdout + rig.process.stderr);
    expect(rig.process.stderr).not.toContain(token);

    const looks = [
      ['calls', 'list'],
      ['calls', 'show', calls[0]!.callSid],
      ['calls', 'export'],
      ['calls', 'export', '--json'],
    ];
    for (const look of looks) expectNoSecretIn(await outputOf(look, { ...environment, DATA_DIR: folder }));
  });

  it.each([
    [
      'of a database that is not there',
      { DATABASE_URL: `postgres://clerk:${DATABASE_PASSWORD}@127.0.0.1:1/calls` },
    ],
    [
      "of a database whose name is nobody's",
      { DATABASE_URL: `postgres://clerk:${DATABASE_PASSWORD}@no-such-host.invalid/calls` },
    ],
    ['in a URL that is none', { DATABASE_URL: `postgres//clerk:${DATABASE_PASSWORD}@x` }],
    ['in a setting of another kind', { PUBLIC_URL: `https://clerk:${DATABASE_PASSWORD}@example.org` }],
    ['that is too short', { SESSION_SECRET: DATABASE_PASSWORD }],
    ['with a space in it', { OPENAI_API_KEY: `${SECRETS.OPENAI_API_KEY} x` }],
  ])('%s is not in the refusal to start', { timeout: 60_000 }, async (_, wrong) => {
    const output = await outputOf(['start'], {
      ...SECRETS,
      PUBLIC_URL: 'https://bot.example.org',
      DATA_DIR: temporaryFolder(),
      ...wrong,
    });
    expect(output).not.toBe('');
    expectNoSecretIn(output);
  });

  it.each([[['--help']], [['start', '--help']], [['calls', 'export', '--help']]])(
    'is in no help: %s',
    async (commandLine) => {
      expectNoSecretIn(
        await outputOf(commandLine, {
          ...SECRETS,
          DATABASE_URL: `postgres://clerk:${DATABASE_PASSWORD}@db/calls`,
        }),
      );
    },
  );
});
