/** Mu-law as a table (ITU-T G.711): code (0 to 255) -> signed 16-bit sample. */
export const MULAW_TO_PCM16: Int16Array = Int16Array.from({ length: 256 }, (_, code) => {
  const bits = ~code & 0xff;
  const magnitude = ((((bits & 0x0f) << 3) + 0x84) << ((bits >> 4) & 0x07)) - 0x84;
  return (bits & 0x80) === 0 ? magnitude : -magnitude;
});
