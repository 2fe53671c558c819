/** A server that is killed while it records: what was said until then can be heard. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { ProcessRig } from '../support/process-rig.ts';
import { loudness, readStrictRecording } from '../support/strict-recording.ts';

/** A chunk, what media had not yet come for, and what a busy machine takes. */
const LOST_MAX_MS = 1200;

it('kill -9 leaves a recording that is readable up to the last second, and the call is recorded further', async () => {
  const rig = await ProcessRig.start({ environment: { RECORD_AUDIO: 'true' } });
  const folder = join(rig.folder, 'recordings');
  expect(rig.process.stdout).toContain('both legs of every call');
  let startedAtMs = Number.NaN;
  const call = rig.carrier.placeCall({
    to: '+12025550100',
    timeLimitMs: 90_000,
    caller: {
      silenceMs: 350,
      onStart: () => {
        startedAtMs = performance.now();
      },
    },
  });
  const part = join(folder, `${call.callSid}-0.wav.part`);
  await vi.waitFor(() => expect(readFileSync(part).length).toBeGreaterThan(60_000), { timeout: 30_000 });
  const recordedMs = performance.now() - startedAtMs;
  rig.process.signalServer('SIGKILL');
  // As it lies there: its header says that the audio ends with the file.
  const cut = readFileSync(part);
  expect([cut.toString('latin1', 0, 4), cut.readUInt32LE(54), cut.readUInt16LE(20)]).toEqual([
    'RIFF',
    0xffff_ffff,
    7,
  ]);
  expect((cut.length - 58) / 16).toBeGreaterThan(recordedMs - LOST_MAX_MS);
  const name = `${call.callSid}-0.incomplete.wav`;
  await vi.waitFor(() => expect(readdirSync(folder)).toContain(name), { timeout: 30_000 });
  const { durationMs, right } = readStrictRecording(readFileSync(join(folder, name)));
  expect(durationMs).toBeGreaterThan(recordedMs - LOST_MAX_MS);
  expect(loudness(right, 0, durationMs)).toBeGreaterThan(300);
  // The line is written after the rename, and comes through a pipe.
  await vi.waitFor(
    () =>
      expect(rig.process.events()).toContainEqual(
        expect.objectContaining({ event: 'recording.recovered', recordings: 1 }),
      ),
    { timeout: 10_000 },
  );
  await call.ended;
  await vi.waitFor(() => expect(readdirSync(folder)).toContain(`${call.callSid}-1.wav`), { timeout: 10_000 });
  expect(readdirSync(folder).filter((file) => file.endsWith('.part'))).toEqual([]);
});
