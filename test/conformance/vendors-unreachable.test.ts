/** FAULTS.md, s12: the speech vendors cannot be reached from the start on, not even by TCP. */
import { describe, expect, it } from 'vitest';
import { SILENCE_MAX_MS, VendorRig } from '../support/vendor-rig.ts';

const TIMEOUT_MS = 180_000;
/** Nobody listens there. */
const NOWHERE = 'http://127.0.0.1:1';
const UNREACHABLE = { OPENAI_BASE_URL: `${NOWHERE}/v1`, ELEVENLABS_BASE_URL: NOWHERE };
const BOTH = { outcome: 'both', endReason: 'completed' };

const startedWith = (environment: Readonly<Record<string, string>>) =>
  VendorRig.start({ elevenLabs: {}, environment: { ...UNREACHABLE, ...environment } });

describe('s12 vendors that are unreachable from the start', { timeout: TIMEOUT_MS }, () => {
  it('leave the built-in parts: calls are taken and served, /readyz and the check say who is down', async () => {
    const rig = await startedWith({
      SYNTHESIZERS: 'elevenlabs,openai,builtin',
      RECOGNIZERS: 'openai,builtin',
    });
    await rig.checked;
    expect(rig.findings.map(({ level }) => level)).not.toContain('ok');
    const { port } = rig.rig.trunkline;
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
    for (let callers = 0; callers < 2; callers++) {
      const call = await rig.call();
      expect(call.record).toMatchObject(BOTH);
      expect(Math.max(...call.waitsMs)).toBeLessThanOrEqual(SILENCE_MAX_MS);
    }
    expect(await rig.downVendors()).toEqual(
      expect.arrayContaining(['synthesizer elevenlabs', 'synthesizer openai', 'recognizer openai']),
    );
    await rig.rig.freshCallerIsServed();
  });

  it('and no built-in recognizer: a caller who speaks is offered keys, and a polite end within 45 s', async () => {
    const rig = await startedWith({ SYNTHESIZERS: 'elevenlabs,builtin', RECOGNIZERS: 'openai' });
    const call = await rig.call();
    expect(call.record).toMatchObject({ outcome: 'undecided', endReason: 'completed' });
    expect(call.report.endedAtMs).toBeLessThan(45_000);
    expect(call.report).toMatchObject({ endedBy: 'server', endReason: 'hangup', errors: [] });
    const keyed = await rig.call({ answers: { first: '1', second: '1' } });
    expect(keyed.record).toMatchObject(BOTH);
  });

  it('and no voice at all: no call is taken, and the start is refused by the name of who does not speak', async () => {
    await expect(startedWith({ SYNTHESIZERS: 'elevenlabs' })).rejects.toThrow(
      /^FLOW: expected a prompt that can be made of ".*", received: .*elevenlabs/,
    );
  });
});
