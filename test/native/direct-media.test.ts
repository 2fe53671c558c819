import * as uWS from 'uWebSockets.js';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { addon } from '../../src/audio/addon.ts';
import { DIRECT_UNIT, type NativeStreamReceiver, RECEIVED } from '../../src/audio/addon-types.ts';
import { speech } from '../support/signals.ts';

const SID = 'MZ0123456789abcdef0123456789abcdef';
const NOTHING_PLAYS = Number.NEGATIVE_INFINITY;
const MASK = Buffer.from([0x12, 0x9f, 0x03, 0xe1]);
const opened: (() => void)[] = [];

afterEach(() => {
  for (const close of opened.splice(0).reverse()) close();
});

/** A client's frame, masked. */
function frame(text: string, firstByte = 0x81): Buffer {
  const payload = Buffer.from(text);
  const header =
    payload.length < 126
      ? Buffer.from([firstByte, 0x80 | payload.length])
      : Buffer.from([firstByte, 0xfe, payload.length >> 8, payload.length & 0xff]);
  return Buffer.concat([header, MASK, payload.map((byte, at) => byte ^ MASK[at & 3]!)]);
}

let chunk = 0;
const media = (payload: Uint8Array = Buffer.alloc(160, 0xff), streamSid = SID): string => {
  chunk += 1;
  return `{"event":"media","sequenceNumber":"${chunk + 1}","media":{"track":"inbound","chunk":"${chunk}","timestamp":"${chunk * 20}","payload":"${Buffer.from(payload).toString('base64')}"},"streamSid":"${streamSid}"}`;
};
const mark = (name: string) => `{"event":"mark","streamSid":"${SID}","mark":{"name":"${name}"}}`;

function toMulaw(samples: Int16Array): Uint8Array {
  const codes = new Uint8Array(samples.length);
  addon.mulawEncode(samples, codes);
  return codes;
}

/** The loop turns: what was written has been read, since both ends are on this thread. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** One stream on a server of uWebSockets.js whose sockets may be taken from, and a raw connection to it. */
class Line {
  readonly receiver: NativeStreamReceiver = new addon.StreamReceiver({ codec: 'mulaw', sampleRateHz: 8000 });
  /** What JavaScript got to see. */
  readonly seen: string[] = [];
  /** What was told of messages that it did not see. */
  readonly found: number[] = [];
  ordinary = 0;
  playoutDbfs = NOTHING_PLAYS;
  isBound = false;
  socket!: Socket;

  static async open(): Promise<Line> {
    const line = new Line();
    const app = uWS.App().ws('/*', {
      upgrade: (response, request, context) => {
        expect(addon.takeSocketsOf(context)).toBe(true);
        response.upgrade({}, request.getHeader('sec-websocket-key'), '', '', context);
      },
      message: (_ws, message) => line.#take(message),
    });
    const port = await new Promise<number>((resolve) => {
      app.listen('127.0.0.1', 0, (socket) =>
        resolve(uWS.us_socket_local_port(socket as uWS.us_listen_socket)),
      );
    });
    line.socket = connect(port, '127.0.0.1');
    line.socket.setNoDelay(true);
    opened.push(
      () => app.close(),
      () => line.receiver.close(),
      () => line.socket.destroy(),
    );
    const upgrade = [
      'GET / HTTP/1.1',
      'Host: localhost',
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Version: 13',
    ];
    line.socket.write(`${upgrade.join('\r\n')}\r\n\r\n`);
    await new Promise((resolve) => line.socket.once('data', resolve));
    line.socket.resume();
    await line.send([frame('start')]);
    await line.send([frame(media())]);
    return line;
  }

  #take(message: ArrayBuffer): void {
    const text = Buffer.from(message).toString();
    if (text === 'start') {
      this.receiver.setStreamSid(SID);
      this.isBound = this.receiver.takeDirectly((found) => this.found.push(found));
      return;
    }
    const received = this.receiver.receive(message, this.playoutDbfs);
    if ((received & RECEIVED.media) === 0) {
      this.seen.push(text);
      return;
    }
    this.ordinary += 1;
    const found = received & (DIRECT_UNIT - 1);
    if (found !== RECEIVED.media) this.found.push(found);
  }

  /** Writes each piece to be read apart, and waits until all were: the server answers a ping that follows them. */
  async send(pieces: readonly Buffer[]): Promise<void> {
    for (const piece of pieces) {
      this.socket.write(piece);
      await turns();
    }
    await new Promise((resolve) => {
      this.socket.once('data', resolve);
      this.socket.write(frame('', 0x89));
    });
  }

  get mediaMessages(): number {
    return this.receiver.counters().mediaMessages;
  }
}

