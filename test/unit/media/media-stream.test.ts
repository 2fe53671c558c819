import { describe, expect, it } from 'vitest';
import { RECEIVED } from '../../../src/audio/addon-types.ts';
import type { EndReason } from '../../../src/channel/messages.ts';
import { CALL_SID, carrierSays, promptOf, STREAM_SID, wireMessage } from '../../support/media-fakes.ts';
import { NOTHING_LEFT, StreamRig } from '../../support/media-rigs.ts';

const OTHER_SID = `MZ${'9'.repeat(32)}`;

describe('media stream: beginning', () => {
  it('tells its start once; a second one is ignored and counted', () => {
    const rig = new StreamRig().goLive();
    rig.receive(carrierSays.start());
    rig.receive(carrierSays.start(OTHER_SID));
    expect(rig.starts).toHaveLength(1);
    expect(rig.starts[0]).toMatchObject({ callSid: CALL_SID, streamSid: STREAM_SID });
    expect(rig.stream.counters().secondStarts).toBe(2);
    expect(rig.ends).toEqual([]);
  });

  it('drops media before the start, of another stream and of the outbound track', () => {
    const rig = new StreamRig();
    rig.receive(carrierSays.media());
    rig.goLive();
    rig.receive(carrierSays.media(OTHER_SID));
    rig.receive(carrierSays.media(STREAM_SID, 'outbound'));
    expect(rig.stream.counters()).toMatchObject({ mediaMessages: 0, ignoredMessages: 3 });
  });

  it('ends with 1008 when no start comes within 10 s', () => {
    const rig = new StreamRig();
    rig.receive(carrierSays.connected());
    rig.clock.advanceMs(9990);
    expect(rig.ends).toEqual([]);
    rig.clock.advanceMs(20);
    expect([rig.endReasons(), rig.socket.closeCode]).toEqual([['protocol violation'], 1008]);
    expect(rig.leftOver()).toEqual(NOTHING_LEFT);
  });

  it('ends with 1008 when the start announces audio that we cannot take', () => {
    const rig = new StreamRig();
    rig.receive(
      wireMessage(Buffer.from(carrierSays.start()).toString().replace('audio/x-mulaw', 'audio/x-l16')),
    );
    expect([rig.endReasons(), rig.socket.closeCode, rig.starts]).toEqual([['protocol violation'], 1008, []]);
  });

  it('takes no orders and posts nothing before it was accepted, but keeps the digits', () => {
    const rig = new StreamRig();
    rig.receive(carrierSays.start());
    rig.play(1);
    rig.receive(carrierSays.digit('5'));
    expect([rig.posts, rig.socket.sent]).toEqual([[], []]);
    rig.stream.accept(7);
    expect(rig.posts).toMatchObject([{ kind: 'digit', callId: 7, digit: '5' }]);
  });
});

