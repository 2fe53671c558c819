/**
 * Every setting, from the environment and `.env`, checked once at the start. The only file that reads the
 * environment. `.env.example` lists the same names; a test holds the two together, both ways.
 */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { z } from 'zod';
import type { RecognizerName, SpeechSettings, SynthesizerName } from './channel/speech-settings.ts';
import { ConfigError } from './errors.ts';
import { nearestName } from './nearest-name.ts';
import { parseOtlpHeaders } from './otlp-headers.ts';
import { SPOKEN } from './protocol/spoken.ts';
import { VOICE_PATH } from './protocol/webhook-paths.ts';

const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, `a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `a whole number from ${min} to ${max}`);
const flag = z.enum(['true', 'false'], 'true or false').transform((value) => value === 'true');
const sid = (prefix: string) =>
  z.string().regex(new RegExp(`^${prefix}[0-9a-fA-F]{32}$`), `${prefix} and 32 hexadecimal digits`);
const host = z
  .string()
  .regex(
    /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/,
    'a host name, without scheme, port or path',
  );

/** A URL of one of `schemes`, with neither query, fragment nor credentials; the trailing slash is dropped. */
const url = (...schemes: string[]) =>
  z.string().transform((value, context) => {
    const parsed = URL.canParse(value) ? new URL(value) : null;
    const plain = parsed !== null && parsed.search + parsed.hash + parsed.username + parsed.password === '';
    if (plain && schemes.includes(parsed.protocol)) return value.replace(/\/+$/, '');
    context.addIssue(`a URL that begins with ${schemes.join('// or ')}// and has no query`);
    return z.NEVER;
  });

/** A URL that may hold a secret: it is shown nowhere. Its user, password and query stay as they are. */
const secretUrl = (expected: string, ...schemes: string[]) =>
  z
    .string()
    .refine(
      (value) =>
        URL.canParse(value) && schemes.includes(new URL(value).protocol) && new URL(value).hash === '',
      expected,
    );

/** Names separated by commas, each once; `auto` (null here) leaves the choice to the keys that are there. */
const chain = <Name extends string>(...names: readonly Name[]) =>
  z
    .string()
    .default('auto')
    .transform((value, context): readonly Name[] | null => {
      if (value === 'auto') return null;
      const parts = value.split(',').map((part) => part.trim());
      const known = parts.filter((part): part is Name => (names as readonly string[]).includes(part));
      if (known.length === parts.length && new Set(known).size === known.length) return known;
      context.addIssue(`auto, or some of ${names.join(', ')}, each once, separated by commas`);
      return z.NEVER;
    });
const model = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$/, 'the name of a model');
/** An address, or a network as `10.0.0.0/8`. */
const addressOrNetwork = (text: string): boolean => {
  const [address = '', prefix, ...rest] = text.split('/');
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return (
    rest.length === 0 &&
    bits > 0 &&
    (prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits))
  );
};
const key = z.string().regex(/^[\x21-\x7e]{1,512}$/, 'a key, without spaces');
/** As RFC 6750 lets it be sent. */
const bearerToken = z.string().regex(/^[\w.~+/=-]{16,512}$/, 'at least 16 letters, digits and -._~+/=');

