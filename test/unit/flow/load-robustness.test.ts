import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { initialState } from '../../../src/flow/initial-state.ts';
import { step } from '../../../src/flow/step.ts';
import { read } from './flow-fixture.ts';

const texts = ['eligibility', 'appointment'].map((name) =>
  readFileSync(new URL(`../../../flows/${name}.yaml`, import.meta.url), 'utf8'),
);

/** What a slip of the hand, or malice, puts into a file. */
const scrap = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '\n',
    ':',
    '- ',
    '{',
    '[',
    '"',
    '{{',
    'null',
    '.nan',
    '.inf',
    '-1',
    '0x1F',
    '~',
    '? ',
    '&a ',
    '*a',
    '!!map ',
    '|',
    '#',
    '\t',
    '__proto__: 1',
    '<<: {}',
    '1e999',
    'yes',
    'nodes:',
    'kind: ask',
    'when:',
    '%YAML 9',
    '---\n',
    '\u0000',
    '\ufeff',
  ),
  fc.string({ unit: 'binary', maxLength: 8 }),
);

it('loads or refuses whatever a file is turned into, each problem at a line of it', () => {
  const edits = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 40 }), scrap), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.constantFrom(...texts), edits, (original, changes) => {
      let text = original;
      for (const [seed, removed, inserted] of changes) {
        const at = seed % (text.length + 1);
        text = text.slice(0, at) + inserted + text.slice(at + removed);
      }
      const { flow, problems } = read(text);
      expect(flow === null).toBe(problems.length > 0);
      for (const { line, message } of problems) {
        expect(line).toBeGreaterThanOrEqual(1);
        expect(line).toBeLessThanOrEqual(text.split(/\r\n?|\n/).length + 1);
        expect(message).not.toContain('\n');
      }
      if (flow === null) return;
      const call = { from: '', to: '', variables: {} };
      const stepped = step(flow, initialState(flow, call), { kind: 'started', ...call });
      expect(stepped.actions.at(-1)?.kind).toMatch(/^(listen|hangup|transfer)$/);
    }),
    { numRuns: 300 },
  );
});