describe('media stream: the conversation', () => {
  it('plays, listens, and posts the utterance with its audio', () => {
    const rig = new StreamRig().goLive();
    rig.play(1, 'short');
    rig.listen(4);
    rig.mediaForMs(400);
    rig.receiver.utterances.push(new ArrayBuffer(64));
    rig.callerMakes(RECEIVED.speechStarted);
    rig.callerMakes(RECEIVED.speechEnded);
    expect(rig.told()).toEqual(['1 played', 'speech.started', 'utterance']);
    expect(rig.posts.at(-1)).toMatchObject({ callId: 7, listenId: 4, sampleRateHz: 8000 });
  });

  it('sends clear in the same call that heard the caller', () => {
    const rig = new StreamRig().goLive();
    rig.play(1, 'long');
    rig.listen();
    rig.mediaForMs(1000);
    rig.callerMakes(RECEIVED.speechStarted);
    expect(rig.socket.events().at(-1)).toBe('clear');
    expect(rig.told()).toEqual(['1 interrupted', 'barge-in']);
    expect(rig.posts[1]).toMatchObject({ kind: 'prompt.ended', playedMs: 1000, sentMs: 1920 });
  });

  it('sees each frame once a prompt was cut and still echoes, and leaves them to the receiver before and after', () => {
    const rig = new StreamRig().goLive();
    const holdsIn = (lengthMs: number): number => {
      const before = rig.receiver.directHolds;
      rig.mediaForMs(lengthMs);
      return rig.receiver.directHolds - before;
    };
    rig.play(1, 'long');
    rig.mediaForMs(480);
    // What is sent next changes the level.
    expect(holdsIn(240)).toBe(1);
    rig.order({ kind: 'clear' });
    expect(holdsIn(400)).toBe(20);
    rig.mediaForMs(200);
    expect(holdsIn(400)).toBe(0);
  });

  it('tells the receiver how loud the caller hears us', () => {
    const rig = new StreamRig().goLive();
    rig.receive(carrierSays.media());
    rig.play(1);
    rig.receive(carrierSays.media());
    expect(rig.receiver.playoutDbfs).toEqual([Number.NEGATIVE_INFINITY, -20]);
  });

  it('is deaf during a prompt that must be heard, and hears when it is over', () => {
    const rig = new StreamRig().goLive();
    rig.play(1, 'short', false);
    rig.listen();
    expect(rig.receiver.listening).toBeNull();
    rig.mediaForMs(320);
    expect(rig.receiver.listening).not.toBeNull();
    expect(rig.receiver.noInputMs).toBe(5000);
  });

  it('arms the no-input count by its own clock when marks are never echoed', () => {
    const rig = new StreamRig().goLive();
    rig.carrier.echoes = false;
    rig.play(1, 'short');
    rig.listen();
    rig.mediaForMs(5400);
    expect([rig.receiver.noInputMs, rig.socket.pings]).toEqual([null, 1]);
    rig.stream.pong();
    expect([rig.receiver.noInputMs, rig.told()]).toEqual([5000, ['1 played']]);
  });

  it('a digit stands for speech: it drops it, interrupts, and is posted', () => {
    const rig = new StreamRig().goLive();
    rig.play(1, 'long');
    rig.receive(carrierSays.digit('1'));
    expect(rig.socket.events().at(-1)).toBe('clear');
    expect(rig.receiver.discards).toBe(1);
    expect(rig.told()).toEqual(['1 interrupted', 'digit 1']);
  });

  it('ignores the digits of a flood beyond 20 a second', () => {
    const rig = new StreamRig().goLive();
    for (let digit = 0; digit < 100; digit++) rig.receive(carrierSays.digit('9'));
    expect(rig.posts).toHaveLength(20);
    expect(rig.stream.counters()).toMatchObject({ digits: 20, ignoredDigits: 80 });
    rig.clock.advanceMs(1010);
    rig.receive(carrierSays.digit('9'));
    expect(rig.posts).toHaveLength(21);
    expect(rig.ends).toEqual([]);
  });

  it('ignores orders for another call and orders that are the server’s', () => {
    const rig = new StreamRig().goLive();
    rig.stream.order({ kind: 'play', callId: 8, playId: 1, promptKey: 'prompt', bargeIn: true });
    rig.order({ kind: 'snapshot', state: {} });
    expect([rig.socket.sent, rig.ends]).toEqual([[], []]);
  });

  it('survives what is unknown, malformed, binary or stray', () => {
    const rig = new StreamRig().goLive();
    rig.receive(wireMessage('}{'));
    rig.receive(wireMessage({ event: 'applause' }));
    rig.stream.receive(carrierSays.media(), true);
    rig.receive(carrierSays.mark('responsePart'));
    rig.receive(carrierSays.mark('g3.1'));
    rig.receive(carrierSays.digit('E'));
    expect(rig.stream.counters()).toMatchObject({
      malformed: 2,
      unknownEvents: 1,
      wrongType: 1,
      unknownMarks: 1,
      staleMarks: 1,
    });
    expect(rig.ends).toEqual([]);
  });
});

