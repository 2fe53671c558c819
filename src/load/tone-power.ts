/** Three frequencies to look for at once, in Hz. */
export type ThreeHz = readonly [number, number, number];

/**
 * The power of three frequencies in a block, each against that of a sine of full scale (1): Goertzel's algorithm (1958), a
 * filter of two delays whose last two values hold the one bin. The three in one pass: each waits for its own sample before,
 * so one beside the other they take little longer than one.
 */
export function tonePowers(
  samples: Int16Array,
  [firstHz, secondHz, thirdHz]: ThreeHz,
  sampleRateHz: number,
): [number, number, number] {
  const a = coefficientOf(firstHz, sampleRateHz);
  const b = coefficientOf(secondHz, sampleRateHz);
  const c = coefficientOf(thirdHz, sampleRateHz);
  let a1 = 0;
  let a2 = 0;
  let b1 = 0;
  let b2 = 0;
  let c1 = 0;
  let c2 = 0;
  for (let at = 0; at < samples.length; at += 1) {
    const sample = samples[at]!;
    const aNow = sample + a * a1 - a2;
    const bNow = sample + b * b1 - b2;
    const cNow = sample + c * c1 - c2;
    a2 = a1;
    b2 = b1;
    c2 = c1;
    a1 = aNow;
    b1 = bNow;
    c1 = cNow;
  }
  const ofFullScale = ((32_767 * samples.length) / 2) ** 2;
  return [
    (a1 * a1 + a2 * a2 - a * a1 * a2) / ofFullScale,
    (b1 * b1 + b2 * b2 - b * b1 * b2) / ofFullScale,
    (c1 * c1 + c2 * c2 - c * c1 * c2) / ofFullScale,
  ];
}

function coefficientOf(frequencyHz: number, sampleRateHz: number): number {
  return 2 * Math.cos((2 * Math.PI * frequencyHz) / sampleRateHz);
}
