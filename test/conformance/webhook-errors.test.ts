/** FAULTS.md, section A, against a whole Trunkline: what its errors say, and the manners of its small routes. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type HttpAnswer, rawExchange, readAnswer } from '../support/server-rig.ts';
import { AUTH_TOKEN, TamperingRig } from '../support/tampered-call.ts';

const FORM = 'Content-Type: application/x-www-form-urlencoded';
/** A signature of nothing. */
const UNSOUND = `X-Twilio-Signature: ${'A'.repeat(27)}=`;
const ACCOUNT = 'AC00000000000000000000000000000001';

let rig: TamperingRig;

beforeAll(async () => {
  rig = await TamperingRig.start();
}, 60_000);

afterEach(() => rig.isUnharmed());

afterAll(() => rig.close());

async function ask(firstLine: string, headers: readonly string[] = [], body = ''): Promise<HttpAnswer> {
  const head = [`${firstLine} HTTP/1.1`, 'Host: bot.example.org', ...headers].join('\r\n');
  return readAnswer(await rawExchange(rig.rig.trunkline.port, `${head}\r\n\r\n${body}`));
}

const post = (...request: Parameters<TamperingRig['post']>) => rig.post(...request);

function expectNothingLeaks({ body, head }: HttpAnswer): void {
  expect(body.length).toBeLessThan(200);
  expect(body).not.toMatch(/\bat \S+ \(|:\d+:\d+|node:|node_modules|\.[cm]?[jt]s\b|stack/);
  for (const secret of [process.cwd(), AUTH_TOKEN, 'secret']) expect(head + body).not.toContain(secret);
}

describe('h34: an error says what was expected, and nothing of stack, file or setting', () => {
  const callSid = `CA${'0'.repeat(32)}`;
  const WEBSOCKET = [
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ];

  it.each<[number, string, () => Promise<HttpAnswer>]>([
    [400, 'a malformed form', () => ask('POST /voice', [FORM, 'Content-Length: 11', UNSOUND], 'CallSid=%zz')],
    [400, 'no CallSid', () => post('/voice', { AccountSid: ACCOUNT })],
    [400, 'a malformed CallSid', () => post('/voice', { AccountSid: ACCOUNT, CallSid: '../../etc/passwd' })],
    [403, 'no signature', () => ask('POST /voice', [FORM, 'Content-Length: 0'])],
    [403, 'a wrong signature', () => post('/voice', { CallSid: callSid }, '/other')],
    [404, 'no such path', () => ask('GET /../../etc/passwd')],
    [404, 'no such call', () => post('/voice/continue/x', { CallSid: callSid })],
    [404, 'no such stream', () => ask('GET /ws/twilio/x', WEBSOCKET)],
    [405, 'the wrong method', () => ask('DELETE /voice')],
    [413, 'a body over the limit', () => ask('POST /voice', [FORM, 'Content-Length: 99999'])],
    [415, 'the wrong content type', () => ask('POST /voice', ['Content-Type: application/json'])],
    [426, 'no upgrade', () => ask('GET /ws/twilio/x')],
    [431, 'headers over the limit', () => ask('GET /healthz', [`X-Long: ${'a'.repeat(20_000)}`])],
  ])('%i: %s', async (status, _title, exchange) => {
    const answer = await exchange();
    expect(answer.status).toBe(status);
    expectNothingLeaks(answer);
  });

  it('500: a defect of ours', async () => {
    const { directory } = rig.rig.trunkline.server;
    const { isLive } = directory;
    const { report } = await rig.place({ caller: { onAudioStart: (caller) => caller.hangUp() } }).finished;
    const action = new URL(report.verbs[0]!.attributes['action']!);
    directory.isLive = () => {
      throw new Error(`secret defect in ${process.cwd()}/src/server.ts:1:1`);
    };
    const answer = await post(action.pathname, { AccountSid: ACCOUNT, CallSid: report.callSid });
    directory.isLive = isLive;
    expect(answer.status).toBe(500);
    expectNothingLeaks(answer);
  });
});

describe('the small routes', () => {
  it.each(['/healthz', '/readyz', '/healthz?probe=1', '/readyz?verbose&x=%zz'])(
    'GET and HEAD %s are answered alike, HEAD without the body',
    async (target) => {
      const get = await ask(`GET ${target}`);
      const [head, next] = await headThenGet(target);
      expect([get.status, head.status]).toEqual([200, 200]);
      expect(JSON.parse(get.body)).toBeTypeOf('object');
      expect(fieldsOf(head)).toEqual(fieldsOf(get));
      // The answer to the next request begins where a body would.
      expect(next.status).toBe(404);
    },
  );

  it('answer another method with 405 and what they allow, HEAD as well', async () => {
    const posted = await ask('POST /healthz');
    expect([posted.status, fieldsOf(posted)]).toMatchObject([405, { allow: 'GET, HEAD' }]);
    const [head, next] = await headThenGet('/voice');
    expect([head.status, fieldsOf(head), next.status]).toMatchObject([405, { allow: 'POST' }, 404]);
  });

  /** Two requests on one connection; the second waits for no answer. */
  async function headThenGet(target: string): Promise<[HttpAnswer, HttpAnswer]> {
    const requests = `HEAD ${target} HTTP/1.1\r\nHost: a\r\n\r\nGET /nothing HTTP/1.1\r\nHost: a\r\n\r\n`;
    const head = readAnswer(await rawExchange(rig.rig.trunkline.port, requests));
    return [head, readAnswer(head.body)];
  }

  function fieldsOf({ head }: HttpAnswer): Record<string, string> {
    const lines = head
      .split('\r\n')
      .slice(1)
      .map((line) => line.split(': '));
    const fields = lines.map(([name, value]) => [name!.toLowerCase(), value ?? '']);
    return { ...Object.fromEntries(fields), date: '' };
  }
});
