/**
 * Where a public URL really is. The simulator signs and names hosts as the world knows them, and connects where it is told:
 * usually to a port of this machine.
 */

export interface NetAddress {
  readonly host: string;
  readonly port: number;
  readonly tls?: boolean;
}

export interface Routing {
  /** `host` or `host:port` as in the URL -> where to connect. Hosts not named here are connected to as they are. */
  readonly addresses: ReadonlyMap<string, NetAddress>;
  /** PEM of the authority to trust for TLS; none: the system's. */
  readonly ca?: string | undefined;
}

/** The target of `url`. The port is the scheme's own where the URL names none. */
export function addressOf(url: URL, routing: Routing): Required<NetAddress> {
  const tls = url.protocol === 'https:' || url.protocol === 'wss:';
  const known = routing.addresses.get(url.host);
  if (known !== undefined) return { host: known.host, port: known.port, tls: known.tls ?? false };
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return { host, port: url.port === '' ? (tls ? 443 : 80) : Number(url.port), tls };
}
