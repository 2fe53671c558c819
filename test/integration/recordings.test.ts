/** Calls over real sockets, recorded: against what the simulated carrier knows that it said and heard. */
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { speak } from '../support/caller-speech.ts';
import { fillDisk, smallDisk } from '../support/small-disk.ts';
import { loudness, readStrictRecording } from '../support/strict-recording.ts';
import { type RigStartOptions, TrunklineRig } from '../support/trunkline-rig.ts';

const CALLS = 50;
const SILENCE = 0xff;
/** What a recording may be off: two frames. */
const ALIGNED_MS = 40;
const MORTAL = new URL('../support/mortal-record-worker.ts', import.meta.url);

async function recordingRig(options: RigStartOptions = {}): Promise<TrunklineRig> {
  const rig = await TrunklineRig.start({ RECORD_AUDIO: 'true' }, options);
  onTestFinished(() => rig.close());
  return rig;
}

function afterSilence(mulaw: Uint8Array, silenceMs: number): Uint8Array {
  const all = new Uint8Array(silenceMs * 8 + mulaw.length).fill(SILENCE);
  all.set(mulaw, silenceMs * 8);
  return all;
}

/** From the first code that is not silence to the last before half a second of silence, in milliseconds. */
function firstStretch(codes: Uint8Array): { fromMs: number; toMs: number } {
  const from = codes.findIndex((code) => code !== SILENCE);
  let to = from;
  for (let at = from; at < codes.length && at - to < 4000; at++) if (codes[at] !== SILENCE) to = at;
  return { fromMs: from / 8, toMs: to / 8 };
}

