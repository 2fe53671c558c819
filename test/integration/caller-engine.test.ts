/** The native caller engine over real sockets, in real time, against a server that takes nothing but what Twilio documents. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineRig } from '../support/engine-rig.ts';
import type { StrictStream } from '../support/strict-media-server.ts';

const FRAME_BYTES = 160;
/** A shared machine stalls; what is asserted to be early never is. */
const STALL_MAX_MS = 2000;

/** Silence, sound from `onsetMs` to `offsetMs`, silence. */
function clip(id: number, durationMs: number, onsetMs: number, offsetMs: number) {
  const mulaw = new Uint8Array(durationMs * 8).fill(0xff);
  mulaw.fill(0x20, onsetMs * 8, offsetMs * 8);
  return { id, mulaw, onsetMs, offsetMs };
}

let rig: EngineRig;

beforeEach(async () => {
  rig = await EngineRig.start();
});

afterEach(async () => {
  await rig.close();
  expect(rig.server.streams.flatMap(({ faults }) => faults)).toEqual([]);
});

describe('the line of a caller', () => {
  it('opens as a carrier does, with the headers and parameters of the call', async () => {
    const headers = { Host: 'bot.example.org', 'X-Twilio-Signature': 'signed=' };
    const id = rig.call({ path: '/ws/token?', headers, parameters: { flow: 'a "b"\t\u001e\\ü' } });
    await rig.told(id, 'open');
    const stream = await rig.until(() => rig.server.streams.find(({ start }) => start !== null), 'no start');
    expect(stream.request).toMatchObject({
      url: '/ws/token?',
      headers: { host: 'bot.example.org', 'x-twilio-signature': 'signed=', 'sec-websocket-version': '13' },
    });
    expect(stream.start).toEqual({
      accountSid: 'AC1',
      callSid: 'CA0',
      streamSid: 'MZ0',
      tracks: ['inbound'],
      mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
      customParameters: { flow: 'a "b"\t\u001e\\ü' },
    });
  });

  it('sends 50 frames a second, by the count', async () => {
    rig.call();
    const stream = await rig.until(() => rig.server.streams[0], 'no stream');
    await rig.until(() => stream.mediaAtMs[100], 'no 101 frames');
    const elapsedMs = stream.mediaAtMs[100]! - stream.mediaAtMs[0]!;
    expect(Math.abs(elapsedMs - 2000)).toBeLessThan(300);
  });

  it('hears a background, looped, while nobody speaks', async () => {
    const line = new Uint8Array(2 * FRAME_BYTES).fill(0x7e, 0, FRAME_BYTES).fill(0xfe, FRAME_BYTES);
    rig.engine.setLine(line);
    const heard: (number | undefined)[] = [];
    rig.call({}, (stream) => {
      stream.onMedia = (payload) => heard.push(payload[0]);
    });
    await rig.until(() => heard[5], 'no six frames');
    expect(new Set([heard[0], heard[1]])).toEqual(new Set([0x7e, 0xfe]));
    expect(heard.slice(2, 4)).toEqual(heard.slice(0, 2));
  });

  it('counts and tells what came and went', async () => {
    const id = rig.call({}, (stream) => {
      stream.onStart = () => {
        stream.play(100);
        stream.mark('end');
      };
      stream.onEcho = () => stream.socket.close(1000);
    });
    const ended = await rig.told(id, 'ended');
    expect(ended).toMatchObject({
      how: 'closed',
      code: 1000,
      mediaReceived: 1,
      marks: 1,
      clears: 0,
      detail: '',
    });
    expect(ended.audioMs).toBe(100);
    expect(ended.framesSent).toBe(rig.server.streams[0]!.mediaAtMs.length);
    const firstAudio = await rig.told(id, 'first-audio');
    expect(ended.atMs - firstAudio.atMs).toBeGreaterThanOrEqual(100);
    const nowMs = Number(process.hrtime.bigint()) / 1e6;
    expect(nowMs - ended.atMs).toBeLessThan(STALL_MAX_MS);
  });
});

