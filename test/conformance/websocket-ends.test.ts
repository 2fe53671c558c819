/**
 * FAULTS.md, section B: streams that do not begin, and streams that do not end as Twilio ends them. All calls of the file
 * are on at once; a test waits for its own.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { CallerScript } from '../../src/simulator/caller.ts';
import type { StreamReport } from '../../src/simulator/stream-report.ts';
import { type TamperedEnd, type TamperedOptions, TamperingRig } from '../support/tampered-call.ts';

/** What FAULTS.md allows before a peer that neither closes nor sends is given up. */
const SILENT_MAX_MS = 31_000;
/** 5 s without a mark past its time, a ping, and 5 s without its pong; and as much for a machine that others share. */
const UNREAD_MAX_MS = 20_000;

let rig: TamperingRig;
const calls = new Map<string, Promise<TamperedEnd>>();
const hungUpAtMs = new Map<string, number>();

/** Hangs up in the first prompt. */
function leaving(fault: string): CallerScript {
  return {
    onAudioStart: (caller) => {
      hungUpAtMs.set(fault, caller.nowMs);
      caller.hangUp();
    },
  };
}

/** The carrier itself is gone, in the first prompt. */
function vanishing(fault: string, how: 'reset' | 'fin'): CallerScript {
  return {
    onAudioStart: (caller) => {
      hungUpAtMs.set(fault, caller.nowMs);
      caller.vanish(how);
    },
  };
}

/** Sends no more media from the first audio on; the connection stays. */
function silentFromAudioOn(): TamperedOptions {
  let isSilent = false;
  return {
    onAudio: () => {
      isSilent = true;
    },
    onSend: (message) => (isSilent && message.event === 'media' ? [] : [message]),
    caller: {},
  };
}

/** Reads nothing from the first audio on, until the server has given the stream up. */
function unread(): TamperedOptions {
  return {
    onAudio: (wire) => {
      wire.socket.socket.pause();
      const forget = rig.rig.trunkline.server.directory.observe({
        onEnd: (_callSid, reason) => {
          if (reason !== 'peer does not read') return;
          wire.socket.socket.resume();
          forget();
        },
      });
    },
  };
}

function loudMedia(streamSid: string | undefined): object {
  const payload = Buffer.alloc(160, 0x80).toString('base64');
  return { event: 'media', streamSid, media: { track: 'inbound', timestamp: '1', payload } };
}

function faults(): Readonly<Record<string, TamperedOptions>> {
  return {
    w08: { onSend: () => [] },
    w09: { onSend: (message) => (message.event === 'connected' ? [message] : []) },
    w44: { caller: vanishing('w44', 'reset') },
    w45: { caller: vanishing('w45', 'fin') },
    w46: silentFromAudioOn(),
    w47: unread(),
    w48: { caller: leaving('w48'), network: { closesAfterStop: false } },
    w49: { caller: leaving('w49'), onSend: (message) => (message.event === 'stop' ? [] : [message]) },
    w50: {
      caller: leaving('w50'),
      network: { closesAfterStop: false },
      onSend: (message) =>
        message.event === 'stop'
          ? [message, ...Array<object>(200).fill(loudMedia(message.streamSid)), message]
          : [message],
    },
  };
}

const WEBHOOKS = 200;
const LEASE_MAX_MS = 60_000;
let askedAtMs = 0;

beforeAll(async () => {
  rig = await TamperingRig.start();
  askedAtMs = performance.now();
  await Promise.all(
    Array.from({ length: WEBHOOKS }, (_, index) =>
      rig.post('/voice', { AccountSid: `AC${'1'.repeat(32)}`, CallSid: `CA${`${index}`.padStart(32, '0')}` }),
    ),
  );
  expect(rig.rig.trunkline.census()).toMatchObject({ waiting: WEBHOOKS });
  for (const [fault, options] of Object.entries(faults())) calls.set(fault, rig.place(options).finished);
}, 60_000);

afterEach(() => rig.rig.freshCallerIsServed());

afterAll(() => rig.close());

function firstStream({ report }: TamperedEnd): StreamReport {
  return report.streams[0]!;
}

