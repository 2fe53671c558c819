import { describe, expect, it } from 'vitest';
import type { CallNote } from '../../../../src/channel/messages.ts';
import { CallTrails } from '../../../../src/server/board/call-trails.ts';
import type { CallObserver } from '../../../../src/server/call-directory.ts';
import type { LiveCall } from '../../../../src/server/live-call.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const CALL = `CA${'1'.repeat(32)}`;
const CALLER = { accountSid: '', from: '+12025550147', to: '+12025550100' };

function setUp({ showsWords = false } = {}) {
  const clock = new FakeClock(1_000_000);
  const live = new Map<string, LiveCall>();
  let observer: CallObserver = {};
  const sound = { levelDbfs: -31.6, isSpeaking: true, botSpeaks: false };
  const trails = new CallTrails({
    clock,
    showsWords,
    directory: {
      observe: (given) => {
        observer = given;
        return () => true;
      },
      newest: (limit) => [...live.values()].reverse().slice(0, limit),
      get liveCount() {
        return live.size;
      },
      callerOf: (callSid) => live.get(callSid)?.caller ?? null,
    },
  });
  const begin = (callSid = CALL, more: object = {}) => {
    const call = { callSid, caller: CALLER, callBeganAtMs: clock.nowMs(), sound: () => sound, ...more };
    live.set(callSid, call as unknown as LiveCall);
  };
  const end = (callSid = CALL) => {
    live.delete(callSid);
    observer.onEnd?.(callSid, 'completed');
  };
  const note = (given: CallNote, callSid = CALL) => observer.onNote?.(callSid, given);
  const asks = (nodeId: string) => note({ kind: 'bot said', text: 'You said 94110?', nodeId });
  const says = (text: string) =>
    note({ kind: 'caller said', text, how: 'speech', answer: 'yes', nodeId: 'adult' });
  return { asks, begin, clock, end, note, observer: () => observer, says, trails };
}

describe('a live call on the board', () => {
  it('is shown from its begin, before it has told anything', () => {
    const { begin, clock, trails } = setUp();
    clock.advanceMs(500);
    begin();
    clock.advanceMs(2500);
    expect(trails.newest(10)).toEqual([
      {
        callSid: CALL,
        channel: 'phone',
        from: '+1•••••••147',
        question: '',
        startedAtMs: 1_000_500,
        levelDbfs: -32,
        isSpeaking: true,
        botSpeaks: false,
        heard: '',
        turn: 0,
      },
    ]);
    expect(trails.count).toBe(1);
  });

  it('shows the open question by name, how many were answered, and that something was heard', () => {
    const { asks, begin, says, trails } = setUp();
    begin();
    asks('adult');
    says('yes I am');
    asks('age');
    expect(trails.newest(1)[0]).toMatchObject({ question: 'age', turn: 1, heard: '•••' });
    expect(JSON.stringify(trails.newest(1))).not.toContain('94110');
  });

  it('shows the words where that is allowed, and keeps none where it is not', () => {
    const { begin, says, trails } = setUp({ showsWords: true });
    begin();
    says('yes I am');
    expect(trails.newest(1)[0]?.heard).toBe('yes I am');
  });

  it('is silent where nothing is known of its sound', () => {
    const { begin, trails } = setUp();
    begin(CALL, { sound: () => null, caller: { ...CALLER, from: 'browser' } });
    expect(trails.newest(1)[0]).toMatchObject({
      levelDbfs: -100,
      isSpeaking: false,
      channel: 'browser',
      from: 'browser',
    });
  });
});

describe('the trail of a call', () => {
  it('is there from its begin, stays for a while after its end, and is null of any other', () => {
    const { asks, begin, clock, end, trails } = setUp();
    expect(trails.trailOf(CALL)).toBeNull();
    begin();
    expect(trails.trailOf(CALL)).toEqual({ isLive: true, asked: null, moments: [] });
    clock.advanceMs(10);
    asks('adult');
    end();
    const asked = { node: 'adult', atWallMs: 1_000_010 };
    expect(trails.trailOf(CALL)).toEqual({ isLive: false, asked, moments: [] });
  });

  it('says what each spoken answer took, how it moved, and that it came back', () => {
    const { asks, begin, clock, end, observer, trails } = setUp();
    begin();
    asks('adult');
    clock.advanceMs(5000);
    trails.turnTook(CALL, { endpointingMs: 700, workMs: 311.7, audioMs: 6 });
    observer().onMove?.(CALL, { how: 'move', workerId: 1, durationMs: 3 });
    end();
    begin();
    asks('adult');
    expect(
      trails.trailOf(CALL)?.moments.map(({ kind, text, durationMs }) => [kind, text, durationMs]),
    ).toEqual([
      ['vendor', 'understood in 312 ms; the answer was heard 1018 ms after the speech', 312],
      ['resumed', 'on another worker', undefined],
      ['resumed', 'on a new stream', undefined],
    ]);
    // Where the work on the answer began.
    expect(trails.trailOf(CALL)?.moments[0]?.atWallMs).toBe(1_000_000 + 5000 - 318);
  });

  it('is bounded, in its length and in how many ended calls have one', () => {
    const { begin, end, observer, trails } = setUp();
    begin();
    for (let moves = 0; moves < 1000; moves++)
      observer().onMove?.(CALL, { how: 'move', workerId: 1, durationMs: moves });
    expect(trails.trailOf(CALL)?.moments).toHaveLength(128);
    end();
    for (let other = 0; other < 500; other++) {
      const callSid = `CA${other.toString(16).padStart(32, '0')}`;
      begin(callSid);
      observer().onNote?.(callSid, { kind: 'bot said', text: '', nodeId: 'adult' });
      end(callSid);
    }
    expect(trails.trailOf(CALL)).toBeNull();
  });

  it('is of a live call as long as one of its streams is', () => {
    const { asks, begin, observer, trails } = setUp();
    begin();
    asks('adult');
    // The older of two streams ends.
    observer().onEnd?.(CALL, 'superseded');
    asks('age');
    expect(trails.trailOf(CALL)).toMatchObject({ isLive: true, asked: { node: 'age' }, moments: [] });
  });
});
