/**
 * The browser phone and the board, as `web/` was built: read whole at the start, so that no request touches the disk and
 * no path in a request can name a file. They hold nothing that is secret: what they show comes from `/api`, which guards
 * itself. I/O thread.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Answer, type BytesAnswer, type Exchange, textAnswer } from './exchange.ts';
import type { GuardedApp } from './guarded-app.ts';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Path of a page, and the file that it is. */
const HTML_FILES = { '/': 'index.html', '/board': 'board.html', '/board/flow': 'board/flow.html' } as const;
const ASSETS_PATH = '/assets/';

/**
 * `connect-src 'self'` takes in WebSockets to the same host (CSP 3); audio worklets count as scripts. No inline script or
 * style attribute is left to a string that found its way into a page.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const SECURITY_HEADERS = {
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  // Not `no-referrer`, which may make browsers send `Origin: null` with a POST to ourselves.
  'Referrer-Policy': 'same-origin',
  'Permissions-Policy': 'microphone=(self), camera=(), geolocation=()',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

const NOT_BUILT = textAnswer(
  '503 Service Unavailable',
  'The pages are not built: run "npm run build:web" in the folder of Trunkline, and start it again',
);

interface Page {
  readonly contentType: string;
  readonly plain: Buffer;
  readonly zipped: Buffer;
  readonly etag: string;
  readonly cacheControl: string;
}

export class Pages {
  readonly #html: ReadonlyMap<string, Page>;
  readonly #assets: ReadonlyMap<string, Page>;

  private constructor(html: ReadonlyMap<string, Page>, assets: ReadonlyMap<string, Page>) {
    this.#html = html;
    this.#assets = assets;
  }

  /** `folder` as `web/` is built into. One that is missing gives pages that say so. */
  static read(folder: string): Pages {
    const html = new Map<string, Page>();
    const assets = new Map<string, Page>();
    for (const [path, file] of Object.entries(HTML_FILES)) {
      const page = readPage(join(folder, file), 'no-cache');
      if (page !== null) html.set(path, page);
    }
    for (const name of assetNames(join(folder, 'assets'))) {
      // The name holds a hash of the content (web/vite.config.ts).
      const page = readPage(join(folder, 'assets', name), 'public, max-age=31536000, immutable');
      if (page !== null) assets.set(name, page);
    }
    return new Pages(html, assets);
  }

  /** False: each page says how it is built. */
  get isBuilt(): boolean {
    return this.#html.size > 0;
  }

  /** `prefix` is a path without a trailing slash, or empty. */
  register(app: Pick<GuardedApp, 'route'>, prefix: string): void {
    for (const path of Object.keys(HTML_FILES)) {
      app.route('get', prefix + path, (exchange) =>
        exchange.answer(answerOf(exchange, this.#html.get(path)) ?? NOT_BUILT),
      );
    }
    app.route('get', `${prefix}${ASSETS_PATH}:name`, (exchange) =>
      exchange.answer(
        answerOf(exchange, this.#assets.get(exchange.parameter)) ??
          textAnswer('404 Not Found', 'There is no such part of a page; load the page again'),
      ),
    );
  }
}

function answerOf(exchange: Exchange, page: Page | undefined): Answer | BytesAnswer | null {
  if (page === undefined) return null;
  const headers = {
    ...SECURITY_HEADERS,
    'Cache-Control': page.cacheControl,
    ETag: page.etag,
    Vary: 'Accept-Encoding',
  };
  const { contentType } = page;
  if (namesTag(exchange.header('if-none-match'), page.etag)) {
    return { status: '304 Not Modified', contentType, body: '', headers };
  }
  if (!takesGzip(exchange.header('accept-encoding'))) {
    return { status: '200 OK', contentType, body: page.plain, headers };
  }
  return {
    status: '200 OK',
    contentType,
    body: page.zipped,
    headers: { ...headers, 'Content-Encoding': 'gzip' },
  };
}

function namesTag(ifNoneMatch: string, etag: string): boolean {
  return ifNoneMatch.split(',').some((tag) => tag.trim() === etag);
}

function takesGzip(acceptEncoding: string): boolean {
  return acceptEncoding
    .split(',')
    .some((part) => /^gzip(?:;q=(?!0(?:\.0*)?$).*)?$/i.test(part.replace(/\s/g, '')));
}

function assetNames(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Null for a file that is not there, or of a kind that no page has. */
function readPage(path: string, cacheControl: string): Page | null {
  const contentType = CONTENT_TYPES[extname(path)];
  if (contentType === undefined) return null;
  let plain: Buffer;
  try {
    plain = readFileSync(path);
  } catch {
    return null;
  }
  // Weak: the same for both encodings.
  const etag = `W/"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`;
  return { contentType, plain, zipped: gzipSync(plain, { level: 9 }), etag, cacheControl };
}
