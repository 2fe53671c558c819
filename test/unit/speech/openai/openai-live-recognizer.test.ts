import { describe, expect, it } from 'vitest';
import { decodeG711 } from '../../../../src/audio/g711.ts';
import { Resampler } from '../../../../src/audio/resampler.ts';
import type { ProviderFault } from '../../../../src/errors.ts';
import type { LiveFault } from '../../../../src/simulator/vendors/openai-realtime.ts';
import type { OpenAiLiveRecognizer } from '../../../../src/speech/openai/openai-live-recognizer.ts';
import type { Recognition } from '../../../../src/speech/recognizer.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { openAiRig, type RigOptions, YES_NO } from '../../../support/openai-rig.ts';
import { tone } from '../../../support/tone.ts';

/** A busy machine may take its time; nothing waits for it. */
const PATIENT = { timeout: 4000 };

const never = new AbortController().signal;
const reason = new Error('the caller went on');

async function rig(options: RigOptions = {}) {
  const { vendor, live } = await openAiRig(options);
  return { vendor, realtime: vendor.realtime, recognizer: live() };
}

/** Fails at the first commit or handshake, whichever the fault is of. */
function failingOnce(fault: LiveFault): RigOptions {
  let isLeft = true;
  const at = fault.kind === 'refuse' || fault.kind === 'hang-handshake' ? 'handshake' : 'commit';
  return {
    liveFault: (now) => {
      if (now !== at || !isLeft) return null;
      isLeft = false;
      return fault;
    },
  };
}

function speak(recognition: Recognition, audio = tone(500), pieceMs = 20): Recognition {
  const pieceSamples = (audio.sampleRateHz * pieceMs) / 1000;
  for (let at = 0; at < audio.samples.length; at += pieceSamples) {
    recognition.push({ ...audio, samples: audio.samples.subarray(at, at + pieceSamples) });
  }
  return recognition;
}

function hear(recognizer: OpenAiLiveRecognizer, audio = tone(500), expectation = YES_NO) {
  return speak(recognizer.open(expectation, never), audio).end();
}

describe('the live OpenAI recognizer', () => {
  it('streams an utterance and gives the transcript', async () => {
    const { realtime, recognizer } = await rig({ transcribe: () => ' Yes. ' });
    expect(await hear(recognizer)).toEqual({ text: 'Yes.', confidence: null, provider: 'openai-live' });
    expect(realtime.commits[0]?.utterance).toMatchObject({
      model: 'gpt-live-transcribe',
      languages: ['en'],
      keywords: ['yes', 'no'],
    });
    expect(realtime.errors).toEqual([]);
  });

  it("sends the caller's own bytes of a telephone, but for the second zero", async () => {
    const { realtime, recognizer } = await rig();
    const bytes = Uint8Array.from({ length: 2560 }, (_, at) => (at * 37) % 256);
    await hear(recognizer, { samples: decodeG711('mulaw', bytes), sampleRateHz: 8000 });
    const sent = realtime.commits[0]!.bytes;
    expect(Buffer.from(sent)).toEqual(Buffer.from(bytes.map((byte) => (byte === 0x7f ? 0xff : byte))));
  });

  it.each([16_000, 24_000, 48_000] as const)('sends %i Hz as 24 kHz, whole', async (rateHz) => {
    const { realtime, recognizer } = await rig();
    await hear(recognizer, tone(500, rateHz));
    const { samples, sampleRateHz } = realtime.commits[0]!.utterance;
    expect(sampleRateHz).toBe(24_000);
    // The resampler's last samples too: they are the end of the word.
    expect(samples.length).toBe(
      12_000 + (rateHz === 24_000 ? 0 : new Resampler(rateHz, 24_000).delaySamples),
    );
    expect(Math.max(...samples.subarray(1000, 11_000))).toBeGreaterThan(16_200);
    expect(Math.max(...samples)).toBeLessThan(17_500);
  });

  it('gives older models the one field that they know', async () => {
    const { vendor, live } = await openAiRig();
    await hear(live({ liveModel: 'gpt-4o-transcribe' }));
    expect(vendor.realtime.commits[0]?.utterance).toMatchObject({ languages: ['en'], keywords: [] });
  });

  it('asks for no transcript of what is too short to be a word, and forgets it', async () => {
    const { realtime, recognizer } = await rig();
    expect((await recognizer.open(YES_NO, never).end()).text).toBe('');
    expect((await hear(recognizer, tone(80))).text).toBe('');
    await hear(recognizer, tone(200));
    await hear(recognizer, tone(200));
    expect(realtime.commits.map(({ bytes }) => bytes.length)).toEqual([1600, 1600]);
  });

  it('connects with the first audio, not before', async () => {
    const { vendor, recognizer } = await rig();
    recognizer.open(YES_NO, never);
    expect([recognizer.connections, vendor.server.socketsOpened]).toEqual([0, 0]);
  });

  it('tells at the end what went wrong before', async () => {
    const { recognizer } = await rig();
    const recognition = recognizer.open(YES_NO, never);
    recognition.push(tone(100));
    recognition.push(tone(100, 16_000));
    recognition.push(tone(100));
    await expect(recognition.end()).rejects.toMatchObject({ fault: 'refused' });
  });

  it('refuses more than two minutes', async () => {
    const { recognizer } = await rig();
    const recognition = recognizer.open(YES_NO, never);
    for (let second = 0; second < 121; second++) recognition.push(tone(1000));
    await expect(recognition.end()).rejects.toMatchObject({ fault: 'refused' });
  });
});

