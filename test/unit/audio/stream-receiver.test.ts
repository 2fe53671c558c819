import { expect, it } from 'vitest';
import { TELEPHONE_FORMAT } from '../../../src/audio/audio-format.ts';
import { createStreamReceiver } from '../../../src/audio/stream-receiver.ts';

it('makes a receiver of the format, or throws for one that there is not', () => {
  const receiver = createStreamReceiver(TELEPHONE_FORMAT);
  expect(receiver.utteranceRateHz).toBe(8000);
  receiver.close();
  expect(() => createStreamReceiver({ codec: 'mulaw', sampleRateHz: 16_000, channels: 1 })).toThrow(
    RangeError,
  );
});
