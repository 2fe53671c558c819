import { describe, expect, it } from 'vitest';
import { parseOtlpHeaders } from '../../src/otlp-headers.ts';

describe('headers of a collector', () => {
  it('are names and percent-encoded values', () => {
    expect(parseOtlpHeaders('Authorization=Basic%20dXNlcg==,x-tenant = one')).toEqual({
      authorization: 'Basic dXNlcg==',
      'x-tenant': 'one',
    });
  });

  it.each(['', 'name', '=value', 'na me=value', 'name=', 'name=%zz', 'name=a%0d%0ax: b', 'a=b,'])(
    'are refused as %j',
    (text) => {
      expect(parseOtlpHeaders(text)).toBeNull();
    },
  );
});