describe('media that is taken directly', () => {
  test('is heard like any other, and JavaScript sees one message in 100 of it', async () => {
    const line = await Line.open();
    expect(line.isBound).toBe(true);
    for (let index = 0; index < 199; index += 1) await line.send([frame(media())]);
    expect(line.mediaMessages).toBe(200);
    expect(line.ordinary).toBe(2);
    expect(line.receiver.mediaMs()).toBe(4000);
  });

  test('is counted to the next message that JavaScript sees', async () => {
    const line = await Line.open();
    for (let index = 0; index < 7; index += 1) await line.send([frame(media())]);
    const received = line.receiver.receive(new Uint8Array(Buffer.from(media())).buffer, NOTHING_PLAYS);
    expect(received).toBe(RECEIVED.media + 7 * DIRECT_UNIT);
  });

  test('tells what it found', async () => {
    const line = await Line.open();
    line.receiver.listen({ endOfSpeechMs: 300, maxUtteranceMs: 5000, provisionalMs: 0, chunkMs: 0 });
    line.receiver.armNoInput(400);
    for (let index = 0; index < 23; index += 1) await line.send([frame(media())]);
    expect(line.found).toEqual([RECEIVED.media | RECEIVED.noInput]);
  });

  test('JavaScript sees one message in five while something plays, and one in 100 again from the first that nothing does', async () => {
    const line = await Line.open();
    line.playoutDbfs = -100;
    line.receiver.holdDirect();
    for (let index = 0; index < 10; index += 1) await line.send([frame(media())]);
    expect(line.ordinary).toBe(3);
    line.playoutDbfs = NOTHING_PLAYS;
    for (let index = 0; index < 50; index += 1) await line.send([frame(media())]);
    expect(line.ordinary).toBe(4);
  });

  test('is heard by the level that JavaScript told last, until it is told another', async () => {
    const silence = Array.from({ length: 100 }, () => Buffer.alloc(160, 0xff));
    const voice = speech(1200, -40, 2);
    const said = Array.from({ length: 60 }, (_, at) => toMulaw(voice.subarray(at * 160, at * 160 + 160)));
    const settings = { endOfSpeechMs: 300, maxUtteranceMs: 5000, provisionalMs: 0, chunkMs: 0 };
    /** After so many frames of loud playing, the frame of the voice with which it is heard. */
    const heardWith = (loudFrames: number): number => {
      const receiver = new addon.StreamReceiver({ codec: 'mulaw', sampleRateHz: 8000 });
      receiver.listen(settings);
      for (const payload of silence) receiver.receiveAudio(payload, NOTHING_PLAYS);
      const found = said.map((payload, at) =>
        receiver.receiveAudio(payload, at < loudFrames ? -12 : NOTHING_PLAYS),
      );
      receiver.close();
      return found.findIndex((bits) => (bits & RECEIVED.speechStarted) !== 0);
    };
    const line = await Line.open();
    line.receiver.listen(settings);
    for (const payload of silence) await line.send([frame(media(payload))]);
    line.found.length = 0;
    let heardAt = -1;
    for (const [at, payload] of said.entries()) {
      line.playoutDbfs = at < 4 ? -12 : NOTHING_PLAYS;
      if (at < 4) line.receiver.holdDirect();
      await line.send([frame(media(payload))]);
      if (heardAt < 0 && line.found.length > 0) heardAt = at;
    }
    // Four of them were told, and four more taken by it.
    expect(heardWith(8)).toBeGreaterThan(heardWith(7));
    expect(heardAt).toBe(heardWith(8));
  });

  test('is none after a gap was told, until JavaScript has seen that media is back', async () => {
    const line = await Line.open();
    line.receiver.receiveGap(240, -100);
    await line.send([frame(media())]);
    expect(line.ordinary).toBe(2);
  });

  test('is none after the receiver was closed', async () => {
    const line = await Line.open();
    line.receiver.close();
    await line.send([frame(media())]);
    expect(line.seen).toHaveLength(1);
  });

  test('is none of another stream’s: it is ignored, and counted', async () => {
    const line = await Line.open();
    await line.send([frame(media(undefined, 'MZffffffffffffffffffffffffffffffff'))]);
    expect(line.receiver.counters()).toMatchObject({ mediaMessages: 1, ignoredMessages: 1 });
    expect(line.seen).toEqual([]);
  });
});

describe('what is no plain media message goes the ordinary way', () => {
  test('a mark between two of them, in order', async () => {
    const line = await Line.open();
    await line.send([Buffer.concat([frame(media()), frame(mark('a')), frame(media())])]);
    expect(line.seen).toEqual([mark('a')]);
    expect(line.mediaMessages).toBe(3);
    expect(line.ordinary).toBe(2);
  });

  test('more than three at once', async () => {
    const line = await Line.open();
    await line.send([Buffer.concat([frame(media()), frame(media()), frame(media()), frame(media())])]);
    expect(line.ordinary).toBe(5);
  });

  test('one in fragments', async () => {
    const line = await Line.open();
    const text = mark('in-two');
    await line.send([frame(text.slice(0, 10), 0x01), frame(text.slice(10), 0x80)]);
    await line.send([frame(media())]);
    expect(line.seen).toEqual([text]);
    expect(line.mediaMessages).toBe(2);
  });

  test('one of more than 512 bytes', async () => {
    const line = await Line.open();
    await line.send([frame(media(Buffer.alloc(480, 0xff)))]);
    expect(line.ordinary).toBe(2);
  });
});

