/**
 * Whether a request is *local*: sent from this machine, to this machine, with nothing between. A loopback peer alone
 * proves nothing: a tunnel or a proxy on the same host makes everyone loopback, and a browser can be led to a name
 * that resolves to 127.0.0.1. Pure; I/O thread.
 */

const LOCAL_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i;

/** Headers that only something in between adds. One of them is enough, whatever it says. Underscores count as hyphens. */
const FORWARDING_NAMES = new Set(['via', 'x-real-ip', 'x-original-host', 'x-amzn-trace-id']);
const FORWARDING_PARTS = ['forwarded', 'client-ip', 'clientip'];
const FORWARDING_PREFIXES = ['x-envoy-', 'x-appengine-', 'cf-', 'cdn-', 'ngrok-', 'tailscale-', 'x-tunnel-'];

const V4_MAPPED = Buffer.from('00000000000000000000ffff', 'hex');
const V6_LOOPBACK = Buffer.from('00000000000000000000000000000001', 'hex');

/** `address` as the socket gives it: 4 or 16 bytes. */
export function isLoopbackAddress(address: Uint8Array): boolean {
  if (address.length === 4) return address[0] === 127;
  if (address.length !== 16) return false;
  if (V4_MAPPED.equals(address.subarray(0, 12))) return address[12] === 127;
  return V6_LOOPBACK.equals(address);
}

/** `name` in lower case. */
export function isForwardingHeader(name: string): boolean {
  const hyphened = name.replaceAll('_', '-');
  return (
    FORWARDING_NAMES.has(hyphened) ||
    FORWARDING_PARTS.some((part) => hyphened.includes(part)) ||
    FORWARDING_PREFIXES.some((prefix) => hyphened.startsWith(prefix))
  );
}

/** The Host header if it names this machine, in lower case with its port; else null. */
export function localHostOf(host: string): string | null {
  return LOCAL_HOST.test(host) ? host.toLowerCase() : null;
}

export interface RequestOrigin {
  readonly peerAddress: Uint8Array;
  /** Every header in the order received, names in lower case; a name may come twice. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

export function isLocalRequest(request: RequestOrigin): boolean {
  if (!isLoopbackAddress(request.peerAddress)) return false;
  const hosts = request.headers.filter(([name]) => name === 'host');
  if (hosts.length !== 1 || localHostOf(hosts[0]![1]) === null) return false;
  return !request.headers.some(([name]) => isForwardingHeader(name));
}
