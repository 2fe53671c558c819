import { describe, expect, it } from 'vitest';
import { LINEAR_TO_MULAW, MULAW_SILENCE, MULAW_TO_LINEAR } from '../../../src/simulator/mulaw.ts';

describe('mu-law tables', () => {
  it('has the ends and the zeros of G.711', () => {
    expect(MULAW_TO_LINEAR[0x00]).toBe(-32_124);
    expect(MULAW_TO_LINEAR[0x80]).toBe(32_124);
    expect(MULAW_TO_LINEAR[MULAW_SILENCE]).toBe(0);
    expect(MULAW_TO_LINEAR[0x7f]).toBe(0);
    expect(MULAW_TO_LINEAR[0xfe]).toBe(8);
  });

  it('gives every code back, but for the negative zero', () => {
    for (let code = 0; code < 256; code += 1) {
      expect(LINEAR_TO_MULAW[MULAW_TO_LINEAR[code]! & 0xffff]).toBe(code === 0x7f ? 0xff : code);
    }
  });

  it('clips instead of wrapping', () => {
    expect(LINEAR_TO_MULAW[32_767]).toBe(0x80);
    expect(LINEAR_TO_MULAW[-32_768 & 0xffff]).toBe(0x00);
  });
});
