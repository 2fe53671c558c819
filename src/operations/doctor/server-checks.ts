/** The server on this machine, and this machine's clock. */
import type { Clock } from '../../clock.ts';
import type { Config } from '../../config.ts';
import { error, type Finding, ok, skipped, warning } from './finding.ts';

const TIMEOUT_MS = 3000;
/** Tokens live for a minute; a log whose times are wrong helps nobody. */
const CLOCK_WRONG_MS = 30_000;
const CLOCK_ODD_MS = 3000;

/** Asked where it listens, not through the public address. */
export async function checkServer({ HOST, PORT, TLS_CERT }: Config): Promise<readonly Finding[]> {
  if (TLS_CERT !== undefined)
    return [skipped('server', 'asked through the public address only, since it serves TLS itself')];
  const host = HOST === '0.0.0.0' || HOST === '::' ? '127.0.0.1' : HOST;
  const address = `${host.includes(':') ? `[${host}]` : host}:${PORT}`;
  try {
    const response = await fetch(`http://${address}/readyz`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    const report = (await response.json().catch(() => ({}))) as { readonly reasons?: unknown };
    if (response.ok) return [ok('server', `${address} takes calls`)];
    const { reasons } = report;
    const why =
      Array.isArray(reasons) && reasons.length > 0
        ? reasons.join(', ')
        : `/readyz answers ${response.status}`;
    return [
      warning(
        'server',
        `${address} takes no new calls: ${why}`,
        'Wait until it has started; its log says what it waits for.',
      ),
    ];
  } catch {
    return [error('server', `nothing answers at ${address}`, 'Start it: npm start')];
  }
}

/** By the carrier's own clock, as its answers tell it. */
export async function checkTime(baseUrl: string, clock: Clock): Promise<readonly Finding[]> {
  const askedAtMs = clock.wallMs();
  try {
    const response = await fetch(baseUrl, {
      method: 'HEAD',
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const toldAtMs = Date.parse(response.headers.get('date') ?? '');
    if (Number.isNaN(toldAtMs)) return [skipped('clock', `${new URL(baseUrl).host} does not tell the time`)];
    const answeredAtMs = clock.wallMs();
    // The header is cut to whole seconds.
    const offMs = (askedAtMs + answeredAtMs) / 2 - (toldAtMs + 500);
    const text = `${(Math.abs(offMs) / 1000).toFixed(1)} s ${offMs < 0 ? 'behind' : 'ahead of'} Twilio's`;
    const cure = 'Switch on time synchronization (timedatectl set-ntp true).';
    if (Math.abs(offMs) > CLOCK_WRONG_MS) return [error('clock', text, cure)];
    return [Math.abs(offMs) > CLOCK_ODD_MS ? warning('clock', text, cure) : ok('clock', text)];
  } catch {
    return [skipped('clock', `${new URL(baseUrl).host} cannot be asked for the time`)];
  }
}