describe('media stream: the orderly end', () => {
  it('closes with 1000 after the last mark, with the order’s disposition', () => {
    const rig = new StreamRig().goLive();
    rig.play(1, 'prompt');
    const disposition = {
      kind: 'transfer',
      transfer: { to: '+15550100', whisper: '', ringSeconds: 20 },
    } as const;
    rig.order({ kind: 'finish', reason: 'transferred', disposition });
    rig.mediaForMs(1980);
    expect(rig.ends).toEqual([]);
    rig.mediaForMs(40);
    expect(rig.ends).toEqual([{ reason: 'transferred', disposition }]);
    expect(rig.socket.closeCode).toBe(1000);
    expect(rig.leftOver()).toEqual(NOTHING_LEFT);
  });

  it.each([
    ['prompt', 'completed'],
    ['long', 'no media'],
  ])('tells a flow that gave up on a line of silence from one that was heard: %s, %s', (prompt, reason) => {
    const rig = new StreamRig().goLive();
    rig.mediaForMs(1000);
    rig.play(1, prompt);
    rig.order({ kind: 'finish', reason: 'completed', disposition: { kind: 'hangup' } });
    rig.clock.advanceMs(10_100);
    expect(rig.endReasons()).toEqual([reason]);
  });

  it('is interrupted by nobody: neither speech nor digits count while it finishes', () => {
    const rig = new StreamRig().goLive();
    rig.listen();
    rig.play(1, 'prompt');
    rig.order({ kind: 'finish', reason: 'completed', disposition: { kind: 'hangup' } });
    rig.callerMakes(RECEIVED.speechStarted);
    rig.receive(carrierSays.digit('1'));
    rig.order({ kind: 'clear' });
    rig.mediaForMs(2100);
    expect([rig.told(), rig.endReasons()]).toEqual([['1 played'], ['completed']]);
  });

  it('finishes right after a clear', () => {
    const rig = new StreamRig().goLive();
    rig.play(1, 'long');
    rig.order({ kind: 'clear' });
    rig.order({ kind: 'finish', reason: 'completed', disposition: { kind: 'hangup' } });
    expect([rig.endReasons(), rig.socket.events().at(-1)]).toEqual([['completed'], 'clear']);
    rig.clock.advanceMs(10);
    expect(rig.leftOver()).toEqual(NOTHING_LEFT);
  });

  it('plays an apology in place of everything when the worker died, then ends', () => {
    const rig = new StreamRig().goLive();
    rig.play(1, 'long');
    rig.listen();
    rig.mediaForMs(500);
    rig.stream.playAndFinish('prompt', 'worker failed');
    rig.play(2, 'long');
    rig.mediaForMs(2100);
    expect([rig.told(), rig.endReasons()]).toEqual([['1 interrupted'], ['worker failed']]);
    expect(rig.socket.events().filter((event) => event.startsWith('mark'))).toEqual(['mark g1.-1']);
    expect(rig.leftOver()).toEqual(NOTHING_LEFT);
  });

  it('does not wait for an apology whose audio never comes', () => {
    const rig = new StreamRig().goLive();
    rig.stream.playAndFinish('late', 'worker failed');
    rig.mediaForMs(6020);
    expect([rig.endReasons(), rig.leftOver()]).toEqual([['worker failed'], NOTHING_LEFT]);
  });

  it('before the start there is nobody to apologize to', () => {
    const rig = new StreamRig();
    rig.stream.playAndFinish('prompt', 'worker failed');
    expect([rig.endReasons(), rig.socket.closeCode]).toEqual([['worker failed'], 1011]);
  });

  it('says goodbye at the time limit', () => {
    const rig = new StreamRig({ callMaxMs: 3000, goodbyePromptKey: 'prompt' }).goLive();
    rig.play(1, 'long');
    rig.mediaForMs(3020);
    expect([rig.told(), rig.ends]).toEqual([['1 interrupted'], []]);
    rig.mediaForMs(2100);
    expect([rig.endReasons(), rig.socket.closeCode]).toEqual([['time limit'], 1000]);
  });

  it('says a goodbye of 10 s to its end', () => {
    const rig = new StreamRig({ callMaxMs: 3000, goodbyePromptKey: 'long' }).goLive();
    rig.mediaForMs(3000 + 9980);
    expect(rig.ends).toEqual([]);
    rig.mediaForMs(60);
    expect([rig.endReasons(), rig.leftOver()]).toEqual([['time limit'], NOTHING_LEFT]);
    expect(rig.carrier.playedMs).toBe(10_000);
  });

  it('says an apology of 12 s to its end, also when its audio comes late', () => {
    const rig = new StreamRig().goLive();
    rig.stream.playAndFinish('late', 'call failed');
    rig.mediaForMs(5500);
    rig.registry.ready(promptOf('late', 12_000));
    rig.mediaForMs(11_980);
    expect(rig.ends).toEqual([]);
    rig.mediaForMs(60);
    expect([rig.endReasons(), rig.carrier.playedMs]).toEqual([['call failed'], 12_000]);
  });

  it('cuts a goodbye that takes more than 30 s', () => {
    const rig = new StreamRig({ callMaxMs: 3000, goodbyePromptKey: 'endless' });
    rig.registry.ready(promptOf('endless', 60_000));
    rig.goLive().mediaForMs(3000 + 29_980);
    expect(rig.ends).toEqual([]);
    rig.mediaForMs(60);
    expect([rig.endReasons(), rig.leftOver()]).toEqual([['time limit'], NOTHING_LEFT]);
  });

  it('lets a call that is finishing at the time limit finish, and keeps its word', () => {
    const rig = new StreamRig({ callMaxMs: 3000 }).goLive();
    rig.mediaForMs(2000);
    rig.play(1, 'long');
    const disposition = {
      kind: 'transfer',
      transfer: { to: '+15550100', whisper: '', ringSeconds: 20 },
    } as const;
    rig.order({ kind: 'finish', reason: 'completed', disposition });
    rig.mediaForMs(9980);
    expect(rig.ends).toEqual([]);
    rig.mediaForMs(60);
    expect([rig.told(), rig.ends]).toEqual([['1 played'], [{ reason: 'completed', disposition }]]);
  });

  it('cuts a call that finishes for more than 30 s after the time limit, and says so', () => {
    const rig = new StreamRig({ callMaxMs: 3000 });
    rig.registry.ready(promptOf('endless', 60_000));
    rig.goLive().play(1, 'endless');
    rig.order({ kind: 'finish', reason: 'completed', disposition: { kind: 'hangup' } });
    rig.mediaForMs(3000 + 29_980);
    expect(rig.ends).toEqual([]);
    rig.mediaForMs(60);
    expect([rig.endReasons(), rig.leftOver()]).toEqual([['time limit'], NOTHING_LEFT]);
  });

  it('has no more time than the call has left', () => {
    const rig = new StreamRig({ callMaxMs: 60_000 });
    rig.receive(carrierSays.start());
    rig.stream.accept(7, 57_000);
    rig.mediaForMs(2980);
    expect(rig.ends).toEqual([]);
    rig.mediaForMs(60);
    expect(rig.endReasons()).toEqual(['time limit']);
  });

  it('ends at once at the time limit when there is no goodbye', () => {
    const rig = new StreamRig({ callMaxMs: 3000 }).goLive();
    rig.mediaForMs(3020);
    expect(rig.endReasons()).toEqual(['time limit']);
  });
});

