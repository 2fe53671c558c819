import { describe, expect, it } from 'vitest';
import { decodeG711 } from '../../../src/audio/g711.ts';
import { levelDbfs } from '../../../src/audio/level.ts';
import { CallerVoice } from '../../../src/cli/caller-voice.ts';
import { ConfigError } from '../../../src/errors.ts';

describe("the demo caller's voice", () => {
  it.each(['rms', 'slt'])(
    'begins with its first sound, so that what is measured from there is true: %s',
    async (name) => {
      const samples = decodeG711('mulaw', await new CallerVoice(name).speak('no'));
      expect(levelDbfs(samples.subarray(0, 240))).toBeGreaterThan(-45);
    },
  );

  it('refuses a voice that there is not, and names those that there are', () => {
    expect(() => new CallerVoice('alto')).toThrow(ConfigError);
    expect(() => new CallerVoice('alto')).toThrow(/slt.*received "alto"/);
  });
});