/** Name -> what is expected. A name that is absent or empty takes its default. */
export const SETTINGS = {
  TWILIO_ACCOUNT_SID: sid('AC').optional(),
  TWILIO_AUTH_TOKEN: z.string().min(16, 'at least 16 characters').optional(),
  TWILIO_PHONE_NUMBER: z
    .string()
    .regex(/^\+[1-9]\d{6,14}$/, 'a number in E.164 form, as +12025550123')
    .optional(),
  TWILIO_DOMAIN: host.optional(),
  TWILIO_API_BASE_URL: url('https:', 'http:').default('https://api.twilio.com'),
  PUBLIC_URL: url('https:', 'http:').optional(),
  STREAM_URL: url('wss:').optional(),
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: wholeNumber(0, 65_535).default(8080),
  TLS_CERT: z.string().optional(),
  TLS_KEY: z.string().optional(),
  TRUSTED_PROXIES: z
    .string()
    .default('')
    .transform((value) =>
      value
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    )
    .refine(
      (parts) => parts.every(addressOrNetwork),
      'addresses, and networks as 10.0.0.0/8, separated by commas',
    ),
  BROWSER_CALLS: z.enum(['off', 'local', 'on'], 'off, local or on').default('local'),
  DATA_DIR: z.string().default('data'),
  SESSION_SECRET: z.string().min(32, 'at least 32 characters').optional(),
  DATABASE_URL: secretUrl(
    'a URL that begins with postgres:// or postgresql://',
    'postgres:',
    'postgresql:',
  ).optional(),
  DATABASE_POOL: wholeNumber(2, 64).default(4),
  RETENTION_DAYS: wholeNumber(1, 3650).optional(),
  RESULT_URL: secretUrl('a URL that begins with https:// or http://', 'https:', 'http:').optional(),
  RESULT_SECRET: z.string().min(16, 'at least 16 characters').optional(),
  FLOW: z.string().default('flows/eligibility.yaml'),
  WORKERS: wholeNumber(1, 64).default(() => availableParallelism()),
  MAX_CALLS: wholeNumber(1, 100_000).optional(),
  BUSY_MESSAGE: z.string().max(1000, 'at most 1000 characters').default(SPOKEN.full),
  BUSY_REDIRECT_URL: secretUrl('a URL that begins with https:// or http://', 'https:', 'http:').optional(),
  CALL_MAX_SECONDS: wholeNumber(10, 14_400).default(120),
  DRAIN_SECONDS: wholeNumber(0, 3600).default(150),
  DIALS_PER_SECOND: wholeNumber(1, 100).default(1),
  RECOGNIZERS: chain('openai-live', 'openai', 'builtin'),
  SYNTHESIZERS: chain('elevenlabs', 'openai', 'builtin'),
  OPENAI_API_KEY: key.optional(),
  OPENAI_BASE_URL: url('https:', 'http:').optional(),
  OPENAI_TRANSCRIBE_MODEL: model.default('gpt-transcribe'),
  OPENAI_LIVE_MODEL: model.default('gpt-live-transcribe'),
  OPENAI_TTS_MODEL: model.default('gpt-4o-mini-tts'),
  OPENAI_TTS_VOICE: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, 'the name of a voice')
    .default('alloy'),
  UNDERSTANDING_MODEL: model.optional(),
  ELEVENLABS_API_KEY: key.optional(),
  ELEVENLABS_BASE_URL: url('https:', 'http:').optional(),
  ELEVENLABS_VOICE_ID: z
    .string()
    .regex(/^[A-Za-z0-9]{1,64}$/, 'the id of a voice')
    .default('JBFqnCBsd6RMkjVDRZzb'),
  ELEVENLABS_MODEL: model.default('eleven_flash_v2_5'),
  ELEVENLABS_OUTPUT_FORMAT: z
    .string()
    .regex(
      /^(auto|ulaw_8000|alaw_8000|pcm_\d{4,5}|mp3_\d{5}_\d{2,3})$/,
      'auto, ulaw_8000, pcm_16000, mp3_44100_128 or another',
    )
    .default('auto'),
  ELEVENLABS_CONCURRENCY: wholeNumber(1, 100).default(4),
  SPECULATION: flag.default(true),
  API_DEADLINE_MS: wholeNumber(500, 120_000).default(4000),
  TURN_DEADLINE_MS: wholeNumber(500, 120_000).default(10_000),
  PROMPT_CACHE_MB: wholeNumber(1, 65_536).default(512),
  WORKER_STALL_MS: wholeNumber(500, 60_000).default(2000),
  WORKER_MEMORY_MB: wholeNumber(64, 65_536).default(512),
  RECORD_AUDIO: flag.default(false),
  RECORD_CALLS: z.string().optional(),
  RECORDINGS_KEEP_DAYS: wholeNumber(1, 3650).default(30),
  ADMIN_TOKEN: bearerToken.optional(),
  METRICS_TOKEN: bearerToken.optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: url('https:', 'http:').optional(),
  OTEL_EXPORTER_OTLP_HEADERS: z
    .string()
    .optional()
    .transform((value, context): Readonly<Record<string, string>> => {
      const headers = value === undefined ? {} : parseOtlpHeaders(value);
      if (headers === null)
        context.addIssue('name=value, several separated by commas, values percent-encoded');
      return headers ?? z.NEVER;
    }),
  OTEL_SERVICE_NAME: z.string().max(128, 'at most 128 characters').default('trunkline'),
  LOG_LEVEL: z
    .enum(
      ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
      'trace, debug, info, warn, error, fatal or silent',
    )
    .default('info'),
  LOG_PII: flag.default(false),
} as const;

type Settings = { readonly [Name in keyof typeof SETTINGS]: z.output<(typeof SETTINGS)[Name]> };

