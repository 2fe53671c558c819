/** Adds a sine to 16-bit samples of 8 kHz, in place. `levelDbfs`: its peak against full scale. */
export function mixTone(samples: Int16Array, frequencyHz: number, levelDbfs: number): void {
  const peak = 32_767 * 10 ** (levelDbfs / 20);
  const step = (2 * Math.PI * frequencyHz) / 8000;
  for (let at = 0; at < samples.length; at += 1) {
    const mixed = samples[at]! + peak * Math.sin(step * at);
    samples[at] = Math.max(-32_768, Math.min(32_767, Math.round(mixed)));
  }
}
