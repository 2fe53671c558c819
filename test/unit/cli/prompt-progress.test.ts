import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { PromptProgress } from '../../../src/cli/prompt-progress.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function progressUnderTest(isTerminal: boolean, total = 40) {
  const output: PassThrough & { isTTY?: boolean; columns?: number } = new PassThrough();
  if (isTerminal)
    Object.assign(output, {
      isTTY: true,
      columns: 80,
      cursorTo: () => {},
      clearLine: () => {},
      moveCursor: () => {},
    });
  const clock = new FakeClock();
  const progress = new PromptProgress(output, total, clock);
  return { progress, clock, printed: () => String(output.read() ?? '') };
}

describe('PromptProgress', () => {
  it('prints a line every 5 s where there is no terminal', () => {
    const { progress, clock, printed } = progressUnderTest(false);
    for (let done = 1; done <= 20; done++) {
      clock.advanceMs(1000);
      progress.update(done);
    }
    progress.stop();
    expect(printed()).toBe('Prompts: 5 of 40\nPrompts: 10 of 40\nPrompts: 15 of 40\nPrompts: 20 of 40\n');
  });

  it('prints nothing there if it takes less', () => {
    const { progress, printed } = progressUnderTest(false);
    progress.update(40);
    progress.stop();
    expect(printed()).toBe('');
  });

  it('shows a bar on a terminal, and says how far it came when it is stopped', () => {
    const { progress, printed } = progressUnderTest(true);
    progress.update(12);
    progress.stop();
    progress.stop();
    const text = printed();
    expect(text).toContain('Prompts');
    expect(text.endsWith('Prompts: 12 of 40\n')).toBe(true);
    expect(text.match(/12 of 40\n/g)).toHaveLength(1);
  });
});