export interface Config extends Settings {
  /** Scheme, host, port and path prefix that Twilio reaches us by, without trailing slash; null serves this machine only. */
  readonly publicUrl: string | null;
  /** Which vendors listen and speak, out of the settings above. */
  readonly speech: SpeechSettings;
  /** Names in `.env` that no setting has, with the nearest one: most likely misspelt. And what is well for one node only. */
  readonly warnings: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads `.env` in `directory` where there is one; the environment wins over it, and `given` (by a command line) over both.
 * Throws ConfigError.
 */
export function readConfig(
  environment: Environment = process.env,
  directory = process.cwd(),
  given: Environment = {},
): Config {
  const file = readEnvFile(resolve(directory, '.env'));
  return parseConfig({ ...file, ...withoutEmpty(environment), ...withoutEmpty(given) }, Object.keys(file));
}

/**
 * Only these settings, and nothing of how they go with others: for commands that need no whole configuration, and to find out
 * what is wrong with one. As `readConfig` reads them. Throws ConfigError.
 */
export function readSettings<Name extends keyof Settings>(
  names: readonly Name[],
  environment: Environment = process.env,
  directory = process.cwd(),
): Pick<Settings, Name> {
  const file = readEnvFile(resolve(directory, '.env'));
  return validated(names, { ...file, ...withoutEmpty(environment) });
}

/** `fileNames`: the names that stand in `.env`, to be looked at for misspellings. Throws ConfigError, a line for each wrong value. */
export function parseConfig(environment: Environment, fileNames: readonly string[] = []): Config {
  const values = validated(Object.keys(SETTINGS) as (keyof Settings)[], environment);
  const publicUrl = publicUrlOf(values);
  checkTogether(values, publicUrl);
  return {
    ...values,
    publicUrl,
    speech: toSpeechSettings(values),
    warnings: [...misspelt(fileNames), ...ownKey(values)],
  };
}

/** Throws ConfigError, a line for each wrong value. */
function validated<Name extends keyof Settings>(
  names: readonly Name[],
  environment: Environment,
): Pick<Settings, Name> {
  const given = withoutEmpty(environment);
  const settings: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const name of names) {
    const result = SETTINGS[name].safeParse(given[name]);
    if (result.success) settings[name] = result.data;
    else
      problems.push(
        `${name}: expected ${result.error.issues[0]?.message}, received ${shown(name, given[name])}`,
      );
  }
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
  return settings as Pick<Settings, Name>;
}

/** Where Twilio reaches us; null: nowhere. Without a trailing slash. */
export function publicUrlOf({
  PUBLIC_URL,
  TWILIO_DOMAIN,
}: Pick<Settings, 'PUBLIC_URL' | 'TWILIO_DOMAIN'>): string | null {
  return PUBLIC_URL ?? (TWILIO_DOMAIN === undefined ? null : `https://${TWILIO_DOMAIN}`);
}

/**
 * A key makes its vendor the first choice, and the built-in parts are the last resort. A server of one's own behind
 * OPENAI_BASE_URL is asked to listen; that it can speak, SYNTHESIZERS must say.
 */
function toSpeechSettings(values: Settings): SpeechSettings {
  const { OPENAI_API_KEY, OPENAI_BASE_URL, ELEVENLABS_API_KEY, UNDERSTANDING_MODEL } = values;
  const hasOpenAi = OPENAI_API_KEY !== undefined || OPENAI_BASE_URL !== undefined;
  const hasElevenLabs = ELEVENLABS_API_KEY !== undefined;
  const isOpenAiOwn = OPENAI_API_KEY !== undefined && OPENAI_BASE_URL === undefined;
  const recognizers: readonly RecognizerName[] =
    values.RECOGNIZERS ?? (hasOpenAi ? ['openai', 'builtin'] : ['builtin']);
  const synthesizers: readonly SynthesizerName[] = values.SYNTHESIZERS ?? [
    ...(hasElevenLabs ? (['elevenlabs'] as const) : []),
    ...(isOpenAiOwn ? (['openai'] as const) : []),
    'builtin',
  ];
  const needs = (setting: string, what: string, has: boolean, missing: string): void => {
    if (has) return;
    throw new ConfigError(`${missing}: expected a key, since ${setting} ${what}, received nothing`);
  };
  for (const name of [...recognizers, ...synthesizers]) {
    const setting = recognizers.includes(name as RecognizerName) ? 'RECOGNIZERS' : 'SYNTHESIZERS';
    if (name === 'elevenlabs') needs(setting, `names ${name}`, hasElevenLabs, 'ELEVENLABS_API_KEY');
    else if (name !== 'builtin') needs(setting, `names ${name}`, hasOpenAi, 'OPENAI_API_KEY');
  }
  if (UNDERSTANDING_MODEL !== undefined) needs('UNDERSTANDING_MODEL', 'is set', hasOpenAi, 'OPENAI_API_KEY');
  return {
    recognizers,
    synthesizers,
    openai: {
      apiKey: OPENAI_API_KEY ?? null,
      baseUrl: OPENAI_BASE_URL ?? null,
      transcribeModel: values.OPENAI_TRANSCRIBE_MODEL,
      liveModel: values.OPENAI_LIVE_MODEL,
      speechModel: values.OPENAI_TTS_MODEL,
      speechVoice: values.OPENAI_TTS_VOICE,
      understandingModel: UNDERSTANDING_MODEL ?? null,
    },
    elevenlabs:
      ELEVENLABS_API_KEY === undefined
        ? null
        : {
            apiKey: ELEVENLABS_API_KEY,
            baseUrl: values.ELEVENLABS_BASE_URL ?? null,
            voiceId: values.ELEVENLABS_VOICE_ID,
            model: values.ELEVENLABS_MODEL,
            outputFormat: values.ELEVENLABS_OUTPUT_FORMAT === 'auto' ? null : values.ELEVENLABS_OUTPUT_FORMAT,
            concurrency: values.ELEVENLABS_CONCURRENCY,
          },
    apiDeadlineMs: values.API_DEADLINE_MS,
    turnDeadlineMs: Math.max(values.TURN_DEADLINE_MS, values.API_DEADLINE_MS),
    speculates: values.SPECULATION,
  };
}

