import { describe, expect, it } from 'vitest';
import { socketBacklogBytes } from '../../../src/load/socket-backlog.ts';

const HEAD =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
const table = (...rows: string[]) => [HEAD, ...rows, ''].join('\n');
const row = (at: number, local: string, remote: string, state: string, queues: string) =>
  `   ${at}: ${local} ${remote} ${state} ${queues} 00:00000000 00000000     0        0 2083456 1 00000000402cd814 20 4 30 10 -1`;

describe('the backlog of a port', () => {
  it('is what its clients have not had acknowledged, and what it has not read', () => {
    // 0x1F90 is 8080.
    const ipv4 = table(
      row(0, '0100007F:1F90', '00000000:0000', '0A', '00000000:00000005'),
      row(1, '0100007F:A1B2', '0100007F:1F90', '01', '00000010:00000400'),
      row(2, '0100007F:A1B4', '0100007F:1F91', '01', '00000100:00000000'),
    );
    const server = '0000000000000000FFFF00000100007F';
    const ipv6 = table(row(0, `${server}:1F90`, `${server}:A1B2`, '01', '00000800:00000003'));
    expect(socketBacklogBytes(8080, [ipv4, ipv6])).toBe(0x10 + 3);
  });

  it('is nothing where nothing is queued, or nothing can be seen', () => {
    expect(socketBacklogBytes(8080, [table(), ''])).toBe(0);
  });
});
