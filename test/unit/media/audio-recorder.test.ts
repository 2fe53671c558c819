import { describe, expect, it } from 'vitest';
import { TELEPHONE_FORMAT } from '../../../src/audio/audio-format.ts';
import { createStreamReceiver } from '../../../src/audio/stream-receiver.ts';
import type { RecordFile } from '../../../src/recordings/record-files.ts';
import { carrierSays, promptOf, STREAM_SID, wireMessage } from '../../support/media-fakes.ts';
import { StreamRig } from '../../support/media-rigs.ts';
import { createRandom } from '../../support/signals.ts';

const SILENCE = 0xff;
const FRAME_CODES = 160;

class MemoryFile implements RecordFile {
  isGivenUp = false;
  readonly written: Uint8Array[] = [];
  finishes = 0;

  write(bytes: Uint8Array): void {
    this.written.push(Uint8Array.from(bytes));
  }

  finish(): void {
    this.finishes++;
  }
}

/** Codes that stand nowhere twice, and none of them silence. */
function words(lengthMs: number, seed: number): Uint8Array {
  const random = createRandom(seed);
  return Uint8Array.from({ length: lengthMs * 8 }, () => Math.floor(random() * 255));
}

/** A recorded stream on a fake clock, with the native receiver, and a carrier who numbers its time. */
class RecordedRig extends StreamRig {
  readonly file: MemoryFile;
  /** What the carrier has counted, sent or lost. */
  #carrierMs = 37;
  #chunk = 1;

  /** `isFromStart` false: only once `begins` is called. */
  constructor({ isFromStart = true } = {}) {
    const file = new MemoryFile();
    const recording = isFromStart ? { recording: file } : {};
    super({ native: createStreamReceiver(TELEPHONE_FORMAT), ...recording, callMaxMs: 3_600_000 });
    this.file = file;
    this.goLive();
  }

  /** Prompt `key` of these codes is in the registry. */
  prompt(key: string, codes: Uint8Array): void {
    this.registry.ready(promptOf(key, codes.length / 8, { codes }));
  }

  begins(): void {
    this.stream.record(this.file);
  }

