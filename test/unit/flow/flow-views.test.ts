/** What others make of a flow before any call: prompts to warm, texts to keep, a graph to draw. */
import { describe, expect, it } from 'vitest';
import { fixedPrompts } from '../../../src/flow/fixed-prompts.ts';
import { flowGraph } from '../../../src/flow/flow-graph.ts';
import { systemPrompts } from '../../../src/flow/system-prompts.ts';
import { CallWalk, DONE, flowText, load, shippedFlow } from './flow-fixture.ts';

const flow = load(
  flowText(
    `  first: { kind: say, text: "Hello {{name}}.", next: tone }
  tone: { kind: say, audio: tone.wav, text: Ding., next: age }
  age:
    kind: ask
    answer: number
    text: How old are you?
    no_match: [A number please.]
    next: [{ when: age < 18 and not (name == "x" or age == 3), goto: young }, { goto: done }]
  young: { kind: end, outcome: too-young, text: Bye. }
${DONE}`,
    'voice: kal\nvariables: { name: there }\nmessages: { failure: Something broke. }\n',
  ),
);

describe('fixed prompts', () => {
  const prompts = fixedPrompts(flow);
  const texts = prompts.map((prompt) => prompt.text);

  it('are every prompt without a variable, once, in the voice of the flow', () => {
    expect(texts.slice(0, 4)).toEqual([
      'Ding.',
      'How old are you?',
      'A number please.',
      expect.stringContaining('keypad'),
    ]);
    expect(texts.filter((text) => text === 'Bye.')).toHaveLength(1);
    expect(prompts[0]).toEqual({ kind: 'audio', path: '/flows/tone.wav', text: 'Ding.' });
    expect(prompts[1]).toEqual({ kind: 'text', text: 'How old are you?', voice: 'kal', language: 'en' });
  });

  it('leave out what a call may fill in', () => {
    expect(texts.join()).not.toContain('Hello');
  });

  it('hold the system texts', () => {
    const { failure, goodbye, resumed } = systemPrompts(flow);
    for (const prompt of [failure, goodbye, resumed]) expect(prompts).toContainEqual(prompt);
    expect(failure.text).toBe('Something broke.');
  });

  it('are all that a call without variables ever says', () => {
    const eligibility = shippedFlow('eligibility');
    const known = fixedPrompts(eligibility).map((prompt) => prompt.text);
    const walk = new CallWalk(eligibility);
    const said = [...walk.said];
    for (const answer of ['hm', 'yes', 'hm', '42', 'hm', 'pardon', 'yes', 'hm', 'yes', 'yes'])
      said.push(...walk.callerSays(answer).said);
    said.push(...new CallWalk(eligibility).callerIsSilent().said);
    said.push(...new CallWalk(eligibility).happen({ kind: 'resumed' }).said);
    said.push(...new CallWalk(eligibility).happen({ kind: 'recognizer.failed', listenId: 1 }).said);
    for (const text of said) expect(known).toContain(text);
  });
});

describe('the graph', () => {
  const graph = flowGraph(flow);

  it('has the nodes of the file and the built-in ends that are used', () => {
    expect(graph.nodes.map((node) => node.id)).toEqual([
      'first',
      'tone',
      'age',
      'young',
      'done',
      '$undecided',
      '$opt-out',
    ]);
    expect(graph.nodes[2]).toEqual({
      id: 'age',
      kind: 'ask',
      prompt: 'How old are you?',
      answer: 'number',
      outcome: null,
    });
    expect(graph.nodes[0]?.prompt).toBe('Hello {{name}}.');
  });

  it('has an edge for each way on, with its condition', () => {
    expect(graph.edges.filter((edge) => edge.from === 'age')).toEqual([
      { from: 'age', to: 'young', label: 'age < 18 and not (name == "x" or age == 3)' },
      { from: 'age', to: 'done', label: 'else' },
      { from: 'age', to: '$undecided', label: 'otherwise' },
    ]);
    expect(graph.intents).toEqual([{ intent: 'opt-out', to: '$opt-out' }]);
  });

  it('is plain data', () => {
    expect(JSON.parse(JSON.stringify(graph))).toEqual(graph);
  });
});
