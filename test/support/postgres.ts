/**
 * A PostgreSQL server of this test run alone, from Debian's package: a new cluster in a temporary folder, on a free port of
 * 127.0.0.1. As root it runs under another user, as PostgreSQL demands. Ended, and its folder removed, when told.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

const DEBIAN_FOLDER = '/usr/lib/postgresql';
/** Users without rights that Debian has; the package brings the first. */
const USERS = ['postgres', 'nobody'];
const READY_DEADLINE_MS = 30_000;

/** Null where the tests can run, else why they are skipped. */
export const postgresMissing: string | null =
  binaries() === null ? `no PostgreSQL in ${DEBIAN_FOLDER} (apt-get install postgresql)` : null;

function binaries(): string | null {
  if (!existsSync(DEBIAN_FOLDER)) return null;
  const [newest] = readdirSync(DEBIAN_FOLDER).sort((a, b) => Number(b) - Number(a));
  const folder = join(DEBIAN_FOLDER, newest ?? '', 'bin');
  return existsSync(join(folder, 'initdb')) ? folder : null;
}

interface Owner {
  readonly uid?: number;
  readonly gid?: number;
}

function unprivileged(): Owner {
  if (process.getuid?.() !== 0) return {};
  for (const user of USERS) {
    try {
      const idOf = (flag: string) => Number(execFileSync('id', [flag, user], { encoding: 'utf8' }));
      return { uid: idOf('-u'), gid: idOf('-g') };
    } catch {
      // The next one.
    }
  }
  throw new Error('Expected a user without rights to run PostgreSQL as, found none');
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

export class TestPostgres {
  readonly port: number;
  readonly #folder: string;
  readonly #owner: Owner;
  readonly #isDurable: boolean;
  #server: ChildProcess | null = null;
  #databases = 0;

  private constructor(folder: string, port: number, owner: Owner, isDurable: boolean) {
    this.#isDurable = isDurable;
    this.#folder = folder;
    this.port = port;
    this.#owner = owner;
  }

  /** Resolves when it takes connections. `isDurable`: also power loss would cost it nothing; else it is quick. */
  static async start({ isDurable = false } = {}): Promise<TestPostgres> {
    const owner = unprivileged();
    const folder = mkdtempSync(join(tmpdir(), 'trunkline-postgres-'));
    if (owner.uid !== undefined && owner.gid !== undefined) chownSync(folder, owner.uid, owner.gid);
    const options = [
      '-D',
      join(folder, 'data'),
      '-U',
      'trunkline',
      '-A',
      'trust',
      '-E',
      'UTF8',
      '--no-locale',
    ];
    execFileSync(join(binaries()!, 'initdb'), options, { ...owner, cwd: folder, stdio: 'ignore' });
    const server = new TestPostgres(folder, await freePort(), owner, isDurable);
    await server.run();
    return server;
  }

  /** A new, empty database's URL. */
  async createDatabase(): Promise<string> {
    const name = `test_${process.pid}_${++this.#databases}`;
    await this.#ask(`create database ${name}`);
    return this.#url(name);
  }

  /** Starts it again after `stop`. Resolves when it takes connections. */
  async run(): Promise<void> {
    const options = ['-D', join(this.#folder, 'data'), '-p', String(this.port), '-k', '', '-h', '127.0.0.1'];
    if (!this.#isDurable) for (const name of ['fsync', 'full_page_writes']) options.push('-c', `${name}=off`);
    this.#server = spawn(join(binaries()!, 'postgres'), options, {
      ...this.#owner,
      cwd: this.#folder,
      stdio: 'ignore',
    });
    const giveUpAtMs = performance.now() + READY_DEADLINE_MS;
    for (;;) {
      try {
        await this.#ask('select 1');
        return;
      } catch (error) {
        if (performance.now() > giveUpAtMs) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  /** `fast` cuts connections as an operator's stop does; `kill` is a crash, with recovery at the next start. Resolves when it is gone. */
  async stop(how: 'fast' | 'kill' = 'fast'): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    const gone = new Promise<void>((resolve) => server.once('exit', () => resolve()));
    server.kill(how === 'fast' ? 'SIGINT' : 'SIGQUIT');
    await gone;
  }

  async close(): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #url(database: string): string {
    return `postgres://trunkline@127.0.0.1:${this.port}/${database}`;
  }

  async #ask(statement: string): Promise<void> {
    const client = new pg.Client({ connectionString: this.#url('postgres'), connectionTimeoutMillis: 2000 });
    client.on('error', () => {});
    try {
      await client.connect();
      await client.query(statement);
    } finally {
      await client.end().catch(() => {});
    }
  }
}
