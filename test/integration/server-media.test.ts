/** The server with the real media plane: what the socket, the stream and the call tell each other, and in which order. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addon } from '../../src/audio/addon.ts';
import { TELEPHONE_FORMAT } from '../../src/audio/audio-format.ts';
import type { ToCall } from '../../src/channel/messages.ts';
import { MediaCensus } from '../../src/media/media-census.ts';
import { PromptRegistry } from '../../src/media/prompt-registry.ts';
import { TimerWheel } from '../../src/media/timer-wheel.ts';
import { twilioStreams } from '../../src/server/twilio-streams.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { CUES } from '../support/server-call-worker.ts';
import {
  ACCOUNT,
  type CarrierEnd,
  formOf,
  newCallSid,
  type ServerRig,
  startRig,
} from '../support/server-rig.ts';
import { silentLog } from '../support/silent-log.ts';

const STREAM = `MZ${'3'.repeat(32)}`;

let rig: ServerRig;
let clock: FakeClock;
let census: MediaCensus;
/** What went to the call's worker. */
let posted: ToCall[];

beforeEach(async () => {
  clock = new FakeClock();
  census = new MediaCensus();
  const registry = new PromptRegistry();
  const wire = new Uint8Array(new SharedArrayBuffer(1920)).fill(0x2f);
  const levels = new Uint8Array(new SharedArrayBuffer(10));
  const heard = { format: TELEPHONE_FORMAT, wire, levels, audioBytes: 1440, durationMs: 180 };
  for (const key of ['greeting', 'apology']) registry.ready({ key, ...heard });
  const wheel = new TimerWheel(clock, (thrown) => {
    throw thrown;
  });
  rig = await startRig({
    parts: {
      openStream: twilioStreams({ clock, wheel, registry, census, log: silentLog }, addon, {
        callMaxMs: 120_000,
        audioWaitMaxMs: 6000,
        goodbyePromptKey: 'apology',
      }),
    },
  });
  posted = [];
  const { workers } = rig.server;
  const post = workers.post.bind(workers);
  workers.post = (message) => {
    posted.push(message);
    post(message);
  };
});

afterEach(async () => {
  await rig.close();
  expect({ ...census }).toEqual({ streams: 0, sockets: 0 });
  expect(addon.liveObjects().receivers).toBe(0);
  expect(rig.server.census()).toMatchObject({ calls: 0, streams: 0, sockets: 0, placed: 0 });
  expect(rig.server.faults.entries()).toEqual([]);
});

function start(callSid: string, accountSid = ACCOUNT): string {
  const mediaFormat = { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 };
  const named = {
    accountSid,
    streamSid: STREAM,
    callSid,
    tracks: ['inbound'],
    mediaFormat,
    customParameters: {},
  };
  return JSON.stringify({ event: 'start', sequenceNumber: '1', streamSid: STREAM, start: named });
}

function digit(key: string): string {
  return JSON.stringify({ event: 'dtmf', streamSid: STREAM, dtmf: { track: 'inbound_track', digit: key } });
}

function media(): string {
  const payload = Buffer.alloc(160, 0xff).toString('base64');
  const body = { track: 'inbound', chunk: '1', timestamp: '20', payload };
  return JSON.stringify({ event: 'media', sequenceNumber: '2', streamSid: STREAM, media: body });
}

async function open(
  more: Record<string, string> = {},
): Promise<{ callSid: string; continuePath: string; carrier: CarrierEnd }> {
  const call = await rig.call(newCallSid(), more);
  const carrier = await rig.upgrade(call.streamPath);
  carrier.socket.send('{"event":"connected","protocol":"Call","version":"1.0.0"}');
  return { ...call, carrier };
}

