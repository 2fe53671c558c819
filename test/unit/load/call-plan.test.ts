import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadFlowFile } from '../../../src/cli/flow-file.ts';
import { type CallPlan, drawPlan } from '../../../src/load/call-plan.ts';
import { CallerMix } from '../../../src/load/caller-mix.ts';
import { createRandom } from '../../../src/simulator/random.ts';

const flowAt = (path: string) => loadFlowFile(fileURLToPath(new URL(`../../../${path}`, import.meta.url)));
const screening = flowAt('bench/flows/screening.yaml');
const listening = flowAt('bench/flows/listening.yaml');
/** Clips 0 and 1 mean yes, 2 and 3 no; over a prompt ten more. */
const CLIPS = { said: { yes: [0, 1], no: [2, 3] }, barged: { yes: [10, 11], no: [12, 13] } };

function plansOf(mix: string, count: number, flow = screening): CallPlan[] {
  const random = createRandom(7);
  const sources = { flow, listeningFlow: listening, mix: CallerMix.parse(mix), clips: CLIPS };
  return Array.from({ length: count }, () => drawPlan(sources, random));
}

/** The screening's rule, written a second time. */
function screeningOutcome(answers: readonly boolean[]): string {
  const q = (number: number): boolean => answers[number - 1] === true;
  if (q(1) && q(2) && q(3)) return 'eligible';
  if (q(4) && !q(5)) return 'waiting-list';
  return q(6) && (q(7) || q(8)) ? 'second-interview' : 'not-eligible';
}

describe('the plan of a caller', () => {
  it.each([
    ['talking', (plan: CallPlan) => plan.steps.map((step) => step.kind === 'say' && step.clipId < 2)],
    ['keypad', (plan: CallPlan) => plan.steps.map((step) => step.kind === 'press' && step.digits === '1')],
    ['barge-in', (plan: CallPlan) => plan.steps.map((step) => 'clipId' in step && step.clipId % 10 < 2)],
  ])('expects of a caller of kind %s the outcome that its answers have', (kind, answersOf) => {
    const plans = plansOf(kind, 200);
    for (const plan of plans) {
      expect(plan.steps).toHaveLength(12);
      expect(plan.expected.outcome).toBe(screeningOutcome(answersOf(plan)));
      expect(Object.values(plan.expected.answers)).toEqual(answersOf(plan));
    }
    expect(new Set(plans.map(({ expected }) => expected.outcome)).size).toBe(4);
  });

  it('speaks over the prompt at every third question only, if it is one that does', () => {
    const [plan] = plansOf('barge-in', 1);
    expect(plan?.steps.map(({ kind }) => (kind === 'barge' ? 'x' : '.')).join('')).toBe('..x..x..x..x');
  });

  it('hangs up in a prompt before the last, and its answers until then stand', () => {
    for (const { expected, steps } of plansOf('hang-up', 100)) {
      expect(steps.at(-1)?.kind).toBe('hang-up');
      expect(steps.length).toBeLessThanOrEqual(12);
      expect(expected).toMatchObject({ endedBy: 'caller', endReason: 'caller hung up', outcome: null });
      expect(Object.keys(expected.answers)).toHaveLength(steps.length - 1);
    }
  });

  it('hangs up before the goodbye also where answers lead to different ends', () => {
    const flow = flowAt('flows/eligibility.yaml');
    for (const { expected, steps } of plansOf('hang-up', 200, flow)) {
      expect(expected).toMatchObject({ endReason: 'caller hung up', outcome: null });
      // A "no" to the first question ends the call at once.
      if (steps.length > 1) expect(expected.answers['willing']).not.toBe(false);
    }
  });

  it('expects to be put through where its answers lead there', () => {
    const plans = plansOf('keypad', 50, flowAt('test/fixtures/flows/through.yaml'));
    for (const { expected, steps } of plans) {
      const isYes = steps[0]?.kind === 'press' && steps[0].digits === '1';
      expect(expected).toMatchObject(
        isYes
          ? { endReason: 'transferred', outcome: 'transferred' }
          : { endReason: 'completed', outcome: 'nobody' },
      );
    }
    expect(new Set(plans.map(({ expected }) => expected.endReason)).size).toBe(2);
  });

  it('says nothing if it is quiet, and the flow gives up', () => {
    const [plan] = plansOf('quiet', 1);
    expect(plan?.steps).toEqual([]);
    expect(plan?.expected).toMatchObject({ endedBy: 'server', outcome: 'undecided', answers: {} });
  });

  it('calls the number of the flow that only waits if it only listens', () => {
    const [plan] = plansOf('listening', 1);
    expect(plan).toMatchObject({ to: listening.numbers[0], steps: [], expected: { endedBy: 'nobody' } });
  });

  it('makes about a turn each six seconds', () => {
    const thinksMs = plansOf('talking', 50).flatMap(({ steps }) =>
      steps.map((step) => ('thinkMs' in step ? step.thinkMs : 0)),
    );
    const meanMs = thinksMs.reduce((sum, one) => sum + one, 0) / thinksMs.length;
    // Beside it: a prompt, a word, endpointing and vendor.
    expect(meanMs + 2200 + 800 + 400 + 300).toBeGreaterThan(5500);
    expect(meanMs + 2200 + 800 + 400 + 300).toBeLessThan(6500);
  });

  it('answers before an impatient flow asks again', () => {
    for (const { steps } of plansOf('talking', 20, flowAt('test/fixtures/flows/short.yaml'))) {
      for (const step of steps) expect('thinkMs' in step && step.thinkMs).toBeLessThanOrEqual(1250);
    }
  });

  it('is the same for the same seed', () => {
    const mix = 'talking=4,keypad=1,barge-in=1,hang-up=1,quiet=1';
    expect(plansOf(mix, 30)).toEqual(plansOf(mix, 30));
  });

  it('gives keys to questions that are no yes or no', () => {
    const plans = plansOf('talking', 60, flowAt('flows/eligibility.yaml'));
    const keys = plans.flatMap(({ steps }) =>
      steps.flatMap((step) => (step.kind === 'press' ? step.digits : [])),
    );
    expect(keys.length).toBeGreaterThan(0);
    for (const digits of keys) expect(digits).toMatch(/^\d+#$/);
  });
});
