/** The account at the carrier, and whether a number of it leads here. */
import { CarrierError } from '../../errors.ts';
import type { CarrierAccount, PhoneNumber } from '../carrier-account.ts';
import { pointsAt, webhookText } from '../number-webhooks.ts';
import { error, type Finding, ok, skipped, warning } from './finding.ts';

export interface AccountChecksOf {
  readonly account: CarrierAccount;
  readonly publicUrl: string | null;
  /** `TWILIO_PHONE_NUMBER`; undefined: any that leads here will do. */
  readonly number: string | undefined;
}

export async function checkAccount({
  account,
  number,
  publicUrl,
}: AccountChecksOf): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  try {
    const { name, status, type } = await account.about();
    if (status === 'active') findings.push(ok('account', `${name}: Twilio takes the credentials`));
    else
      findings.push(
        error(
          'account',
          `${name} is ${status}`,
          'Twilio serves active accounts only: https://console.twilio.com',
        ),
      );
    if (type === 'Trial')
      findings.push(
        warning(
          'account',
          'it is a trial: callers hear a notice of Twilio first',
          'Upgrade it in the console before real callers come.',
        ),
      );
    findings.push(...(await checkNumber(account, number, publicUrl)));
  } catch (thrown) {
    if (!(thrown instanceof CarrierError)) throw thrown;
    findings.push(
      error(
        'account',
        thrown.message,
        thrown.carrierCode === 20003
          ? 'Copy TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN anew into .env.'
          : 'Try again; if it stays so, look at https://status.twilio.com and at the way out of this machine.',
      ),
    );
    findings.push(skipped('number', 'not looked at, since the account does not answer'));
  }
  return findings;
}

async function checkNumber(
  account: CarrierAccount,
  number: string | undefined,
  publicUrl: string | null,
): Promise<readonly Finding[]> {
  if (publicUrl === null) return [skipped('number', 'there is no public address that it could lead to')];
  if (number !== undefined) {
    const found = await account.find(number);
    if (found === null)
      return [
        error(
          'number',
          `the account has no number ${number}`,
          'Set TWILIO_PHONE_NUMBER to one that npx trunkline number list shows.',
        ),
      ];
    return [leading(found, publicUrl)];
  }
  const here = (await account.numbers()).filter((each) => pointsAt(each, publicUrl));
  if (here.length > 0)
    return [ok('number', `${here.map((each) => each.number).join(', ')}: calls come here`)];
  return [
    warning(
      'number',
      'no number of the account leads here',
      'Point one here: npx trunkline number set +1...',
    ),
  ];
}

function leading(found: PhoneNumber, publicUrl: string): Finding {
  if (!found.hasVoice)
    return error(
      'number',
      `${found.number} has no voice`,
      'Buy a number with Voice, and set TWILIO_PHONE_NUMBER to it.',
    );
  if (pointsAt(found, publicUrl)) return ok('number', `${found.number}: calls come here`);
  const where = found.takenBy === '' ? webhookText(found.webhooks.voice) : found.takenBy;
  return error(
    'number',
    `${found.number} leads elsewhere, or without fallback or status: ${where}`,
    `Point it here: npx trunkline number set ${found.number}`,
  );
}
