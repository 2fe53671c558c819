import { Agent, get, type IncomingMessage } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type FaultSource,
  faultQueue,
  htmlReply,
  jsonReply,
  type VendorFault,
} from '../../../../src/simulator/vendors/vendor-fault.ts';
import { VendorServer } from '../../../../src/simulator/vendors/vendor-server.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const RIGHT = jsonReply(200, { text: 'yes' });
const clock = new FakeClock();
let vendor: VendorServer | null = null;
let agent = new Agent({ keepAlive: true });

afterEach(async () => {
  agent.destroy();
  agent = new Agent({ keepAlive: true });
  await vendor?.close();
  vendor = null;
});

async function vendorWith(...faults: VendorFault[]): Promise<VendorServer> {
  return vendorThat(faultQueue(faults));
}

async function vendorThat(fault: FaultSource): Promise<VendorServer> {
  vendor = await VendorServer.listen({
    clock,
    fault,
    answer: (request) =>
      request.path === '/wrong'
        ? { accepted: false, reply: jsonReply(400, {}) }
        : { accepted: true, reply: RIGHT },
  });
  return vendor;
}

/** Status and as much of the body as came, and how it ended. */
function ask(path = '/right'): Promise<{ status: number; body: string; end: string }> {
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException): void =>
      resolve({ status: 0, body: '', end: error.code ?? '' });
    get(`${vendor!.origin}${path}`, { agent }, (response) => read(response, resolve)).on('error', failed);
  });
}

function read(
  response: IncomingMessage,
  resolve: (got: { status: number; body: string; end: string }) => void,
): void {
  let body = '';
  const ended = (end: string): void => resolve({ status: response.statusCode ?? 0, body, end });
  response.on('data', (piece: Buffer) => {
    body += piece.toString();
  });
  response.on('error', (error: NodeJS.ErrnoException) => ended(error.code ?? ''));
  response.on('end', () => ended('whole'));
}

describe('a simulated vendor', () => {
  it('answers right where nothing goes wrong, over one connection, and counts both', async () => {
    await vendorWith();
    expect(await ask()).toEqual({ status: 200, body: '{"text":"yes"}', end: 'whole' });
    expect(await ask('/wrong')).toMatchObject({ status: 400 });
    expect([vendor!.requestsAccepted, vendor!.requestsRejected, vendor!.socketsOpened]).toEqual([1, 1, 1]);
  });

  it('rejects a wrong request whatever the fault', async () => {
    await vendorWith({ kind: 'reply', reply: htmlReply(502) });
    expect(await ask('/wrong')).toMatchObject({ status: 400 });
    expect(await ask()).toMatchObject({ status: 502 });
  });

  it.each<[string, VendorFault, { status: number; body: string; end: string }]>([
    [
      'resets before the headers',
      { kind: 'reset', after: 'request' },
      { status: 0, body: '', end: 'ECONNRESET' },
    ],
    ['cuts an answer', { kind: 'cut', keepRatio: 0.5 }, { status: 200, body: '{"text"', end: 'whole' }],
    ['loses the last byte', { kind: 'odd' }, { status: 200, body: '{"text":"yes"', end: 'whole' }],
    [
      'resets in the body',
      { kind: 'reset', after: 'half-body' },
      { status: 200, body: '{"text"', end: 'ECONNRESET' },
    ],
  ])('%s', async (_name, fault, got) => {
    await vendorWith(fault);
    expect(await ask()).toEqual(got);
  });

  it('hangs until the client goes', async () => {
    await vendorWith({ kind: 'hang', after: 'headers' });
    await new Promise<void>((resolve) => {
      const request = get(`${vendor!.origin}/right`, { agent }, (response) => {
        response.on('error', () => resolve());
        request.destroy();
      });
    });
    await vendor!.noSockets();
    expect(vendor!.openSockets).toBe(0);
  });

  it('answers late by its clock alone', async () => {
    let asked = (): void => {};
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    await vendorThat(() => {
      asked();
      return { kind: 'late', delayMs: 6000 };
    });
    const answer = ask();
    await isAsked;
    clock.advanceMs(5999);
    expect(clock.pendingTimers()).toBe(1);
    clock.advanceMs(1);
    expect(await answer).toMatchObject({ status: 200, end: 'whole' });
  });

  it('sends without end until the client goes', async () => {
    await vendorWith({ kind: 'endless' });
    await new Promise<void>((resolve) => {
      const request = get(`${vendor!.origin}/right`, { agent }, (response) => {
        let bytes = 0;
        response.on('error', () => resolve());
        response.on('data', (piece: Buffer) => {
          bytes += piece.length;
          if (bytes > 1_000_000) request.destroy();
        });
      });
    });
    await vendor!.noSockets();
  });
});
