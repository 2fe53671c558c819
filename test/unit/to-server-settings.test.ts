import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config.ts';
import { serverSettings } from '../../src/to-server-settings.ts';

const settingsOf = (environment: Record<string, string>) =>
  serverSettings(parseConfig({ SESSION_SECRET: 'a secret of thirty-two characters', ...environment }), {
    dataDir: '/nowhere',
    maxCalls: 12,
  });

describe('the server is set', () => {
  it('to the calls that were configured or measured', () => {
    expect(settingsOf({}).maxCalls).toBe(12);
  });

  it.each([
    ['has every worker take calls where we hear ourselves', {}, false],
    ['has a reserve where a vendor hears', { OPENAI_API_KEY: 'sk-1' }, true],
    ['has a reserve where a vendor hears live', { OPENAI_API_KEY: 'sk-1', RECOGNIZERS: 'openai-live' }, true],
    [
      'has none where the vendor only follows',
      { OPENAI_API_KEY: 'sk-1', RECOGNIZERS: 'builtin,openai' },
      false,
    ],
  ])('so that it %s', (_what, environment, hasReserve) => {
    expect(settingsOf(environment).hasReserve).toBe(hasReserve);
  });
});
