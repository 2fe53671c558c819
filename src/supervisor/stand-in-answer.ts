/**
 * What callers and balancers are told while no server is ready: wait, and ask again. Nothing here starts anything or knows
 * anybody, so signatures are not asked for. Pure.
 */
import { redirect, say, sayAndHangup } from '../protocol/plain-twiml.ts';
import { SPOKEN } from '../protocol/spoken.ts';
import { TOKEN_TEXT } from '../protocol/token-text.ts';
import { againAt, dialStatusOf, waitAgain, waitsOf } from '../protocol/waiting.ts';
import {
  CONTINUE_PATH,
  FALLBACK_PATH,
  OUTBOUND_PATH,
  STATUS_PATH,
  VOICE_PATH,
  WHISPER_PATH,
} from '../protocol/webhook-paths.ts';

export interface StandInAnswer {
  readonly statusCode: number;
  readonly contentType: string;
  readonly body: string;
  /** The method that the path takes, where another came. */
  readonly allow?: string;
  /** The caller has waited before: is to be held back, and as soon as a server listens answered with this body instead. */
  readonly servedBody?: string;
}

/** `target`: path and query as received; `body`: the form, for what the carrier says once. `publicUrl`: as the carrier knows us, or null: then it is sent to a path. */
export function standInAnswer(
  method: string,
  target: string,
  publicUrl: string | null,
  body = '',
): StandInAnswer {
  const [received = '', query = ''] = target.split('?', 2);
  const prefix = publicUrl === null ? '' : new URL(publicUrl).pathname.replace(/\/+$/, '');
  const path = received.startsWith(`${prefix}/`) ? received.slice(prefix.length) : received;
  if (path === '/healthz') return ofGet(method, 200, { status: 'ok' });
  if (path === '/readyz') {
    return ofGet(method, 503, { ready: false, reasons: ['the server is being restarted'] });
  }
  const isContinue = path.startsWith(CONTINUE_PATH) && TOKEN_TEXT.test(path.slice(CONTINUE_PATH.length));
  if (path === VOICE_PATH || path.startsWith(OUTBOUND_PATH) || isContinue) {
    const url = (publicUrl ?? '') + path;
    const waits = waitsOf(query);
    // Said once, and needed by whoever is asked next.
    const dialStatus = isContinue ? dialStatusIn(body) || dialStatusOf(query) : '';
    const wait =
      waitAgain(url, waits, dialStatus) ?? sayAndHangup(isContinue ? SPOKEN.lost : SPOKEN.notReady);
    const answer = ofPost(method, wait);
    // Without the count: a server that has just begun to listen may have the caller wait anew until it is warm.
    return waits === 0 || method !== 'POST'
      ? answer
      : { ...answer, servedBody: redirect(againAt(url, dialStatus)) };
  }
  if (path === FALLBACK_PATH) return ofPost(method, sayAndHangup(SPOKEN.failed));
  // Whoever has answered a transfer is joined without a word.
  if (path.startsWith(WHISPER_PATH)) return ofPost(method, say(''));
  if (path === STATUS_PATH && method === 'POST') return text(200, 'ok');
  return text(503, 'The server is being restarted');
}

/** How the transfer went that the carrier asks after; empty where it does not. */
function dialStatusIn(body: string): string {
  const status = new URLSearchParams(body).get('DialCallStatus') ?? '';
  return /^[a-z-]{1,16}$/.test(status) ? status : '';
}

function ofPost(method: string, twiml: string): StandInAnswer {
  if (method !== 'POST') return { ...text(405, 'Expected POST for this path'), allow: 'POST' };
  return { statusCode: 200, contentType: 'text/xml; charset=utf-8', body: twiml };
}

function ofGet(method: string, statusCode: number, body: object): StandInAnswer {
  if (method !== 'GET' && method !== 'HEAD') {
    return { ...text(405, 'Expected GET for this path'), allow: 'GET, HEAD' };
  }
  return { statusCode, contentType: 'application/json', body: `${JSON.stringify(body)}\n` };
}

function text(statusCode: number, reason: string): StandInAnswer {
  return { statusCode, contentType: 'text/plain; charset=utf-8', body: `${reason}\n` };
}
