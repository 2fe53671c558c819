import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES, ProviderError, toErrorRecord } from '../../src/errors.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

describe('error codes', () => {
  it('stand in the README with their meaning, every one and no other', () => {
    const documented = Object.fromEntries(
      [...readme.matchAll(/^\| `(ERR_\w+)` \| (.+) \|$/gm)].map(([, code, meaning]) => [code, meaning]),
    );
    expect(documented).toEqual(ERROR_CODES);
  });
});

describe('an error record', () => {
  it('keeps name, code and message of our errors', () => {
    const error = new ProviderError('no answer', { provider: 'x', fault: 'transient' });
    expect(toErrorRecord(error)).toEqual({
      name: 'ProviderError',
      code: 'ERR_PROVIDER',
      message: 'no answer',
    });
  });

  it.each([[undefined], [null], [42], [{ message: 1 }], [Object.create(null)]])(
    'is made of whatever was thrown: %s',
    (thrown) => {
      expect(toErrorRecord(thrown)).toMatchObject({ name: 'Error', code: 'ERR_INVALID_STATE' });
    },
  );
});
