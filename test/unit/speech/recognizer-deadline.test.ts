import { describe, expect, it } from 'vitest';
import { withDeadline } from '../../../src/speech/recognizer-deadline.ts';
import { FakeRecognizer } from '../../support/call-under-test.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const EXPECTATION = { kind: 'yes-no', language: 'en', keywords: [] } as const;

function recognitionUnderTest() {
  const clock = new FakeClock();
  const inner = new FakeRecognizer();
  const abort = new AbortController();
  const recognition = withDeadline(inner, 4000, clock).open(EXPECTATION, abort.signal);
  return { clock, inner: inner.opened[0]!, abort, recognition };
}

describe('a recognizer with a deadline', () => {
  it('passes on the audio and the transcript', async () => {
    const { clock, inner, recognition } = recognitionUnderTest();
    const audio = { samples: new Int16Array(8), sampleRateHz: 8000 } as const;
    recognition.push(audio);
    const transcript = recognition.end();
    inner.hears('yes');
    expect((await transcript).text).toBe('yes');
    expect(inner.audio).toEqual([audio]);
    expect(clock.pendingTimers()).toBe(0);
  });

  it('gives up at the deadline, aborts, and ignores what comes after', async () => {
    const { clock, inner, recognition } = recognitionUnderTest();
    const transcript = recognition.end();
    clock.advanceMs(4000);
    await expect(transcript).rejects.toMatchObject({ code: 'ERR_DEADLINE' });
    expect(inner.signal.aborted).toBe(true);
    inner.hears('too late');
  });

  it('settles at an abort, also when the recognizer heeds none', async () => {
    const { clock, inner, abort, recognition } = recognitionUnderTest();
    const transcript = recognition.end();
    abort.abort();
    await expect(transcript).rejects.toMatchObject({ name: 'AbortError' });
    expect(inner.signal.aborted).toBe(true);
    expect(clock.pendingTimers()).toBe(0);
  });

  it('settles when it was aborted before its end', async () => {
    const { clock, abort, recognition } = recognitionUnderTest();
    abort.abort();
    await expect(recognition.end()).rejects.toMatchObject({ name: 'AbortError' });
    expect(clock.pendingTimers()).toBe(0);
  });

  it("passes on the recognizer's own failure", async () => {
    const { clock, inner, recognition } = recognitionUnderTest();
    const transcript = recognition.end();
    inner.fails(new Error('HTTP 500'));
    await expect(transcript).rejects.toThrow('HTTP 500');
    expect(clock.pendingTimers()).toBe(0);
  });

  it.each([
    ['no text', null as unknown as string],
    ['200,000 characters', 'yes '.repeat(50_000)],
  ])('takes a transcript of %s for a failure', async (_name, text) => {
    const { inner, recognition } = recognitionUnderTest();
    const transcript = recognition.end();
    inner.hears(text);
    await expect(transcript).rejects.toMatchObject({ code: 'ERR_PROVIDER' });
  });
});