describe('the connections of the live OpenAI recognizer', () => {
  it('serve one utterance after the other, with one spare opened ahead', async () => {
    const { realtime, recognizer } = await rig();
    for (let utterance = 0; utterance < 5; utterance++) await hear(recognizer);
    expect(realtime.sessionsOpened).toBe(2);
    expect(recognizer.connections).toBe(2);
  });

  it('are configured again only where the question differs', async () => {
    const { realtime, recognizer } = await rig();
    const updates = () => realtime.events.filter((type) => type === 'session.update').length;
    await hear(recognizer);
    await hear(recognizer);
    expect(updates()).toBe(1);
    await hear(recognizer, tone(500), { ...YES_NO, language: 'de' });
    expect(updates()).toBe(2);
    expect(realtime.commits.map(({ utterance }) => utterance.languages)).toEqual([['en'], ['en'], ['de']]);
  });

  it('serve one utterance at a time', async () => {
    const { realtime, recognizer } = await rig({ transcribe: ({ samples }) => String(samples.length) });
    const first = speak(recognizer.open(YES_NO, never), tone(200));
    const second = speak(recognizer.open(YES_NO, never), tone(400));
    const transcripts = await Promise.all([first.end(), second.end()]);
    expect(transcripts.map(({ text }) => text)).toEqual(['1600', '3200']);
    expect(realtime.errors).toEqual([]);
  });

  it('are bounded: one utterance more than 128 at once is told to wait', async () => {
    const { recognizer } = await rig();
    const all = Array.from({ length: 129 }, () => speak(recognizer.open(YES_NO, never), tone(200)));
    expect(recognizer.connections).toBe(128);
    await expect(all.pop()!.end()).rejects.toMatchObject({ fault: 'busy' });
    await Promise.all(all.map((recognition) => recognition.end()));
    expect(recognizer.connections).toBe(8);
  });

  it('are opened ahead of the first caller when asked for', async () => {
    const { realtime, recognizer } = await rig();
    recognizer.warm();
    recognizer.warm();
    await expect.poll(() => realtime.openSessions, PATIENT).toBe(1);
    expect(recognizer.connections).toBe(1);
  });

  it('that have nothing to do are closed long before the vendor ends their session', async () => {
    const clientClock = new FakeClock();
    const { vendor, realtime, recognizer } = await rig({ clientClock });
    await hear(recognizer);
    await expect.poll(() => realtime.openSessions, PATIENT).toBe(2);
    for (let minute = 0; minute < 25 * 3; minute++) {
      clientClock.advanceMs(20_000);
      // The wire keeps the order: the recognizer's own ping has been answered as well.
      await realtime.roundTrip();
    }
    expect(recognizer.connections).toBe(2);
    clientClock.advanceMs(20_000);
    expect(recognizer.connections).toBe(0);
    expect(clientClock.pendingTimers()).toBe(0);
    await vendor.server.noSockets();
  });

  it('that answer no probe are closed', async () => {
    const clientClock = new FakeClock();
    const { realtime, recognizer } = await rig({ clientClock });
    recognizer.warm();
    await expect.poll(() => realtime.openSessions, PATIENT).toBe(1);
    await expect.poll(() => clientClock.pendingTimers(), PATIENT).toBe(1);
    clientClock.advanceMs(20_000);
    expect(recognizer.connections).toBe(1);
    clientClock.advanceMs(20_000);
    expect(recognizer.connections).toBe(0);
  });

  it('that the vendor closes while idle are replaced at the next utterance', async () => {
    const { realtime, recognizer } = await rig();
    await hear(recognizer);
    realtime.breakSessions();
    await expect.poll(() => recognizer.connections, PATIENT).toBe(0);
    expect((await hear(recognizer)).text).toBe('yes');
  });

  it('are gone once it is closed', async () => {
    const { vendor, recognizer } = await rig();
    const recognition = speak(recognizer.open(YES_NO, never));
    recognizer.close();
    recognizer.close();
    await expect(recognition.end()).rejects.toMatchObject({ fault: 'transient' });
    await expect(hear(recognizer)).rejects.toMatchObject({ code: 'ERR_PROVIDER' });
    expect(recognizer.connections).toBe(0);
    await vendor.server.noSockets();
  });
});

