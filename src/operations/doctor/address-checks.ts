/** The public address before anything is asked of it: that its name is known, and what certificate is shown there. */
import { lookup } from 'node:dns/promises';
import { connect } from 'node:tls';
import { error, type Finding, ok, warning } from './finding.ts';

const CERTIFICATE_DAYS_MIN = 14;
const DAY_MS = 86_400_000;

export async function checkName({ hostname }: URL): Promise<Finding> {
  try {
    const { address } = await lookup(hostname.replace(/^\[|\]$/g, ''));
    return ok('name', `${hostname} is ${address}`);
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    return error(
      'name',
      `${hostname} is not known (${code})`,
      'Make an A or AAAA record of that name, or set TWILIO_DOMAIN to the right one.',
    );
  }
}

export async function checkCertificate(
  { hostname, port, protocol }: URL,
  timeoutMs: number,
  nowWallMs: number,
): Promise<Finding> {
  if (protocol !== 'https:')
    return warning(
      'certificate',
      'the public address begins with http://',
      'Twilio opens streams over TLS only: put a proxy with a certificate before the server (README, "Behind Caddy"), or use a tunnel.',
    );
  const shown = await shownBy(hostname, Number(port || 443), timeoutMs);
  return typeof shown === 'string'
    ? refusedBy(hostname, shown, timeoutMs)
    : validUntil(shown.validToMs, nowWallMs);
}

/** The end of a certificate that is accepted for this name, or the code of what went wrong. */
function shownBy(
  hostname: string,
  port: number,
  timeoutMs: number,
): Promise<{ readonly validToMs: number } | string> {
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port, servername: hostname, timeout: timeoutMs });
    const settle = (shown: { readonly validToMs: number } | string): void => {
      socket.destroy();
      resolve(shown);
    };
    socket.on('secureConnect', () => settle({ validToMs: Date.parse(socket.getPeerCertificate().valid_to) }));
    socket.on('timeout', () => settle('ETIMEDOUT'));
    socket.on('error', ({ code, message }: NodeJS.ErrnoException) => settle(code ?? message));
  });
}

function validUntil(validToMs: number, nowWallMs: number): Finding {
  const days = Math.floor((validToMs - nowWallMs) / DAY_MS);
  const text = `accepted, valid for ${days} more days`;
  return days < CERTIFICATE_DAYS_MIN
    ? warning('certificate', text, 'Renew it now: an expired one ends every call.')
    : ok('certificate', text);
}

function refusedBy(hostname: string, code: string, timeoutMs: number): Finding {
  switch (code) {
    case 'ETIMEDOUT':
      return error(
        'certificate',
        `${hostname} did not answer within ${timeoutMs / 1000} s`,
        'Open port 443 in the firewall, and let the name point at this machine.',
      );
    case 'ECONNREFUSED':
    case 'ECONNRESET':
      return error(
        'certificate',
        `${hostname}: ${code}`,
        'Nothing listens there with TLS: start the proxy, and open its port.',
      );
    default:
      return error(
        'certificate',
        `${hostname}: ${code}`,
        'Have the proxy get a certificate that browsers accept for this name (Caddy does it by itself).',
      );
  }
}
