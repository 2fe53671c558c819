import { describe, expect, it } from 'vitest';
import { promptOf } from '../../support/media-fakes.ts';
import { PlaybackRig } from '../../support/media-rigs.ts';

describe('playback: sending', () => {
  it('sends the first audio at once, and a lead of at most one second', () => {
    const rig = new PlaybackRig();
    rig.play(1, 'long');
    expect(rig.socket.events()).toEqual(['media', 'media', 'media', 'media']);
    expect(rig.carrier.heldMs()).toBe(960);
    rig.clock.advanceMs(12_000);
    expect(rig.carrier.heldMaxMs).toBeLessThanOrEqual(1000);
    expect(rig.carrier.playedMs).toBe(10_000);
    expect(rig.carrier.gapsMs).toEqual([]);
  });

  it('cuts messages at whole 20 ms frames and whole groups of base64', () => {
    const rig = new PlaybackRig();
    rig.play(1, 'prompt');
    rig.clock.advanceMs(3000);
    const payloads = rig.socket.sent
      .map((text) => (JSON.parse(text) as { media?: { payload: string } }).media?.payload)
      .filter((payload) => payload !== undefined);
    expect(payloads.join('').length).toBe(4 * Math.ceil(16_000 / 3));
    const lengthsMs = payloads.map((payload) => Buffer.from(payload, 'base64').length / 8);
    expect(lengthsMs).toEqual([240, 240, 240, 240, 240, 240, 240, 320]);
  });

  it('plays what follows without a gap, a mark after each', () => {
    const rig = new PlaybackRig();
    rig.play(1, 'prompt');
    rig.play(2, 'short');
    rig.play(3, 'prompt');
    rig.clock.advanceMs(6000);
    expect(rig.outcomes()).toEqual(['1 played', '2 played', '3 played']);
    expect(rig.carrier.gapsMs).toEqual([]);
    expect(rig.socket.events().filter((event) => event.startsWith('mark'))).toEqual([
      'mark g0.1',
      'mark g0.2',
      'mark g0.3',
    ]);
  });

  it('does not add up the lateness of timers over a long prompt', () => {
    const rig = new PlaybackRig();
    rig.registry.ready(promptOf('minute', 60_000));
    rig.play(1, 'minute');
    for (let beat = 0; beat < 700; beat++) rig.clock.advanceMs(97.3);
    expect(rig.outcomes()).toEqual(['1 played']);
    expect(rig.carrier.gapsMs).toEqual([]);
  });

  it('holds while the socket is full, and goes on when it has drained', () => {
    const rig = new PlaybackRig();
    rig.play(1, 'prompt');
    rig.socket.bufferedBytes = 20_000;
    rig.clock.advanceMs(3000);
    expect(rig.playback.state.kind).toBe('held');
    expect(rig.socket.sent).toHaveLength(4);
    rig.socket.bufferedBytes = 0;
    rig.playback.drained();
    rig.clock.advanceMs(3000);
    expect(rig.outcomes()).toEqual(['1 played']);
    expect(rig.carrier.playedMs).toBe(2000);
  });

  it('sends again what the socket dropped', () => {
    const rig = new PlaybackRig();
    rig.socket.result = 2;
    rig.play(1, 'short');
    expect(rig.socket.sent).toEqual([]);
    rig.socket.result = 1;
    rig.clock.advanceMs(1000);
    expect(rig.carrier.playedMs).toBe(300);
    expect(rig.outcomes()).toEqual(['1 played']);
  });

  it('sends a mark again that the socket dropped, and not the audio before it', () => {
    const rig = new PlaybackRig();
    rig.socket.dropsMarks = true;
    rig.play(1, 'short');
    rig.clock.advanceMs(200);
    expect(rig.socket.events()).toEqual(['media']);
    rig.socket.dropsMarks = false;
    rig.clock.advanceMs(200);
    expect(rig.socket.events()).toEqual(['media', 'mark g0.1']);
    expect(rig.outcomes()).toEqual(['1 played']);
  });

  it('gives up on a socket that stays full for 10 s', () => {
    const rig = new PlaybackRig();
    rig.socket.bufferedBytes = 20_000;
    rig.play(1);
    rig.clock.advanceMs(9990);
    expect(rig.dead).toBe(0);
    rig.clock.advanceMs(100);
    expect(rig.dead).toBe(1);
    expect(rig.outcomes()).toEqual(['1 interrupted']);
  });

  it('fails what exceeds 32 queued prompts', () => {
    const rig = new PlaybackRig();
    for (let playId = 1; playId <= 33; playId++) rig.play(playId, 'long');
    expect(rig.outcomes()).toEqual(['33 failed']);
  });

  it('fails a prompt of another format than the stream', () => {
    const rig = new PlaybackRig();
    const format = { codec: 'pcm16', sampleRateHz: 16_000, channels: 1 } as const;
    rig.registry.ready(promptOf('browser', 500, { format }));
    rig.play(1, 'browser');
    expect(rig.outcomes()).toEqual(['1 failed']);
    expect(rig.registry.counts().playing).toBe(0);
  });
});

