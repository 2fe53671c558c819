import { describe, expect, it } from 'vitest';
import { CarrierError } from '../../../src/errors.ts';
import type { CarrierAccount, PhoneNumber } from '../../../src/operations/carrier-account.ts';
import { checkAccount } from '../../../src/operations/doctor/account-checks.ts';
import { NO_WEBHOOKS, webhooksAt } from '../../../src/operations/number-webhooks.ts';

const HERE = 'https://bot.example.org';
const NUMBER = '+12025550123';

function phoneNumber(more: Partial<PhoneNumber> = {}): PhoneNumber {
  return {
    sid: 'PN1',
    number: NUMBER,
    name: 'Door',
    hasVoice: true,
    webhooks: webhooksAt(HERE),
    takenBy: '',
    ...more,
  };
}

function look(
  numbers: readonly PhoneNumber[],
  number?: string,
  about: Partial<Awaited<ReturnType<CarrierAccount['about']>>> = {},
) {
  const account: CarrierAccount = {
    about: async () => ({ name: 'Tests', status: 'active', type: 'Full', ...about }),
    numbers: async () => numbers,
    find: async (wanted) => numbers.find((each) => each.number === wanted) ?? null,
    point: async () => phoneNumber(),
    recordingsOf: async () => [],
  };
  return checkAccount({ account, number, publicUrl: HERE });
}

describe('the account', () => {
  it('with a number that leads here is well', async () => {
    expect(await look([phoneNumber()], NUMBER)).toMatchObject([{ level: 'ok' }, { level: 'ok' }]);
    expect(await look([phoneNumber({ webhooks: NO_WEBHOOKS, number: '+1' }), phoneNumber()])).toMatchObject([
      { level: 'ok' },
      { level: 'ok', text: expect.stringContaining(NUMBER) },
    ]);
  });

  it.each([
    ['without that number', [], /number list/],
    ['whose number leads elsewhere', [phoneNumber({ webhooks: NO_WEBHOOKS })], /number set \+12025550123/],
    ['whose number a trunk has', [phoneNumber({ takenBy: 'TK1' })], /number set/],
    ['whose number has no voice', [phoneNumber({ hasVoice: false })], /Voice/],
  ])('%s is told what to do', async (_title, numbers, cure) => {
    const [, number] = await look(numbers, NUMBER);
    expect(number).toMatchObject({ level: 'error', cure: expect.stringMatching(cure) });
  });

  it('that is suspended, or on trial, is said to be', async () => {
    const [account, trial] = await look([phoneNumber()], NUMBER, { status: 'suspended', type: 'Trial' });
    expect(account).toMatchObject({ level: 'error', text: expect.stringContaining('suspended') });
    expect(trial).toMatchObject({ level: 'warning', text: expect.stringContaining('trial') });
  });

  it('that refuses the credentials is said to, and its numbers are left out', async () => {
    const refused = async () => {
      throw new CarrierError('Twilio did not read the account', 20003);
    };
    const account: CarrierAccount = {
      about: refused,
      numbers: refused,
      find: refused,
      point: refused,
      recordingsOf: refused,
    };
    expect(await checkAccount({ account, number: NUMBER, publicUrl: HERE })).toMatchObject([
      { level: 'error', cure: expect.stringContaining('TWILIO_AUTH_TOKEN') },
      { about: 'number', level: 'skipped' },
    ]);
  });
});
