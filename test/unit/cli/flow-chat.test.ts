import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { chat } from '../../../src/cli/flow-chat.ts';
import { loadFlowFile } from '../../../src/cli/flow-file.ts';

const call = { variables: {}, from: '', to: '' };

/** Runs a chat with lines typed on its input, or with scripted answers. */
async function run(name: string, options: Partial<Parameters<typeof chat>[1]>, typed = '') {
  const input = new PassThrough();
  const output = new PassThrough();
  input.end(typed);
  const state = await chat(loadFlowFile(`flows/${name}.yaml`), { ...call, ...options }, { input, output });
  return { state, printed: String(output.read()).split('\n') };
}

describe('flow chat', () => {
  it('plays a whole call from scripted answers', async () => {
    const { printed } = await run('eligibility', {
      answers: ['yes', '/digits 42#', 'yep', 'I do', 'of course'],
    });
    expect(printed).toContain('bot: Would you like to take part?');
    expect(printed).toContain('> /digits 42#');
    expect(printed).toContain('     (age = 42)');
    expect(printed.slice(-4)).toEqual([
      '(the bot hung up)',
      'outcome: eligible',
      'answers: {"willing":true,"age":42,"sleep":true,"lasting":true,"visit":true}',
      '',
    ]);
  });

  it('reads typed lines until the call is over', async () => {
    const { state } = await run('eligibility', {}, 'yes\n\n/silence\n30\nyes\nyes\nno\nnever read\n');
    expect(state.outcome).toBe('not-eligible');
  });

  it.each(['yes\n/hangup\nyes\n', 'yes\n', ''])(
    'ends as a hang-up when the input does: %j',
    async (typed) => {
      const { state, printed } = await run('eligibility', {}, typed);
      expect(state).toMatchObject({ phase: 'ended', outcome: null });
      expect(printed).toContain('outcome: none');
    },
  );

  it('says what was not read, and where a call is transferred', async () => {
    const { printed } = await run('appointment', { answers: ['maybe', 'operator'] });
    expect(printed).toContain('     (no answer read)');
    expect(printed).toContain('(transferred to +12025550123)');
  });

  it('sets variables of the kind that the flow has', async () => {
    const { state } = await run('appointment', {
      answers: ['keep', '/digits 1980'],
      variables: { name: 'Ana', visits: '0' },
    });
    expect(state.variables).toMatchObject({ name: 'Ana', visits: 0 });
    expect(state.nodeId).toBe('first_visit');
  });
});
