/**
 * The public address of a tunnel that runs already on this machine, by ngrok's local API.
 * https://ngrok.com/docs/agent/api#list-tunnels
 */
import { ConfigError } from '../errors.ts';

/** ngrok's own default. */
export const NGROK_API = 'http://127.0.0.1:4040';
const TIMEOUT_MS = 3000;

interface Tunnel {
  readonly public_url?: unknown;
  readonly config?: { readonly addr?: unknown };
}

/** The https address that leads to `port`, without a trailing slash. Rejects with ConfigError, which says what to start. */
export async function findNgrokTunnel(port: number, api = NGROK_API): Promise<string> {
  const start = `start it in another terminal: ngrok http ${port}`;
  const tunnels = await listTunnels(api, start);
  const isSecure = ({ public_url: url }: Tunnel): boolean =>
    typeof url === 'string' && url.startsWith('https://');
  const found = tunnels.find((tunnel) => isSecure(tunnel) && portOf(tunnel) === port);
  if (found !== undefined) return String(found.public_url).replace(/\/+$/, '');
  const others = tunnels.filter(isSecure).map((tunnel) => portOf(tunnel));
  throw new ConfigError(
    `--tunnel: expected an https tunnel of ngrok to port ${port}, received ${
      others.length === 0 ? 'none' : `tunnels to ${others.join(', ')}`
    }; ${start}`,
  );
}

async function listTunnels(api: string, start: string): Promise<readonly Tunnel[]> {
  try {
    const response = await fetch(`${api}/api/tunnels`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    const answer = (await response.json()) as { readonly tunnels?: unknown };
    if (Array.isArray(answer.tunnels)) return answer.tunnels as readonly Tunnel[];
  } catch {
    // As any other program that answers there.
  }
  throw new ConfigError(`--tunnel: expected ngrok's API at ${api}, received no answer of it; ${start}`);
}

/** `http://localhost:8080`, `localhost:8080`, `8080`. */
function portOf({ config }: Tunnel): number | null {
  const port = /(?:^|:)(\d{1,5})\/?$/.exec(String(config?.addr ?? ''))?.[1];
  return port === undefined ? null : Number(port);
}
