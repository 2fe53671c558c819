import { describe, expect, it } from 'vitest';
import { earFor, onCallerInput } from '../../../src/media/barge-in.ts';

describe('barge-in', () => {
  it('hears whenever the call listens, but for a prompt that must be heard to its end', () => {
    expect(earFor(true, 'nothing')).toBe('hears');
    expect(earFor(true, 'interruptible')).toBe('hears');
    expect(earFor(true, 'protected')).toBe('deaf');
    expect(earFor(false, 'nothing')).toBe('deaf');
  });

  it('interrupts only what may be interrupted', () => {
    expect(onCallerInput('interruptible')).toBe('interrupt');
    expect(onCallerInput('protected')).toBe('report');
    expect(onCallerInput('nothing')).toBe('report');
  });
});
