import { describe, expect, it } from 'vitest';
import { FlowError } from '../../../src/errors.ts';
import { loadFlow, readFlow } from '../../../src/flow/load-flow.ts';
import { askNode, DONE, flowText, load, read } from './flow-fixture.ts';

const FIRST = '  first: { kind: ask, answer: yes-no, text: Ready?, next: done }\n';

/** `line: path: message` of every problem. */
const problems = (text: string) =>
  read(text).problems.map(({ line, path, message }) => `${line}: ${path}: ${message}`);

describe('a good flow', () => {
  const flow = load(flowText(FIRST + DONE));
  const first = askNode(flow, 'first');

  it('is frozen plain data that survives a structured clone', () => {
    expect(structuredClone(flow)).toEqual(flow);
    expect(Object.isFrozen(first)).toBe(true);
    expect(() => Object.assign(first, { kind: 'say' })).toThrow(TypeError);
  });

  it('is named by the hash of its text', () => {
    expect(flow.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(load(flowText(FIRST + DONE)).hash).toBe(flow.hash);
    expect(load(`${flowText(FIRST + DONE)}# changed\n`).hash).not.toBe(flow.hash);
  });

  it('fills in what a yes-no question does not say', () => {
    expect(first).toMatchObject({
      tries: 3,
      bargeIn: true,
      endOfSpeechMs: 500,
      maxUtteranceMs: 6_000,
      noInputMs: 6_000,
      otherwise: '$undecided',
      question: { keypad: { 1: true, 2: false } },
    });
  });

  it('warns of a node that nothing leads to', () => {
    const { flow: warned } = read(flowText(`${FIRST}${DONE}  lost: { kind: end, outcome: lost }\n`));
    expect(warned?.warnings).toEqual([
      { line: 7, path: 'nodes.lost', message: 'Nothing leads to this node' },
    ]);
  });

  it('counts a node that only an intent leads to as reached', () => {
    const { flow: quiet } = read(
      flowText(`${FIRST}${DONE}  stop: { kind: end, outcome: stop }\n`, 'intents: { opt-out: stop }\n'),
    );
    expect(quiet?.warnings).toEqual([]);
  });

  it('resolves recordings against its folder and has them checked', () => {
    const text = flowText(`  first: { kind: say, audio: hi.wav, text: Hi., next: done }\n${DONE}`);
    const asked: string[] = [];
    const checkAudio = (path: string) => {
      asked.push(path);
      return 'Expected a WAV file';
    };
    const { problems: found } = readFlow(text, 'a.yaml', { directory: '/flows/one', checkAudio });
    expect(asked).toEqual(['/flows/one/hi.wav']);
    expect(found).toEqual([{ line: 5, path: 'nodes.first.audio', message: 'Expected a WAV file' }]);
  });
});

describe('a bad flow', () => {
  it('is a FlowError with file, line and path, one line for each problem', () => {
    const text = flowText(
      `  first: { kind: say, text: Hi., next: dnoe }\n${DONE}  x: { kind: end, outcom: x }\n`,
    );
    try {
      loadFlow(text, 'my.yaml', { directory: '/', checkAudio: () => null });
      expect.unreachable();
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(FlowError);
      expect(thrown).toMatchObject({ code: 'ERR_FLOW', file: 'my.yaml', line: 7, path: 'nodes.x.outcome' });
      expect((thrown as Error).message.split('\n')).toEqual([
        'my.yaml:7: nodes.x.outcome: Expected a text, received nothing',
        'my.yaml:7: nodes.x.outcom: Unknown key "outcom"; did you mean "outcome"?',
      ]);
    }
  });

  it.each([
    [
      'an unknown key',
      flowText(FIRST + DONE, 'languge: en\n'),
      '4: languge: Unknown key "languge"; did you mean "language"?',
    ],
    [
      'an unknown key of a node',
      flowText(`  first: { kind: say, text: A, nxt: done, next: done }\n${DONE}`),
      '5: nodes.first.nxt: Unknown key "nxt"; did you mean "next"?',
    ],
    [
      'a key of another kind',
      flowText(`  first: { kind: say, text: A, tries: 2, next: done }\n${DONE}`),
      '5: nodes.first.tries: Unknown key "tries"; expected one of kind, text, audio, barge_in, next',
    ],
    [
      'an unknown kind',
      flowText(`  first: { kind: sya, text: A, next: done }\n${DONE}`),
      '5: nodes.first.kind: Expected one of say, record, ask, end, transfer, received "sya"',
    ],
    [
      'an unknown answer',
      flowText(`  first: { kind: ask, answer: yesno, text: A, next: done }\n${DONE}`),
      '5: nodes.first.answer: Expected one of yes-no, choice, number, digits, received "yesno"',
    ],
    [
      'a missing node',
      flowText(`  first: { kind: say, text: A, next: dome }\n${DONE}`),
      '5: nodes.first.next.0: Expected the name of a node, received "dome"; did you mean "done"?',
    ],
    ['a missing start', flowText(DONE), '3: start: Expected the name of a node, received "first"'],
    [
      'no prompt',
      flowText(`  first: { kind: say, next: done }\n${DONE}`),
      '5: nodes.first: Expected a prompt: text: or audio:',
    ],
    [
      'an undefined variable',
      flowText(
        `  first: { kind: say, text: "Hi {{nmae}}", next: done }\n${DONE}`,
        'variables: { name: Ana }\n',
      ),
      '6: nodes.first.text: Expected a variable or the name of an ask node in {{nmae}}; did you mean "name"?',
    ],
    [
      'half a variable',
      flowText(`  first: { kind: say, text: "Hi {{name", next: done }\n${DONE}`),
      '5: nodes.first.text: Expected variables as {{name}}, received "{{" or "}}" without its other half',
    ],
    [
      'a loop of say nodes',
      flowText('  first: { kind: say, text: A, next: b }\n  b: { kind: say, text: B, next: first }\n'),
      '5: nodes.first.next: Expected a question or an end in this loop: first -> b -> first',
    ],
    [
      'a silent loop',
      flowText(
        `  first: { kind: ask, answer: yes-no, text: A, next: done, otherwise: b }\n  b: { kind: say, text: B, next: first }\n${DONE}`,
      ),
      '5: nodes.first.otherwise: Expected an end for a caller who says nothing; this goes round for ever: first -> b -> first',
    ],
    [
      'no end',
      flowText('  first: { kind: ask, answer: yes-no, text: A, next: first }\n'),
      '3: start: Expected a way from the start to an end or transfer node',
    ],
    [
      'a key twice',
      flowText(`${FIRST}${DONE}${DONE}`),
      '7: nodes.done: Expected each key once; "done" stands on line 6 too',
    ],
    [
      'an alias',
      flowText(`  first: &a { kind: say, text: A, next: done }\n  b: *a\n${DONE}`),
      '6: nodes.b: Expected a value; aliases (*) are not allowed in a flow',
    ],
    [
      'a tag',
      flowText(`  first: !!js/function x\n${DONE}`),
      '5: : Expected valid YAML: Unresolved tag: tag:yaml.org,2002:js/function',
    ],
    [
      'broken YAML',
      'flow: [a',
      '1: : Expected valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    [
      'two documents',
      `${flowText(FIRST + DONE)}---\na: 1\n`,
      '7: : Expected valid YAML: Source contains multiple documents; please use YAML.parseAllDocuments()',
    ],
    ['nothing', '', '1: : Expected a map, received null'],
    [
      'a name that every object has',
      flowText(`${FIRST}${DONE}  constructor: { kind: end, outcome: x }\n`),
      '7: nodes.constructor: Expected another name than "constructor"',
    ],
    [
      '__proto__',
      flowText(`${FIRST}${DONE}  __proto__: { kind: end, outcome: x }\n`),
      '7: nodes.__proto__: Expected another name than "__proto__"',
    ],
    [
      'a built-in name',
      flowText(`${FIRST}${DONE}  $failed: { kind: end, outcome: x }\n`),
      '7: nodes.$failed: Expected the name of a node: a letter, then letters, digits, "_" or "-", at most 64, received "$failed"',
    ],
    [
      'a wrong type',
      flowText(`  first: { kind: ask, answer: yes-no, text: A, tries: many, next: done }\n${DONE}`),
      '5: nodes.first.tries: Expected a number, received "many"',
    ],
    [
      'a value out of range',
      flowText(`  first: { kind: ask, answer: yes-no, text: A, tries: 99, next: done }\n${DONE}`),
      '5: nodes.first.tries: Expected at most 10, received 99',
    ],
    [
      'min over max',
      flowText(`  first: { kind: ask, answer: number, min: 9, max: 3, text: A, next: done }\n${DONE}`),
      '5: nodes.first.max: Expected at least min (9), received 3',
    ],
    [
      'a map without an answer',
      flowText(`  first: { kind: ask, answer: yes-no, text: A, next: { yes: done } }\n${DONE}`),
      '5: nodes.first.next: Expected a node for each answer; missing: no',
    ],
    [
      'a map with another answer',
      flowText(
        `  first: { kind: ask, answer: yes-no, text: A, next: { yes: done, no: done, nah: done } }\n${DONE}`,
      ),
      '5: nodes.first.next.nah: Expected one of yes, no, received "nah"',
    ],
    [
      'rules without a last way',
      flowText(
        `  first:\n    kind: ask\n    answer: yes-no\n    text: A\n    next:\n      - when: first\n        goto: done\n${DONE}`,
      ),
      '10: nodes.first.next.0.when: Expected the last rule without a condition, so that there is always a way on',
    ],
    [
      'an unknown name in a rule',
      flowText(
        `  first:\n    kind: ask\n    answer: number\n    text: A\n    next:\n      - when: frist < 18\n        goto: done\n      - goto: done\n${DONE}`,
      ),
      '10: nodes.first.next.0.when: Expected a variable or the name of an ask node, received "frist"; did you mean "first"?',
    ],
    [
      'a rule that is no text',
      flowText(
        `  first: { kind: ask, answer: number, text: A, next: [{ when: 1, goto: done }, { goto: done }] }\n${DONE}`,
      ),
      '5: nodes.first.next.0.when: Expected a text, received 1',
    ],
    [
      'one choice',
      flowText(`  first: { kind: ask, answer: choice, choices: { a: [] }, text: A, next: done }\n${DONE}`),
      '5: nodes.first.choices: Expected two to nine choices, received 1',
    ],
    [
      'a word of two choices',
      flowText(
        `  first: { kind: ask, answer: choice, choices: { a: [x], b: [X.] }, text: A, next: done }\n${DONE}`,
      ),
      '5: nodes.first.choices.b: Expected words of its own; "X." also means a',
    ],
    [
      'a key that is none',
      flowText(`  first: { kind: ask, answer: yes-no, keypad: { 12: "yes" }, text: A, next: done }\n${DONE}`),
      '5: nodes.first.keypad.12: Expected a key: 0 to 9, * or #, received "12"',
    ],
    [
      'a key to no choice',
      flowText(
        `  first: { kind: ask, answer: choice, choices: { a: [], b: [] }, keypad: { 1: c }, text: A, next: done }\n${DONE}`,
      ),
      '5: nodes.first.keypad.1: Expected one of a, b, received "c"',
    ],
    [
      'a wrong number',
      flowText(`  first: { kind: transfer, to: "555" }\n`),
      '5: nodes.first.to: Expected a number as +12025550123 (E.164) or a sip: address, received "555"',
    ],
    [
      'a language without words',
      flowText(FIRST + DONE, 'language: xx\n'),
      '4: language: Expected a language that answers can be read in (en), received "xx"',
    ],
    [
      'a later version',
      flowText(FIRST + DONE).replace('version: 1', 'version: 2'),
      '2: version: Expected 1, received 2',
    ],
    [
      'a variable named as a node',
      flowText(FIRST + DONE, 'variables: { first: 1 }\n'),
      '4: variables.first: Expected a name of its own; "first" is also a node or given by the call',
    ],
    [
      'a variable in a system text',
      flowText(FIRST + DONE, 'messages: { failure: "Bye {{name}}" }\n'),
      '4: messages.failure: Expected a text without variables',
    ],
  ])('is refused for %s, at its line', (_, text, expected) => {
    expect(problems(text)).toContain(expected);
  });

  it('names at most twenty problems, first lines first', () => {
    const nodes = Array.from({ length: 30 }, (_, index) => `  n${index}: { kind: sya }\n`).join('');
    const found = read(flowText(nodes)).problems;
    expect(found).toHaveLength(20);
    expect(found[0]?.line).toBe(5);
  });

  it.each([
    ['a file over 256 KiB', `# ${'x'.repeat(256 * 1024)}\n`, /at most 262144 bytes/],
    ['deep brackets', '['.repeat(2_000), /at most 16 levels|valid YAML/],
    [
      'deep maps',
      Array.from({ length: 30 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
      /at most 16 levels/,
    ],
    ['an alias bomb', 'a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n', /aliases/],
    [
      'twenty thousand keys',
      Array.from({ length: 20_000 }, (_, index) => `k${index}: 1`).join('\n'),
      /Unknown key|received nothing/,
    ],
  ])('is refused soon for %s', (_, text, message) => {
    expect(read(text).problems[0]?.message).toMatch(message);
  });
});
