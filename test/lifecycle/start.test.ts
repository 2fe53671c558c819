import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TrunklineProcess } from '../support/trunkline-process.ts';

describe('trunkline start', () => {
  it('says in a few lines what it runs on, and when it is ready', async () => {
    const server = new TrunklineProcess(['start'], { DATA_DIR: temporaryFolder() });
    const address = await server.listens();
    expect((await fetch(`${address}/healthz`)).status).toBe(200);
    await server.prints(/Ready for calls/);
    expect((await fetch(`${address}/readyz`)).status).toBe(200);
    for (const line of [
      /flow +short/,
      /speech +built-in/,
      /store +sqlite/,
      /audio +native/,
      /workers +\d/,
      /local requests only/,
    ]) {
      expect(server.stdout).toMatch(line);
    }
    expect(server.stdout.trim().split('\n').length).toBeLessThan(12);
  });

  it('ends at once with code 0 when it is told to and nobody calls (s02)', async () => {
    const server = new TrunklineProcess(['start'], { DATA_DIR: temporaryFolder() });
    await server.listens();
    server.signal('SIGTERM');
    expect(await server.exited).toBe(0);
  });

  it('is stopped by Ctrl-C while it still makes its prompts', async () => {
    const server = new TrunklineProcess(['start'], { DATA_DIR: temporaryFolder() });
    await server.listens();
    server.signal('SIGINT');
    server.signal('SIGINT');
    expect(await server.exited).toBe(0);
  });

  it('refuses a port that another Trunkline listens on', async () => {
    const first = new TrunklineProcess(['start'], { DATA_DIR: temporaryFolder() });
    const port = new URL(await first.listens()).port;
    const second = new TrunklineProcess(['start'], { DATA_DIR: temporaryFolder(), PORT: port });
    expect(await second.exited).toBe(1);
    expect(second.stderr).toContain('ERR_PORT_TAKEN');
    expect(second.stderr).toContain(port);
    expect(second.stderr).not.toMatch(/\n\s+at /);
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
  });

  it('keeps its session key from one start to the next, for its own eyes only', async () => {
    const folder = temporaryFolder();
    const start = async () => {
      const server = new TrunklineProcess(['start'], { DATA_DIR: folder });
      await server.listens();
      server.signal('SIGTERM');
      await server.exited;
      return readFileSync(join(folder, 'session.key'));
    };
    const key = await start();
    expect(key).toHaveLength(32);
    expect(statSync(join(folder, 'session.key')).mode & 0o777).toBe(0o600);
    expect(await start()).toEqual(key);
  });

  const refusals: [string, (folder: string) => Record<string, string>, RegExp][] = [
    [
      'a wrong setting',
      () => ({ PORT: 'abc' }),
      /^PORT: expected a whole number from 0 to 65535, received "abc" \(ERR_CONFIG\)\n$/,
    ],
    [
      'a network address without an auth token (s09)',
      () => ({ TWILIO_DOMAIN: 'bot.example.org' }),
      /^TWILIO_AUTH_TOKEN: .*\n$/,
    ],
    ['a flow that is not there', () => ({ FLOW: 'no/such.yaml' }), /no\/such\.yaml/],
    [
      'a flow that is wrong, with file and line',
      (folder) => {
        writeFileSync(
          join(folder, 'bad.yaml'),
          'flow: bad\nversion: 1\nlanguage: en\nstart: nowhere\nnodes: {}\n',
        );
        return { FLOW: join(folder, 'bad.yaml') };
      },
      /bad\.yaml:\d+: /,
    ],
    [
      'a recording that is no audio',
      (folder) => {
        writeFileSync(join(folder, 'noise.wav'), 'RIFF....WAVEnothing');
        writeFileSync(
          join(folder, 'wav.yaml'),
          'flow: wav\nversion: 1\nlanguage: en\nstart: bye\nnodes:\n  bye: { kind: end, outcome: bye, audio: noise.wav }\n',
        );
        return { FLOW: join(folder, 'wav.yaml') };
      },
      /noise\.wav/,
    ],
    [
      'a call store that is no database',
      (folder) => {
        writeFileSync(
          join(folder, 'trunkline.db'),
          'this is not SQLite, and long enough to be looked at '.repeat(50),
        );
        return {};
      },
      /trunkline\.db/,
    ],
    [
      'a data folder that is a file',
      (folder) => {
        writeFileSync(join(folder, 'file'), '');
        return { DATA_DIR: join(folder, 'file') };
      },
      /^DATA_DIR: /,
    ],
    [
      'a session key of the wrong length',
      (folder) => {
        writeFileSync(join(folder, 'session.key'), 'short');
        return {};
      },
      /session\.key.*remove the file/,
    ],
  ];
  it.each(refusals)('refuses %s in words, with code 1', async (_, prepare, message) => {
    const folder = temporaryFolder();
    const refused = new TrunklineProcess(['start'], { DATA_DIR: folder, ...prepare(folder) });
    expect(await refused.exited).toBe(1);
    expect(refused.stderr).toMatch(message);
    expect(refused.stderr).not.toMatch(/\n\s+at /);
  });
});

describe('the command line', () => {
  it('exits with 1 when there is no such call, and with 2 for a time that is none', async () => {
    const folder = temporaryFolder();
    const none = new TrunklineProcess(['calls', 'show', 'CA1'], { DATA_DIR: folder });
    expect(await none.exited).toBe(1);
    expect(none.stderr).toContain('no server has run there yet');
    const wrong = new TrunklineProcess(['calls', 'list', '--since', 'ever'], { DATA_DIR: folder });
    expect(await wrong.exited).toBe(2);
  });

  it('exits with 2 and points at --help when it is used wrongly', async () => {
    const wrong = new TrunklineProcess(['demo', '--speed', '2'], {});
    expect(await wrong.exited).toBe(2);
    expect(wrong.stderr).toContain('--help');
  });

  it.each([
    [['--help']],
    [['start', '--help']],
    [['demo', '--help']],
    [['flow', 'check', '--help']],
    [['calls', 'export', '--help']],
  ])('has help: %s', async (commandLine) => {
    const help = new TrunklineProcess(commandLine, {});
    expect(await help.exited).toBe(0);
    expect(help.stdout).toContain('Usage:');
  });
});
