import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, describe, expect, it } from 'vitest';
import { writeWav } from '../../../src/audio/wav.ts';
import { checkFlowFile } from '../../../src/cli/flow-check.ts';
import { loadFlowFile } from '../../../src/cli/flow-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'trunkline-flow-'));
afterAll(() => rmSync(folder, { recursive: true }));

function check(path: string) {
  const written = { output: '', errors: '' };
  const into = (name: 'output' | 'errors') =>
    new Writable({
      write(chunk, _, done) {
        written[name] += String(chunk);
        done();
      },
    });
  const exitCode = checkFlowFile(path, into('output'), into('errors'));
  return { exitCode, ...written };
}

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe('flow check', () => {
  it('sums up a good flow in one line and exits 0', () => {
    expect(check('flows/eligibility.yaml')).toEqual({
      exitCode: 0,
      output: expect.stringMatching(
        /^OK: eligibility \(en, voice slt\); 11 nodes, 5 questions, \d+ fixed prompts; outcomes: .*; 0 warnings\n$/,
      ),
      errors: '',
    });
  });

  it('prints each problem as file:line and exits 1', () => {
    const path = file(
      'bad.yaml',
      'flow: bad\nversion: 1\nstart: a\nnodes:\n  a: { kind: say, text: A, next: b }\n  c: { kind: end }\n',
    );
    expect(check(path)).toEqual({
      exitCode: 1,
      output: '',
      errors: `${path}:6: nodes.c.outcome: Expected a text, received nothing\n1 problem\n`,
    });
  });

  it('prints warnings of a flow that can be served', () => {
    const path = file(
      'warn.yaml',
      'flow: w\nversion: 1\nstart: a\nnodes:\n  a: { kind: end, outcome: a }\n  b: { kind: end, outcome: b }\n',
    );
    const { exitCode, output } = check(path);
    expect(exitCode).toBe(0);
    expect(output).toContain(`warning: ${path}:6: nodes.b: Nothing leads to this node\n`);
  });

  it('finds recordings beside the flow file', () => {
    file('hi.wav', Buffer.from(writeWav({ samples: new Int16Array(800).fill(500), sampleRateHz: 8000 })));
    file('stub.wav', Buffer.from('RIFF\u0000\u0000\u0000\u0000WAVEfmt ', 'latin1'));
    const text = (audio: string) =>
      `flow: w\nversion: 1\nstart: a\nnodes:\n  a: { kind: end, outcome: a, audio: ${audio} }\n`;
    expect(check(file('audio.yaml', text('hi.wav'))).exitCode).toBe(0);
    expect(check(file('none.yaml', text('no.wav'))).errors).toMatch(
      /none\.yaml:5: nodes\.a\.audio: .*there is no such file/,
    );
    expect(check(file('stub.yaml', text('stub.wav'))).errors).toMatch(
      /stub\.yaml:5: nodes\.a\.audio: .*chunk/,
    );
  });

  it('names a file that cannot be read', () => {
    expect(() => loadFlowFile(join(folder, 'missing.yaml'))).toThrow(
      /Expected a readable flow file.*no such file/,
    );
    expect(() => loadFlowFile(file('big.yaml', 'x'.repeat(300_000)))).toThrow(/at most 262144 bytes/);
  });
});
