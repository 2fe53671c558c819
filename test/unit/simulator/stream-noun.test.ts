import { expect, it } from 'vitest';
import { readStreamNoun } from '../../../src/simulator/stream-noun.ts';

const noun = (attributes: Record<string, string>, children: { name: string; value: string }[] = []) => ({
  name: 'Stream',
  attributes,
  text: '',
  children: children.map((attribute) => ({
    name: 'Parameter',
    attributes: attribute,
    text: '',
    children: [],
  })),
});
const codeOf = (attributes: Record<string, string>, insecure = false) => {
  const reading = readStreamNoun(noun(attributes), 'https://bot.example.org/voice', insecure);
  return reading.ok ? null : reading.code;
};

it('takes wss, and ws only if told that it may', () => {
  expect(codeOf({ url: 'wss://bot.example.org/ws' })).toBeNull();
  expect(codeOf({ url: 'ws://bot.example.org/ws' })).toBe(31922);
  expect(codeOf({ url: 'ws://bot.example.org/ws' }, true)).toBeNull();
  expect(codeOf({ url: 'https://bot.example.org/ws' })).toBe(31922);
});

it('refuses query strings, missing and malformed urls, and foreign tracks', () => {
  expect(codeOf({ url: 'wss://bot.example.org/ws?token=1' })).toBe(31920);
  expect(codeOf({})).toBe(31923);
  expect(codeOf({ url: 'wss://' })).toBe(31923);
  expect(codeOf({ url: 'wss://bot.example.org/ws', track: 'both_tracks' })).toBe(31941);
});

it('resolves a relative url against the document', () => {
  const reading = readStreamNoun(noun({ url: '/ws/1' }), 'https://bot.example.org/voice', false);
  expect(reading).toMatchObject({ ok: true, url: 'wss://bot.example.org/ws/1' });
});

it('hands parameters on, and refuses one of 500 characters', () => {
  const url = 'wss://bot.example.org/ws';
  const good = readStreamNoun(
    noun({ url }, [{ name: 'a', value: 'b' }]),
    'https://bot.example.org/voice',
    false,
  );
  expect(good).toMatchObject({ ok: true, customParameters: { a: 'b' } });
  const long = noun({ url }, [{ name: 'a', value: 'x'.repeat(499) }]);
  expect(readStreamNoun(long, 'https://bot.example.org/voice', false).ok).toBe(false);
});
