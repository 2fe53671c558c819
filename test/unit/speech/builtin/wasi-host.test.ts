import { describe, expect, it } from 'vitest';
import { runCommand } from '../../../../src/speech/builtin/wasi-host.ts';

/** A module with a memory and a `_start` of this body; the import, if any, is function 0. */
function moduleOf(
  body: number[],
  imports: number[] = [],
  types: number[] = [1, 0x60, 0, 0],
): WebAssembly.Module {
  const section = (id: number, bytes: number[]) => (bytes.length === 0 ? [] : [id, bytes.length, ...bytes]);
  const name = (text: string) => [text.length, ...Buffer.from(text)];
  const start = imports.length === 0 ? 0 : 1;
  return new WebAssembly.Module(
    Uint8Array.from([
      ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...section(1, types),
      ...section(2, imports),
      ...section(3, [1, 0]),
      ...section(5, [1, 0, 1]),
      ...section(7, [2, ...name('memory'), 2, 0, ...name('_start'), 0, start]),
      ...section(10, [1, body.length + 2, 0, ...body, 0x0b]),
    ]),
  );
}

const IMPORT_EXIT = [1, 22, ...Buffer.from('wasi_snapshot_preview1'), 9, ...Buffer.from('proc_exit'), 0, 1];
const exitWith = (code: number) =>
  moduleOf([0x41, code, 0x10, 0], IMPORT_EXIT, [2, 0x60, 0, 0, 0x60, 1, 0x7f, 0]);

describe('runCommand', () => {
  it('gives nothing for a command that wrote nothing', () => {
    expect(runCommand(moduleOf([]), ['quiet'], 100)).toHaveLength(0);
    expect(runCommand(exitWith(0), ['quiet'], 100)).toHaveLength(0);
  });

  it('refuses an exit code', () => {
    expect(() => runCommand(exitWith(3), ['failing'], 100)).toThrow(
      'Expected exit code 0 of failing, received 3',
    );
  });

  it('survives a trap', () => {
    expect(() => runCommand(moduleOf([0x00]), ['trapping'], 100)).toThrow('trapping failed inside');
  });

  it('refuses a module that is no command', () => {
    const empty = new WebAssembly.Module(Uint8Array.from([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
    expect(() => runCommand(empty, ['empty'], 100)).toThrow('Expected a WASI command');
  });
});
