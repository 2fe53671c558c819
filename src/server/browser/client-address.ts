/**
 * Whose request it is, for rate limits: the peer's address, or where the peer is a proxy that we trust, the last address of
 * X-Forwarded-For that is not such a proxy itself. For nothing else: whoever is trusted here is believed no more than that. I/O thread.
 */
import { BlockList, isIP } from 'node:net';
import type { RequestOrigin } from '../local-request.ts';

const V4_MAPPED = Buffer.from('00000000000000000000ffff', 'hex');
/** What one customer of a provider has at the least: all of it is one address. */
const V6_PREFIX_PARTS = 4;

export class ClientAddress {
  readonly #trusted = new BlockList();

  /** `proxies`: addresses, and networks as `10.0.0.0/8`; checked. */
  constructor(proxies: readonly string[]) {
    for (const proxy of proxies) {
      const [address, prefix] = proxy.split('/');
      const family = familyOf(address!);
      if (prefix === undefined) this.#trusted.addAddress(address!, family);
      else this.#trusted.addSubnet(address!, Number(prefix), family);
    }
  }

  /** The same for all that is one client's, as text. */
  of({ headers, peerAddress }: RequestOrigin): string {
    let address = toText(peerAddress);
    const forwarded = headers
      .filter(([name]) => name === 'x-forwarded-for')
      .flatMap(([, value]) => value.split(','))
      .map((part) => part.trim());
    while (this.#isTrusted(address)) {
      const next = forwarded.pop();
      if (next === undefined || isIP(next) === 0) break;
      address = next;
    }
    return networkOf(address);
  }

  #isTrusted(address: string): boolean {
    return isIP(address) !== 0 && this.#trusted.check(address, familyOf(address));
  }
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}

/** Of 4 or 16 bytes; an IPv4 address in IPv6's form is one of IPv4. Empty of any other: a socket of this machine. */
function toText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) return '';
  if (V4_MAPPED.equals(bytes.subarray(0, 12))) return bytes.subarray(12).join('.');
  const hex = Buffer.from(bytes).toString('hex');
  return hex.match(/.{4}/g)!.join(':');
}

function networkOf(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = '', tail = ''] = address.split('::');
  const before = head.split(':').filter((part) => part !== '');
  const after = tail.split(':').filter((part) => part !== '');
  const missing = address.includes('::') ? Math.max(0, 8 - before.length - after.length) : 0;
  const parts = [...before, ...Array<string>(missing).fill('0'), ...after];
  return parts
    .slice(0, V6_PREFIX_PARTS)
    .map((part) => Number.parseInt(part, 16).toString(16))
    .join(':');
}
