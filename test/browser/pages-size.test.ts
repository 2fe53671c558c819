import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';

const DIST = fileURLToPath(new URL('../../web/dist/', import.meta.url));
const SCRIPT_MAX_BYTES = 120 * 1024;

it('has under 120 KB of script in all pages together, compressed', () => {
  const scripts = readdirSync(`${DIST}assets`).filter((name) => name.endsWith('.js'));
  const sizes = scripts.map((name) => gzipSync(readFileSync(`${DIST}assets/${name}`), { level: 9 }).length);
  expect(scripts.length).toBeGreaterThan(3);
  expect(sizes.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(SCRIPT_MAX_BYTES);
});

it.each(['index.html', 'board.html', 'board/flow.html'])('has no inline script or style in %s', (file) => {
  const html = readFileSync(DIST + file, 'utf8');
  expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=/);
});
