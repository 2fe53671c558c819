import { describe, expect, it } from 'vitest';
import { MULAW_SILENCE } from '../../../src/simulator/mulaw.ts';
import { BUFFER_MAX_BYTES, PlaybackBuffer } from '../../../src/simulator/playback-buffer.ts';

const audio = (bytes: number, value = 1) => new Uint8Array(bytes).fill(value);
const frame = new Uint8Array(160);

describe('playback buffer', () => {
  it('plays what is queued in order, over the borders of messages, and then silence', () => {
    const buffer = new PlaybackBuffer();
    buffer.enqueue(audio(100, 1));
    buffer.enqueue(audio(100, 2));
    expect(buffer.take(frame)).toBe(160);
    expect([frame[99], frame[100], frame[159]]).toEqual([1, 2, 2]);
    expect(buffer.take(frame)).toBe(40);
    expect([frame[39], frame[40]]).toEqual([2, MULAW_SILENCE]);
    expect(buffer.take(frame)).toBe(0);
  });

  it('passes a mark only when the audio before it has been played', () => {
    const buffer = new PlaybackBuffer();
    buffer.enqueue(audio(320));
    expect(buffer.mark('end')).toBe(false);
    buffer.enqueue(audio(160));
    buffer.take(frame);
    expect(buffer.takePassedMarks()).toEqual([]);
    buffer.take(frame);
    expect(buffer.takePassedMarks()).toEqual(['end']);
    expect(buffer.takePassedMarks()).toEqual([]);
  });

  it('asks for the echo at once when nothing is before the mark', () => {
    expect(new PlaybackBuffer().mark('now')).toBe(true);
  });

  it('gives back pending marks on clear and plays nothing more', () => {
    const buffer = new PlaybackBuffer();
    buffer.enqueue(audio(800));
    buffer.mark('a');
    buffer.take(frame);
    expect(buffer.clear()).toEqual({ pendingMarks: ['a'], droppedBytes: 640 });
    expect(buffer.take(frame)).toBe(0);
    buffer.enqueue(audio(160, 9));
    buffer.mark('b');
    buffer.take(frame);
    expect(frame[0]).toBe(9);
    expect(buffer.takePassedMarks()).toEqual(['b']);
  });

  it('discards what goes beyond ten minutes', () => {
    const buffer = new PlaybackBuffer();
    expect(buffer.enqueue(audio(BUFFER_MAX_BYTES))).toBe(true);
    expect(buffer.enqueue(audio(1))).toBe(false);
    expect(buffer.bufferedBytes).toBe(BUFFER_MAX_BYTES);
  });
});
