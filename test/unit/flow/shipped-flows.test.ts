import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { flowJsonSchemaText } from '../../../src/flow/schema/json-schema.ts';
import { CallWalk, shippedFlow } from './flow-fixture.ts';

describe('flows/flow.schema.json', () => {
  it('is the schema of the present format (write it with: npx trunkline flow schema > flows/flow.schema.json)', () => {
    const file = readFileSync(new URL('../../../flows/flow.schema.json', import.meta.url), 'utf8');
    expect(JSON.parse(file)).toEqual(JSON.parse(flowJsonSchemaText()));
  });

  it.each(['eligibility', 'appointment'])('is named by %s.yaml, for editors', (name) => {
    const text = readFileSync(new URL(`../../../flows/${name}.yaml`, import.meta.url), 'utf8');
    expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=flow.schema.json');
  });
});

describe('eligibility.yaml', () => {
  const flow = shippedFlow('eligibility');
  const call = () => new CallWalk(flow);

  it('has nothing to warn of', () => {
    expect(flow.warnings).toEqual([]);
  });

  it('finds a caller eligible who says yes to everything, in at most 45 seconds of speech', () => {
    const walk = call();
    const said = [...walk.said];
    for (const answer of ['yes', '42', 'yes', 'yes', 'yes']) said.push(...walk.callerSays(answer).said);
    expect(walk.state).toMatchObject({
      outcome: 'eligible',
      answers: { willing: true, age: 42, sleep: true, lasting: true, visit: true },
    });
    // The built-in voice says about 170 words a minute.
    const words = said.join(' ').split(/\s+/).length;
    expect((words / 170) * 60).toBeLessThan(45);
  });

  it('is answered by keys alone', () => {
    const walk = call();
    for (const keys of ['1', '42#', '1', '1', '1']) walk.callerPresses(keys);
    expect(walk.state.outcome).toBe('eligible');
  });

  it.each([2, 3, 4])('finds a caller not eligible after one no, at question %i', (at) => {
    const walk = call();
    const answers = ['yes', '42', 'yes', 'yes', 'yes'];
    answers[at] = 'no';
    for (const answer of answers) walk.callerSays(answer);
    expect(walk.state.outcome).toBe('not-eligible');
  });

  it('lets a minor go without more questions', () => {
    expect(call().callerSays('yes').callerPresses('17#').state.outcome).toBe('not-eligible');
  });

  it('accepts that a caller does not want to take part', () => {
    expect(call().callerSays('no thank you').state.outcome).toBe('declined');
  });

  it('never decides for a caller who says maybe, or nothing', () => {
    expect(call().callerSays('maybe').callerSays('maybe').callerSays('maybe').state.outcome).toBe(
      'undecided',
    );
    expect(call().callerIsSilent().callerIsSilent().callerIsSilent().state.outcome).toBe('undecided');
  });

  it('offers the keypad in the greeting and for the age', () => {
    const walk = call();
    expect(walk.said[0]).toContain('press 1 for yes, 2 for no');
    expect(walk.callerSays('yes').said[0]).toContain('on the keypad, then press pound');
  });

  it('knows opt-out and operator', () => {
    expect(call().callerSays('stop calling').state.outcome).toBe('opt-out');
    expect(call().callerSays('operator').actions.at(-1)).toEqual({
      kind: 'transfer',
      transfer: { to: '+12025550123', whisper: '', ringSeconds: 20 },
    });
  });
});

describe('appointment.yaml', () => {
  const flow = shippedFlow('appointment');

  it('says the values that the call brings', () => {
    const walk = new CallWalk(flow, { name: 'Ana', day: 'on Monday' });
    expect(walk.said[0]).toBe('Hello Ana, this is the Riverside clinic. You have an appointment on Monday.');
  });

  it('goes on by the choice, the digits and the rule', () => {
    const walk = new CallWalk(flow, { visits: 0 }).callerSays('I want to keep it').callerPresses('1980');
    expect(walk.state).toMatchObject({
      outcome: 'confirmed',
      nodeId: 'first_visit',
      answers: { birth_year: '1980' },
    });
  });

  it('cancels only after asking', () => {
    const walk = new CallWalk(flow).callerPresses('3');
    expect(walk.state.nodeId).toBe('sure');
    expect(walk.callerSays('yes').state.outcome).toBe('cancelled');
  });
});