describe('marks', () => {
  it('are echoed once the audio before them was played, and at once where there is none', async () => {
    let playedAtMs = 0;
    const id = rig.call({}, (stream) => {
      stream.onStart = () => {
        stream.mark('none before "me"');
        playedAtMs = performance.now();
        stream.play(300);
        stream.mark('300');
        stream.play(200);
        stream.mark('500');
      };
      stream.onEcho = (name) => name === '500' && stream.socket.close();
    });
    await rig.told(id, 'ended');
    const [first, second, third] = rig.server.streams[0]!.echoes;
    expect([first?.name, second?.name, third?.name]).toEqual(['none before "me"', '300', '500']);
    expect(second!.atMs - playedAtMs).toBeGreaterThanOrEqual(300);
    expect(third!.atMs - playedAtMs).toBeGreaterThanOrEqual(500);
    expect(third!.atMs - playedAtMs).toBeLessThan(500 + STALL_MAX_MS);
  });

  it('are echoed at a clear, which empties the buffer', async () => {
    const id = rig.call({}, (stream) => {
      stream.onStart = () => {
        stream.play(20_000);
        stream.mark('never heard');
        stream.clear();
        stream.play(40);
        stream.mark('after');
      };
      stream.onEcho = (name) => name === 'after' && stream.socket.close();
    });
    const ended = await rig.told(id, 'ended');
    expect(rig.server.streams[0]!.echoes.map(({ name }) => name)).toEqual(['never heard', 'after']);
    expect(ended).toMatchObject({ clears: 1, marks: 2 });
    expect(ended.audioMs).toBeLessThan(40 + STALL_MAX_MS);
  });
});

describe('a caller', () => {
  it('answers once the bot has fallen silent, and hears what comes then', async () => {
    rig.engine.addClip(clip(1, 200, 40, 120));
    const steps = [
      { kind: 'say', clipId: 1, thinkMs: 0 },
      { kind: 'press', digits: '4*#', thinkMs: 500 },
    ] as const;
    let hasAskedAgain = false;
    const id = rig.call({ steps }, (stream) => {
      stream.onStart = () => stream.play(200);
      // Two frames of sound behind two of silence: the answer is heard whole with the fourth.
      stream.onMedia = () => {
        if (stream.loudChunks.length !== 4 || hasAskedAgain) return;
        hasAskedAgain = true;
        stream.play(200);
      };
      stream.onDigit = () => stream.digits.length === 3 && stream.play(20);
    });
    const turns = await rig.until(
      () => (rig.all(id, 'turn').length === 2 ? rig.all(id, 'turn') : undefined),
      'turns',
    );
    const [said, pressed] = turns;
    expect(said).toMatchObject({ step: 0, how: 'say' });
    expect(pressed).toMatchObject({ step: 1, how: 'press' });
    const stream = rig.server.streams[0]!;
    expect(stream.digits.join('')).toBe('4*#');
    expect(stream.loudChunks).toHaveLength(4);
    // 200 ms of audio, then the silence that ends a turn, or what the caller thinks where that is longer.
    const { atMs: askedAtMs } = await rig.told(id, 'first-audio');
    expect(said!.saidAtMs - askedAtMs).toBeGreaterThanOrEqual(200 + 350);
    expect(pressed!.saidAtMs - said!.heardAtMs).toBeGreaterThanOrEqual(200 + 500);
    for (const { saidAtMs, heardAtMs } of turns) {
      expect(heardAtMs).toBeGreaterThan(saidAtMs);
      expect(heardAtMs - saidAtMs).toBeLessThan(STALL_MAX_MS);
    }
    rig.engine.hangUp(id);
    expect(await rig.told(id, 'ended')).toMatchObject({ how: 'hung-up', stepsDone: 2 });
    expect(await stream.closed).toBe(1000);
    expect(stream.stopped).toBe(true);
  });

  it('speaks into a prompt, and tells when it was cleared', async () => {
    rig.engine.addClip(clip(1, 200, 40, 200));
    const id = rig.call({ steps: [{ kind: 'barge', clipId: 1, afterMs: 300 }] }, (stream) => {
      stream.onStart = () => stream.play(20_000);
      stream.onMedia = () => {
        if (stream.loudChunks.length === 1) stream.clear();
        // All has been said: what follows is the answer.
        if (stream.loudChunks.length === 8) stream.play(20);
      };
    });
    const turn = await rig.told(id, 'turn');
    const { speechAtMs, clearedAtMs } = await rig.told(id, 'barge-in');
    const { atMs: firstAudioAtMs } = await rig.told(id, 'first-audio');
    expect(speechAtMs - firstAudioAtMs).toBeGreaterThanOrEqual(300);
    expect(clearedAtMs).toBeGreaterThan(speechAtMs);
    expect(turn).toMatchObject({ step: 0, how: 'barge' });
    expect(turn.saidAtMs).toBeGreaterThan(clearedAtMs ?? Number.POSITIVE_INFINITY);
    expect(turn.heardAtMs).toBeGreaterThan(turn.saidAtMs);
  });

  it('tells of a prompt that was not cleared, and takes its rest for no answer', async () => {
    rig.engine.addClip(clip(1, 40, 0, 40));
    const id = rig.call({ steps: [{ kind: 'barge', clipId: 1, afterMs: 0 }] }, (stream) => {
      stream.onStart = () => stream.play(200);
      stream.onMedia = () => {
        if (stream.mediaAtMs.length < 30) stream.play(20);
        if (stream.mediaAtMs.length === 60) stream.play(20);
      };
    });
    const turn = await rig.told(id, 'turn');
    expect(await rig.told(id, 'barge-in')).toMatchObject({ clearedAtMs: null });
    expect(turn.heardAtMs - turn.saidAtMs).toBeGreaterThan(800);
  });

  it('hangs up into a prompt', async () => {
    const id = rig.call({ steps: [{ kind: 'hang-up', afterMs: 100 }] }, (stream) => {
      stream.onStart = () => stream.play(5000);
    });
    expect(await rig.told(id, 'ended')).toMatchObject({ how: 'hung-up', stepsDone: 1 });
    expect(await rig.server.streams[0]!.closed).toBe(1000);
    expect(rig.server.streams[0]!.stopped).toBe(true);
  });

  it('hears a gap inside a prompt, and none between two', async () => {
    let later = 0;
    const id = rig.call({}, (stream) => {
      stream.onStart = () => stream.play(100);
      stream.onMedia = () => {
        // 100 ms of audio, 100 of nothing; then a mark ends the prompt, and the next comes 200 ms after.
        if (stream.mediaAtMs.length === 11) {
          stream.play(100);
          stream.mark('end');
        }
        if (stream.mediaAtMs.length === 26) stream.play(20);
        later = stream.mediaAtMs.length;
      };
    });
    await rig.until(() => (later > 40 ? true : undefined), 'no 40 frames');
    expect(rig.all(id, 'gap')).toHaveLength(1);
    const { gapMs } = await rig.told(id, 'gap');
    expect(gapMs).toBeGreaterThan(40);
  });
});

