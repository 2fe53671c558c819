/**
 * Which test shows which fault of the conformance list (sections A: webhook, B: WebSocket, C: caller, S: process and host).
 * The test's name, or its group's, holds the id; the words here are of the same name. Left to later work: c11, w56, and of
 * section S what stands in LATER.
 */
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const TESTS = fileURLToPath(new URL('..', import.meta.url));
const LATER = ['w56', 'c11', 's07', 's08', 's11', 's12', 's13', 's14', 's16', 's18', 's19', 's20'];

const SHOWN: Readonly<Record<string, readonly [file: string, words: string]>> = {
  h01: ['server-webhook', 'unsigned'],
  h02: ['server-webhook', 'forged'],
  h03: ['server-webhook', 'signed with another token'],
  h04: ['server-webhook', 'signature of another path'],
  h05: ['server-webhook', 'signature over http'],
  h06: ['server-webhook', 'parameter changed'],
  h07: ['server-webhook', 'parameter added'],
  h08: ['server-webhook', 'takes new, signed parameters'],
  h09: ['server-webhook', 'takes a signature over the explicit port'],
  h10: ['server-webhook', 'answers a replay alike'],
  h11: ['server-limits', 'answers headers over the limit with 431'],
  h12: ['server-limits', 'is rid of a 50 MB body'],
  h13: ['server-webhook', 'JSON'],
  h14: ['server-webhook', 'JSON signed by its hash'],
  h15: ['server-webhook', 'no type'],
  h16: ['server-webhook', 'multipart'],
  h17: ['server-webhook', 'broken percent-encoding'],
  h18: ['server-webhook', 'thousands of parameters'],
  h19: ['server-webhook', '__proto__'],
  h20: ['server-webhook', '405 and what is allowed'],
  h21: ['server-limits', 'too slowly'],
  h22: ['server-limits', 'too slowly'],
  h23: ['server-limits', 'Content-Length with Transfer-Encoding'],
  h24: ['server-limits', 'TLS on the plain port'],
  h25: ['server-webhook', 'names the configured host only'],
  h26: ['server-webhook', 'names the configured host only'],
  h27: ['server-webhook', 'reflects nothing of the caller'],
  h28: ['server-webhook', 'no CallSid'],
  h29: ['server-webhook', 'malformed CallSid'],
  h30: ['server-webhook', 'foreign account'],
  h31: ['websocket-ends', '200 webhooks whose streams never come'],
  h32: ['server-webhook', '%s: 404'],
  h33: ['server-webhook', 'a doubled CallSid'],
  h34: ['webhook-errors', 'nothing of stack, file or setting'],
  h35: ['server-webhook', 'answers pipelined requests'],
  h36: ['server-webhook', 'with an apology'],
  h37: ['server-webhook', 'thanks for a status callback'],
  w01: ['server-upgrade', 'refuses an unknown token'],
  w02: ['server-upgrade', 'unsigned'],
  w03: ['server-upgrade', 'forged'],
  w04: ['server-upgrade', 'signed for another call'],
  w05: ['server-upgrade', 'over http'],
  w06: ['server-upgrade', 'refuses a used token'],
  w07: ['server-upgrade', 'lets a newer stream of the same call win'],
  w08: ['websocket-ends', 'nothing comes at all'],
  w09: ['websocket-ends', 'connected comes, and no start'],
  w10: ['websocket-messages', 'media before start is dropped'],
  w11: ['server-upgrade', 'callSid'],
  w12: ['server-upgrade', 'accountSid'],
  w13: ['server-upgrade', 'token of another call'],
  w14: ['websocket-messages', 'a second start is ignored'],
  w15: ['websocket-messages', 'L16 at 16 kHz is refused'],
  w16: ['websocket-messages', 'what is no JSON'],
  w17: ['websocket-messages', 'what is no object'],
  w18: ['websocket-messages', 'an unknown event'],
  w19: ['websocket-messages', 'fields of a wrong type'],
  w20: ['websocket-messages', 'bad base64'],
  w21: ['websocket-messages', 'empty payloads'],
  w22: ['websocket-messages', 'payloads of odd sizes'],
  w23: ['websocket-messages', 'the outbound track'],
  w24: ['websocket-messages', 'another streamSid'],
  w25: ['websocket-messages', 'duplicate, reordered and lost chunks'],
  w26: ['websocket-messages', 'numbers in place of strings'],
  w27: ['websocket-messages', 'marks that nobody sent'],
  w28: ['websocket-messages', 'what is no key'],
  w29: ['websocket-messages', 'a flood of digits'],
  w30: ['websocket-floods', '60 s of audio at once'],
  w31: ['websocket-messages', 'deep JSON'],
  w32: ['websocket-frames', 'a frame of 16 MB'],
  w33: ['websocket-messages', 'a payload of 1 MB'],
  w34: ['websocket-messages', 'a binary frame'],
  w35: ['websocket-floods', '20,000 pings'],
  w36: ['websocket-floods', '20,000 messages'],
  w37: ['websocket-frames', 'an unmasked frame'],
  w38: ['websocket-frames', 'the first reserved bit'],
  w39: ['websocket-frames', 'text that is not UTF-8'],
  w40: ['websocket-frames', 'an unknown opcode'],
  w41: ['websocket-frames', 'a declared length of 2^40'],
  w42: ['websocket-frames', '20,000 fragments are one message'],
  w43: ['websocket-frames', 'deflate is not negotiated'],
  w44: ['websocket-ends', 'by RST'],
  w45: ['websocket-ends', 'by FIN without a close'],
  w46: ['websocket-ends', 'that sends no media'],
  w47: ['websocket-ends', 'that never reads'],
  w48: ['websocket-ends', 'a stop without a close'],
  w49: ['websocket-ends', 'a close without a stop'],
  w50: ['websocket-ends', 'media and a second stop after the stop'],
  w51: ['server-upgrade', 'refuses 300 bad upgrades'],
  w52: ['server-upgrade', 'refuses a wrong path'],
  w53: ['server-upgrade', 'tells a plain GET'],
  w54: ['server-upgrade', 'refuses a browser'],
  w55: ['server-upgrade', 'when its close is never answered'],
  c01: ['caller-answers', 'is silent'],
  c02: ['caller-answers', 'does not stop talking'],
  c03: ['caller-answers', 'no storm of clears'],
  c04: ['caller-answers', 'no storm of clears'],
  c05: ['caller-answers', 'never guessed'],
  c06: ['caller-line', 'never echoes a mark'],
  c07: ['caller-line', 'neither talked over nor cut off'],
  c08: ['caller-line', 'a caller who hangs up'],
  c09: ['caller-line', 'a frozen network'],
  c10: ['caller-line', 'keeps twenty callers apart'],
  c12: ['caller-answers', 'the tone is no speech'],
  c13: ['caller-answers', 'the bot does not interrupt itself'],
  s01: ['drain', 'with 100 live calls'],
  s02: ['supervisor', 'when nobody calls'],
  s03: ['drain', 'a second one ends the calls'],
  s04: ['process-loss', 'under 50 calls in mid-question'],
  s05: ['supervisor', 'a loop that stalls for 3 s'],
  s06: ['drain', 'every descriptor in use'],
  s09: ['start', 'without an auth token'],
  s10: ['supervisor', 'refuses a port that is taken'],
  s15: ['supervisor', 'keeps the port over a kill -9'],
  s17: ['drain', 'network is cut for 10 s'],
};

