import { describe, expect, it } from 'vitest';
import { endedMessage, noteMessage, parseBrowserMessage } from '../../../src/protocol/browser-messages.ts';

describe('a message of a page', () => {
  it.each([
    [{ event: 'start', sampleRateHz: 48_000 }],
    [{ event: 'digit', digit: '#' }],
    [{ event: 'mark', name: 'g0.1' }],
    [{ event: 'stop' }],
  ])('%j is read', (message) => {
    expect(parseBrowserMessage(JSON.stringify(message))).toEqual({ ok: true, message });
  });

  it.each([
    ['nothing', ''],
    ['no object', '"stop"'],
    ['null', 'null'],
    ['a list', '[]'],
    ['no event', '{}'],
    ['an unknown event', '{"event":"media"}'],
    ['a start without a rate', '{"event":"start"}'],
    ['half a Hz', '{"event":"start","sampleRateHz":8000.5}'],
    ['two digits', '{"event":"digit","digit":"12"}'],
    ['a digit as a number', '{"event":"digit","digit":1}'],
    ['a mark without end', JSON.stringify({ event: 'mark', name: 'g'.repeat(65) })],
    ['a text without end', `{"event":"stop"${' '.repeat(512)}}`],
  ])('%s is refused, in words that fit a close message and repeat nothing', (_title, text) => {
    const parsed = parseBrowserMessage(text);
    expect(parsed.ok).toBe(false);
    if (parsed.ok) return;
    expect(parsed.detail).toMatch(/^Expected [\x20-\x7e]{1,110}$/);
    expect(parsed.detail).not.toMatch(/ggg|media|"12"/);
  });

  it('ignores fields that it does not know', () => {
    expect(parseBrowserMessage('{"event":"stop","why":"tired"}')).toEqual({
      ok: true,
      message: { event: 'stop' },
    });
  });
});

it('what a caller said goes to the page as it was said', () => {
  const text = '<img src=x onerror=alert(1)> "ja" ☎';
  expect(JSON.parse(Buffer.from(noteMessage({ kind: 'heard', text })).toString())).toEqual({
    event: 'note',
    kind: 'heard',
    text,
  });
});

it('an end says its reason, outcome and answers', () => {
  const end = { reason: 'completed', outcome: 'both', answers: [{ node: 'first', value: 'true' }] };
  expect(JSON.parse(Buffer.from(endedMessage(end)).toString())).toEqual({ event: 'ended', ...end });
});