describe('playback: audio that comes late', () => {
  it('plays it when it comes, after what is queued before it', () => {
    const rig = new PlaybackRig();
    rig.play(1, 'late');
    rig.play(2, 'short');
    expect(rig.socket.sent).toEqual([]);
    rig.clock.advanceMs(2000);
    rig.registry.ready(promptOf('late', 500));
    rig.clock.advanceMs(2000);
    expect(rig.outcomes()).toEqual(['1 played', '2 played']);
  });

  it('fails it after 6 s and goes on with the next', () => {
    const rig = new PlaybackRig();
    rig.play(1, 'late');
    rig.play(2, 'short');
    rig.clock.advanceMs(5990);
    expect(rig.outcomes()).toEqual([]);
    rig.clock.advanceMs(500);
    expect(rig.outcomes()).toEqual(['1 failed', '2 played']);
    expect(rig.registry.counts().waiters).toBe(0);
  });

  it('does not wait longer because more is queued meanwhile', () => {
    const rig = new PlaybackRig();
    rig.play(1, 'late');
    rig.clock.advanceMs(4000);
    rig.play(2, 'short');
    rig.clock.advanceMs(2010);
    expect(rig.outcomes()).toEqual(['1 failed']);
  });

  it('counts the 6 s from when it is the next to be sent', () => {
    const rig = new PlaybackRig();
    rig.play(1, 'long');
    rig.play(2, 'late');
    rig.clock.advanceMs(11_000);
    rig.registry.ready(promptOf('late', 500));
    rig.clock.advanceMs(2000);
    expect(rig.outcomes()).toEqual(['1 played', '2 played']);
  });

  it('fails it when its synthesis failed', () => {
    const rig = new PlaybackRig();
    rig.play(1, 'late');
    rig.play(2, 'late');
    rig.registry.failed('late');
    expect(rig.outcomes()).toEqual(['1 failed', '2 failed']);
  });

  it('ignores audio that comes after it was cleared', () => {
    const rig = new PlaybackRig();
    rig.play(1, 'late');
    rig.playback.clear();
    rig.registry.ready(promptOf('late', 500));
    rig.clock.advanceMs(1000);
    expect(rig.outcomes()).toEqual(['1 interrupted']);
    expect(rig.socket.sent).toEqual([]);
  });
});

