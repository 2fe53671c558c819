/** `trunkline number` by the official package, against a server that is as strict as Twilio about names and types. */
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listNumbers, type NumberDesk, setNumber, showNumber, unsetNumber } from '../../src/cli/number.ts';
import type { Output } from '../../src/cli/prompt-progress.ts';
import { openTwilioAccount } from '../../src/operations/twilio-account.ts';
import { AccountApi, type SimulatedNumber } from '../../src/simulator/account-api.ts';

const ACCOUNT = `AC${'0'.repeat(32)}`;
const TOKEN = 'an-auth-token-of-tests-32-letters';
const URL_HERE = 'https://bot.example.org';
const NUMBER = '+12025550123';
const SID = `PN${'1'.repeat(32)}`;
const OURS = {
  VoiceUrl: `${URL_HERE}/voice#rc=5&rp=all`,
  VoiceMethod: 'POST',
  VoiceFallbackUrl: `${URL_HERE}/voice/fallback`,
  VoiceFallbackMethod: 'POST',
  StatusCallback: `${URL_HERE}/voice/status`,
  StatusCallbackMethod: 'POST',
};
const DEMO = { VoiceUrl: 'https://demo.twilio.com/welcome/voice/', VoiceMethod: 'POST' };

let api: AccountApi;
let said = '';

const paper = () =>
  new Writable({
    write(chunk: Buffer, _encoding, written) {
      said += chunk.toString();
      written();
    },
  }) as unknown as Output;

async function desk(
  numbers: readonly SimulatedNumber[],
  more: Partial<NumberDesk> = {},
): Promise<NumberDesk> {
  api = await AccountApi.start({ accountSid: ACCOUNT, authToken: TOKEN, numbers });
  const account = openTwilioAccount({
    accountSid: ACCOUNT,
    authToken: TOKEN,
    baseUrl: api.url,
    timeoutMs: 500,
  });
  return { account, publicUrl: URL_HERE, output: paper(), confirm: async () => true, ...more };
}

const one = (settings: Readonly<Record<string, string>> = DEMO, hasVoice = true): SimulatedNumber[] => [
  { sid: SID, phoneNumber: NUMBER, friendlyName: 'Front door', settings, hasVoice },
];
const updates = () => api.requests.filter(({ method }) => method === 'POST');

beforeEach(() => {
  said = '';
});
afterEach(() => api.close());

describe('number list', () => {
  it('shows each number with where its calls go, over several pages', async () => {
    const many = Array.from({ length: 240 }, (_, index) => ({
      sid: `PN${String(index).padStart(32, '0')}`,
      phoneNumber: `+1202555${String(index).padStart(4, '0')}`,
      settings: index === 7 ? OURS : DEMO,
    }));
    await listNumbers(await desk(many));
    expect(said.trim().split('\n')).toHaveLength(241);
    expect(said).toMatch(/\+12025550007 .*answered here\n/);
    expect(said).toMatch(
      /\+12025550239 .*POST https:\/\/demo\.twilio\.com\/welcome\/voice\/ +answered elsewhere/,
    );
    expect(api.requests).toHaveLength(3);
  });

  it('says what to do where there is none', async () => {
    await listNumbers(await desk([]));
    expect(said).toContain('Buy one');
  });
});

describe('number show', () => {
  it('shows all webhooks, and who takes the calls in their place', async () => {
    await showNumber(await desk(one({ ...OURS, TrunkSid: `TK${'2'.repeat(32)}` })), NUMBER);
    expect(said).toMatch(/taken by +TK2+: the webhooks below are not asked/);
    expect(said).toMatch(/fallback +POST https:\/\/bot\.example\.org\/voice\/fallback/);
    expect(said).toContain('answered elsewhere');
  });

  it('tells a number that only looks alike from the one that is meant', async () => {
    const longer = [{ sid: SID, phoneNumber: `${NUMBER}4` }];
    await expect(showNumber(await desk(longer), NUMBER)).rejects.toThrow(/no number \+12025550123/);
  });
});