describe('a server that', () => {
  const wrongs: Readonly<Record<string, readonly [(stream: StrictStream) => void, RegExp]>> = {
    'sends a binary message': [(stream) => stream.socket.send(Buffer.from('x')), /binary/],
    'sends a fragment': [(stream) => stream.socket.send('{', { fin: false }), /fragment/],
    'sends no JSON': [(stream) => stream.socket.send('hello'), /no JSON/],
    'sends an unknown event': [
      (stream) => stream.send({ event: 'dtmf', streamSid: stream.streamSid }),
      /none of media, mark and clear/,
    ],
    'names another stream': [(stream) => stream.send({ event: 'clear', streamSid: 'MZ' }), /streamSid/],
    'adds a field': [
      (stream) =>
        stream.send({
          event: 'media',
          streamSid: stream.streamSid,
          media: { payload: '', track: 'outbound' },
        }),
      /not documented/,
    ],
    'sends half a group of base64': [
      (stream) => stream.send({ event: 'media', streamSid: stream.streamSid, media: { payload: 'AAA' } }),
      /base64/,
    ],
    'sends more than Twilio holds': [(stream) => stream.play(630_000), /ten minutes/],
  };
  for (const [name, [act, why]] of Object.entries(wrongs)) {
    it(`${name} ends the call as a fault of the protocol`, async () => {
      const id = rig.call({}, (stream) => {
        stream.onStart = () => act(stream);
      });
      const ended = await rig.told(id, 'ended');
      expect(ended.how).toBe('protocol');
      expect(ended.detail).toMatch(why);
      expect(await rig.server.streams[0]!.closed).toBe(1002);
    });
  }

  it('refuses is told with its status', async () => {
    rig.server.refuse = true;
    expect(await rig.told(rig.call(), 'ended')).toMatchObject({ how: 'refused', code: 503 });
  });

  it('is not there is told as a refusal too', async () => {
    expect(await rig.told(rig.call({ port: 1 }), 'ended')).toMatchObject({ how: 'refused', code: 0 });
  });

  it('breaks the connection is told from one that closes it', async () => {
    const id = rig.call({}, (stream) => {
      stream.onStart = () => stream.socket.terminate();
    });
    expect(await rig.told(id, 'ended')).toMatchObject({ how: 'broken' });
  });

  it('pings is answered', async () => {
    let answer = '';
    rig.call({}, (stream) => {
      stream.onStart = () => stream.socket.ping('are you there?');
      stream.socket.on('pong', (payload) => {
        answer = payload.toString();
      });
    });
    await rig.until(() => (answer === '' ? undefined : answer), 'no pong');
    expect(answer).toBe('are you there?');
  });
});
