/** From nothing to a call that is answered, by nothing but what the doctor says; each step is a process as its user starts it. */

import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished, vi } from 'vitest';
import { AccountApi } from '../../src/simulator/account-api.ts';
import { SimulatedCarrier } from '../../src/simulator/simulated-carrier.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TrunklineProcess } from '../support/trunkline-process.ts';
import { sharedPromptFolder } from '../support/trunkline-rig.ts';

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url));
const ACCOUNT = `AC${'0'.repeat(32)}`;
const TOKEN = 'an-auth-token-of-tests-32-letters';
const NUMBER = '+12025550100';
const SID = `PN${'1'.repeat(32)}`;

it('leads a newcomer from an empty configuration to a call that is answered', async () => {
  const folder = temporaryFolder();
  symlinkSync(sharedPromptFolder(), join(folder, 'prompts'));
  const api = await AccountApi.start({
    accountSid: ACCOUNT,
    authToken: TOKEN,
    numbers: [{ sid: SID, phoneNumber: NUMBER }],
  });
  onTestFinished(() => api.close());
  const environment: Record<string, string> = {
    DATA_DIR: folder,
    PORT: '0',
    TWILIO_API_BASE_URL: api.url,
    // In the place of an authority that every browser knows.
    NODE_EXTRA_CA_CERTS: fixture('localhost.crt'),
    TLS_CERT: fixture('localhost.crt'),
    TLS_KEY: fixture('localhost.key'),
  };
  const doctor = async () => {
    const process = new TrunklineProcess(['doctor'], environment);
    const code = await process.exited;
    return { code, said: process.stdout };
  };

  const first = await doctor();
  expect(first.said).toMatch(
    /warn account +none is configured[\s\S]*-> Put TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN .* and TWILIO_DOMAIN/,
  );

  Object.assign(environment, { TWILIO_ACCOUNT_SID: ACCOUNT, TWILIO_AUTH_TOKEN: TOKEN });
  const half = await doctor();
  expect(half).toMatchObject({
    code: 1,
    said: expect.stringMatching(/FAIL configuration +TWILIO_DOMAIN: expected the public host name/),
  });

  environment['PUBLIC_URL'] = 'https://localhost:9';
  const alone = await doctor();
  expect(alone).toMatchObject({
    code: 1,
    said: expect.stringMatching(/FAIL certificate[\s\S]*start the proxy/),
  });

  // Its port is known once it listens, and its address is signed with: so it is started twice.
  const trial = new TrunklineProcess(['start', '--no-supervisor'], { ...environment });
  const port = new URL(await trial.listens()).port;
  trial.signal('SIGTERM');
  await trial.exited;
  Object.assign(environment, { PORT: port, PUBLIC_URL: `https://localhost:${port}` });
  const server = new TrunklineProcess(['start', '--no-supervisor'], environment);
  await server.prints(/Ready for calls/);

  const unpointed = await doctor();
  expect(unpointed.said).toMatch(/ok +certificate/);
  expect(unpointed.said).toMatch(/ok +webhook/);
  expect(unpointed.said).toMatch(/ok +stream/);
  expect(unpointed.said).toMatch(/warn number[\s\S]*-> Point one here: npx trunkline number set/);

  const set = new TrunklineProcess(['number', 'set', NUMBER, '--yes'], environment);
  expect([await set.exited, set.stderr]).toEqual([0, '']);
  const well = await doctor();
  expect(well).toMatchObject({
    code: 0,
    said: expect.stringMatching(/ok +number +\+12025550100: calls come here/),
  });

  const { VoiceUrl = '' } = api.settingsOf(SID);
  const carrier = new SimulatedCarrier({
    authToken: TOKEN,
    accountSid: ACCOUNT,
    publicUrl: VoiceUrl.slice(0, VoiceUrl.indexOf('/voice')),
    connectTo: { host: '127.0.0.1', port: Number(port), tls: true },
    ca: readFileSync(fixture('localhost.crt'), 'utf8'),
  });
  onTestFinished(() => carrier.close());
  const call = carrier.placeCall({
    to: NUMBER,
    timeLimitMs: 20_000,
    caller: { onAudioStart: (caller) => caller.hangUp() },
  });
  const report = await call.ended;
  expect(report).toMatchObject({ endedBy: 'caller', errors: [], warnings: [] });
  server.signal('SIGTERM');
  await vi.waitFor(async () => expect(await server.exited).toBe(0), { timeout: 20_000 });
});
