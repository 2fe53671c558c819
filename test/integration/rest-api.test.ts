/** The server's REST client against the carrier's stand-in, over real sockets. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { redirectBy } from '../../src/server/call-redirect.ts';
import { RestApi } from '../../src/simulator/rest-api.ts';
import { SimulatedCarrier } from '../../src/simulator/simulated-carrier.ts';

const ACCOUNT = `AC${'0'.repeat(31)}1`;
const AUTH_TOKEN = 'a-secret-of-tests';

async function rig() {
  const bot = createServer((request, response) => {
    response.setHeader('content-type', 'text/xml');
    response.end(`<Response>${request.url === '/voice' ? '<Pause length="60"/>' : '<Hangup/>'}</Response>`);
  });
  await new Promise<void>((resolve) => bot.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(bot.address() as AddressInfo).port}`;
  const carrier = new SimulatedCarrier({ authToken: AUTH_TOKEN, publicUrl: base });
  const api = await RestApi.start({ carrier, accountSid: ACCOUNT, authToken: AUTH_TOKEN });
  onTestFinished(async () => {
    await carrier.close();
    await api.close();
    bot.closeAllConnections();
    bot.close();
  });
  const redirect = redirectBy({ accountSid: ACCOUNT, authToken: AUTH_TOKEN, baseUrl: api.url });
  return { api, base, carrier, redirect };
}

it('leaves what the call is doing and fetches the new document', async () => {
  const { api, base, carrier, redirect } = await rig();
  const call = carrier.placeCall();
  expect(await redirect(call.callSid, `${base}/next`)).toEqual({ kind: 'redirected' });
  const report = await call.ended;
  expect(report).toMatchObject({ endReason: 'hangup', errors: [] });
  expect(report.webhooks.at(-1)?.url).toBe(`${base}/next`);
  expect(report.endedAtMs).toBeLessThan(10_000);
  expect(api.requests).toMatchObject([{ form: { Url: `${base}/next`, Method: 'POST' }, statusCode: 200 }]);
});

it('tells calls that are over from those that may be asked for again, and from our own mistakes', async () => {
  const { api, base, carrier, redirect } = await rig();
  const call = carrier.placeCall();
  const url = `${base}/next`;
  api.failNext(429, 20429);
  expect(await redirect(call.callSid, url)).toEqual({ kind: 'later', reason: 'HTTP 429, 20429' });
  api.failNext(503, 20503);
  expect(await redirect(call.callSid, url)).toMatchObject({ kind: 'later' });
  expect(await redirect(call.callSid, 'nowhere')).toEqual({ kind: 'refused', reason: 'HTTP 400, 21205' });
  const stranger = redirectBy({ accountSid: ACCOUNT, authToken: 'another', baseUrl: api.url });
  expect(await stranger(call.callSid, url)).toEqual({ kind: 'refused', reason: 'HTTP 401, 20003' });
  call.hangUp();
  await call.ended;
  expect(await redirect(call.callSid, url)).toEqual({ kind: 'over' });
  expect(await redirect(`CA${'f'.repeat(32)}`, url)).toEqual({ kind: 'over' });
  const nobody = redirectBy({ accountSid: ACCOUNT, authToken: AUTH_TOKEN, baseUrl: 'http://127.0.0.1:1' });
  expect(await nobody(call.callSid, url)).toMatchObject({ kind: 'later' });
});
