import { describe, expect, it } from 'vitest';
import { STREAM_TOKEN_MS, StreamTokens } from '../../../src/server/stream-tokens.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const SESSION_KEY = Buffer.alloc(32, 7);
const CALL = `CA${'0'.repeat(32)}`;
const HOUR_MS = 3_600_000;

function setUp() {
  const clock = new FakeClock();
  const tokens = new StreamTokens({ clock, sessionKey: SESSION_KEY });
  return { clock, tokens };
}

describe('StreamTokens', () => {
  it('holds a token of its own to a minute', () => {
    const { clock, tokens } = setUp();
    const token = tokens.mint(CALL, 0);
    clock.advanceMs(STREAM_TOKEN_MS - 1);
    expect(tokens.read(token)).toMatchObject({ status: 'ok', claims: { callSid: CALL, attempt: 0 } });
    clock.advanceMs(1);
    expect(tokens.read(token).status).toBe('expired');
  });

  it.each([HOUR_MS, -HOUR_MS])('s08 is not moved by a wall clock that steps by %i ms', (stepMs) => {
    const { clock, tokens } = setUp();
    const token = tokens.mint(CALL, 0);
    clock.shiftWallMs(stepMs);
    expect(tokens.read(token).status).toBe('ok');
    clock.advanceMs(STREAM_TOKEN_MS);
    expect(tokens.read(token).status).toBe('expired');
  });

  it('keeps it expired until the wall clock says so, and then remembers nothing that could bring it back', () => {
    const { clock, tokens } = setUp();
    const token = tokens.mint(CALL, 0);
    for (let minute = 1; minute <= 180; minute++) {
      clock.advanceMs(60_000);
      tokens.mint(`CA${minute.toString(16).padStart(32, '0')}`, 0);
      expect(tokens.read(token).status).toBe('expired');
    }
  });

  it('lets the minute begin again with a repeated webhook', () => {
    const { clock, tokens } = setUp();
    tokens.mint(CALL, 0);
    clock.advanceMs(50_000);
    const token = tokens.mint(CALL, 0);
    clock.advanceMs(50_000);
    expect(tokens.read(token).status).toBe('ok');
  });

  it('leaves the token of another node, or of a newer attempt than its own, to the tolerant expiry', () => {
    const { clock, tokens } = setUp();
    const other = new StreamTokens({ clock, sessionKey: SESSION_KEY });
    tokens.mint(CALL, 0);
    const token = other.mint(CALL, 1);
    clock.advanceMs(STREAM_TOKEN_MS + HOUR_MS);
    expect(tokens.read(token).status).toBe('ok');
    clock.advanceMs(1);
    expect(tokens.read(token).status).toBe('expired');
  });

  it('takes nothing else for a token', () => {
    const { tokens } = setUp();
    expect(tokens.read('x').status).toBe('malformed');
    expect(tokens.read('A'.repeat(104)).status).toBe('forged');
  });
});
