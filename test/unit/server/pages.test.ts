import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import type { Answer, BytesAnswer, Exchange } from '../../../src/server/exchange.ts';
import type { RouteAnswer } from '../../../src/server/guarded-app.ts';
import { Pages } from '../../../src/server/pages.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const ONE_YEAR = 'public, max-age=31536000, immutable';

function builtPages(): Pages {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'assets'));
  mkdirSync(join(folder, 'board'));
  for (const file of ['index.html', 'board.html', 'board/flow.html'])
    writeFileSync(join(folder, file), `<p>${file}`);
  writeFileSync(join(folder, 'assets', 'index-Ab12.js'), 'let a');
  writeFileSync(join(folder, 'assets', 'index-Ab12.css'), 'a{}');
  writeFileSync(join(folder, 'assets', 'secret.pem'), 'key');
  writeFileSync(join(folder, 'outside.js'), 'no');
  return Pages.read(folder);
}

/** Asks a route; `parameter` is what `:name` took. */
function ask(pages: Pages, path: string, headers: Record<string, string> = {}, parameter = '') {
  const routes = new Map<string, RouteAnswer>();
  pages.register({ route: (_method, route, answer) => void routes.set(route, answer) }, '/bot');
  let given: Answer | BytesAnswer | null = null;
  const exchange = {
    parameter,
    header: (name: string) => headers[name] ?? '',
    answer: (answer: Answer | BytesAnswer) => {
      given = answer;
    },
  };
  void routes.get(path)!(exchange as unknown as Exchange);
  return given! as Answer | BytesAnswer;
}

it.each([
  ['/bot/', 'index.html'],
  ['/bot/board', 'board.html'],
  ['/bot/board/flow', 'board/flow.html'],
])('serves %s fresh, under a strict policy', (path, file) => {
  const { status, contentType, body, headers } = ask(builtPages(), path);
  expect([status, contentType, String(body)]).toEqual(['200 OK', 'text/html; charset=utf-8', `<p>${file}`]);
  expect(headers).toMatchObject({ 'Cache-Control': 'no-cache', 'Referrer-Policy': 'same-origin' });
  const policy = headers!['Content-Security-Policy']!;
  expect(policy).toMatch(/default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';/);
  expect(policy).not.toMatch(/unsafe|\*|https?:/);
});

it('lets hashed parts be kept for ever, with their types', () => {
  const asset = (name: string) => ask(builtPages(), '/bot/assets/:name', {}, name);
  expect(asset('index-Ab12.js')).toMatchObject({
    status: '200 OK',
    contentType: 'text/javascript; charset=utf-8',
    headers: { 'Cache-Control': ONE_YEAR },
  });
  expect(asset('index-Ab12.css').contentType).toBe('text/css; charset=utf-8');
});

it.each(['', '..', '../outside.js', '..%2foutside.js', 'secret.pem', 'constructor', 'index-Ab12.js/'])(
  'knows no part %j',
  (name) => {
    expect(ask(builtPages(), '/bot/assets/:name', {}, name).status).toBe('404 Not Found');
  },
);

it('compresses for who takes it', () => {
  const taking = (value: string) => ask(builtPages(), '/bot/', { 'accept-encoding': value });
  const zipped = taking('br, gzip;q=0.5');
  expect(zipped.headers).toMatchObject({ 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' });
  expect(gunzipSync(zipped.body as Uint8Array).toString()).toBe('<p>index.html');
  for (const value of ['', 'br', 'gzip;q=0', 'gzip; q=0.0']) {
    expect(taking(value).headers).not.toHaveProperty('Content-Encoding');
  }
});

it('answers 304 to who has it already', () => {
  const pages = builtPages();
  const { ETag } = ask(pages, '/bot/').headers!;
  expect(ask(pages, '/bot/', { 'if-none-match': `"other", ${ETag}` })).toMatchObject({
    status: '304 Not Modified',
    body: '',
    headers: { ETag },
  });
  expect(ask(pages, '/bot/board', { 'if-none-match': ETag! }).status).toBe('200 OK');
});

it('says what to run where the pages were not built', () => {
  const answer = ask(Pages.read(join(temporaryFolder(), 'dist')), '/bot/board');
  expect(answer.status).toBe('503 Service Unavailable');
  expect(answer.body).toContain('npm run build:web');
});
