/** The pages over a real socket: what uWebSockets.js makes of their headers, bodies and paths. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Pages } from '../../src/server/pages.ts';
import { rawExchange, type ServerRig, startRig } from '../support/server-rig.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const atEnd: (() => void)[] = [];
let rig: ServerRig;

beforeAll(async () => {
  const folder = temporaryFolder((remove) => atEnd.push(remove));
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), '<p>phone');
  writeFileSync(join(folder, 'assets', 'a-1.js'), 'let a');
  rig = await startRig({
    settings: { publicUrl: 'https://bot.example.org/bot' },
    parts: { pages: Pages.read(folder) },
  });
});
afterAll(async () => {
  await rig.close();
  for (const remove of atEnd) remove();
});

const get = (path: string, headers = '', method = 'GET') =>
  rawExchange(
    rig.port,
    `${method} ${path} HTTP/1.1\r\nHost: bot.example.org\r\n${headers}Connection: close\r\n\r\n`,
    true,
  );

it('come by the public prefix and without it, each header once', async () => {
  for (const path of ['/', '/bot/']) {
    const answer = await get(path);
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*<p>phone$/);
    for (const name of [
      'cache-control',
      'x-content-type-options',
      'content-security-policy',
      'content-type',
    ]) {
      expect(answer.match(new RegExp(`^${name}:`, 'gim'))).toHaveLength(1);
    }
  }
});

it('come compressed', async () => {
  const answer = Buffer.from(await get('/assets/a-1.js', 'Accept-Encoding: gzip\r\n'), 'latin1');
  expect(gunzipSync(answer.subarray(answer.indexOf('\r\n\r\n') + 4)).toString()).toBe('let a');
});

it('come as 304 without a length, after which the connection goes on', async () => {
  const etag = /^etag: (.*)\r$/im.exec(await get('/'))![1]!;
  const request = (more: string) => `GET / HTTP/1.1\r\nHost: bot.example.org\r\n${more}\r\n`;
  const answers = await rawExchange(
    rig.port,
    request(`If-None-Match: ${etag}\r\n`) + request('Connection: close\r\n'),
    true,
  );
  expect(answers).toMatch(/^HTTP\/1\.1 304 Not Modified[\s\S]*HTTP\/1\.1 200 OK[\s\S]*<p>phone$/);
  expect(answers.slice(0, answers.indexOf('\r\n\r\n'))).not.toMatch(/content-length/i);
});

it('come without their body to HEAD', async () => {
  expect(await get('/', '', 'HEAD')).toMatch(
    /^HTTP\/1\.1 200 OK[\s\S]*content-length: 8\r\n[\s\S]*\r\n\r\n$/i,
  );
});

it.each([
  '/assets/..%2findex.html',
  '/assets/../index.html',
  '/assets/',
  '/assets/a-1.js/',
  '/assets/%61-1.js',
])('are not at %s', async (path) => {
  expect(await get(path)).toMatch(/^HTTP\/1\.1 404/);
});