describe('a failure of the live OpenAI recognizer', () => {
  it.each<[string, LiveFault, ProviderFault]>([
    ['a transcription that failed', { kind: 'failed', type: 'server_error', code: 'failed' }, 'transient'],
    [
      'a rate limit',
      { kind: 'failed', type: 'invalid_request_error', code: 'rate_limit_exceeded' },
      'transient',
    ],
    ['a quota', { kind: 'error', type: 'insufficient_quota', code: 'insufficient_quota' }, 'denied'],
    ['an error of ours', { kind: 'error', type: 'invalid_request_error', code: 'invalid_value' }, 'refused'],
    ['a missing model', { kind: 'error', type: 'invalid_request_error', code: 'model_not_found' }, 'denied'],
    [
      'the end of the session',
      { kind: 'error', type: 'invalid_request_error', code: 'session_expired' },
      'transient',
    ],
    ['a reset', { kind: 'reset' }, 'transient'],
    ['a close', { kind: 'close', closeCode: 1011 }, 'transient'],
    ['no JSON', { kind: 'raw', message: '{"type":"conv' }, 'unusable'],
    ['no type', { kind: 'raw', message: '[1]' }, 'unusable'],
    ['a null transcript', { kind: 'raw', message: completed(null) }, 'unusable'],
    ['a huge message', { kind: 'raw', message: completed('yes '.repeat(50_000)) }, 'unusable'],
    ['a binary message', { kind: 'raw', message: Uint8Array.of(1, 2) }, 'unusable'],
    ['a refused key', { kind: 'refuse', status: 401, code: 'invalid_api_key' }, 'denied'],
    ['a refused quota', { kind: 'refuse', status: 429, code: 'insufficient_quota' }, 'denied'],
    ['an overload', { kind: 'refuse', status: 503, code: 'overloaded' }, 'transient'],
  ])('%s', async (_name, liveFault, fault) => {
    const { recognizer } = await rig(failingOnce(liveFault));
    await expect(hear(recognizer)).rejects.toMatchObject({ provider: 'openai-live', fault });
    expect((await hear(recognizer)).text).toBe('yes');
  });

  it('tells when it may be asked again', async () => {
    const refusal: LiveFault = { kind: 'refuse', status: 429, code: 'rate_limit_exceeded', retryAfter: '2' };
    const { recognizer } = await rig(failingOnce(refusal));
    await expect(hear(recognizer)).rejects.toMatchObject({ statusCode: 429, retryAfterMs: 2000 });
  });

  it('says nothing of what the vendor or the caller said', async () => {
    const message = JSON.stringify({ type: 'error', error: { message: 'heard: 4242', code: 'yes 4242' } });
    const { recognizer } = await rig(failingOnce({ kind: 'raw', message }));
    await expect(hear(recognizer)).rejects.toMatchObject({ message: 'openai-live reported an error' });
  });

  it('is a handshake that takes longer than 2.5 s', async () => {
    const clientClock = new FakeClock();
    const { promise: come, resolve: comes } = Promise.withResolvers<void>();
    const { recognizer } = await rig({
      clientClock,
      liveFault: () => {
        comes();
        return { kind: 'hang-handshake' };
      },
    });
    const transcript = hear(recognizer);
    await come;
    clientClock.advanceMs(2499);
    expect(recognizer.connections).toBe(2);
    clientClock.advanceMs(1);
    await expect(transcript).rejects.toMatchObject({ fault: 'transient' });
    expect(recognizer.connections).toBe(0);
  });

  it('is an address at which nobody is', async () => {
    const { vendor, recognizer } = await rig();
    await vendor.close();
    await expect(hear(recognizer)).rejects.toMatchObject({ fault: 'transient' });
  });

  it('passes over the transcript of another item', async () => {
    const other = completed('no').replace('item_1', 'item_9');
    const { realtime, recognizer } = await rig(failingOnce({ kind: 'raw', message: other }));
    const abort = new AbortController();
    const transcript = speak(recognizer.open(YES_NO, abort.signal)).end();
    await expect.poll(() => realtime.commits.length, PATIENT).toBe(1);
    await realtime.roundTrip();
    abort.abort(reason);
    await expect(transcript).rejects.toBe(reason);
  });
});

