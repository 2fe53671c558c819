import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { addon } from '../../src/audio/addon.ts';
import { openCallJournals } from '../../src/call-journals.ts';
import { parseConfig } from '../../src/config.ts';
import { ConfigError } from '../../src/errors.ts';
import { JournaledStream } from '../../src/media/journaled-stream.ts';
import { MediaCensus } from '../../src/media/media-census.ts';
import { MediaStream } from '../../src/media/media-stream.ts';
import { PromptRegistry } from '../../src/media/prompt-registry.ts';
import { TimerWheel } from '../../src/media/timer-wheel.ts';
import type { JournalKeeper } from '../../src/server/journal-keeper.ts';
import type { OpenSocket } from '../../src/server/open-socket.ts';
import { twilioStreams } from '../../src/server/twilio-streams.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { CALL_SID, FakeSocket } from '../support/media-fakes.ts';
import { silentLog } from '../support/silent-log.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const clock = new FakeClock();

function openStream(keeper: JournalKeeper | null): unknown {
  const wheel = new TimerWheel(clock, () => {});
  const plane = { clock, wheel, registry: new PromptRegistry(), census: new MediaCensus(), log: silentLog };
  const limits = { audioWaitMaxMs: 1000, callMaxMs: 1000, goodbyePromptKey: null };
  const open = twilioStreams(plane, addon, limits, keeper);
  const hooks = { onStart: () => {}, post: () => {}, onEnd: () => {} };
  const stream = open(new FakeSocket() as unknown as OpenSocket, hooks, { callSid: CALL_SID, attempt: 0 });
  onTestFinished(() => stream.end('hung up'));
  return stream;
}

it('keeps none without a folder: streams and calls are what they are', () => {
  expect(openCallJournals(parseConfig({}), clock, silentLog)).toBeNull();
  expect(openStream(null)).toBeInstanceOf(MediaStream);
});

it('keeps one for each stream where a folder is named', async () => {
  const folder = join(temporaryFolder(), 'records');
  const journals = openCallJournals(parseConfig({ RECORD_CALLS: folder }), clock, silentLog)!;
  expect(openStream(journals.keeper)).toBeInstanceOf(JournaledStream);
  expect(journals.openCount()).toBe(1);
  await journals.close();
  expect(journals.openCount()).toBe(0);
});

it('refuses the folder of the audio recordings', () => {
  const folder = temporaryFolder();
  const config = parseConfig({ DATA_DIR: folder, RECORD_CALLS: join(folder, 'recordings') });
  expect(() => openCallJournals(config, clock, silentLog)).toThrow(ConfigError);
});
