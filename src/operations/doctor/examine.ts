/**
 * The doctor: all that a call needs, looked at in the order in which it needs it. Findings are told as they come, since a look
 * at a vendor or through the public address takes seconds.
 */
import { type Clock, systemClock } from '../../clock.ts';
import type { Config } from '../../config.ts';
import { ConfigError, TrunklineError } from '../../errors.ts';
import { checkVendors } from '../../speech/check-vendors.ts';
import { openTwilioAccount } from '../twilio-account.ts';
import { checkAccount } from './account-checks.ts';
import { error, type Finding, ok, skipped, warning } from './finding.ts';
import { checkAddon, checkDescriptors, checkFolder } from './machine-checks.ts';
import { checkServer, checkTime } from './server-checks.ts';
import { checkDatabase } from './store-checks.ts';
import { checkWay } from './way-checks.ts';

export interface ExamineOf {
  /** All settings, `.env` and environment together. Throws ConfigError. */
  readonly readConfig: () => Config;
  /** There is a `.env` in the folder. */
  readonly hasEnvFile: boolean;
  /** What the flows are called. Throws ConfigError or FlowError. */
  readonly loadFlows: (setting: string) => readonly string[];
  readonly clock?: Clock;
  readonly tell: (finding: Finding) => void;
}

const NO_ACCOUNT_CURE =
  'Put TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN (first page of https://console.twilio.com) and TWILIO_DOMAIN (the name that reaches this server) into .env.';

/** Resolves with how many findings are errors. Never rejects but for a defect of ours. */
export async function examine(of: ExamineOf): Promise<number> {
  const clock = of.clock ?? systemClock;
  let errors = 0;
  const tell = (findings: readonly Finding[]): void => {
    for (const finding of findings) {
      if (finding.level === 'error') errors += 1;
      of.tell(finding);
    }
  };
  const { config, findings } = configuration(of);
  tell(findings);
  tell(await checkAddon());
  if (config === null) {
    of.tell(skipped('the rest', 'not looked at before the configuration is right'));
    return errors;
  }
  tell(flows(of, config));
  tell(checkFolder(config.DATA_DIR));
  tell(await checkDatabase(config, clock));
  tell(checkDescriptors(config.MAX_CALLS));
  tell(await vendors(config, clock));
  tell(await checkTime(config.TWILIO_API_BASE_URL, clock));
  tell(await checkServer(config));
  tell(await way(config, clock));
  return errors;
}

function configuration({ hasEnvFile, readConfig }: ExamineOf): {
  config: Config | null;
  findings: readonly Finding[];
} {
  try {
    const config = readConfig();
    const source = hasEnvFile ? '.env and the environment' : 'the environment, and no .env';
    const odd = config.warnings.map((text) =>
      warning('configuration', text, 'Correct it in .env (.env.example lists every setting).'),
    );
    return { config, findings: [ok('configuration', `read from ${source}`), ...odd] };
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    const findings = thrown.message
      .split('\n')
      .map((line) =>
        error(
          'configuration',
          line,
          hasEnvFile ? 'Correct that line of .env.' : 'Copy .env.example to .env, and set it there.',
        ),
      );
    return { config: null, findings };
  }
}

function flows({ loadFlows }: ExamineOf, { FLOW }: Config): readonly Finding[] {
  try {
    return [ok('flow', loadFlows(FLOW).join(', '))];
  } catch (thrown) {
    if (!(thrown instanceof TrunklineError)) throw thrown;
    const cure =
      thrown instanceof ConfigError
        ? 'Set FLOW to a file that there is; it is sought from the folder in which the server is started.'
        : 'Correct that line, and check it: npx trunkline flow check FILE';
    return [error('flow', thrown.message, cure)];
  }
}

async function vendors({ speech }: Config, clock: Clock): Promise<readonly Finding[]> {
  const checked = await checkVendors(speech, clock);
  if (checked.length === 0)
    return [
      warning(
        'speech',
        'the built-in voice, and a recognizer that knows yes and no; keys are read from the line',
        'For real callers put OPENAI_API_KEY and ELEVENLABS_API_KEY into .env.',
      ),
    ];
  return checked.map(({ level, provider, text }) =>
    level === 'ok'
      ? ok(provider, text)
      : (level === 'warning' ? warning : error)(
          provider,
          text,
          'Correct its settings in .env; npm run test:live sends one real request.',
        ),
  );
}

async function way(config: Config, clock: Clock): Promise<readonly Finding[]> {
  const { publicUrl, TWILIO_ACCOUNT_SID: accountSid, TWILIO_AUTH_TOKEN: authToken } = config;
  if (publicUrl === null || authToken === undefined)
    return [
      warning(
        'account',
        'none is configured: calls of this machine are answered, and no others',
        NO_ACCOUNT_CURE,
      ),
    ];
  if (accountSid === undefined)
    return [
      error(
        'account',
        'TWILIO_ACCOUNT_SID is not set',
        'Put it into .env: it is on the first page of https://console.twilio.com.',
      ),
    ];
  const account = openTwilioAccount({ accountSid, authToken, baseUrl: config.TWILIO_API_BASE_URL });
  const number = config.TWILIO_PHONE_NUMBER;
  return [
    ...(await checkWay({ publicUrl, accountSid, authToken, to: number, clock })),
    ...(await checkAccount({ account, publicUrl, number })),
  ];
}