function checkTogether(values: Settings, publicUrl: string | null): void {
  if (publicUrl !== null && values.TWILIO_AUTH_TOKEN === undefined) {
    throw new ConfigError(
      'TWILIO_AUTH_TOKEN: expected the auth token of the account, since PUBLIC_URL or TWILIO_DOMAIN opens this server to the network, received nothing',
    );
  }
  if (publicUrl === null && values.TWILIO_AUTH_TOKEN !== undefined) {
    throw new ConfigError(
      'TWILIO_DOMAIN: expected the public host name (or PUBLIC_URL) that Twilio signs its requests for, since TWILIO_AUTH_TOKEN is set, received nothing',
    );
  }
  if (values.RESULT_URL !== undefined && values.RESULT_SECRET === undefined) {
    throw new ConfigError(
      'RESULT_SECRET: expected at least 16 characters that sign the results, since RESULT_URL is set, received nothing',
    );
  }
  if (publicUrl !== null && values.BUSY_REDIRECT_URL?.split('?', 1)[0] === publicUrl + VOICE_PATH) {
    throw new ConfigError(
      "BUSY_REDIRECT_URL: expected another server's TwiML, received this server's own webhook, which would send callers round for ever",
    );
  }
  if ((values.TLS_CERT === undefined) !== (values.TLS_KEY === undefined)) {
    const missing = values.TLS_CERT === undefined ? 'TLS_CERT' : 'TLS_KEY';
    throw new ConfigError(
      `${missing}: expected a PEM file, since the other of TLS_CERT and TLS_KEY is set, received nothing`,
    );
  }
}

/** A key that each node makes for itself: what one has minted, the next refuses. */
function ownKey({ DATABASE_URL, SESSION_SECRET }: Settings): string[] {
  if (DATABASE_URL === undefined || SESSION_SECRET !== undefined) return [];
  return [
    'SESSION_SECRET: not set; one node makes a key of its own, and nodes that share DATABASE_URL must share the secret',
  ];
}

/** Secrets are never echoed. */
function shown(name: string, value: string | undefined): string {
  if (value === undefined) return 'nothing';
  // A URL may hold a user and a password.
  const isSecret =
    /TOKEN|SECRET|API_KEY|OTLP_HEADERS|DATABASE_URL|RESULT_URL|BUSY_REDIRECT_URL/.test(name) ||
    /^\w+:\/\/[^/]*@/.test(value);
  return isSecret ? `${value.length} characters` : JSON.stringify(value);
}

function withoutEmpty(environment: Environment): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment))
    if (value !== undefined && value !== '') kept[name] = value;
  return kept;
}

function readEnvFile(path: string): Record<string, string> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new ConfigError(
      `.env: expected a readable file, received ${(error as NodeJS.ErrnoException).code}`,
    );
  }
  return parseEnv(text) as Record<string, string>;
}

function misspelt(names: readonly string[]): string[] {
  const known = Object.keys(SETTINGS);
  return names
    .filter((name) => !known.includes(name))
    .map((name) => {
      const nearest = nearestName(name, known);
      return `.env: ${name} is not a setting${nearest === null ? '' : `; did you mean ${nearest}?`}`;
    });
}