describe('playback: clear', () => {
  it('drops the queue in one act and says how much was heard', () => {
    const rig = new PlaybackRig();
    rig.play(1, 'prompt');
    rig.play(2, 'prompt');
    rig.clock.advanceMs(1500);
    rig.playback.clear();
    expect(rig.socket.events().at(-1)).toBe('clear');
    expect(rig.ended).toEqual([
      { playId: 1, outcome: 'interrupted', playedMs: 1500 },
      { playId: 2, outcome: 'interrupted', playedMs: 0 },
    ]);
    rig.clock.advanceMs(5000);
    expect(rig.socket.events().at(-1)).toBe('clear');
    expect(rig.outcomes()).toHaveLength(2);
  });

  it('is sent also when everything was sent already and the carrier still plays', () => {
    const rig = new PlaybackRig();
    rig.play(1, 'short');
    expect(rig.playback.state.kind).toBe('draining');
    rig.clock.advanceMs(100);
    rig.playback.clear();
    expect(rig.socket.events()).toEqual(['media', 'mark g0.1', 'clear']);
    expect(rig.ended).toEqual([{ playId: 1, outcome: 'interrupted', playedMs: 100 }]);
  });

  it('is not sent when the carrier can hold nothing', () => {
    const rig = new PlaybackRig();
    rig.playback.clear();
    rig.play(1, 'short');
    rig.clock.advanceMs(400);
    rig.playback.clear();
    rig.play(2, 'late');
    rig.playback.clear();
    expect(rig.socket.events()).not.toContain('clear');
    expect(rig.outcomes()).toEqual(['1 played', '2 interrupted']);
  });

  it('ignores a mark echoed after clear', () => {
    const rig = new PlaybackRig();
    rig.play(1, 'short');
    rig.playback.clear();
    rig.play(1, 'prompt');
    rig.clock.advanceMs(1);
    expect(rig.playback.strayMarks).toEqual({ stale: 1, unknown: 0 });
    expect(rig.outcomes()).toEqual(['1 interrupted']);
    rig.clock.advanceMs(2500);
    expect(rig.outcomes()).toEqual(['1 interrupted', '1 played']);
  });

  it('names what comes after it by a new generation, and plays it from the start', () => {
    const rig = new PlaybackRig();
    rig.play(1, 'long');
    rig.clock.advanceMs(3000);
    rig.playback.clear();
    rig.play(2, 'short');
    expect(rig.socket.events().slice(-3)).toEqual(['clear', 'media', 'mark g1.2']);
    rig.clock.advanceMs(400);
    expect(rig.outcomes()).toEqual(['1 interrupted', '2 played']);
  });

  it('ends the stream when even a clear is not taken', () => {
    const rig = new PlaybackRig();
    rig.play(1);
    rig.socket.result = 2;
    rig.playback.clear();
    expect([rig.dead, rig.outcomes()]).toEqual([1, ['1 interrupted']]);
  });
});