describe('number set', () => {
  it('shows the change, asks, and points voice, fallback and status here', async () => {
    const asked: string[] = [];
    const confirm = async (question: string) => asked.push(question) > 0;
    await setNumber(await desk(one(), { confirm }), NUMBER, false);
    expect(asked).toEqual(['Change it?']);
    expect(said).toMatch(
      /voice +POST https:\/\/demo\.twilio\.com\S+ +-> +POST https:\/\/bot\.example\.org\/voice#rc=5&rp=all/,
    );
    expect(said).toMatch(/status +none +-> +POST https:\/\/bot\.example\.org\/voice\/status/);
    expect(updates().map(({ form }) => form)).toEqual([{ ...OURS, VoiceApplicationSid: '', TrunkSid: '' }]);
    expect(api.settingsOf(SID)).toMatchObject(OURS);
  });

  it('takes a number from the application that had it', async () => {
    await setNumber(await desk(one({ ...OURS, VoiceApplicationSid: `AP${'3'.repeat(32)}` })), NUMBER, true);
    expect(said).toMatch(/taken by +AP3+ +-> +none/);
    expect(api.settingsOf(SID)).toMatchObject({ VoiceApplicationSid: '' });
  });

  it('changes nothing when it is not wanted', async () => {
    await setNumber(await desk(one(), { confirm: async () => false }), NUMBER, false);
    expect(said).toContain('Nothing was changed.');
    expect(updates()).toEqual([]);
  });

  it('changes nothing where nobody can be asked, and says how to', async () => {
    await expect(setNumber(await desk(one(), { confirm: null }), NUMBER, false)).rejects.toThrow(/--yes/);
    expect(updates()).toEqual([]);
  });

  it('has nothing to do the second time', async () => {
    await setNumber(await desk(one(OURS)), NUMBER, true);
    expect(said).toContain('nothing to change');
    expect(updates()).toEqual([]);
  });

  it.each([
    ['no address', null, /--url: expected the public address/],
    ['an address without TLS', 'http://bot.example.org', /begins with https/],
  ])('refuses %s', async (_title, publicUrl, message) => {
    await expect(setNumber(await desk(one(), { publicUrl }), NUMBER, true)).rejects.toThrow(message);
    expect(api.requests).toEqual([]);
  });

  it('refuses a number without voice', async () => {
    await expect(setNumber(await desk(one(DEMO, false)), NUMBER, true)).rejects.toThrow(/has no voice/);
    expect(updates()).toEqual([]);
  });
});

describe('number unset', () => {
  it('takes all three webhooks off', async () => {
    await unsetNumber(await desk(one(OURS)), NUMBER, true);
    expect(api.settingsOf(SID)).toMatchObject({ VoiceUrl: '', VoiceFallbackUrl: '', StatusCallback: '' });
    expect(said).toContain('points nowhere now');
    await unsetNumber(await desk(one({})), NUMBER, true);
    expect(said).toContain('points nowhere already');
  });
});

describe("Twilio's recordings of a call", () => {
  it('are those of that call', async () => {
    const callSid = `CA${'3'.repeat(32)}`;
    const recording = {
      sid: `RE${'4'.repeat(32)}`,
      callSid,
      durationSeconds: 12,
      startedAt: new Date('2026-11-26T18:00:00Z'),
    };
    await desk([]);
    await api.close();
    const others = { ...recording, callSid: `CA${'5'.repeat(32)}` };
    api = await AccountApi.start({ accountSid: ACCOUNT, authToken: TOKEN, recordings: [recording, others] });
    const account = openTwilioAccount({ accountSid: ACCOUNT, authToken: TOKEN, baseUrl: api.url });
    expect(await account.recordingsOf(callSid)).toEqual([
      {
        sid: recording.sid,
        status: 'completed',
        durationSeconds: 12,
        startedAtWallMs: Date.UTC(2026, 10, 26, 18),
        url: expect.stringContaining(recording.sid),
      },
    ]);
  });
});

describe('what Twilio refuses', () => {
  it.each([
    [
      { statusCode: 401, code: 20003 },
      /TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN must be of one account.*20003/,
    ],
    [{ statusCode: 404, code: 20404 }, /no such thing in this account.*20404/],
    [{ statusCode: 400, code: 21220 }, /not in progress any more.*21220/],
    [{ statusCode: 400, code: 21401 }, /Refused as the test wants it.*docs\/api\/errors\/21401/],
    [{ statusCode: 503, code: 0 }, /has trouble itself.*HTTP 503/],
  ] as const)('%o is said in words', async (failure, message) => {
    const { account } = await desk(one());
    api.failNext(failure);
    await expect(account.numbers()).rejects.toThrow(message);
  });

  it('too many requests are tried again, and then said to be too many', async () => {
    const { account } = await desk(one());
    const busy = { statusCode: 429, code: 20429 };
    api.failNext(busy, busy);
    expect(await account.numbers()).toHaveLength(1);
    api.failNext(busy, busy, busy, busy);
    await expect(account.numbers()).rejects.toThrow(/too many requests; wait a minute.*20429/);
  });

  it('an answer that does not come', async () => {
    const { account } = await desk(one());
    api.failNext('silence');
    await expect(account.numbers()).rejects.toThrow(/127\.0\.0\.1:\d+ did not answer within 0\.5 s/);
  });

  it('a server that is not there', async () => {
    const { account } = await desk(one());
    await api.close();
    await expect(account.about()).rejects.toThrow(/cannot be reached \(ECONNREFUSED\)/);
    api = await AccountApi.start({ accountSid: ACCOUNT, authToken: TOKEN });
  });
});
