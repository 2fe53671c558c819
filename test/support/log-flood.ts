/**
 * A process that logs `LINES` lines to its standard error, in batches as a busy server would, and says on standard output
 * what that cost it: the longest that one line held it up, and how much its memory grew. Ends at the end of its input.
 */
import { createLog } from '../../src/log.ts';
import { lostLogLines } from '../../src/standard-error.ts';

const LINES = 60_000;
const BATCH = 100;
const MB = 1024 * 1024;

const log = createLog({ level: 'debug', workerId: 'flood' });
let slowestMs = 0;
let logged = 0;
const before = process.memoryUsage();

const timer = setInterval(() => {
  for (let each = 0; each < BATCH; each++) {
    const startedAtMs = performance.now();
    log.debug(
      { event: 'flood', callSid: `CA${String(logged).padStart(32, '0')}`, nodeId: 'first' },
      'a line of the flood',
    );
    slowestMs = Math.max(slowestMs, performance.now() - startedAtMs);
    logged += 1;
  }
  if (logged < LINES) return;
  clearInterval(timer);
  const after = process.memoryUsage();
  const grewMb = Math.round((after.rss - before.rss) / MB);
  process.stdout.write(`${JSON.stringify({ slowestMs, grewMb, lost: lostLogLines() })}\n`);
}, 1);
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