describe('playback: marks', () => {
  it('takes the mark of a later prompt as that of the earlier ones too', () => {
    const rig = new PlaybackRig();
    rig.carrier.echoes = false;
    rig.play(1, 'short');
    rig.play(2, 'short');
    rig.clock.advanceMs(700);
    rig.playback.markEchoed('g0.2');
    expect(rig.outcomes()).toEqual(['1 played', '2 played']);
  });

  it('does not believe an echo before the audio can have been heard', () => {
    const rig = new PlaybackRig();
    rig.carrier.echoes = false;
    rig.play(1, 'short');
    rig.playback.markEchoed('g0.1');
    rig.clock.advanceMs(290);
    expect(rig.outcomes()).toEqual([]);
    rig.clock.advanceMs(20);
    expect(rig.outcomes()).toEqual(['1 played']);
  });

  it('counts marks that nobody sent', () => {
    const rig = new PlaybackRig();
    rig.play(1, 'prompt');
    rig.playback.markEchoed('responsePart');
    rig.playback.markEchoed('g0.1');
    expect(rig.playback.strayMarks).toEqual({ stale: 1, unknown: 1 });
    expect(rig.outcomes()).toEqual([]);
  });

  it('goes on by its own clock when the peer lives and does not echo', () => {
    const rig = new PlaybackRig();
    rig.carrier.echoes = false;
    rig.play(1, 'short');
    rig.clock.advanceMs(5290);
    expect(rig.socket.pings).toBe(0);
    rig.clock.advanceMs(20);
    expect(rig.socket.pings).toBe(1);
    rig.playback.pong();
    expect(rig.outcomes()).toEqual(['1 played']);
    rig.play(2, 'short');
    rig.clock.advanceMs(590);
    expect(rig.outcomes()).toEqual(['1 played']);
    rig.clock.advanceMs(20);
    expect(rig.outcomes()).toEqual(['1 played', '2 played']);
    expect(rig.socket.pings).toBe(1);
  });

  it('says that the peer does not read when neither mark nor pong comes', () => {
    const rig = new PlaybackRig();
    rig.carrier.echoes = false;
    rig.play(1, 'short');
    rig.clock.advanceMs(5300 + 4990);
    expect(rig.dead).toBe(0);
    rig.clock.advanceMs(20);
    expect(rig.dead).toBe(1);
    expect(rig.wheel.pendingTimers).toBe(0);
  });

  it('trusts marks again when one comes while it waits for the pong', () => {
    const rig = new PlaybackRig();
    rig.carrier.echoes = false;
    rig.play(1, 'short');
    rig.clock.advanceMs(6000);
    rig.playback.markEchoed('g0.1');
    rig.play(2, 'short');
    rig.clock.advanceMs(4000);
    expect(rig.outcomes()).toEqual(['1 played']);
    expect(rig.dead).toBe(0);
  });

  it('survives a network that freezes for 4 s: later prompts are due later', () => {
    const rig = new PlaybackRig();
    const inbox: string[] = [];
    rig.socket.onSend = (message) => inbox.push(message);
    rig.play(1, 'prompt');
    rig.play(2, 'prompt', false);
    rig.clock.advanceMs(4000);
    for (const message of inbox) rig.carrier.takes(message);
    rig.socket.onSend = (message) => rig.carrier.takes(message);
    rig.clock.advanceMs(2100);
    expect(rig.outcomes()).toEqual(['1 played']);
    expect(rig.playback.audible()).toBe('protected');
    const sent = rig.socket.sent.length;
    rig.play(3, 'prompt');
    expect(rig.socket.sent).toHaveLength(sent);
    rig.clock.advanceMs(4000);
    expect(rig.outcomes()).toEqual(['1 played', '2 played', '3 played']);
    expect([rig.dead, rig.socket.pings, rig.carrier.gapsMs]).toEqual([0, 0, []]);
  });

  it('catches up within the lead after a freeze of our own', () => {
    const rig = new PlaybackRig();
    rig.play(1, 'long');
    const nowMs = rig.clock.nowMs.bind(rig.clock);
    rig.clock.nowMs = () => nowMs() + 4000;
    rig.clock.advanceMs(300);
    expect(rig.socket.sent).toHaveLength(8);
  });

  it('counts the gap that a freeze made within a prompt, and none between prompts', () => {
    const rig = new PlaybackRig();
    rig.play(1, 'prompt');
    rig.clock.advanceMs(10_000);
    rig.play(2, 'long');
    expect([rig.gaps.playoutGaps, rig.gaps.playoutGapMs]).toEqual([0, 0]);
    const nowMs = rig.clock.nowMs.bind(rig.clock);
    rig.clock.nowMs = () => nowMs() + 4000;
    rig.clock.advanceMs(300);
    expect(rig.gaps.playoutGaps).toBe(1);
    // All but the lead, to a message.
    expect(rig.gaps.playoutGapMs).toBeGreaterThan(2900);
    expect(rig.gaps.playoutGapMs).toBeLessThan(3400);
  });
});

describe('playback: finish', () => {
  it('is told after the last mark', () => {
    const rig = new PlaybackRig();
    rig.play(1, 'prompt');
    rig.playback.finish();
    rig.clock.advanceMs(1990);
    expect(rig.finished).toBe(0);
    rig.clock.advanceMs(20);
    expect([rig.finished, rig.outcomes()]).toEqual([1, ['1 played']]);
  });

  it('is told at once when nothing is queued, and once only', () => {
    const rig = new PlaybackRig();
    rig.playback.finish();
    rig.playback.finish();
    expect(rig.finished).toBe(1);
  });

  it('waits for the last mark no longer than 5 s past its due time', () => {
    const rig = new PlaybackRig();
    rig.carrier.echoes = false;
    rig.play(1, 'short');
    rig.playback.finish();
    rig.clock.advanceMs(5290);
    expect(rig.finished).toBe(0);
    rig.clock.advanceMs(20);
    expect([rig.finished, rig.dead, rig.outcomes()]).toEqual([1, 0, ['1 played']]);
  });

  it('is told when what is left is cleared', () => {
    const rig = new PlaybackRig();
    rig.play(1, 'long');
    rig.playback.finish();
    rig.playback.clear();
    expect([rig.finished, rig.outcomes()]).toEqual([1, ['1 interrupted']]);
  });

  it('takes nothing more', () => {
    const rig = new PlaybackRig();
    rig.play(1, 'short');
    rig.playback.finish();
    rig.play(2, 'short');
    rig.clock.advanceMs(1000);
    expect(rig.outcomes()).toEqual(['1 played']);
  });
});

