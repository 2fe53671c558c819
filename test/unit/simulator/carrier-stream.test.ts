import { describe, expect, it } from 'vitest';
import type { CallerScript, NetworkOptions } from '../../../src/simulator/caller.ts';
import { SimulatedCarrier } from '../../../src/simulator/simulated-carrier.ts';
import { fakeServer } from './fake-server.ts';

const AUDIO = Buffer.alloc(1600, 0x20);
const media = (streamSid: string, audio: Uint8Array = AUDIO) =>
  JSON.stringify({ event: 'media', streamSid, media: { payload: Buffer.from(audio).toString('base64') } });
const mark = (streamSid: string, name: string) =>
  JSON.stringify({ event: 'mark', streamSid, mark: { name } });
const clear = (streamSid: string) => JSON.stringify({ event: 'clear', streamSid });

/** A call whose webhook has been answered with a stream, on a clock that the test advances. */
async function liveStream(caller: CallerScript = {}, network: NetworkOptions = {}) {
  const server = await fakeServer();
  const carrier = new SimulatedCarrier(server.carrierOptions);
  const call = carrier.placeCall({ caller, network, record: true });
  await server.opened;
  return { call, carrier, ...server, streamSid: server.streamSid() };
}

describe('a stream as Twilio runs it', () => {
  it('sends connected, start, then 50 frames a second with counters in order', async () => {
    const { clock, received, call, close } = await liveStream();
    clock.advanceMs(1000);
    const [connected, start, ...frames] = received();
    expect(connected).toEqual({ event: 'connected', protocol: 'Call', version: '1.0.0' });
    expect(start).toMatchObject({ event: 'start', sequenceNumber: '1', start: { callSid: call.callSid } });
    expect(frames).toHaveLength(50);
    expect(frames[0]).toMatchObject({ sequenceNumber: '2', media: { chunk: '1', track: 'inbound' } });
    const timestamps = frames.map((frame) => Number(frame.media?.timestamp));
    expect(timestamps[49]! - timestamps[0]!).toBe(49 * 20);
    await close();
  });

  it('plays in real time and echoes a mark only when the audio before it was played', async () => {
    const { clock, send, received, streamSid, call, close } = await liveStream();
    send(media(streamSid));
    send(mark(streamSid, 'end'));
    clock.advanceMs(180);
    expect(received().filter((message) => message.event === 'mark')).toEqual([]);
    clock.advanceMs(40);
    expect(received().filter((message) => message.event === 'mark')).toMatchObject([
      { mark: { name: 'end' } },
    ]);
    await close();
    const { streams, audioMs } = await call.ended;
    expect(audioMs).toBe(200);
    expect(streams[0]!.marks).toMatchObject([{ name: 'end', heard: true }]);
  });

  it('echoes a mark at once when nothing is queued', async () => {
    const { send, received, streamSid, close } = await liveStream();
    send(mark(streamSid, 'now'));
    expect(received().at(-1)).toMatchObject({ event: 'mark', mark: { name: 'now' } });
    await close();
  });

  it('empties the buffer on clear and echoes what was pending', async () => {
    const { clock, send, received, streamSid, call, close } = await liveStream();
    send(media(streamSid));
    send(mark(streamSid, 'late'));
    clock.advanceMs(100);
    send(clear(streamSid));
    expect(received().at(-1)).toMatchObject({ event: 'mark', mark: { name: 'late' } });
    clock.advanceMs(500);
    await close();
    const { streams, audioMs } = await call.ended;
    expect(audioMs).toBe(100);
    expect(streams[0]!.marks).toMatchObject([{ name: 'late', heard: false }]);
    expect(streams[0]!.clears).toMatchObject([{ droppedMs: 100 }]);
  });

  it('tells a gap inside a prompt', async () => {
    const { clock, send, streamSid, call, close } = await liveStream();
    send(media(streamSid));
    clock.advanceMs(300);
    send(media(streamSid));
    clock.advanceMs(300);
    await close();
    const { gapsMs } = await call.ended;
    expect(gapsMs).toHaveLength(1);
    expect(gapsMs[0]).toBeGreaterThanOrEqual(80);
    expect(gapsMs[0]).toBeLessThanOrEqual(100);
  });

  it('drops what is not to the letter and warns once of each kind', async () => {
    const { clock, send, streamSid, call, close } = await liveStream();
    send('{"event":"media"}');
    send(JSON.stringify({ ...JSON.parse(media(streamSid)), sequenceNumber: '1' }));
    send(null);
    send(null);
    clock.advanceMs(300);
    await close();
    const { warnings, audioMs } = await call.ended;
    expect(warnings.map((warning) => warning.code)).toEqual([31951, 31950]);
    expect(audioMs).toBe(0);
  });

  it('discards audio beyond ten minutes', async () => {
    const { send, streamSid, call, close } = await liveStream();
    for (let minute = 0; minute < 11; minute += 1) send(media(streamSid, new Uint8Array(480_000)));
    await close();
    expect((await call.ended).warnings.map((warning) => warning.code)).toEqual([31931]);
  });

  it('gives the caller the turn once the bot has been silent long enough', async () => {
    const turns: string[] = [];
    const script: CallerScript = {
      silenceMs: 300,
      onAudioStart: () => turns.push('bot'),
      onSilence: (caller) => {
        turns.push('caller');
        caller.say(new Uint8Array(320).fill(0x10));
      },
      onSaid: () => turns.push('said'),
    };
    const { clock, send, received, streamSid, close } = await liveStream(script);
    clock.advanceMs(1000);
    expect(turns).toEqual([]);
    send(media(streamSid));
    clock.advanceMs(480);
    expect(turns).toEqual(['bot']);
    clock.advanceMs(100);
    expect(turns).toEqual(['bot', 'caller', 'said']);
    const voiced = received().filter((message) => message.media?.payload.startsWith('EBAQ') === true);
    expect(voiced).toHaveLength(2);
    clock.advanceMs(2000);
    expect(turns).toHaveLength(3);
    await close();
  });

  it('presses keys 100 ms apart', async () => {
    const { clock, received, call, close } = await liveStream();
    call.press('1x#');
    clock.advanceMs(60);
    const digits = () => received().flatMap((message) => message.dtmf?.digit ?? []);
    expect(digits()).toEqual(['1']);
    clock.advanceMs(100);
    expect(digits()).toEqual(['1', '#']);
    await close();
  });

  it('delays both ways', async () => {
    const { clock, send, received, close } = await liveStream({}, { delayMs: 300 });
    clock.advanceMs(280);
    expect(received()).toEqual([]);
    clock.advanceMs(40);
    const streamSid = received().find((message) => message.event === 'start')!.start!.streamSid;
    send(mark(streamSid, 'far'));
    clock.advanceMs(580);
    expect(received().some((message) => message.event === 'mark')).toBe(false);
    clock.advanceMs(60);
    expect(received().some((message) => message.event === 'mark')).toBe(true);
    await close();
  });

  it('sends nothing while frozen, and all of it afterwards', async () => {
    const { clock, received, call, close } = await liveStream();
    clock.advanceMs(100);
    const before = received().length;
    call.freeze(4000);
    clock.advanceMs(3900);
    expect(received()).toHaveLength(before);
    clock.advanceMs(200);
    expect(received().length).toBeGreaterThanOrEqual(before + 200);
    await close();
  });

  it('can be told never to echo marks, to send no media, and no start', async () => {
    const mute = await liveStream({}, { echoesMarks: false, sendsMedia: false });
    mute.send(mark(mute.streamSid, 'm'));
    mute.clock.advanceMs(200);
    expect(mute.received().map((message) => message.event)).toEqual(['connected', 'start']);
    await mute.close();
    const blank = await liveStream({}, { sendsStart: false });
    blank.clock.advanceMs(200);
    expect(blank.received()).toEqual([]);
    await blank.close();
  });

  it.each<[string, CallerScript]>([
    ['at a sound', { onAudioStart: (caller) => caller.hangUp() }],
    [
      'having said all',
      {
        onStart: (caller) => {
          caller.say(AUDIO.subarray(0, 960));
          caller.press('1'.repeat(20));
        },
        onSaid: (caller) => caller.hangUp(),
      },
    ],
  ])('sends nothing after stop when the caller hangs up %s', async (_when, caller) => {
    const { clock, send, received, streamSid, close } = await liveStream(caller);
    send(media(streamSid));
    clock.advanceMs(300);
    expect(received().at(-1)).toMatchObject({ event: 'stop' });
    await close();
  });

  it('says stop and closes when the caller hangs up, and takes nothing after', async () => {
    const { clock, received, call, carrier, socket, close } = await liveStream();
    clock.advanceMs(100);
    call.hangUp();
    call.hangUp();
    expect(received().at(-1)).toMatchObject({ event: 'stop', stop: { callSid: call.callSid } });
    expect(socket().closedWith).toBe(1000);
    const report = await call.ended;
    expect(report).toMatchObject({ status: 'completed', endedBy: 'caller', endReason: 'caller hung up' });
    expect(carrier.census()).toMatchObject({ calls: 0, tickers: 0 });
    await close();
    expect(clock.pendingTimers()).toBe(0);
  });

  it("ends the call as failed when the caller's script throws", async () => {
    const { clock, call, send, streamSid, close } = await liveStream({
      onMark: () => {
        throw new Error('no idea');
      },
    });
    send(mark(streamSid, 'm'));
    clock.advanceMs(20);
    expect(await call.ended).toMatchObject({
      status: 'failed',
      endReason: expect.stringContaining('no idea'),
    });
    await close();
  });
});
