import { describe, expect, it } from 'vitest';
import { LogOutput, type LogSink, QUEUE_BYTES_MAX } from '../../src/log-output.ts';
import { FakeClock } from '../support/fake-clock.ts';

type Taking = 'all' | 'EAGAIN' | 'ENOSPC' | 'EPIPE' | number;

/** A destination that takes what it is told to: all, so many bytes of a chunk, or nothing for a reason. */
class TestSink implements LogSink {
  taking: Taking = 'all';
  text = '';
  chunks = 0;
  /** Set: what is written is answered when `settle` is called, as by a disk. */
  isLater = false;
  #waiting: (() => void)[] = [];

  write(bytes: Buffer, done: (error: NodeJS.ErrnoException | null, taken: number) => void): void {
    const answer = (): void => {
      try {
        done(null, this.writeSync(bytes));
      } catch (error) {
        done(error as NodeJS.ErrnoException, 0);
      }
    };
    if (this.isLater) this.#waiting.push(answer);
    else answer();
  }

  writeSync(bytes: Buffer): number {
    this.chunks += 1;
    const { taking } = this;
    if (typeof taking === 'string' && taking !== 'all')
      throw Object.assign(new Error(taking), { code: taking });
    const taken = taking === 'all' ? bytes.length : Math.min(taking, bytes.length);
    this.text += bytes.toString('utf8', 0, taken);
    return taken;
  }

  get inFlight(): number {
    return this.#waiting.length;
  }

  settle(): void {
    for (const answer of this.#waiting.splice(0)) answer();
  }
}

function outputUnderTest() {
  const clock = new FakeClock();
  const sink = new TestSink();
  let lost = 0;
  const output = new LogOutput({
    sink,
    clock,
    onLost: () => {
      lost += 1;
    },
    onRecovered: (lines, durationMs) => output.write(`lost ${lines} in ${durationMs} ms\n`),
  });
  /** Lines of 1,000 bytes that begin with their number. */
  const writeLines = (count: number, from = 0): void => {
    for (let at = from; at < from + count; at++) output.write(`${String(at).padEnd(999, '.')}\n`);
  };
  const numbers = () =>
    sink.text.split('\n').flatMap((line) => (/^\d/.test(line) ? [Number.parseInt(line, 10)] : []));
  return { clock, sink, output, writeLines, numbers, lost: () => lost };
}

const upTo = (count: number) => Array.from({ length: count }, (_, at) => at);

describe('the output of the log', () => {
  it('writes each line at once while it is taken', () => {
    const { output, sink, clock } = outputUnderTest();
    output.write('one\n');
    expect(sink.text).toBe('one\n');
    output.write('two\n');
    expect(sink.text).toBe('one\ntwo\n');
    expect(clock.pendingTimers()).toBe(0);
  });

  it.each([
    ['EAGAIN', 20],
    ['ENOSPC', 1000],
    ['EPIPE', 1000],
  ] as const)('after %s keeps lines and tries again after %i ms, all in order', (taking, retryMs) => {
    const { output, sink, clock } = outputUnderTest();
    sink.taking = taking;
    output.write('one\n');
    output.write('two\n');
    expect(sink.chunks).toBe(1);
    clock.advanceMs(retryMs - 1);
    expect(sink.chunks).toBe(1);
    clock.advanceMs(1);
    expect(sink.chunks).toBe(2);
    sink.taking = 'all';
    clock.advanceMs(retryMs);
    expect(sink.text).toBe('one\ntwo\n');
    expect(clock.pendingTimers()).toBe(0);
  });

  it('goes on within a line that was taken in part', () => {
    const { output, sink, clock } = outputUnderTest();
    sink.taking = 2;
    output.write('grüße\n');
    output.write('two\n');
    clock.advanceMs(1000);
    expect(sink.text.length).toBeGreaterThan(0);
    sink.taking = 'all';
    clock.advanceMs(1000);
    output.write('three\n');
    expect(sink.text.endsWith('two\nthree\n')).toBe(true);
  });

  it('keeps lines to a bound, loses the newest beyond it, and tells of them when all others are out', () => {
    const { clock, lost, numbers, sink, writeLines } = outputUnderTest();
    const kept = Math.floor(QUEUE_BYTES_MAX / 1000);
    sink.taking = 'EAGAIN';
    writeLines(kept);
    clock.advanceMs(3000);
    writeLines(500, kept);
    expect(lost()).toBe(500);
    clock.advanceMs(7000);
    sink.taking = 'all';
    clock.advanceMs(1000);
    expect(numbers()).toEqual(upTo(kept));
    expect(sink.text).toMatch(/\nlost 500 in 7\d\d\d ms\n$/);
    writeLines(1, kept + 500);
    expect(numbers().at(-1)).toBe(kept + 500);
    expect(sink.text.match(/lost/g)).toHaveLength(1);
  });

  it('tells of lost lines every 10 s where the reader takes some, but never all', () => {
    const { clock, lost, output, sink, writeLines } = outputUnderTest();
    sink.taking = 'EAGAIN';
    writeLines(Math.ceil(QUEUE_BYTES_MAX / 1000) + 1000);
    for (let second = 0; second < 30; second++) {
      sink.taking = 4096;
      output.write('one more\n');
      clock.advanceMs(20);
      sink.taking = 'EAGAIN';
      writeLines(1000);
      clock.advanceMs(980);
    }
    const told = [...sink.text.matchAll(/^lost (\d+)/gm)];
    expect(lost()).toBeGreaterThan(10_000);
    expect(told.length).toBeGreaterThanOrEqual(2);
    sink.taking = 'all';
    clock.advanceMs(5000);
    const all = [...sink.text.matchAll(/^lost (\d+)/gm)].map(([, lines]) => Number(lines));
    expect(all.reduce((sum, lines) => sum + lines, 0)).toBe(lost());
  });

  it('writes what has waited in chunks of whole lines that a pipe takes whole, and a turn at a time', () => {
    const { clock, numbers, sink, writeLines } = outputUnderTest();
    sink.taking = 'EAGAIN';
    writeLines(200);
    const tried = sink.chunks;
    sink.taking = 'all';
    clock.advanceMs(20);
    expect(numbers().length).toBeGreaterThan(50);
    expect(numbers().length).toBeLessThan(80);
    expect(sink.chunks - tried).toBe(Math.ceil(numbers().length / 4));
    clock.advanceMs(100);
    expect(numbers()).toEqual(upTo(200));
  });

  it('has one chunk on its way where the answer comes later', () => {
    const { numbers, sink, writeLines } = outputUnderTest();
    sink.isLater = true;
    writeLines(10);
    expect(sink.inFlight).toBe(1);
    for (let rounds = 0; rounds < 5; rounds++) sink.settle();
    expect(numbers()).toEqual(upTo(10));
  });

  it('writes at the end what waits, but not again what is on its way', () => {
    const { numbers, output, sink, writeLines } = outputUnderTest();
    sink.isLater = true;
    writeLines(10);
    output.flushAtExit();
    expect(numbers()).toEqual(upTo(10).slice(1));
    sink.settle();
    expect(numbers()).toEqual([...upTo(10).slice(1), 0]);
  });

  it('gives up at the end on a disk that refuses', () => {
    const { output, sink } = outputUnderTest();
    sink.taking = 'ENOSPC';
    output.write('one\n');
    output.flushAtExit();
    expect(sink.text).toBe('');
  });
});
