import { expect, it } from 'vitest';
import { JournaledReplies } from '../../../src/call/journaled-replies.ts';
import { ProviderError } from '../../../src/errors.ts';
import { RecordingJournal } from '../../../src/journal/recording-journal.ts';

function rig() {
  const seen: string[] = [];
  const rows: Record<string, unknown>[] = [];
  const journal = new RecordingJournal({
    plane: 'call',
    run: 0,
    readMs: () => 1,
    write: (line, { kind }) => {
      rows.push(JSON.parse(line) as Record<string, unknown>);
      seen.push(`in ${kind}`);
    },
  });
  return { replies: new JournaledReplies(journal), rows, seen };
}

const endOfTurn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

it('lets replies in one by one, each with all that follows from it', async () => {
  const { replies, rows, seen } = rig();
  const follow = async (reply: Promise<unknown>, name: string) => {
    await reply;
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    seen.push(name);
  };
  void follow(
    replies.of('committed', 0, () => Promise.resolve('durable')),
    'after the commit',
  );
  void follow(
    replies.of('transcript', 0, () => Promise.resolve({ text: 'yes' })),
    'after the transcript',
  );
  await endOfTurn();
  expect(seen).toEqual(['in committed', 'after the commit', 'in transcript', 'after the transcript']);
  expect(rows.some(({ joined }) => joined === true)).toBe(false);
});

it('keeps what a request was rejected with, and rejects with the very same', async () => {
  const { replies, rows } = rig();
  const failure = new ProviderError('openai answered with status 500', {
    provider: 'openai',
    fault: 'transient',
  });
  const reply = replies.of(
    'transcript',
    3,
    () => Promise.reject(failure),
    () => ({ tries: [] }),
  );
  await expect(reply).rejects.toBe(failure);
  expect(rows[0]).toMatchObject({
    way: 'in',
    kind: 'transcript',
    number: 3,
    error: { name: 'ProviderError', code: 'ERR_PROVIDER', message: 'openai answered with status 500' },
    tries: [],
  });
});

it('takes a request that throws for one that is rejected', async () => {
  const { replies } = rig();
  const reply = replies.of('understood', 0, () => {
    throw new Error('on purpose');
  });
  await expect(reply).rejects.toThrow('on purpose');
});

it('rejects in a replay with an error of the same name and code', async () => {
  const { replies } = rig();
  const reply = replies.of('transcript', 0, () => new Promise(() => {}));
  expect(replies.awaits('transcript', 0)).toBe(true);
  const error = { name: 'DeadlineError', code: 'ERR_DEADLINE', message: 'too late' };
  replies.take({ kind: 'transcript', number: 0, error });
  await expect(reply).rejects.toMatchObject(error);
  expect(replies.awaits('transcript', 0)).toBe(false);
});
