import { describe, expect, it } from 'vitest';
import {
  isAccountSid,
  isCallSid,
  isPhoneNumber,
  isSipAddress,
  isStreamSid,
} from '../../../src/protocol/call-sid.ts';

const HEX = '0123456789abcdef0123456789abcdef';

describe('names that a carrier gives', () => {
  it('takes each kind by its prefix and 32 hex digits', () => {
    expect(isCallSid(`CA${HEX}`)).toBe(true);
    expect(isAccountSid(`AC${HEX}`)).toBe(true);
    expect(isStreamSid(`MZ${HEX}`)).toBe(true);
    expect(isCallSid(`MZ${HEX}`)).toBe(false);
  });

  it.each(['', 'CA', `CA${HEX}0`, `CA${HEX}\n`, `../CA${HEX}`, `CA${HEX.slice(1)}g`, null, 7, {}])(
    'refuses %j as a callSid',
    (value) => {
      expect(isCallSid(value)).toBe(false);
    },
  );

  it('takes E.164 numbers and nothing that only looks dialled', () => {
    expect(isPhoneNumber('+14155550100')).toBe(true);
    for (const other of ['14155550100', '+0123456', '+1415555010012345', 'anonymous', '+1 415', '']) {
      expect(isPhoneNumber(other)).toBe(false);
    }
  });

  it('takes sip addresses without spaces or headers', () => {
    expect(isSipAddress('sip:desk@example.org')).toBe(true);
    expect(isSipAddress('sip:desk@example.org?X-a=1')).toBe(false);
    expect(isSipAddress('sip:a b@example.org')).toBe(false);
  });
});