describe('a stream that does not begin is closed within 15 s, and the call comes back', () => {
  it.each([
    ['w08: nothing comes at all', 'w08'],
    ['w09: connected comes, and no start', 'w09'],
  ])('%s', async (_title, fault) => {
    const call = await calls.get(fault)!;
    const { openedAtMs, endedAtMs, end, mediaReceived } = firstStream(call);
    expect(end).toEqual({ kind: 'closed', closeCode: 1008 });
    expect(endedAtMs! - openedAtMs!).toBeLessThan(15_000);
    expect(mediaReceived).toBe(0);
    expect(call.reason).toBe('protocol violation');
    expect(call.record).toMatchObject({ outcome: 'both', endReason: 'completed' });
  });
});

it('h31: 200 webhooks whose streams never come hold no slot for long', async () => {
  await vi.waitFor(() => expect(rig.rig.trunkline.census()).toMatchObject({ waiting: 0 }), {
    timeout: LEASE_MAX_MS,
    interval: 100,
  });
  expect(performance.now() - askedAtMs).toBeLessThan(LEASE_MAX_MS);
});

describe('a caller who has hung up', () => {
  const tookMs = (fault: string, call: TamperedEnd) => firstStream(call).endedAtMs! - hungUpAtMs.get(fault)!;

  it('w48: after a stop without a close, the server closes within 3 s', async () => {
    const call = await calls.get('w48')!;
    expect(firstStream(call).end).toEqual({ kind: 'closed', closeCode: 1000 });
    expect(tookMs('w48', call)).toBeLessThan(3000);
    expect(call.record).toMatchObject({ endReason: 'caller hung up', outcome: null });
  });

  it('w49: after a close without a stop, the call is recorded as lost', async () => {
    const call = await calls.get('w49')!;
    expect(call.reason).toBe('stream lost');
    expect(call.record).toMatchObject({ endReason: 'stream lost', outcome: null });
  });

  it('w50: media and a second stop after the stop change nothing, and nothing is sent any more', async () => {
    const call = await calls.get('w50')!;
    expect(firstStream(call).end).toEqual({ kind: 'closed', closeCode: 1000 });
    expect(tookMs('w50', call)).toBeLessThan(3000);
    expect(firstStream(call).receivedAfterStop).toBe(0);
    expect(call.counters.mediaMessages).toBe(firstStream(call).mediaSent);
    expect(call.record).toMatchObject({ endReason: 'caller hung up', outcome: null });
  });
});

describe('a peer that is gone without a word', () => {
  it.each([
    ['w44: by RST', 'w44'],
    ['w45: by FIN without a close', 'w45'],
  ])('%s: the call is freed at once, and recorded as lost', async (_title, fault) => {
    const call = await calls.get(fault)!;
    expect(call.reason).toBe('stream lost');
    expect(call.record).toMatchObject({ endReason: 'stream lost', outcome: null });
    expect(call.record.endedAtWallMs! - call.record.startedAtWallMs).toBeLessThan(5000);
  });

  it('w46: that sends no media is given up within 30 s, and the call hung up', async () => {
    const call = await calls.get('w46')!;
    const { endedAtMs, firstAudioAtMs } = firstStream(call);
    expect(call.reason).toBe('no media');
    expect(endedAtMs! - firstAudioAtMs!).toBeLessThan(SILENT_MAX_MS);
    expect(call.report).toMatchObject({ endedBy: 'server', endReason: 'hangup' });
    expect(call.record).toMatchObject({ endReason: 'no media' });
  });

  it('w47: that never reads is cut off, and the call comes back', async () => {
    const call = await calls.get('w47')!;
    const { endedAtMs, openedAtMs } = firstStream(call);
    expect(call.reason).toBe('peer does not read');
    expect(endedAtMs! - openedAtMs!).toBeLessThan(UNREAD_MAX_MS);
    expect(call.record).toMatchObject({ attempt: 1, outcome: 'both', endReason: 'completed' });
  });
});

it('leaves nothing behind', async () => {
  await Promise.all(calls.values());
  await rig.isUnharmed();
});