  /** The caller's line, frame after frame; `everyMs` apart. */
  callerSends(codes: Uint8Array, everyMs = 20): void {
    for (let at = 0; at < codes.length; at += FRAME_CODES) {
      const payload = Buffer.from(codes.subarray(at, at + FRAME_CODES)).toString('base64');
      const chunk = String(this.#chunk++);
      const media = { track: 'inbound', chunk, timestamp: String(this.#carrierMs), payload };
      this.receive(wireMessage({ event: 'media', sequenceNumber: chunk, media, streamSid: STREAM_SID }));
      this.#carrierMs += 20;
      this.clock.advanceMs(everyMs);
    }
  }

  callerIsSilent(lengthMs: number): void {
    this.callerSends(new Uint8Array(lengthMs * 8).fill(SILENCE));
  }

  /** Audio that the carrier had and that never comes. */
  loses(lengthMs: number): void {
    this.#carrierMs += lengthMs;
    this.clock.advanceMs(lengthMs);
  }

  carrierLeaps(byMs: number): void {
    this.#carrierMs += byMs;
  }

  hangsUp(): { left: Buffer; right: Buffer; durationMs: number } {
    this.receive(carrierSays.stop());
    const all = Buffer.concat(this.file.written);
    const channel = (of: number) => Buffer.from(all.filter((_, at) => at % 2 === of));
    return { left: channel(0), right: channel(1), durationMs: all.length / 16 };
  }
}

/** Where `part` stands, in milliseconds; NaN: not as a whole. */
function placeOf(part: Uint8Array, channel: Buffer): number {
  const at = channel.indexOf(part);
  return at < 0 ? Number.NaN : at / 8;
}

function isSilent(channel: Buffer, fromMs: number, toMs = channel.length / 8): boolean {
  return channel.subarray(fromMs * 8, toMs * 8).every((code) => code === SILENCE);
}

describe('the recording of a stream', () => {
  it('holds what the caller said, as it came', () => {
    const rig = new RecordedRig();
    const said = words(3000, 1);
    rig.callerSends(said);
    const { left, right, durationMs } = rig.hangsUp();
    expect(placeOf(said, left)).toBe(0);
    expect([durationMs, isSilent(right, 0), rig.file.finishes]).toEqual([3020, true, 1]);
  });

  it('holds what was said to the caller, when it was heard', () => {
    const rig = new RecordedRig();
    const prompt = words(2000, 2);
    rig.prompt('words', prompt);
    rig.callerIsSilent(500);
    rig.play(1, 'words');
    rig.callerIsSilent(3000);
    const { right } = rig.hangsUp();
    expect(Math.abs(placeOf(prompt, right) - 500)).toBeLessThanOrEqual(20);
    expect(isSilent(right, 2521)).toBe(true);
  });

  it('holds nothing of what a clear took back, and what is said after it', () => {
    const rig = new RecordedRig();
    const [first, second] = [words(4000, 3), words(600, 4)];
    rig.prompt('first', first);
    rig.prompt('second', second);
    rig.callerIsSilent(200);
    rig.play(1, 'first');
    rig.callerIsSilent(1010);
    rig.order({ kind: 'clear' });
    rig.play(2, 'second');
    rig.callerIsSilent(3000);
    const { right } = rig.hangsUp();
    const startMs = placeOf(first.subarray(0, 7000), right);
    const heardMs = placeOf(second, right) - startMs;
    expect(Math.abs(startMs - 200)).toBeLessThanOrEqual(20);
    // 51 frames of the caller, 20 ms each: not the seconds that were sent ahead.
    expect(heardMs).toBe(1020);
    expect(placeOf(first.subarray(0, 1020 * 8), right)).toBe(startMs);
  });

  it('joins prompts that follow on each other without a seam', () => {
    const rig = new RecordedRig();
    const prompts = [words(777, 5), words(503, 6), words(1001, 7)];
    for (const [index, prompt] of prompts.entries()) {
      rig.prompt(`p${index}`, prompt);
      rig.play(index, `p${index}`);
    }
    rig.callerIsSilent(3000);
    expect(placeOf(Buffer.concat(prompts), rig.hangsUp().right)).toBeLessThanOrEqual(20);
  });

  it('holds, begun in the middle of a prompt, the rest of it and what was sent ahead', () => {
    const rig = new RecordedRig({ isFromStart: false });
    const prompts = [words(600, 21), words(700, 22), words(500, 23)];
    for (const [index, prompt] of prompts.entries()) rig.prompt(`p${index}`, prompt);
    rig.play(1, 'p0');
    rig.play(2, 'p1');
    rig.callerIsSilent(400);
    rig.begins();
    rig.callerIsSilent(400);
    rig.play(3, 'p2');
    rig.callerIsSilent(2000);
    const { right } = rig.hangsUp();
    const rest = Buffer.concat(prompts).subarray(420 * 8);
    // Of a prompt that begins 400 ms before the recording.
    expect(Math.abs(placeOf(rest, right) - 20)).toBeLessThanOrEqual(20);
    expect(isSilent(right, 1421)).toBe(true);
  });

  it('holds nothing of what was heard before it began', () => {
    const rig = new RecordedRig({ isFromStart: false });
    rig.prompt('words', words(600, 24));
    rig.play(1, 'words');
    rig.callerIsSilent(700);
    rig.begins();
    rig.callerIsSilent(1000);
    expect(isSilent(rig.hangsUp().right, 0)).toBe(true);
  });

  it('puts what a frozen network held where it belongs, and what was heard meanwhile', () => {
    const rig = new RecordedRig();
    const [said, prompt] = [words(4000, 8), words(1500, 9)];
    rig.prompt('words', prompt);
    rig.callerSends(said.subarray(0, 8000));
    rig.play(1, 'words');
    rig.clock.advanceMs(2000);
    rig.callerSends(said.subarray(8000, 24_000), 0);
    rig.callerSends(said.subarray(24_000));
    const { left, right, durationMs } = rig.hangsUp();
    expect([placeOf(said, left), durationMs]).toEqual([0, 4020]);
    expect(Math.abs(placeOf(prompt, right) - 1000)).toBeLessThanOrEqual(20);
  });

  it('is silent where media was lost, and stays aligned', () => {
    const rig = new RecordedRig();
    const [before, after, prompt] = [words(1000, 10), words(1000, 11), words(500, 12)];
    rig.prompt('words', prompt);
    rig.callerSends(before);
    rig.loses(700);
    rig.loses(2500);
    rig.callerSends(after);
    rig.play(1, 'words');
    rig.callerIsSilent(1000);
    const { left, right } = rig.hangsUp();
    expect([placeOf(before, left), placeOf(after, left), isSilent(left, 1000, 4200)]).toEqual([
      0,
      4200,
      true,
    ]);
    expect(Math.abs(placeOf(prompt, right) - 5200)).toBeLessThanOrEqual(20);
  });

  it.each([1_700_000_000_000, 30_000, -5000])(
    "takes a leap of the carrier's time by %i ms for no hole",
    (byMs) => {
      const rig = new RecordedRig();
      const [before, after] = [words(1000, 13), words(1000, 14)];
      rig.callerSends(before);
      rig.carrierLeaps(byMs);
      rig.callerSends(after);
      expect(placeOf(Buffer.concat([before, after]), rig.hangsUp().left)).toBe(0);
    },
  );

  it('is heard no further than to the end of the stream', () => {
    const rig = new RecordedRig();
    const prompt = words(5000, 15);
    rig.prompt('words', prompt);
    rig.play(1, 'words');
    rig.callerIsSilent(1000);
    const { left, right, durationMs } = rig.hangsUp();
    expect([left.length, right.length, durationMs]).toEqual([8160, 8160, 1020]);
    expect(placeOf(prompt.subarray(0, 7800), right)).toBeLessThanOrEqual(20);
  });

  it("goes to its end also where the caller's media stopped before", () => {
    const rig = new RecordedRig();
    const prompt = words(1000, 16);
    rig.prompt('words', prompt);
    rig.callerIsSilent(500);
    rig.play(1, 'words');
    rig.clock.advanceMs(4000);
    const { right, durationMs } = rig.hangsUp();
    expect(durationMs).toBe(4520);
    expect(Math.abs(placeOf(prompt, right) - 500)).toBeLessThanOrEqual(20);
  });

  it("moves what comes later when the carrier's playback had stalled", () => {
    const rig = new RecordedRig();
    const [first, second] = [words(400, 17), words(4000, 18)];
    rig.prompt('first', first);
    rig.prompt('second', second);
    rig.carrier.echoes = false;
    rig.play(1, 'first');
    rig.play(2, 'second');
    rig.callerIsSilent(1400);
    rig.receive(carrierSays.mark('g0.1'));
    rig.callerIsSilent(6000);
    const { right } = rig.hangsUp();
    // It was thought to be heard from 400 ms on, and what was not yet written moved by the second that the mark was late.
    const rest = second.subarray(1400 * 8, 4000 * 8);
    expect(Math.abs(placeOf(rest, right) - (400 + 1400 + 1000))).toBeLessThanOrEqual(20);
  });

  it('stays aligned with a carrier whose frames come two by two, and late', () => {
    const rig = new RecordedRig();
    const prompts = [words(600, 19), words(600, 20)];
    const random = createRandom(21);
    for (const [index, prompt] of prompts.entries()) rig.prompt(`p${index}`, prompt);
    const startsMs: number[] = [];
    for (let round = 0; round < 2; round++) {
      for (let pair = 0; pair < 40; pair++) {
        rig.clock.advanceMs(Math.floor(random() * 15));
        rig.callerSends(new Uint8Array(320).fill(SILENCE), 0);
        rig.clock.advanceMs(40 - (rig.clock.nowMs() % 40));
      }
      startsMs.push(rig.clock.nowMs());
      rig.play(round, `p${round}`);
    }
    for (let pair = 0; pair < 40; pair++) rig.callerSends(new Uint8Array(320).fill(SILENCE), 20);
    const { right } = rig.hangsUp();
    for (const [index, prompt] of prompts.entries()) {
      expect(Math.abs(placeOf(prompt, right) - startsMs[index]!)).toBeLessThanOrEqual(40);
    }
  });

  it('follows a carrier whose clock is slower than ours', () => {
    const rig = new RecordedRig();
    const prompt = words(500, 22);
    rig.prompt('words', prompt);
    // 500 ppm of 150 s: 75 ms.
    const frame = new Uint8Array(FRAME_CODES).fill(SILENCE);
    for (let count = 0; count < 7500; count++) rig.callerSends(frame, 20.01);
    const mark = words(20, 23);
    rig.play(1, 'words');
    rig.callerSends(mark, 20.01);
    rig.callerIsSilent(1000);
    const { left, right } = rig.hangsUp();
    expect(Math.abs(placeOf(prompt, right) - placeOf(mark, left))).toBeLessThanOrEqual(40);
  });

  it("is in no one's way once its file was given up", () => {
    const rig = new RecordedRig();
    rig.file.isGivenUp = true;
    rig.callerSends(words(5000, 24));
    expect(rig.hangsUp().durationMs).toBe(0);
    expect(rig.endReasons()).toEqual(['caller hung up']);
  });

  it('is closed, empty, where the call was not accepted', () => {
    const rig = new StreamRig();
    const file = new MemoryFile();
    rig.stream.accept(7, 0, file);
    expect([file.finishes, file.written]).toEqual([1, []]);
  });
});
