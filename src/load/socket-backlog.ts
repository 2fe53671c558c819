/** What lies in this machine's sockets on its way to a server, from /proc (Linux). */
import { readFileSync } from 'node:fs';

/** Of IPv4, and of IPv6, whose sockets take IPv4 too. */
const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'];
/** proc(5): sl, local, remote, state, tx_queue:rx_queue, all in hexadecimal. A socket that listens (0A) counts connections there. */
const LINE =
  /^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:([0-9A-F]{4}) (?!0A)[0-9A-F]{2} ([0-9A-F]{8}):([0-9A-F]{8})/;

/** Bytes that clients of `port` have sent and the server has not read; of a server elsewhere, those that it has not acknowledged. */
export function socketBacklogBytes(port: number, tables: readonly string[] = readTables()): number {
  let bytes = 0;
  for (const line of tables.flatMap((table) => table.split('\n'))) {
    const [, local = '', remote = '', unacknowledged = '', unread = ''] = LINE.exec(line) ?? [];
    if (Number.parseInt(remote, 16) === port) bytes += Number.parseInt(unacknowledged, 16);
    if (Number.parseInt(local, 16) === port) bytes += Number.parseInt(unread, 16);
  }
  return bytes;
}

function readTables(): string[] {
  return TABLES.flatMap((path) => {
    try {
      return [readFileSync(path, 'latin1')];
    } catch {
      // Another system, or none without IPv6: nothing is known to be queued.
      return [];
    }
  });
}