describe('playback: what the caller hears', () => {
  it('is the level of the prompt now and for as long after it as the carrier is away', () => {
    const rig = new PlaybackRig();
    rig.registry.ready(promptOf('loud', 300, { levelDbfs: -12 }));
    expect(rig.playback.playoutDbfs()).toBe(Number.NEGATIVE_INFINITY);
    rig.play(1, 'loud');
    expect(rig.playback.playoutDbfs()).toBe(-12);
    rig.clock.advanceMs(360);
    expect([rig.playback.isIdle, rig.playback.playoutDbfs()]).toEqual([true, -12]);
    rig.clock.advanceMs(100);
    expect(rig.playback.playoutDbfs()).toBe(-100);
  });

  it('does not hear what is sent and not played within 100 ms', () => {
    const rig = new PlaybackRig();
    rig.registry.ready(promptOf('quiet', 600, { levelDbfs: -60 }));
    rig.registry.ready(promptOf('loud', 300, { levelDbfs: -12 }));
    rig.play(1, 'quiet');
    rig.play(2, 'loud');
    rig.clock.advanceMs(480);
    expect(rig.playback.playoutDbfs()).toBe(-60);
    rig.clock.advanceMs(30);
    expect(rig.playback.playoutDbfs()).toBe(-12);
  });

  it('fades half a second after a clear', () => {
    const rig = new PlaybackRig();
    rig.play(1, 'long');
    rig.clock.advanceMs(1000);
    rig.playback.clear();
    expect(rig.playback.playoutDbfs()).toBe(-20);
    rig.clock.advanceMs(550);
    expect(rig.playback.playoutDbfs()).toBe(-100);
  });

  it('says whether the prompt being heard may be interrupted', () => {
    const rig = new PlaybackRig();
    rig.play(1, 'short', false);
    rig.play(2, 'prompt', true);
    expect(rig.playback.audible()).toBe('protected');
    rig.clock.advanceMs(310);
    expect(rig.playback.audible()).toBe('interruptible');
    rig.clock.advanceMs(2100);
    expect(rig.playback.audible()).toBe('nothing');
  });

  it('is no longer protected when it is over by our clock, though its mark is late', () => {
    const rig = new PlaybackRig();
    rig.carrier.echoes = false;
    rig.play(1, 'short', false);
    const changesBefore = rig.changes;
    rig.clock.advanceMs(310);
    expect(rig.playback.audible()).toBe('nothing');
    expect(rig.changes).toBe(changesBefore + 1);
  });
});

describe('playback: close', () => {
  it('ends what is queued, sends nothing, leaves nothing', () => {
    const rig = new PlaybackRig();
    rig.play(1, 'prompt');
    rig.play(2, 'late');
    rig.clock.advanceMs(500);
    const sent = rig.socket.sent.length;
    rig.playback.close();
    rig.playback.close();
    rig.play(3);
    rig.playback.clear();
    rig.registry.ready(promptOf('late', 500));
    rig.clock.advanceMs(20_000);
    expect(rig.outcomes()).toEqual(['1 interrupted', '2 interrupted']);
    expect(rig.socket.sent).toHaveLength(sent);
    expect(rig.wheel.pendingTimers).toBe(0);
    expect(rig.registry.counts()).toMatchObject({ playing: 0, waiters: 0 });
  });
});
