import { pythonCommand } from './python-command.ts';

export type PeerName = 'python' | 'ws-js';

/** Null if the peer can run here, else a line for the report: what is missing, and the cure. */
export function missingPackages(name: PeerName): string | null {
  if (name === 'ws-js' || pythonCommand() !== null) return null;
  return (
    'Expected a python3 with fastapi, uvicorn, websockets and numpy, found none; ' +
    'on Debian: apt-get install python3-fastapi python3-uvicorn python3-websockets python3-numpy'
  );
}
