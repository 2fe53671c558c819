/** A whole stream with the native receiver in it: what the fake receiver cannot show. */
import { describe, expect, it } from 'vitest';
import { CallerRig } from '../../support/caller-rig.ts';
import { LISTENING } from '../../support/media-rigs.ts';
import { join, silence, speech } from '../../support/signals.ts';

describe('media stream with the native receiver', () => {
  it('hears an answer over a prompt: clear within 200 ms of the first sound, then the utterance', () => {
    const rig = new CallerRig();
    rig.play(1, 'long');
    rig.listen();
    rig.callerSays(silence(1500));
    const before = rig.clock.nowMs();
    let clearedAtMs = 0;
    rig.socket.onSend = (message) => {
      if (message.startsWith('{"event":"clear"')) clearedAtMs = rig.clock.nowMs();
    };
    rig.callerSays(join(speech(500, -20, 3), silence(1500)));
    expect(clearedAtMs - before).toBeLessThanOrEqual(200);
    expect(rig.told()).toEqual(['1 interrupted', 'barge-in', 'utterance']);
    const utterance = rig.posts.at(-1)!;
    expect(utterance).toMatchObject({ listenId: 1, sampleRateHz: 8000, cut: false });
    if (utterance.kind !== 'utterance') return;
    expect(structuredClone(utterance.audio, { transfer: [utterance.audio] }).byteLength).toBeGreaterThan(
      8000,
    );
  });

  it('tells what was said so far at a pause, takes it back, and confirms it by the utterance', () => {
    const rig = new CallerRig();
    rig.order({ kind: 'listen', listenId: 1, ...LISTENING, provisionalMs: 300, chunkMs: 200 });
    const words = [speech(500, -20, 3), silence(500), speech(500, -20, 2), silence(1000)];
    rig.callerSays(join(silence(500), ...words));
    const told = rig.told();
    expect(told.filter((kind) => kind !== 'speech.chunk')).toEqual([
      'speech.started',
      'utterance.provisional',
      'utterance.withdrawn',
      'utterance.provisional',
      'utterance',
    ]);
    const chunks = rig.posts.filter((post) => post.kind === 'speech.chunk');
    expect(chunks.map(({ sequence }) => sequence)).toEqual(chunks.map((_, at) => at));
    const [first, last] = rig.posts.filter((post) => post.kind === 'utterance.provisional');
    expect([first!.voicedMs < last!.voicedMs, first!.audio.byteLength < last!.audio.byteLength]).toEqual([
      true,
      true,
    ]);
    const utterance = rig.posts.find((post) => post.kind === 'utterance');
    const chunked = join(...chunks.map(({ audio }) => new Int16Array(audio)));
    for (const soFar of [new Int16Array(last!.audio), chunked]) {
      const whole = new Int16Array(utterance!.audio).subarray(0, soFar.length);
      expect(whole.length).toBeGreaterThan(8 * 1800);
      expect(soFar.subarray(0, whole.length)).toEqual(whole);
    }
  });

  it('takes a "no" that began just before a protected prompt ended', () => {
    const rig = new CallerRig();
    rig.play(1, 'prompt', false);
    rig.listen();
    rig.callerSays(silence(1880));
    rig.callerSays(join(speech(420, -20, 2), silence(1500)));
    expect(rig.told()).toEqual(['1 played', 'speech.started', 'utterance']);
  });

  it('reports a silent caller once, counted from the end of the prompt', () => {
    const rig = new CallerRig();
    rig.play(1, 'prompt');
    rig.listen();
    rig.callerSays(silence(6980));
    expect(rig.told()).toEqual(['1 played']);
    rig.callerSays(silence(8000));
    expect(rig.told()).toEqual(['1 played', 'no.input']);
  });
});
