/** The doctor's walk through the public address: what a proxy on the way does to it is found, and said with a cure. */
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { checkWay } from '../../src/operations/doctor/way-checks.ts';
import { AUTH_TOKEN, TrunklineRig } from '../support/trunkline-rig.ts';

const ACCOUNT = `AC${'0'.repeat(32)}`;

/** A reverse proxy that does to requests what a test wants. */
class RewritingProxy {
  path = (path: string): string => path;
  passesUpgrades = true;
  answer: { statusCode: number; location?: string } | null = null;
  target = 0;
  readonly server: Server;

  constructor() {
    this.server = createServer((incoming, outgoing) => {
      if (this.answer !== null) {
        const { location, statusCode } = this.answer;
        outgoing.writeHead(statusCode, location === undefined ? {} : { Location: location }).end();
        return;
      }
      const { headers, method } = incoming;
      const onward = request(
        { host: '127.0.0.1', port: this.target, method, path: this.path(incoming.url ?? ''), headers },
        (response) => {
          outgoing.writeHead(response.statusCode ?? 0, response.headers);
          response.pipe(outgoing);
        },
      );
      onward.on('error', () => outgoing.writeHead(502).end());
      incoming.pipe(onward);
    });
    this.server.on('upgrade', (incoming: IncomingMessage, near) => {
      near.on('error', () => {});
      if (!this.passesUpgrades) {
        near.end('HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
        return;
      }
      const far = connect(this.target, '127.0.0.1', () => {
        const { method, rawHeaders, url = '' } = incoming;
        const lines = rawHeaders.flatMap((name, at) =>
          at % 2 === 0 ? [`${name}: ${rawHeaders[at + 1]}`] : [],
        );
        far.write(`${method} ${this.path(url)} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
        far.pipe(near).pipe(far);
      });
      far.on('error', () => near.destroy());
    });
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }
}

let rig: TrunklineRig;
let proxy: RewritingProxy;

beforeAll(async () => {
  proxy = new RewritingProxy();
  await new Promise<void>((resolve) => proxy.server.listen(0, '127.0.0.1', resolve));
  rig = await TrunklineRig.start({
    PUBLIC_URL: `http://127.0.0.1:${proxy.port}/bot`,
    TWILIO_ACCOUNT_SID: ACCOUNT,
  });
  proxy.target = rig.trunkline.port;
});
afterAll(async () => {
  proxy.server.closeAllConnections();
  proxy.server.close();
  await rig.close();
});

async function walk(more: { readonly authToken?: string; readonly publicUrl?: string } = {}) {
  const findings = await checkWay({
    publicUrl: `http://127.0.0.1:${proxy.port}/bot`,
    accountSid: ACCOUNT,
    authToken: AUTH_TOKEN,
    to: '+12025550100',
    clock: systemClock,
    timeoutMs: 2000,
    ...more,
  });
  return Object.fromEntries(findings.map((finding) => [finding.about, finding]));
}

describe('the way of a call', () => {
  it('is walked to an opened stream, and leaves no call behind', async () => {
    const found = await walk();
    expect(found).toMatchObject({
      name: { level: 'ok' },
      certificate: { level: 'warning', text: expect.stringContaining('http://') },
      webhook: { level: 'ok' },
      stream: { level: 'ok' },
    });
    await rig.nothingIsLeft();
    expect(await rig.records()).toEqual([]);
  });

  it('ends at a token that the server does not have', async () => {
    const { stream, webhook } = await walk({ authToken: 'another-token-of-tests-32-letters' });
    expect(webhook).toMatchObject({ level: 'error', text: expect.stringContaining('403') });
    expect(webhook!.cure).toMatch(/another TWILIO_AUTH_TOKEN/);
    expect(stream).toMatchObject({ level: 'skipped' });
  });

  it('ends at a proxy that adds a query', async () => {
    proxy.path = (path) => `${path}?via=proxy`;
    const { webhook } = await walk();
    proxy.path = (path) => path;
    expect(webhook).toMatchObject({ level: 'error', cure: expect.stringContaining('query') });
  });

  it('ends at a proxy that leads to another path', async () => {
    proxy.path = (path) => `/elsewhere${path}`;
    const { webhook } = await walk();
    proxy.path = (path) => path;
    expect(webhook).toMatchObject({ level: 'error', text: expect.stringContaining('404') });
  });

  it('ends at a proxy that passes no WebSockets on', async () => {
    proxy.passesUpgrades = false;
    const { stream, webhook } = await walk();
    proxy.passesUpgrades = true;
    expect(webhook).toMatchObject({ level: 'ok' });
    expect(stream).toMatchObject({ level: 'error', text: expect.stringContaining('426') });
    expect(stream!.cure).toMatch(/passes no WebSockets on/);
  });

  it.each([
    [{ statusCode: 308, location: 'https://other.example/voice' }, /other\.example.*PUBLIC_URL/],
    [{ statusCode: 502 }, /reaches no server/],
    [{ statusCode: 500 }, /log of the server/],
  ])('ends at an answer of %o', async (answer, cure) => {
    proxy.answer = answer;
    const { webhook } = await walk();
    proxy.answer = null;
    expect(webhook).toMatchObject({ level: 'error', cure: expect.stringMatching(cure) });
  });

  it('ends where nobody listens', async () => {
    const { webhook } = await walk({ publicUrl: 'http://127.0.0.1:9' });
    expect(webhook).toMatchObject({ level: 'error', cure: expect.stringContaining('npm start') });
  });

  it('ends at a name that there is not', async () => {
    const { name, stream, webhook } = await walk({ publicUrl: 'https://bot.invalid' });
    expect(name).toMatchObject({ level: 'error', cure: expect.stringContaining('TWILIO_DOMAIN') });
    expect([stream!.level, webhook!.level]).toEqual(['skipped', 'skipped']);
  });
});
