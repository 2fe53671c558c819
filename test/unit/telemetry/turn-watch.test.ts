import { describe, expect, it } from 'vitest';
import type { CallStart, FromCall, ToCall } from '../../../src/channel/messages.ts';
import type { Histogram } from '../../../src/meter/histogram.ts';
import { ThreadMeter } from '../../../src/meter/thread-meter.ts';
import { TurnWatch } from '../../../src/telemetry/turn-watch.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const CALL = 7;
const START: CallStart = {
  callSid: `CA${'1'.repeat(32)}`,
  streamSid: 'MZ1',
  attempt: 0,
  move: 0,
  from: '',
  to: '',
  playFormat: 'mulaw-8000',
  state: null,
};
const count = (histogram: Histogram) => histogram.counts.reduce((sum, each) => sum + each, 0);

function watched({ isReady = true, start = {} }: { isReady?: boolean; start?: Partial<CallStart> } = {}) {
  const clock = new FakeClock();
  const meter = new ThreadMeter();
  const posted: ToCall[] = [];
  const turns: object[] = [];
  const watch = new TurnWatch({
    clock,
    meter,
    isReady: () => isReady,
    onTurn: (callId, times) => turns.push({ callId, ...times }),
  });
  const workers = watch.placing({
    place: () => {},
    post: (message) => posted.push(message),
    release: () => {},
  });
  const listen = (endOfSpeechMs = 700) =>
    watch.fromCall({ kind: 'listen', callId: CALL, endOfSpeechMs } as Extract<FromCall, { kind: 'listen' }>);
  const play = (playId: number) =>
    watch.fromCall({ kind: 'play', callId: CALL, playId, promptKey: 'key', bargeIn: true });
  const utterance = (cut = false) => workers.post({ kind: 'utterance', callId: CALL, cut } as ToCall);
  const started = (playId: number) => workers.post({ kind: 'prompt.started', callId: CALL, playId });
  workers.post({ kind: 'call.started', callId: CALL, call: { ...START, ...start } });
  return { clock, meter, posted, turns, watch, workers, listen, play, utterance, started };
}

describe('the latency of a turn', () => {
  it("is from the end of the caller's speech to the first audio of the answer", () => {
    const { clock, meter, turns, listen, play, utterance, started } = watched();
    listen(700);
    utterance();
    clock.advanceMs(300);
    play(4);
    clock.advanceMs(6);
    started(4);
    expect(meter.of('turnLatency').sumMs).toBe(1006);
    expect(meter.of('endpointing').sumMs).toBe(700);
    expect(meter.of('firstAudio').sumMs).toBe(6);
    expect(count(meter.of('synthesizer'))).toBe(0);
    expect(turns).toEqual([{ callId: CALL, endpointingMs: 700, workMs: 300, audioMs: 6 }]);
  });

  it('has no endpointing where the utterance was cut', () => {
    const { clock, meter, listen, play, utterance, started } = watched();
    listen(700);
    utterance(true);
    clock.advanceMs(300);
    play(4);
    started(4);
    expect(meter.of('turnLatency').sumMs).toBe(300);
  });

  it('names the synthesizer where the audio had to be waited for', () => {
    const { clock, meter, listen, play, utterance, started } = watched({ isReady: false });
    listen();
    utterance();
    play(4);
    clock.advanceMs(400);
    started(4);
    expect(meter.of('synthesizer').sumMs).toBe(400);
    expect(count(meter.of('firstAudio'))).toBe(0);
  });

  it('counts from the last thing said', () => {
    const { clock, meter, listen, play, utterance, started } = watched();
    listen(700);
    utterance();
    clock.advanceMs(500);
    utterance();
    clock.advanceMs(100);
    play(4);
    started(4);
    expect(meter.of('turnLatency').sumMs).toBe(800);
  });

  it.each<[string, (of: ReturnType<typeof watched>) => void]>([
    ['keys', ({ workers }) => workers.post({ kind: 'digit', callId: CALL, digit: '1', atStreamMs: 0 })],
    ['silence', () => {}],
  ])('is none of an answer by %s', (_what, answer) => {
    const of = watched();
    of.listen();
    if (_what === 'keys') of.utterance();
    answer(of);
    of.play(4);
    of.started(4);
    expect(count(of.meter.of('turnLatency'))).toBe(0);
  });

  it('is not ended by a filler, nor by another prompt than the answer', () => {
    const { clock, meter, listen, play, utterance, started } = watched();
    listen(700);
    utterance();
    started(-2);
    clock.advanceMs(10);
    play(4);
    play(5);
    started(-3);
    started(5);
    expect(count(meter.of('turnLatency'))).toBe(0);
    started(4);
    expect(meter.of('turnLatency').sumMs).toBe(710);
  });

  it('is none of an answer that was never heard', () => {
    const { meter, workers, listen, play, utterance, started } = watched();
    listen();
    utterance();
    play(4);
    workers.post({
      kind: 'prompt.ended',
      callId: CALL,
      playId: 4,
      outcome: 'failed',
      playedMs: 0,
      sentMs: 0,
    });
    started(4);
    expect(count(meter.of('turnLatency'))).toBe(0);
  });
});

describe('calls', () => {
  it('are passed on as they are, and forgotten with their release', () => {
    const { watch, workers, posted } = watched();
    expect(watch.callCount).toBe(1);
    expect(posted.map(({ kind }) => kind)).toEqual(['call.started']);
    workers.release(CALL);
    expect(watch.callCount).toBe(0);
  });

  it.each([
    ['new', {}],
    ['returned', { attempt: 1 }],
    ['moved', { attempt: 1, move: 1 }],
  ] as const)('are counted as %s', (how, start) => {
    const { watch } = watched({ start });
    expect(watch.beginnings).toEqual({ new: 0, returned: 0, moved: 0, [how]: 1 });
  });

  it('are counted where a caller spoke over a prompt, and where over nothing not', () => {
    const { meter, workers } = watched();
    for (const bargeIn of [true, false])
      workers.post({ kind: 'speech.started', callId: CALL, listenId: 1, atStreamMs: 0, bargeIn });
    expect(meter.read('bargeIns')).toBe(1);
  });
});
