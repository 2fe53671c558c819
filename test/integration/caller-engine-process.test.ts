/** The caller engine as a process: what it tells of itself, how it stands a stall, how it ends. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineRig } from '../support/engine-rig.ts';

const CLIP = { id: 9, mulaw: new Uint8Array(320), onsetMs: 0, offsetMs: 40 };

let rig: EngineRig;

beforeEach(async () => {
  rig = await EngineRig.start();
});

afterEach(async () => {
  await rig.close();
  expect(rig.server.streams.flatMap(({ faults }) => faults)).toEqual([]);
});

describe('the engine', () => {
  it('tells how late frames were when it was starved, and sends them all', async () => {
    for (let call = 0; call < 20; call++) rig.call();
    await rig.until(() => rig.pulses().find(({ live }) => live === 20), 'no 20 live calls');
    const before = rig.pulses().length;
    process.kill(rig.engine.pid, 'SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 300));
    process.kill(rig.engine.pid, 'SIGCONT');
    const starved = await rig.until(() => rig.pulses()[before], 'no pulse');
    expect(starved.latenessMaxMs).toBeGreaterThanOrEqual(270);
    // 15 frames of each call were due meanwhile, the last of them not yet 10 ms late.
    expect(starved.lateFrames).toBeGreaterThanOrEqual(20 * 13);
    expect(starved.latenessP99Ms).toBeGreaterThan(200);
    const stream = rig.server.streams[0]!;
    await rig.until(() => stream.mediaAtMs[60], 'no 61 frames');
    const elapsedMs = stream.mediaAtMs[60]! - stream.mediaAtMs[0]!;
    expect(Math.abs(elapsedMs - 1200)).toBeLessThan(300);
  });

  it('makes up for 2 s of a longer stall, and begins its schedule anew', async () => {
    rig.call();
    const stream = await rig.until(() => rig.server.streams[0], 'no stream');
    await rig.until(() => stream.mediaAtMs[10], 'no 11 frames');
    const sentBefore = stream.mediaAtMs.length;
    process.kill(rig.engine.pid, 'SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const continuedAtMs = performance.now();
    process.kill(rig.engine.pid, 'SIGCONT');
    const pulse = await rig.until(
      () => rig.pulses().find(({ latenessMaxMs }) => latenessMaxMs > 500),
      'no late pulse',
    );
    expect(pulse.latenessMaxMs).toBeGreaterThanOrEqual(2900);
    await rig.until(() => stream.mediaAtMs[sentBefore + 130], 'no frames after the stall');
    const madeUp = stream.mediaAtMs.filter(
      (atMs) => atMs > continuedAtMs && atMs < continuedAtMs + 200,
    ).length;
    expect(madeUp).toBeLessThan(100 + 20);
    const elapsedMs = stream.mediaAtMs[sentBefore + 130]! - continuedAtMs;
    expect(elapsedMs).toBeGreaterThan(500);
  });

  it('tells its own CPU and memory', async () => {
    rig.call();
    const pulse = await rig.until(() => rig.pulses().find(({ framesSent }) => framesSent > 0), 'no pulse');
    expect(pulse.cpuMs).toBeGreaterThan(0);
    expect(pulse.residentBytes).toBeGreaterThan(1e6);
  });

  it('that dies says so', async () => {
    process.kill(rig.engine.pid, 'SIGKILL');
    await expect(rig.engine.died).rejects.toThrow(/ended by itself \(SIGKILL\)/);
  });

  it('hangs up all when it is closed, and then takes nothing more', async () => {
    const ids = [rig.call(), rig.call()];
    for (const id of ids) await rig.told(id, 'open');
    await Promise.all([rig.engine.close(), rig.engine.close()]);
    for (const id of ids) expect(await rig.told(id, 'ended')).toMatchObject({ how: 'hung-up' });
    expect(rig.server.streams.every(({ stopped }) => stopped)).toBe(true);
    rig.call();
    expect(() => process.kill(rig.engine.pid, 0)).toThrow();
  });

  it('knows its clips and its live calls', async () => {
    expect(() => rig.call({ steps: [{ kind: 'say', clipId: 9, thinkMs: 0 }] })).toThrow(/clip 9/);
    rig.engine.addClip(CLIP);
    expect(() => rig.engine.addClip(CLIP)).toThrow(/Clip 9/);
    const id = rig.call();
    expect(() => rig.call({ id })).toThrow(/is live/);
    rig.engine.hangUp(id);
    await rig.told(id, 'ended');
    expect(() => rig.call({ id })).not.toThrow();
  });
});
