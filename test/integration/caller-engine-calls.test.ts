/** A whole call by the native caller engine with a whole Trunkline: webhook, stream, outcome. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { CallerEngine, type EngineEvent } from '../../src/load/caller-engine.ts';
import { callParameters } from '../../src/simulator/call-parameters.ts';
import { signRequest } from '../../src/simulator/sign-request.ts';
import { readStreamNoun } from '../../src/simulator/stream-noun.ts';
import { readTwiml, type Verb } from '../../src/simulator/twiml-document.ts';
import { fetchWebhook } from '../../src/simulator/webhook.ts';
import { speak } from '../support/caller-speech.ts';
import { AUTH_TOKEN, NUMBERS, PUBLIC_URL, TrunklineRig } from '../support/trunkline-rig.ts';

const ACCOUNT_SID = 'AC00000000000000000000000000000001';
const FRAME_BYTES = 160;
const YES = 1;

let rig: TrunklineRig;
let engine: CallerEngine;
const events: EngineEvent[] = [];
let onEnded: () => void;
const ended = new Promise<void>((resolve) => {
  onEnded = resolve;
});

beforeAll(async () => {
  rig = await TrunklineRig.start();
  engine = await CallerEngine.start((event) => {
    if (event.kind !== 'pulse') events.push(event);
    if (event.kind === 'ended') onEnded();
  });
  const speech = await speak('yes');
  const mulaw = new Uint8Array(Math.ceil(speech.length / FRAME_BYTES) * FRAME_BYTES).fill(0xff);
  mulaw.set(speech);
  engine.addClip({ id: YES, mulaw, onsetMs: 0, offsetMs: speech.length / 8 });
}, 90_000);

afterAll(async () => {
  await engine.close();
  await rig.close();
});

async function fetchVerbs(url: string, callSid: string): Promise<readonly Verb[]> {
  const answer = await fetchWebhook(
    {
      url,
      method: 'POST',
      parameters: callParameters({
        accountSid: ACCOUNT_SID,
        callSid,
        callStatus: 'in-progress',
        from: '+15550001111',
        to: NUMBERS.short,
        extra: {},
      }),
      idempotencyToken: callSid,
      signal: AbortSignal.timeout(10_000),
    },
    {
      clock: systemClock,
      authToken: AUTH_TOKEN,
      routing: {
        addresses: new Map([['bot.example.org', { host: '127.0.0.1', port: rig.trunkline.port }]]),
      },
      signedUrl: (asked) => asked,
      roundTripMs: 0,
    },
  );
  const reading = answer.ok ? readTwiml(answer.body, answer.contentType) : null;
  if (reading?.ok !== true) throw new Error(`no document from ${url}`);
  return reading.verbs;
}

it('reaches its outcome: one question is answered by voice, the other by a key', async () => {
  const callSid = `CA${randomBytes(16).toString('hex')}`;
  const [connect] = await fetchVerbs(`${PUBLIC_URL}/voice`, callSid);
  const noun = readStreamNoun(connect?.children[0], PUBLIC_URL, true);
  if (!noun.ok) throw new Error(noun.text);
  const { pathname } = new URL(noun.url);
  engine.call({
    id: 1,
    host: '127.0.0.1',
    port: rig.trunkline.port,
    path: pathname,
    headers: {
      Host: 'bot.example.org',
      'User-Agent': 'Twilio.TmeWs/1.0',
      'X-Twilio-Signature': signRequest(AUTH_TOKEN, noun.url),
    },
    accountSid: ACCOUNT_SID,
    callSid,
    streamSid: `MZ${randomBytes(16).toString('hex')}`,
    parameters: noun.customParameters,
    turnSilenceMs: 350,
    steps: [
      { kind: 'say', clipId: YES, thinkMs: 400 },
      { kind: 'press', digits: '1', thinkMs: 0 },
    ],
  });
  await ended;
  const kinds = events.map(({ kind }) => kind);
  expect(kinds).toEqual(['open', 'first-audio', 'turn', 'turn', 'ended']);
  expect(events.at(-1)).toMatchObject({ how: 'closed', stepsDone: 2, detail: '' });
  const after = await fetchVerbs(new URL(connect?.attributes['action'] ?? '', PUBLIC_URL).href, callSid);
  expect(after.map(({ name }) => name)).toEqual(['Hangup']);
  expect(await rig.finalRecord(callSid)).toMatchObject({ endReason: 'completed', outcome: 'both' });
});