describe('media stream: the sudden end', () => {
  it('sends nothing after stop, and ignores media after it', () => {
    const rig = new StreamRig().goLive();
    rig.play(1, 'long');
    const sent = rig.socket.sent.length;
    rig.receive(carrierSays.stop());
    rig.receive(carrierSays.media());
    rig.play(2);
    rig.clock.advanceMs(20_000);
    expect([rig.told(), rig.endReasons()]).toEqual([['1 interrupted'], ['caller hung up']]);
    expect([rig.socket.sent.length, rig.socket.closeCode]).toEqual([sent, 1000]);
    expect(rig.receiver.counters().mediaMessages).toBe(0);
  });

  it('calls a socket that closes without stop a lost stream, and does not touch it', () => {
    const rig = new StreamRig().goLive();
    rig.play(1, 'long');
    rig.stream.socketClosed();
    rig.stream.socketClosed();
    rig.clock.advanceMs(20_000);
    expect([rig.endReasons(), rig.socket.closeCode, rig.socket.cut]).toEqual([['stream lost'], null, false]);
    expect(rig.leftOver()).toEqual(NOTHING_LEFT);
  });

  it('ends within 30 s without media, and not while media comes', () => {
    const rig = new StreamRig().goLive();
    rig.mediaForMs(40_000);
    expect(rig.ends).toEqual([]);
    rig.clock.advanceMs(28_900);
    expect(rig.ends).toEqual([]);
    rig.clock.advanceMs(1100);
    expect(rig.endReasons()).toEqual(['no media']);
  });

  it('survives 4 s without media and the burst after it', () => {
    const rig = new StreamRig().goLive();
    rig.clock.advanceMs(4000);
    for (let message = 0; message < 200; message++) rig.receive(carrierSays.media());
    rig.mediaForMs(1000);
    expect([rig.ends, rig.stream.counters().mediaMessages]).toEqual([[], 250]);
  });

  it('survives 60 s of audio at once', () => {
    const rig = new StreamRig().goLive();
    for (let message = 0; message < 3000; message++) rig.receive(carrierSays.media());
    expect([rig.ends, rig.stream.counters().mediaMessages]).toEqual([[], 3000]);
  });

  it('ends with 1008 under more than 5,000 messages or pings in a second', () => {
    for (const flood of [
      (rig: StreamRig) => rig.receive(carrierSays.media()),
      (rig: StreamRig) => rig.stream.pinged(),
    ]) {
      const rig = new StreamRig().goLive();
      rig.clock.advanceMs(1010);
      for (let message = 0; message < 5000; message++) flood(rig);
      expect(rig.ends).toEqual([]);
      flood(rig);
      flood(rig);
      expect([rig.endReasons(), rig.socket.closeCode]).toEqual([['protocol violation'], 1008]);
    }
  });

  it('parses no more than 200 messages a second', () => {
    const rig = new StreamRig().goLive();
    rig.clock.advanceMs(1010);
    for (let message = 0; message < 1000; message++) rig.receive(wireMessage('{}'));
    expect(rig.stream.counters()).toMatchObject({ malformed: 200, unparsedMessages: 800 });
  });

  it('parses no more than 128 KiB a second, and goes on to read what is shorter', () => {
    const rig = new StreamRig().goLive();
    rig.clock.advanceMs(1010);
    for (let message = 0; message < 10; message++) rig.receive(wireMessage('['.repeat(60_000)));
    expect(rig.stream.counters()).toMatchObject({ malformed: 2, unparsedMessages: 8 });
    rig.receive(carrierSays.digit('9'));
    expect(rig.posts).toMatchObject([{ kind: 'digit', digit: '9' }]);
    rig.clock.advanceMs(1010);
    rig.receive(wireMessage('['.repeat(60_000)));
    expect(rig.stream.counters()).toMatchObject({ malformed: 3, unparsedMessages: 8 });
  });

  it('ends with 1008 under more than 2 MiB in a second, in however few messages', () => {
    const rig = new StreamRig().goLive();
    const long = wireMessage(' '.repeat(64 * 1024));
    rig.clock.advanceMs(1010);
    for (let message = 0; message < 32; message++) rig.receive(long);
    expect(rig.ends).toEqual([]);
    rig.clock.advanceMs(1010);
    for (let message = 0; message < 33; message++) rig.receive(long);
    expect([rig.endReasons(), rig.socket.closeCode]).toEqual([['protocol violation'], 1008]);
  });

  it('cuts the socket of a peer that does not read, without a close message', () => {
    const rig = new StreamRig().goLive();
    rig.carrier.echoes = false;
    rig.play(1, 'short');
    rig.mediaForMs(10_400);
    expect(rig.endReasons()).toEqual(['peer does not read']);
    expect([rig.socket.cut, rig.socket.closeCode, rig.leftOver()]).toEqual([true, null, NOTHING_LEFT]);
  });

  it('frees everything at once and cuts a socket that is not closed after 5 s', () => {
    const rig = new StreamRig({ halfOpen: true }).goLive();
    rig.play(1, 'long');
    rig.stream.end('shutting down');
    expect([rig.socket.closeCode, rig.socket.cut]).toEqual([1001, false]);
    expect(rig.leftOver()).toEqual({ ...NOTHING_LEFT, sockets: 1, timers: 1 });
    rig.clock.advanceMs(4990);
    expect(rig.socket.cut).toBe(false);
    rig.clock.advanceMs(20);
    expect([rig.socket.cut, rig.leftOver()]).toEqual([true, NOTHING_LEFT]);
  });

  it('ends one stream, and not the wheel, when something of ours throws', () => {
    const rig = new StreamRig().goLive();
    rig.play(1, 'long');
    rig.socket.onSend = () => {
      throw new Error('Invalid access of closed socket');
    };
    rig.clock.advanceMs(1000);
    expect([rig.endReasons(), rig.leftOver()]).toEqual([['call failed'], NOTHING_LEFT]);
  });

  it('is told once, whatever ends it again, and the first reason stands', () => {
    const rig = new StreamRig().goLive();
    rig.stream.end('superseded');
    rig.stream.end('time limit');
    rig.receive(carrierSays.stop());
    rig.stream.playAndFinish('prompt', 'worker failed');
    rig.stream.drained();
    rig.stream.pong();
    rig.stream.pinged();
    rig.stream.accept(9);
    rig.stream.socketClosed();
    rig.clock.advanceMs(60_000);
    expect(rig.endReasons()).toEqual(['superseded']);
  });

  it('writes one line at the end, with its counts, however much came in', () => {
    const rig = new StreamRig().goLive();
    for (let message = 0; message < 150; message++) rig.receive(wireMessage('junk'));
    rig.receive(carrierSays.stop());
    expect(rig.logLines).toHaveLength(1);
    expect(JSON.parse(rig.logLines[0]!)).toMatchObject({
      event: 'stream.ended',
      streamSid: STREAM_SID,
      reason: 'caller hung up',
      counters: { malformed: 150 },
    });
  });
});

