/** A flow that records with consent, by real sockets: what is on the disk afterwards, and what is not. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordingsOfCall } from '../../src/audio-recordings.ts';
import { speak } from '../support/caller-speech.ts';
import { fixtureFlow } from '../support/process-rig.ts';
import { TrunklineRig } from '../support/trunkline-rig.ts';

const NUMBER = '+12025550112';
/** Mu-law in stereo, 8 kHz. */
const BYTES_PER_MS = 16;

let rig: TrunklineRig;
let yes: Uint8Array;
let no: Uint8Array;

beforeAll(async () => {
  rig = await TrunklineRig.start({ FLOW: fixtureFlow('consent') });
  [yes, no] = await Promise.all([speak('yes'), speak('no')]);
}, 60_000);
afterAll(() => rig.close());

describe('a recording that the flow begins', () => {
  it('holds both sides from there to where the flow ends it', { timeout: 60_000 }, async () => {
    const { call, finished } = rig.place({ to: NUMBER, answers: { first: yes, second: yes, third: no } });
    const { record, report } = await finished;
    expect(record.answers).toEqual({ first: true, second: true, third: false });
    const path = await rig.recordingOf(call.callSid);
    expect(path).toMatch(new RegExp(`${call.callSid}-0-1\\.wav$`));
    const audio = readFileSync(path);
    const durationMs = (audio.length - 60) / BYTES_PER_MS;
    // From "Thank you." over one question and its answer, and not the whole call.
    expect(durationMs).toBeGreaterThan(1500);
    expect(durationMs).toBeLessThan(report.endedAtMs - 2500);
    const [left, right] = [0, 1].map((channel) => {
      const codes = audio.subarray(60).filter((_, at) => at % 2 === channel);
      return codes.filter((code) => (code & 0x7f) < 0x60).length;
    });
    expect(left).toBeGreaterThan(1000);
    expect(right).toBeGreaterThan(1000);
  });

  it('does not begin without consent', { timeout: 60_000 }, async () => {
    const { call, finished } = rig.place({ to: NUMBER, answers: { first: no, second: yes, third: no } });
    expect((await finished).record).toMatchObject({ outcome: 'done' });
    expect(recordingsOfCall({ DATA_DIR: rig.folder }, call.callSid)).toEqual([]);
    expect(rig.trunkline.census()['recordings']).toBe(0);
  });
});
