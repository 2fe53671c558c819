/** Preloaded into a server process (`NODE_OPTIONS=--import`): SIGUSR2 makes its main thread do what `MORTAL` says. */
import { isMainThread } from 'node:worker_threads';

const STALL_MS = 3000;

if (isMainThread && process.argv.includes('--supervised')) process.on('SIGUSR2', die);

function die(): void {
  switch (process.env['MORTAL']) {
    case 'exit':
      process.exit(7);
      break;
    case 'throw':
      throw new Error('nobody catches this');
    case 'stall':
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, STALL_MS);
      break;
    case 'grow': {
      const kept: number[][] = [];
      for (;;) kept.push(Array.from({ length: 10_000 }, (_, at) => at));
    }
  }
}
