import { spawnSync } from 'node:child_process';

/** Debian's own first: a Python that came otherwise does not see Debian's packages. */
const COMMANDS = ['/usr/bin/python3', 'python3'];
const MODULES = ['fastapi', 'uvicorn', 'websockets', 'numpy'];
const IMPORT_MAX_MS = 20_000;

/** The Python that has what the peer needs; null: none. */
export function pythonCommand(): string | null {
  const imports = `import ${MODULES.join(', ')}`;
  const found = COMMANDS.find(
    (command) =>
      spawnSync(command, ['-c', imports], { stdio: 'ignore', timeout: IMPORT_MAX_MS }).status === 0,
  );
  return found ?? null;
}