/** Resolves when the call has ended, with its reason. */
function ended(callSid: string): Promise<string> {
  return new Promise((resolve) => {
    rig.server.directory.observe({ onEnd: (sid, reason) => sid === callSid && resolve(reason) });
  });
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

describe('a stream', () => {
  it('plays what its call orders, and ends as its caller hung up', async () => {
    const { callSid, carrier, continuePath } = await open();
    const reason = ended(callSid);
    carrier.socket.send(start(callSid));
    expect(await carrier.hears('media')).toContain(`"streamSid":"${STREAM}"`);
    carrier.socket.send(media());
    carrier.socket.send(
      JSON.stringify({ event: 'stop', streamSid: STREAM, stop: { accountSid: ACCOUNT, callSid } }),
    );
    expect(await reason).toBe('caller hung up');
    expect(await carrier.closed).toBe(1000);
    expect(rig.store.finished).toEqual([`${callSid}#0 caller hung up`]);
    expect((await rig.post(continuePath, { form: formOf(callSid) })).body).toContain('<Hangup/>');
  });

  it('keeps the reason that the call gave, though its socket closes first', async () => {
    const { callSid, carrier, continuePath } = await open({ To: CUES.transfer });
    carrier.socket.send(start(callSid));
    expect(await carrier.closed).toBe(1000);
    expect(rig.store.finished).toEqual([`${callSid}#0 transferred`]);
    expect((await rig.post(continuePath, { form: formOf(callSid) })).body).toContain('<Dial ');
  });

  it.each(['terminate', 'close'] as const)(
    'w44-w45 is lost when the carrier leaves without stop (%s)',
    async (how) => {
      const { callSid, carrier, continuePath } = await open();
      const reason = ended(callSid);
      carrier.socket.send(start(callSid));
      await carrier.hears('media');
      carrier.socket[how]();
      expect(await reason).toBe('stream lost');
      expect(posted.at(-1)).toMatchObject({ kind: 'call.ended', reason: 'stream lost' });
      expect((await rig.post(continuePath, { form: formOf(callSid) })).body).toContain('<Connect');
    },
  );

  it('w11-w13 is closed 1008 with no audio when its start names another call', async () => {
    const { callSid, carrier } = await open();
    carrier.socket.send(start(newCallSid()));
    expect(await carrier.closed).toBe(1008);
    expect(carrier.heard).toEqual([]);
    expect(posted.filter((message) => message.kind === 'call.started')).toEqual([]);
    expect(rig.store.records.has(callSid)).toBe(false);
  });

  it('w08 is closed when no start comes within 10 s', async () => {
    const { carrier } = await open();
    await until(() => census.streams === 1);
    clock.advanceMs(11_000);
    expect(await carrier.closed).toBe(1008);
  });

  it('w46 is ended after 30 s without media, though its socket lives', async () => {
    const { callSid, carrier } = await open({ To: CUES.silent });
    const reason = ended(callSid);
    carrier.socket.send(start(callSid));
    await until(() => posted.length === 1);
    clock.advanceMs(31_000);
    expect(await reason).toBe('no media');
  });

  it('loses no digit that comes while its record is being made', async () => {
    let begun!: (value: 'begun') => void;
    rig.store.begin = () => new Promise((resolve) => (begun = resolve));
    const { callSid, carrier } = await open();
    carrier.socket.send(start(callSid));
    for (const key of ['1', '2', '#']) carrier.socket.send(digit(key));
    carrier.socket.send(media());
    carrier.socket.ping();
    await new Promise((resolve) => carrier.socket.once('pong', resolve));
    begun('begun');
    await until(() => posted.length >= 4);
    const kinds = posted.map((message) => (message.kind === 'digit' ? message.digit : message.kind));
    expect(kinds).toEqual(['call.started', '1', '2', '#']);
  });

  it('says goodbye in its own voice when its call failed', async () => {
    const { callSid, carrier } = await open({ To: CUES.fail });
    carrier.socket.send(start(callSid));
    await carrier.hears('media');
    clock.advanceMs(11_000);
    expect(await carrier.closed).toBe(1000);
    expect(rig.store.finished).toEqual([`${callSid}#0 call failed`]);
  });

  it('ends with a close message when the server closes', async () => {
    const { callSid, carrier } = await open();
    carrier.socket.send(start(callSid));
    await carrier.hears('media');
    await rig.close();
    expect(await carrier.closed).toBe(1001);
    expect(rig.store.finished).toEqual([`${callSid}#0 shutting down`]);
  });
});
