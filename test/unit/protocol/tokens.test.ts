import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidStateError } from '../../../src/errors.ts';
import { TOKEN_CHARACTERS } from '../../../src/protocol/token-text.ts';
import { CLOCK_STEP_TOLERANCE_MS, mintToken, readToken } from '../../../src/protocol/tokens.ts';

const KEY = Buffer.alloc(32, 7);
const NOW = Date.UTC(2026, 10, 22);
const CLAIMS = { callSid: `CA${'0a'.repeat(16)}`, attempt: 3, expiresAtMs: NOW + 60_000 };

describe('call and stream tokens', () => {
  it('reads back what was minted', () => {
    const token = mintToken('stream', CLAIMS, KEY);
    expect(token).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(token).toHaveLength(TOKEN_CHARACTERS);
    expect(readToken(token, 'stream', KEY, NOW)).toEqual({ status: 'ok', claims: CLAIMS });
  });

  it('does not take one kind for the other', () => {
    const kinds = ['stream', 'call', 'page stream', 'page call'] as const;
    for (const minted of kinds)
      for (const read of kinds)
        expect(readToken(mintToken(minted, CLAIMS, KEY), read, KEY, NOW).status).toBe(
          minted === read ? 'ok' : 'malformed',
        );
  });

  it('does not take another key', () => {
    expect(readToken(mintToken('call', CLAIMS, KEY), 'call', Buffer.alloc(32, 8), NOW).status).toBe('forged');
  });

  it('outlives a wall clock that steps by an hour either way, and no more', () => {
    const token = mintToken('stream', CLAIMS, KEY);
    expect(readToken(token, 'stream', KEY, NOW + 3_600_000).status).toBe('ok');
    expect(readToken(token, 'stream', KEY, NOW - 3_600_000).status).toBe('ok');
    expect(readToken(token, 'stream', KEY, CLAIMS.expiresAtMs + CLOCK_STEP_TOLERANCE_MS + 1).status).toBe(
      'expired',
    );
  });

  it('finds any changed character forged or malformed', () => {
    const token = mintToken('stream', CLAIMS, KEY);
    for (let at = 0; at < token.length; at += 1) {
      const other = token[at] === 'A' ? 'B' : 'A';
      const changed = token.slice(0, at) + other + token.slice(at + 1);
      expect(readToken(changed, 'stream', KEY, NOW).status).toBe('forged');
    }
  });

  it('finds any other text malformed, without throwing', () => {
    for (const text of [
      '',
      'x',
      `${mintToken('stream', CLAIMS, KEY)}=`,
      'é'.repeat(TOKEN_CHARACTERS),
      'a'.repeat(1e6),
    ]) {
      expect(readToken(text, 'stream', KEY, NOW).status).toBe('malformed');
    }
    fc.assert(fc.property(fc.string(), (text) => readToken(text, 'call', KEY, NOW).status === 'malformed'));
  });

  it('refuses to sign claims out of range', () => {
    for (const wrong of [
      { callSid: 'CA1' },
      { attempt: -1 },
      { attempt: 2 ** 32 },
      { expiresAtMs: Number.NaN },
    ]) {
      expect(() => mintToken('call', { ...CLAIMS, ...wrong }, KEY)).toThrow(InvalidStateError);
    }
  });
});
