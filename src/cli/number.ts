/** `trunkline number`: the account's numbers, and where their calls go. */
import { createInterface } from 'node:readline/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { CarrierError, ConfigError } from '../errors.ts';
import type { CarrierAccount, NumberWebhooks, PhoneNumber } from '../operations/carrier-account.ts';
import { readCarrierConfig } from '../operations/carrier-config.ts';
import {
  isSame,
  NO_WEBHOOKS,
  pointsAt,
  WEBHOOK_KINDS,
  webhooksAt,
  webhookText,
} from '../operations/number-webhooks.ts';
import { openTwilioAccount } from '../operations/twilio-account.ts';
import { VOICE_PATH } from '../protocol/webhook-paths.ts';
import type { Output } from './prompt-progress.ts';
import { textTable } from './text-table.ts';

const EXAMPLES = `
Reads TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and TWILIO_DOMAIN (or PUBLIC_URL) as the server does. Exit code 1 when Twilio refuses or
does not answer. Examples:
  npx trunkline number list
  npx trunkline number set +12025550123 --url https://bot.example.com
  npx trunkline number set +12025550123 --yes      # asks nothing: for scripts
  npx trunkline number unset +12025550123`;

/** What a command works with. */
export interface NumberDesk {
  readonly account: CarrierAccount;
  /** Without a trailing slash; null: none is known. */
  readonly publicUrl: string | null;
  readonly output: Output;
  /** Null: there is nobody who could be asked. */
  readonly confirm: ((question: string) => Promise<boolean>) | null;
}

export function registerNumber(program: Command): void {
  const number = program
    .command('number')
    .description("Show the account's numbers, and point one at this server.")
    .addHelpText('after', EXAMPLES);
  number
    .command('list')
    .description('Show the numbers of the account, and which of them this server answers.')
    .action(() => listNumbers(openDesk()));
  number
    .command('show <number>')
    .description('Show where the calls to a number go.')
    .action((text: string) => showNumber(openDesk(), toNumber(text)));
  number
    .command('set <number>')
    .description('Point a number at this server: voice, fallback and status.')
    .option('--url <url>', 'the address of this server, in place of the configured one', toUrl)
    .option('--yes', 'change it without asking', false)
    .addHelpText('after', EXAMPLES)
    .action((text: string, { url, yes }: { readonly url?: string; readonly yes: boolean }) =>
      setNumber(openDesk(url), toNumber(text), yes),
    );
  number
    .command('unset <number>')
    .description('Take a number off: its calls are then answered by nobody.')
    .option('--yes', 'change it without asking', false)
    .action((text: string, { yes }: { readonly yes: boolean }) =>
      unsetNumber(openDesk(), toNumber(text), yes),
    );
}

export async function listNumbers({ account, output, publicUrl }: NumberDesk): Promise<void> {
  const numbers = await account.numbers();
  if (numbers.length === 0) {
    output.write(
      'The account has no numbers. Buy one in the console: Phone Numbers, Buy a number, with Voice.\n',
    );
    return;
  }
  const rows = numbers.map((each) => [
    each.number,
    each.name,
    destination(each),
    answeredBy(each, publicUrl),
  ]);
  output.write(`${textTable([['number', 'name', 'calls go to', ''], ...rows])}\n`);
}

/** Rejects with CarrierError where the account has no such number; as all of these. */
export async function showNumber({ account, output, publicUrl }: NumberDesk, number: string): Promise<void> {
  const found = await findNumber(account, number);
  const rows = [
    ['number', `${found.number}  ${found.sid}`],
    ['name', found.name],
    ...(found.takenBy === '' ? [] : [['taken by', `${found.takenBy}: the webhooks below are not asked`]]),
    ...WEBHOOK_KINDS.map((kind) => [kind, webhookText(found.webhooks[kind])]),
    ['', answeredBy(found, publicUrl)],
  ];
  output.write(`${textTable(rows)}\n`);
}