function completed(transcript: string | null): string {
  const type = 'conversation.item.input_audio_transcription.completed';
  return JSON.stringify({ type, item_id: 'item_1', content_index: 0, transcript });
}

describe('an abort of the live OpenAI recognizer', () => {
  it('while the caller speaks closes that connection and no other', async () => {
    const { realtime, recognizer } = await rig();
    const abort = new AbortController();
    const recognition = speak(recognizer.open(YES_NO, abort.signal));
    await expect.poll(() => realtime.openSessions, PATIENT).toBe(2);
    abort.abort(reason);
    expect(recognizer.connections).toBe(1);
    await expect.poll(() => realtime.openSessions, PATIENT).toBe(1);
    await expect(recognition.end()).rejects.toBe(reason);
  });

  it('while it waits for the transcript rejects with its reason', async () => {
    const { realtime, recognizer } = await rig(failingOnce({ kind: 'hang' }));
    const abort = new AbortController();
    const transcript = speak(recognizer.open(YES_NO, abort.signal)).end();
    await expect.poll(() => realtime.commits.length, PATIENT).toBe(1);
    abort.abort(reason);
    await expect(transcript).rejects.toBe(reason);
    await expect.poll(() => realtime.openSessions, PATIENT).toBe(1);
    expect((await hear(recognizer)).text).toBe('yes');
  });

  it('while it connects leaves no connection but the spare', async () => {
    const { vendor, recognizer } = await rig({
      liveFault: (at) => (at === 'handshake' ? { kind: 'hang-handshake' } : null),
    });
    const abort = new AbortController();
    const transcript = speak(recognizer.open(YES_NO, abort.signal)).end();
    await expect.poll(() => vendor.server.openSockets, PATIENT).toBe(2);
    abort.abort(reason);
    await expect(transcript).rejects.toBe(reason);
    await expect.poll(() => vendor.server.openSockets, PATIENT).toBe(1);
  });

  it('before it begins connects nothing', async () => {
    const { recognizer } = await rig();
    const recognition = speak(recognizer.open(YES_NO, AbortSignal.abort(reason)));
    await expect(recognition.end()).rejects.toBe(reason);
    expect(recognizer.connections).toBe(0);
  });
});