describe('media stream: an end in any state leaves nothing', () => {
  const states: Record<string, (rig: StreamRig) => void> = {
    opening: () => {},
    starting: (rig) => rig.receive(carrierSays.start()),
    live: (rig) => rig.goLive(),
    listening: (rig) => rig.goLive().listen(),
    playing: (rig) => rig.goLive().play(1, 'long'),
    'waiting for audio': (rig) => rig.goLive().play(1, 'late'),
    'held by backpressure': (rig) => {
      rig.goLive().play(1, 'long');
      rig.socket.bufferedBytes = 20_000;
      rig.clock.advanceMs(1000);
    },
    'waiting for a pong': (rig) => {
      rig.carrier.echoes = false;
      rig.goLive().play(1, 'short');
      rig.mediaForMs(6000);
    },
    finishing: (rig) => {
      rig.goLive().play(1, 'long');
      rig.order({ kind: 'finish', reason: 'completed', disposition: { kind: 'hangup' } });
    },
    apologizing: (rig) => rig.goLive().stream.playAndFinish('long', 'worker failed'),
  };
  const endings: Record<string, (rig: StreamRig) => void> = {
    stop: (rig) => {
      rig.receive(carrierSays.start());
      rig.receive(carrierSays.stop());
    },
    'socket closed': (rig) => rig.stream.socketClosed(),
    end: (rig) => rig.stream.end('shutting down' satisfies EndReason),
    silence: (rig) => rig.clock.advanceMs(45_000),
  };
  for (const [state, reach] of Object.entries(states)) {
    it.each(Object.entries(endings))(`${state}, then %s`, (_name, finish) => {
      const rig = new StreamRig();
      reach(rig);
      finish(rig);
      const sent = rig.socket.sent.length;
      rig.registry.ready(promptOf('late', 500));
      rig.clock.advanceMs(60_000);
      expect(rig.ends).toHaveLength(1);
      expect(rig.socket.sent).toHaveLength(sent);
      expect(rig.leftOver()).toEqual(NOTHING_LEFT);
    });
  }
});
