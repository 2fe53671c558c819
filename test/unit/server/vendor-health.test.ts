import { describe, expect, it } from 'vitest';
import type { VendorHealth } from '../../../src/channel/vendor-messages.ts';
import { VendorHealthBoard } from '../../../src/server/vendor-health.ts';
import { keptLog } from '../../support/silent-log.ts';

const health = (state: 'up' | 'down', why = ''): VendorHealth => ({
  kind: 'vendor.health',
  role: 'recognizer',
  provider: 'openai',
  state,
  why,
});

function boardUnderTest() {
  const { log, lines } = keptLog();
  return { board: new VendorHealthBoard(log), events: () => lines().map(({ event }) => event) };
}

describe('the health of the vendors', () => {
  it('names what is down and for how many threads, and leaves the reason to the log', () => {
    const { board, events } = boardUnderTest();
    board.receive('worker 0', health('down', 'reset'));
    board.receive('worker 1', health('down', 'the key was refused'));
    expect(board.report().down).toEqual({
      'recognizer openai': { threads: 2 },
    });
    board.receive('worker 0', health('up'));
    board.receive('worker 1', health('up'));
    expect(board.report().down).toEqual({});
    expect(events()).toEqual(['vendor.down', 'vendor.down', 'vendor.up', 'vendor.up']);
  });

  it('forgets what a thread found that is gone', () => {
    const { board } = boardUnderTest();
    board.receive('worker 0', health('down', 'reset'));
    board.forget('worker 0');
    expect(board.report().down).toEqual({});
  });

  it('adds up the requests of all threads by how they ended', () => {
    const { board } = boardUnderTest();
    const count = { role: 'recognizer', provider: 'openai', outcome: 'ok' } as const;
    board.receive('worker 0', { kind: 'vendor.counts', counts: [{ ...count, requests: 2 }] });
    board.receive('worker 1', { kind: 'vendor.counts', counts: [{ ...count, requests: 3 }] });
    expect(board.report().requests).toEqual([{ ...count, requests: 5 }]);
  });

  it.each(['ok', 'warning', 'error'] as const)('logs what the check at start found: %s', (level) => {
    const { board, events } = boardUnderTest();
    board.receive('voice', { kind: 'vendor.checked', provider: 'openai', level, text: 'It answers.' });
    expect(events()).toEqual(['vendor.checked']);
  });
});