describe('while many streams share the turns of the loop', () => {
  const PATIENT = { timeout: 4000, interval: 5 };
  beforeEach(() => addon.pollEvery(1000));
  afterEach(() => addon.pollEvery(0));

  /** Writes each, and tells after how many nothing had been read. */
  async function leftLying(line: Line, payloads: readonly Uint8Array[]): Promise<number> {
    let lying = 0;
    for (const payload of payloads) {
      const before = line.receiver.mediaMs();
      line.socket.write(frame(media(payload)));
      await turns();
      if (line.receiver.mediaMs() === before) lying += 1;
    }
    return lying;
  }
  const quiet = (messages: number) => Array.from({ length: messages }, () => Buffer.alloc(160, 0xff));

  test('a quiet one is read two messages at a time', async () => {
    const line = await Line.open();
    // Half of them, but for those that a busy machine let lie for so long that they were read alone.
    expect(await leftLying(line, quiet(80))).toBeGreaterThan(20);
    await vi.waitFor(() => expect(line.mediaMessages).toBe(81), PATIENT);
  });

  test('what lies alone in its socket is read soon, be it audio or not', async () => {
    const line = await Line.open();
    await leftLying(line, quiet(2));
    await vi.waitFor(() => expect(line.mediaMessages).toBe(3), PATIENT);
    await leftLying(line, quiet(1));
    line.socket.write(frame(mark('alone')));
    await vi.waitFor(() => expect(line.seen).toEqual([mark('alone')]), PATIENT);
  });

  test('each message is read at once while somebody speaks', async () => {
    const line = await Line.open();
    line.receiver.listen({ endOfSpeechMs: 800, maxUtteranceMs: 5000, provisionalMs: 0, chunkMs: 0 });
    const voice = speech(1200, -30, 2);
    const said = Array.from({ length: 60 }, (_, at) => toMulaw(voice.subarray(at * 160, at * 160 + 160)));
    await leftLying(line, [...quiet(20), ...said.slice(0, 15)]);
    expect(await leftLying(line, said.slice(15))).toBe(0);
    expect(await leftLying(line, quiet(30))).toBe(0);
  });

  test('each message is read at once while something plays', async () => {
    const line = await Line.open();
    await leftLying(line, quiet(9));
    line.playoutDbfs = -30;
    line.receiver.holdDirect();
    await leftLying(line, quiet(2));
    expect(await leftLying(line, quiet(30))).toBe(0);
  });

  test('and each message again when they are few', async () => {
    const line = await Line.open();
    await leftLying(line, quiet(4));
    addon.pollEvery(0);
    await turns();
    expect(await leftLying(line, quiet(10))).toBe(0);
  });

  test('a socket whose stream has ended is read at once', async () => {
    const line = await Line.open();
    await leftLying(line, quiet(3));
    line.receiver.close();
    line.socket.write(frame(mark('after')));
    await turns();
    expect(line.seen).toContain(mark('after'));
  });
});

test('every message comes once, however the network cuts the bytes', async () => {
  const line = await Line.open();
  let random = 12345;
  const next = (below: number) => {
    random = (random * 1103515245 + 12345) & 0x7fffffff;
    return random % below;
  };
  for (let round = 0; round < 60; round += 1) {
    const marks: string[] = [];
    const before = line.mediaMessages;
    const frames = Array.from({ length: 6 }, (_, index) => {
      if (next(4) > 0) return frame(media());
      marks.push(mark(`${round}.${index}`));
      return frame(marks.at(-1)!);
    });
    let bytes = Buffer.concat(frames);
    line.seen.length = 0;
    while (bytes.length > 0) {
      const cut = 1 + next(500);
      line.socket.write(bytes.subarray(0, cut));
      bytes = bytes.subarray(cut);
      await turns();
    }
    await line.send([]);
    expect(line.seen).toEqual(marks);
    expect(line.mediaMessages - before).toBe(6 - marks.length);
  }
});

test('refuses what is no context', () => {
  expect(() => addon.takeSocketsOf({})).toThrow(/Expected the context of an upgrade for context/);
});

test('needs a socket that it sees', () => {
  const receiver = new addon.StreamReceiver({ codec: 'mulaw', sampleRateHz: 8000 });
  receiver.setStreamSid(SID);
  expect(receiver.takeDirectly(() => {})).toBe(false);
  receiver.close();
});