/** Rejects with ConfigError without an address, or where nobody can be asked and `isSure` is false. */
export async function setNumber(desk: NumberDesk, number: string, isSure: boolean): Promise<void> {
  const { account, output, publicUrl } = desk;
  if (publicUrl === null)
    throw new ConfigError(
      '--url: expected the public address of this server, as https://bot.example.com, received nothing; or set TWILIO_DOMAIN in .env',
    );
  if (!publicUrl.startsWith('https:'))
    throw new ConfigError(
      `--url: expected an address that begins with https://, since Twilio opens streams over TLS only, received ${publicUrl}`,
    );
  const found = await findNumber(account, number);
  if (!found.hasVoice)
    throw new CarrierError(`${number} has no voice: it takes messages only. Buy one with Voice.`, null);
  if (pointsAt(found, publicUrl)) {
    output.write(`${number} points at ${publicUrl} already: nothing to change.\n`);
    return;
  }
  if (!(await change(desk, found, webhooksAt(publicUrl), isSure))) return;
  output.write(
    `${number} is answered by ${publicUrl} now. Ring it, or check the way there: npx trunkline doctor\n`,
  );
}

export async function unsetNumber(desk: NumberDesk, number: string, isSure: boolean): Promise<void> {
  const { account, output } = desk;
  const found = await findNumber(account, number);
  if (found.takenBy === '' && WEBHOOK_KINDS.every((kind) => found.webhooks[kind].url === '')) {
    output.write(`${number} points nowhere already: nothing to change.\n`);
    return;
  }
  if (!(await change(desk, found, NO_WEBHOOKS, isSure))) return;
  output.write(`${number} points nowhere now: who rings it hears that it is not in service.\n`);
}

/** Shows what would change, asks, does it. False: it was not wanted. */
async function change(
  { account, confirm, output }: NumberDesk,
  found: PhoneNumber,
  webhooks: NumberWebhooks,
  isSure: boolean,
): Promise<boolean> {
  const rows = WEBHOOK_KINDS.filter((kind) => !isSame(found.webhooks[kind], webhooks[kind])).map((kind) => [
    `  ${kind}`,
    webhookText(found.webhooks[kind]),
    '->',
    webhookText(webhooks[kind]),
  ]);
  if (found.takenBy !== '') rows.push(['  taken by', found.takenBy, '->', 'none']);
  output.write(`${found.number}  ${found.name}\n${textTable(rows)}\n`);
  if (!isSure) {
    if (confirm === null)
      throw new ConfigError('--yes: expected it where nobody can be asked, received nothing');
    if (!(await confirm('Change it?'))) {
      output.write('Nothing was changed.\n');
      return false;
    }
  }
  const changed = await account.point(found.sid, webhooks);
  const isDone =
    changed.takenBy === '' && WEBHOOK_KINDS.every((kind) => isSame(changed.webhooks[kind], webhooks[kind]));
  if (!isDone)
    throw new CarrierError(
      `Twilio took the change of ${found.number}, and shows another; look again: npx trunkline number show ${found.number}`,
      null,
    );
  return true;
}

async function findNumber(account: CarrierAccount, number: string): Promise<PhoneNumber> {
  const found = await account.find(number);
  if (found === null)
    throw new CarrierError(
      `The account has no number ${number}; npx trunkline number list shows those that it has`,
      20404,
    );
  return found;
}

function destination({ takenBy, webhooks }: PhoneNumber): string {
  return takenBy === '' ? webhookText(webhooks.voice) : takenBy;
}

function answeredBy(number: PhoneNumber, publicUrl: string | null): string {
  if (!number.hasVoice) return 'no voice';
  if (publicUrl === null) return '';
  if (pointsAt(number, publicUrl)) return 'answered here';
  const isHalf =
    number.takenBy === '' && number.webhooks.voice.url.split('#', 1)[0] === publicUrl + VOICE_PATH;
  return isHalf
    ? 'answered here, without fallback or status: npx trunkline number set'
    : 'answered elsewhere';
}

function openDesk(url: string | null = null): NumberDesk {
  const { credentials, publicUrl } = readCarrierConfig();
  return {
    account: openTwilioAccount(credentials),
    publicUrl: url ?? publicUrl,
    output: process.stdout,
    confirm: process.stdin.isTTY === true ? ask : null,
  };
}

async function ask(question: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `)).trim());
  } finally {
    lines.close();
  }
}

/** For commander. Spaces and the like are people's; the rest must be a number. */
function toNumber(text: string): string {
  const number = text.replace(/[\s().-]/g, '');
  if (/^\+[1-9]\d{6,14}$/.test(number)) return number;
  throw new ConfigError(`number: expected E.164 form, as +12025550123, received ${text.slice(0, 32)}`);
}

function toUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '')
    throw new InvalidArgumentError('Expected an address as https://bot.example.com.');
  return text.replace(/\/+$/, '');
}