const sources = new Map(
  globSync(['conformance/*.test.ts', 'integration/*.test.ts', 'lifecycle/*.test.ts'], { cwd: TESTS })
    .filter((path) => !path.endsWith('coverage.test.ts'))
    .map((path) => [basename(path, '.test.ts'), readFileSync(join(TESTS, path), 'utf8')]),
);

/** Lines on which a text with that id begins: names of tests, not comments. */
function namesWith(id: string, source: string): string[] {
  return source.split('\n').filter((line) => new RegExp(`^[^/*]*['"\`].*\\b${id}\\b`).test(line));
}

it.each(Object.entries(SHOWN))('%s is shown by a test', (id, [file, words]) => {
  expect(sources.keys()).toContain(file);
  expect(namesWith(id, sources.get(file)!)).toContainEqual(expect.stringContaining(words));
});

it('lists every fault of the four sections, and none that is left to later work', () => {
  const idsTo = (section: string, last: number) =>
    Array.from({ length: last }, (_, at) => `${section}${`${at + 1}`.padStart(2, '0')}`);
  const all = [...idsTo('h', 37), ...idsTo('w', 56), ...idsTo('c', 13), ...idsTo('s', 20)];
  expect(Object.keys(SHOWN)).toEqual(all.filter((id) => !LATER.includes(id)));
});
