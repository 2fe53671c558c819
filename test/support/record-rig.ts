/** The two halves of the recordings, without the thread between them: what is posted waits until `deliver`. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FromRecordThread, ToRecordThread } from '../../src/channel/record-messages.ts';
import { RecordThread } from '../../src/recordings/record-thread.ts';
import { StreamedFiles } from '../../src/recordings/streamed-files.ts';
import { FakeClock } from './fake-clock.ts';
import { keptLog } from './silent-log.ts';
import { temporaryFolder } from './temporary-folder.ts';

export const SID = `CA${'0123456789abcdef'.repeat(2)}`;

export function recordRig(folder = temporaryFolder(), waitingBytesMax?: number) {
  const clock = new FakeClock();
  const { log, lines } = keptLog();
  const posted: ToRecordThread[] = [];
  const answers: FromRecordThread[] = [];
  const thread = new RecordThread(folder, log, (message) => answers.push(message));
  const files = new StreamedFiles({
    clock,
    log,
    ...(waitingBytesMax === undefined ? {} : { waitingBytesMax }),
  });
  files.threadBegan((message) => posted.push(message));
  const deliver = () => {
    thread.receive(posted.splice(0));
    for (const answer of answers.splice(0)) files.receive(answer);
  };
  return {
    clock,
    files,
    folder,
    lines,
    posted,
    deliver,
    recover: () => thread.receive([{ kind: 'recover' }]),
    names: () => readdirSync(folder).sort(),
    read: (name: string) => readFileSync(join(folder, name)),
  };
}
