import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { registerLoad } from '../../../src/cli/load.ts';
import { checked, countOption, limitOption } from '../../../src/cli/load-values.ts';
import { ConfigError } from '../../../src/errors.ts';

describe('the options of trunkline load', () => {
  it('take whole numbers within their bounds', () => {
    const read = countOption(1, 20);
    expect([read('1'), read('20')]).toEqual([1, 20]);
    for (const text of ['0', '21', '1.5', '-1', 'ten', '', '1e1']) {
      expect(() => read(text)).toThrow('Expected a whole number from 1 to 20.');
    }
  });

  it('take a limit or none', () => {
    expect(['0', '12.5', 'off'].map(limitOption)).toEqual([0, 12.5, 'off']);
    for (const text of ['-1', 'none', ''])
      expect(() => limitOption(text)).toThrow('Expected a number, or off.');
  });

  it('tell of a wrong setting as of a wrong option, and of a defect as it is', () => {
    const failing = (error: Error) =>
      checked(() => {
        throw error;
      });
    expect(() => failing(new ConfigError('--mix: expected'))('')).toThrow(
      expect.objectContaining({ code: 'commander.invalidArgument' }),
    );
    expect(() => failing(new TypeError('ours'))('')).toThrow(TypeError);
  });

  it('are all told by --help, with examples and exit codes', () => {
    const program = new Command('trunkline').exitOverride();
    let help = '';
    program.configureOutput({ writeOut: (text) => (help += text) });
    registerLoad(program);
    expect(() => program.parse(['node', 'trunkline', 'load', '--help'])).toThrow();
    for (const word of [
      '--calls',
      '--mix',
      '--find-knee',
      '--slo-turn-p99',
      'Examples:',
      'Exit code 0',
      '3: the run is',
    ])
      expect(help).toContain(word);
  });
});
