import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parseConfig, readConfig, SETTINGS } from '../../src/config.ts';
import { ConfigError } from '../../src/errors.ts';

const exampleFile = new URL('../../.env.example', import.meta.url);

function parseConfigError(environment: Record<string, string>): string {
  try {
    parseConfig(environment);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('config', () => {
  it('needs nothing: every setting has a default', () => {
    const config = parseConfig({});
    expect(config).toMatchObject({ PORT: 8080, HOST: '127.0.0.1', publicUrl: null, CALL_MAX_SECONDS: 120 });
    expect(config.WORKERS).toBeGreaterThan(0);
  });

  it('takes an empty value for an absent one', () => {
    expect(parseConfig({ PORT: '', TWILIO_DOMAIN: '' }).PORT).toBe(8080);
  });

  it.each([
    ['PORT', 'abc', 'PORT: expected a whole number from 0 to 65535, received "abc"'],
    ['PORT', '70000', 'PORT: expected a whole number from 0 to 65535, received "70000"'],
    ['PORT', '-1', 'PORT: expected a whole number from 0 to 65535, received "-1"'],
    [
      'LOG_LEVEL',
      'loud',
      'LOG_LEVEL: expected trace, debug, info, warn, error, fatal or silent, received "loud"',
    ],
    [
      'TWILIO_ACCOUNT_SID',
      'AC12',
      'TWILIO_ACCOUNT_SID: expected AC and 32 hexadecimal digits, received "AC12"',
    ],
    [
      'TWILIO_DOMAIN',
      'https://x.example',
      'TWILIO_DOMAIN: expected a host name, without scheme, port or path, received "https://x.example"',
    ],
    [
      'PUBLIC_URL',
      'ftp://x.example',
      'PUBLIC_URL: expected a URL that begins with https:// or http:// and has no query, received "ftp://x.example"',
    ],
    [
      'PUBLIC_URL',
      'https://x.example/?a=1',
      'PUBLIC_URL: expected a URL that begins with https:// or http:// and has no query, received "https://x.example/?a=1"',
    ],
    ['LOG_PII', 'yes', 'LOG_PII: expected true or false, received "yes"'],
    ['RECORD_AUDIO', 'on', 'RECORD_AUDIO: expected true or false, received "on"'],
    [
      'RECORDINGS_KEEP_DAYS',
      '0',
      'RECORDINGS_KEEP_DAYS: expected a whole number from 1 to 3650, received "0"',
    ],
  ])('refuses %s=%s in one line that names it', (name, value, message) => {
    expect(() => parseConfig({ [name]: value })).toThrow(new ConfigError(message));
  });

  it('never shows an address that may hold a password', () => {
    const wrong = parseConfigError({ DATABASE_URL: 'mysql://me:hunter2@db.example/calls' });
    expect(wrong).toBe(
      'DATABASE_URL: expected a URL that begins with postgres:// or postgresql://, received 35 characters',
    );
    expect(parseConfigError({ RESULT_URL: 'ftp://me:hunter2@hooks.example' })).not.toContain('hunter2');
  });

  it('refuses to send results unsigned', () => {
    expect(parseConfigError({ RESULT_URL: 'https://hooks.example/result?key=1' })).toMatch(
      /^RESULT_SECRET: /,
    );
  });

  it('never shows a secret that is wrong', () => {
    expect(() => parseConfig({ SESSION_SECRET: 'hunter2' })).toThrow(
      new ConfigError('SESSION_SECRET: expected at least 32 characters, received 7 characters'),
    );
    for (const name of ['METRICS_TOKEN', 'OTEL_EXPORTER_OTLP_HEADERS'])
      expect(parseConfigError({ [name]: 'hunter2' })).toMatch(/: expected .*, received 7 characters$/);
  });

  it('refuses to be open to the network without an auth token', () => {
    expect(() => parseConfig({ TWILIO_DOMAIN: 'bot.example.com' })).toThrow(/^TWILIO_AUTH_TOKEN: /);
    expect(() => parseConfig({ PUBLIC_URL: 'https://bot.example.com' })).toThrow(/^TWILIO_AUTH_TOKEN: /);
  });

  it('refuses an auth token with no public name to check signatures against', () => {
    expect(() => parseConfig({ TWILIO_AUTH_TOKEN: '0123456789abcdef' })).toThrow(/^TWILIO_DOMAIN: /);
  });

  it('refuses half a TLS pair', () => {
    expect(() => parseConfig({ TLS_CERT: 'a.pem' })).toThrow(/^TLS_KEY: /);
  });

  it('takes the public URL from the domain, or from PUBLIC_URL with its port and prefix', () => {
    const token = { TWILIO_AUTH_TOKEN: '0123456789abcdef', TWILIO_DOMAIN: 'bot.example.com' };
    expect(parseConfig(token).publicUrl).toBe('https://bot.example.com');
    expect(parseConfig({ ...token, PUBLIC_URL: 'https://x.example:8443/bot/' }).publicUrl).toBe(
      'https://x.example:8443/bot',
    );
  });

  it('reads .env, lets the environment win, and points at a misspelt name', () => {
    const directory = mkdtempSync(join(tmpdir(), 'trunkline-config-'));
    writeFileSync(join(directory, '.env'), 'PORT=4000\nWORKERS=3\nLOG_LEVL=debug\n');
    const config = readConfig({ PORT: '5000' }, directory);
    expect(config).toMatchObject({ PORT: 5000, WORKERS: 3 });
    expect(config.warnings).toEqual(['.env: LOG_LEVL is not a setting; did you mean LOG_LEVEL?']);
  });

  it('says that nodes which share a database must share the secret', () => {
    const DATABASE_URL = 'postgres://db.example/trunkline';
    expect(parseConfig({ DATABASE_URL }).warnings).toEqual([
      expect.stringMatching(/^SESSION_SECRET: not set; /),
    ]);
    expect(parseConfig({ DATABASE_URL, SESSION_SECRET: 's'.repeat(32) }).warnings).toEqual([]);
    expect(parseConfig({}).warnings).toEqual([]);
  });

  it('has an example file with the same names and working values', () => {
    const example = parseEnv(readFileSync(exampleFile, 'utf8'));
    expect(Object.keys(example).sort()).toEqual(Object.keys(SETTINGS).sort());
    expect(parseConfig(example as Record<string, string>)).toEqual(parseConfig({}));
  });
});

describe('what callers are told beyond the capacity', () => {
  const SERVED = { TWILIO_AUTH_TOKEN: 'a'.repeat(32), PUBLIC_URL: 'https://bot.example.org/one' };

  it('is a sentence, or a redirect to TwiML elsewhere with whatever query it needs', () => {
    const url = 'https://example.org/queue?key=a&b=c';
    expect(parseConfig({}).BUSY_MESSAGE).toMatch(/busy/);
    expect(parseConfig({}).BUSY_REDIRECT_URL).toBeUndefined();
    expect(parseConfig({ BUSY_REDIRECT_URL: url }).BUSY_REDIRECT_URL).toBe(url);
    expect(parseConfig({ BUSY_MESSAGE: 'Later.' }).BUSY_MESSAGE).toBe('Later.');
  });

  it('is no redirect to a path, or back to this very server', () => {
    expect(parseConfigError({ BUSY_REDIRECT_URL: '/queue' })).toBe(
      'BUSY_REDIRECT_URL: expected a URL that begins with https:// or http://, received 6 characters',
    );
    for (const url of ['https://bot.example.org/one/voice', 'https://bot.example.org/one/voice?a=1'])
      expect(parseConfigError({ ...SERVED, BUSY_REDIRECT_URL: url })).toMatch(
        /^BUSY_REDIRECT_URL: .* round for ever$/,
      );
    expect(parseConfigError({ ...SERVED, BUSY_REDIRECT_URL: 'https://bot.example.org/two/voice' })).toBe('');
  });

  it('begins where MAX_CALLS says, which is measured where it is not set', () => {
    expect(parseConfig({}).MAX_CALLS).toBeUndefined();
    expect(parseConfig({ MAX_CALLS: '7' }).MAX_CALLS).toBe(7);
  });
});
