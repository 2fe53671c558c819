/**
 * ITU-T G.711 mu-law as two tables: enough for a carrier that mixes noise and echo. On purpose not the addon's codec: the
 * simulator shares no code with what it tests.
 */

/** Digital silence of a telephone line: the code of +0. */
export const MULAW_SILENCE = 0xff;

const BIAS = 0x84;
const CLIP = 32_635;

/** Code (0 to 255) -> signed 16-bit sample. */
export const MULAW_TO_LINEAR: Int16Array = Int16Array.from({ length: 256 }, (_, code) => {
  const bits = ~code & 0xff;
  const magnitude = (((bits & 0x0f) << 3) + BIAS) << ((bits >> 4) & 0x07);
  return (bits & 0x80) !== 0 ? BIAS - magnitude : magnitude - BIAS;
});

/** Sample, as an unsigned 16-bit index (`sample & 0xffff`) -> code. */
export const LINEAR_TO_MULAW: Uint8Array = Uint8Array.from({ length: 65_536 }, (_, index) => {
  const sample = index < 32_768 ? index : index - 65_536;
  const biased = Math.min(Math.abs(sample), CLIP) + BIAS;
  const exponent = 31 - Math.clz32(biased >> 7);
  const code = (sample < 0 ? 0x80 : 0) | (exponent << 4) | ((biased >> (exponent + 3)) & 0x0f);
  return ~code & 0xff;
});