describe('a recorded call', () => {
  it('holds both legs as its caller had them: words left, and right the bot until it was interrupted', async () => {
    const rig = await recordingRig();
    const words = await speak('yes');
    let isSaid = false;
    const { call, finished } = rig.place({
      record: true,
      answers: { second: '1' },
      caller: {
        // Over the first question, before it is at its end.
        onAudioStart: (caller) => {
          if (!isSaid) caller.say(afterSilence(words, 200));
          isSaid = true;
        },
      },
    });
    const { record, report } = await finished;
    expect(record).toMatchObject({ endReason: 'completed', outcome: 'both' });
    const [stream] = report.streams;
    expect(stream!.clears[0]!.droppedMs).toBeGreaterThan(100);

    const path = await rig.recordingOf(call.callSid);
    expect([basename(path), statSync(path).mode & 0o777]).toEqual([`${call.callSid}-0.wav`, 0o600]);
    const { left, right } = readStrictRecording(readFileSync(path));
    const heard = Buffer.from(report.heard!);
    const saidMs = Buffer.from(left).indexOf(words) / 8;
    expect(saidMs).toBeGreaterThan(0);
    const asked = firstStretch(right);
    const askedInTruth = firstStretch(heard);
    const shiftMs = asked.fromMs - askedInTruth.fromMs;
    const saidInTruthMs = report.saidAtMs[0]! - stream!.openedAtMs! + 200;
    expect(Math.abs(saidMs - saidInTruthMs - shiftMs)).toBeLessThanOrEqual(ALIGNED_MS);
    expect(Math.abs(asked.toMs - askedInTruth.toMs - shiftMs)).toBeLessThanOrEqual(ALIGNED_MS);
    // The goodbye, at the other end of the call.
    const goodbye = heard.subarray(-6000);
    const sample = goodbye.subarray(0, 1600);
    const goodbyeMs = Buffer.from(right).lastIndexOf(sample) / 8;
    expect(Math.abs(goodbyeMs - heard.lastIndexOf(sample) / 8 - shiftMs)).toBeLessThanOrEqual(ALIGNED_MS);
    await rig.nothingIsLeft();
  });

  it(`is whole for each of ${CALLS} calls at once`, async () => {
    const rig = await recordingRig();
    const words = await speak('yes');
    const calls = await Promise.all(
      Array.from(
        { length: CALLS },
        () => rig.place({ answers: { first: [words, '1'], second: '1' }, timeLimitMs: 60_000 }).finished,
      ),
    );
    for (const { record, report } of calls) {
      expect(record).toMatchObject({ endReason: 'completed', outcome: 'both' });
      const file = readFileSync(await rig.recordingOf(report.callSid));
      const { left, right, durationMs } = readStrictRecording(file);
      const { endedAtMs, openedAtMs } = report.streams[0]!;
      const streamMs = endedAtMs! - openedAtMs!;
      expect(durationMs).toBeGreaterThan(streamMs - 500);
      expect(durationMs).toBeLessThan(streamMs + 100);
      expect(Buffer.from(left).indexOf(words)).toBeGreaterThan(0);
      expect(loudness(right, 0, durationMs)).toBeGreaterThan(300);
    }
    await rig.nothingIsLeft();
    expect(readdirSync(join(rig.folder, 'recordings'))).toHaveLength(CALLS);
  });

  it('costs nothing but itself when the disk is full, and the next one is whole', async (context) => {
    const disk = smallDisk(2);
    if (disk === null) return context.skip('this user may not mount a small file system');
    const filler = join(disk, 'filler');
    fillDisk(filler);
    // Room for two seconds or so.
    truncateSync(filler, statSync(filler).size - 32_768);
    const rig = await recordingRig({ prepare: (folder) => symlinkSync(disk, join(folder, 'recordings')) });
    const place = () => rig.place({ answers: { first: '1', second: '1' } }).finished;
    const { record, report } = await place();
    expect(record).toMatchObject({ endReason: 'completed', outcome: 'both' });
    expect(report).toMatchObject({ errors: [], warnings: [], gapsMs: [] });
    const path = await rig.recordingOf(report.callSid);
    expect(basename(path)).toBe(`${report.callSid}-0.incomplete.wav`);
    expect(readStrictRecording(readFileSync(path)).durationMs).toBeGreaterThan(1000);
    const readiness = await fetch(`http://127.0.0.1:${rig.trunkline.port}/readyz`);
    expect([readiness.status, await readiness.json()]).toMatchObject([
      200,
      { recordings: { incomplete: 1 } },
    ]);

    truncateSync(filler, 0);
    const next = await place();
    expect(basename(await rig.recordingOf(next.report.callSid))).toBe(`${next.report.callSid}-0.wav`);
    await rig.nothingIsLeft();
  });

  it('loses its recording, and nothing else, with the thread that writes it', async () => {
    const rig = await recordingRig({ recordWorkerUrl: MORTAL });
    const folder = join(rig.folder, 'recordings');
    const { call, finished } = rig.place({ answers: { first: '1', second: '1' } });
    const part = join(folder, `${call.callSid}-0.wav.part`);
    await vi.waitFor(() => expect(statSync(part).size).toBeGreaterThan(0), { timeout: 10_000 });
    writeFileSync(join(folder, 'die'), '');
    expect((await finished).record).toMatchObject({ endReason: 'completed', outcome: 'both' });
    expect(basename(await rig.recordingOf(call.callSid))).toBe(`${call.callSid}-0.incomplete.wav`);
    const next = await rig.place({ answers: { first: '1', second: '1' } }).finished;
    expect(basename(await rig.recordingOf(next.report.callSid))).toBe(`${next.report.callSid}-0.wav`);
    await rig.nothingIsLeft();
  });
});

describe('a server that records no call', () => {
  it('keeps nothing', async () => {
    const rig = await TrunklineRig.start();
    onTestFinished(() => rig.close());
    await rig.place({ answers: { first: '1', second: '1' } }).finished;
    expect(readdirSync(rig.folder)).not.toContain('recordings');
  });

  it('removes what another has kept, when its time has come', async () => {
    const [old, young] = [`CA${'1'.repeat(32)}-0.wav`, `CA${'2'.repeat(32)}-0.wav`];
    const rig = await TrunklineRig.start(
      {},
      {
        prepare: (folder) => {
          mkdirSync(join(folder, 'recordings'));
          for (const name of [old, young]) writeFileSync(join(folder, 'recordings', name), '');
          utimesSync(join(folder, 'recordings', old), 0, 0);
        },
      },
    );
    onTestFinished(() => rig.close());
    await rig.place({ answers: { first: '1', second: '1' } }).finished;
    await vi.waitFor(() => expect(readdirSync(join(rig.folder, 'recordings'))).toEqual([young]));
  });
});
