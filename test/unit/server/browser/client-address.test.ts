import { describe, expect, it } from 'vitest';
import { ClientAddress } from '../../../../src/server/browser/client-address.ts';

function from(peer: readonly number[], ...forwarded: string[]) {
  const headers = forwarded.map((value) => ['x-forwarded-for', value] as const);
  return { peerAddress: Uint8Array.from(peer), headers };
}

const PROXY = [10, 0, 0, 1];
const MAPPED = [...Array<number>(10).fill(0), 255, 255, 10, 0, 0, 1];
const V6 = [0x20, 1, 0xd, 0xb8, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3];

describe('whose request it is', () => {
  it.each([
    ["the peer's, whatever it says, where no proxy is trusted", [], from(PROXY, '1.2.3.4'), '10.0.0.1'],
    ['whom a trusted proxy names', ['10.0.0.1'], from(PROXY, '1.2.3.4'), '1.2.3.4'],
    ['a proxy named by its network', ['10.0.0.0/8'], from(PROXY, '1.2.3.4'), '1.2.3.4'],
    ["a proxy of IPv4 in IPv6's form", ['10.0.0.1'], from(MAPPED, '1.2.3.4'), '1.2.3.4'],
    [
      'the last that no proxy of ours wrote',
      ['10.0.0.0/8'],
      from(PROXY, '9.9.9.9, 1.2.3.4, 10.0.0.7'),
      '1.2.3.4',
    ],
    ['over several headers', ['10.0.0.0/8'], from(PROXY, '9.9.9.9', '1.2.3.4'), '1.2.3.4'],
    ['the proxy itself, where it names nobody', ['10.0.0.1'], from(PROXY), '10.0.0.1'],
    ['the proxy itself, where it names nonsense', ['10.0.0.1'], from(PROXY, 'unknown'), '10.0.0.1'],
    ['a network of IPv6, not each of its addresses', [], from(V6), '2001:db8:1:2'],
    ['the same in short', ['10.0.0.1'], from(PROXY, '2001:db8:1:2::ffff'), '2001:db8:1:2'],
    ['the same of little', ['10.0.0.1'], from(PROXY, '2001:db8::1'), '2001:db8:0:0'],
  ])('%s', (_title, trusted, request, address) => {
    expect(new ClientAddress(trusted).of(request)).toBe(address);
  });
});
