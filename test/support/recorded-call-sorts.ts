/** The sorts of calls that a replay must get right, and what shows that a record is of its sort. */

/** Of a record as it lies there; the text of all its lines. */
type Sign = (text: string) => boolean;

const has =
  (...parts: readonly string[]): Sign =>
  (text) =>
    parts.every((part) => text.includes(part));

/** By name; a call of several streams has a record of each. */
export const RECORDED_CALLS: Readonly<Record<string, { readonly streams: number; readonly sign: Sign }>> = {
  spoken: { streams: 1, sign: has('"kind":"transcript","number":1', '"outcome":"both"') },
  'barge-in': { streams: 1, sign: has('"bargeIn":true}', '"kind":"clear","audioBytes":') },
  'no-input': { streams: 1, sign: has('"kind":"no input"', '"reason":"completed"') },
  keypad: { streams: 1, sign: has('"how":"digits"', '"outcome":"not-both"') },
  'keys-over-a-prompt': { streams: 1, sign: has('"how":"digits"', '"kind":"clear","audioBytes":') },
  'hang-up-over-a-prompt': { streams: 1, sign: has('"reason":"caller hung up"', '"outcome":"interrupted"') },
  'bad-line': { streams: 1, sign: has('"isBinary":true', 'no JSON at all', '"outcome":"both"') },
  'comes-back': { streams: 2, sign: has('"kind":"begun"') },
  'worker-lost': { streams: 1, sign: has('"kind":"call.started","run":1', '"outcome":"done"') },
  'code-throws': { streams: 1, sign: has('"kind":"call.failed"', '"kind":"call.started","run":1') },
  'vendor-error': { streams: 1, sign: has('"kind":"transcript","number":0,"error"', '"outcome":"failed"') },
  'slow-vendor': { streams: 1, sign: has('"kind":"utterance.provisional"', '"kind":"fill"') },
  'live-recognizer': { streams: 1, sign: has('"kind":"is.live","answer":true', '"kind":"speech.chunk"') },
  understanding: { streams: 1, sign: has('"kind":"understood"', '"value":"yes"') },
};
