/**
 * The power of one frequency in a block, against that of a sine of full scale (1): Goertzel's algorithm (1958), a filter of
 * two delays whose last two values hold the one bin.
 */
export function tonePower(samples: Int16Array, frequencyHz: number, sampleRateHz: number): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * frequencyHz) / sampleRateHz);
  let before = 0;
  let last = 0;
  for (let at = 0; at < samples.length; at += 1) {
    const now = samples[at]! + coefficient * last - before;
    before = last;
    last = now;
  }
  const bin = last * last + before * before - coefficient * last * before;
  const ofFullScale = (32_767 * samples.length) / 2;
  return bin / (ofFullScale * ofFullScale);
}
