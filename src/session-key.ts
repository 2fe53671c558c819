/** The key that signs stream and call tokens. Kept on disk where no `SESSION_SECRET` is set, so that tokens outlive the process. */
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from './errors.ts';

const KEY_BYTES = 32;

/** 32 bytes: from `secret`, else from `session.key` in `dataDir` (made at the first start, mode 0600). Throws ConfigError. */
export function readSessionKey(secret: string | undefined, dataDir: string): Buffer {
  if (secret !== undefined) return createHash('sha256').update(secret).digest();
  const path = join(dataDir, 'session.key');
  try {
    return read(path) ?? make(path);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError(`DATA_DIR: expected to read or make ${path}, received ${code ?? String(error)}`);
  }
}

function read(path: string): Buffer | null {
  let key: Buffer;
  try {
    key = readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  if (key.length !== KEY_BYTES) {
    throw new ConfigError(
      `DATA_DIR: expected ${KEY_BYTES} bytes in ${path}, received ${key.length}; remove the file to have a new key made`,
    );
  }
  chmodSync(path, 0o600);
  return key;
}

/** Two processes that start at once agree: the link of the second fails, and it reads the first one's key. */
function make(path: string): Buffer {
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, randomBytes(KEY_BYTES), { mode: 0o600 });
  try {
    linkSync(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
  const key = read(path);
  if (key === null)
    throw new ConfigError(`DATA_DIR: expected ${path} to stay, received a file that was removed at once`);
  return key;
}
