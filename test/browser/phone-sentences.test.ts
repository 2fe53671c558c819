/** What the browser phone says when a call cannot be made, or cannot go on: each names what happened and what to do. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  CHROMIUM_PATH,
  INSECURE_HOST,
  launchChromium,
  type OpenPage,
  openPage,
  takePicture,
  WITHOUT_CHROMIUM,
} from '../support/chromium.ts';
import { MockTrunkline, type Refusal } from '../support/mock-trunkline.ts';

describe.skipIf(CHROMIUM_PATH === null)(`the browser phone's sentences${WITHOUT_CHROMIUM}`, () => {
  const atEnd: (() => void)[] = [];
  let browser: Browser;
  let deaf: Browser;
  let server: MockTrunkline;
  let open: OpenPage;
  let page: Page;

  beforeAll(async () => {
    browser = await launchChromium((remove) => atEnd.push(remove));
    deaf = await launchChromium((remove) => atEnd.push(remove), { heard: null });
  });
  afterAll(async () => {
    await browser.close();
    await deaf.close();
    for (const remove of atEnd) remove();
  });
  beforeEach(async () => {
    server = await MockTrunkline.start();
  });
  afterEach(async () => {
    await open.context.close();
    await server.close();
    expect(server.violations).toEqual([]);
    expect(open.faults).toEqual([]);
  });

  async function opens(
    options: Parameters<typeof openPage>[1] = {},
    within: Browser = browser,
  ): Promise<void> {
    open = await openPage(within, options);
    page = open.page;
    await page.goto(server.url);
  }
  const call = () => page.getByRole('button', { name: 'Call', exact: true }).click();
  /** Told at once to who cannot see it. */
  const alert = async () => {
    const shown = page.getByRole('alert');
    await shown.waitFor();
    return shown.innerText();
  };

  const refusals: readonly (readonly [Refusal, title: string, advice: RegExp])[] = [
    [
      { status: 403, code: 'browser-calls-off' },
      'Calls from the browser are switched off.',
      /BROWSER_CALLS=on/,
    ],
    [{ status: 403, code: 'not-local' }, 'from its own machine only', /localhost/],
    [{ status: 403, code: 'foreign-origin' }, 'an address that the server does not know', /PUBLIC_URL/],
    [{ status: 429, code: 'too-many', retryAfterSeconds: 21 }, 'Too many calls', /Try again in 21 seconds/],
    [{ status: 429, code: 'too-many', retryAfterSeconds: 300 }, 'Too many calls', /Try again in 5 minutes/],
    [{ status: 503, code: 'full' }, 'All lines are busy.', /Try again in 60 seconds/],
    [{ status: 503, code: 'not-ready' }, 'The server is still starting.', /Try again in 10 seconds/],
    [{ status: 503, code: 'draining' }, 'about to stop', /Try again/],
    [
      { status: 418, code: 'teapot', detail: 'It is a <b>teapot</b>.' },
      'refused the call',
      /It is a <b>teapot<\/b>\./,
    ],
  ];
  it.each(refusals)('are given for %o', async (refusal, title, advice) => {
    await opens();
    server.refusal = refusal;
    await call();
    const text = await alert();
    expect(text).toContain(title);
    expect(text).toMatch(advice);
    if (refusal.code === 'full') await takePicture(page, 'phone-full');
    server.refusal = null;
    await page.getByRole('button', { name: 'Call again' }).click();
    await page.getByRole('button', { name: 'Hang up' }).waitFor();
  });

  it('say that the server does not answer', async () => {
    await opens();
    await page.route('**/api/sessions', (route) => route.abort());
    await call();
    expect(await alert()).toMatch(/The server does not answer\.[\s\S]*Check your network/);
  });

  it('offer the keypad where the microphone is refused', async () => {
    await opens({ microphone: 'denied' });
    await call();
    expect(await alert()).toMatch(/The microphone was not allowed\.[\s\S]*Allow it/);
    await takePicture(page, 'phone-refused');
    await page.getByRole('button', { name: 'Call with the keypad' }).click();
    await expect.poll(() => server.stream?.isStarted).toBe(true);
  });

  it('offer the keypad where there is no microphone', async () => {
    await opens({}, deaf);
    await call();
    expect(await alert()).toMatch(/No microphone was found\.[\s\S]*Connect one/);
    await page.getByRole('button', { name: 'Call with the keypad' }).waitFor();
  });

  it('say that another program may hold the microphone', async () => {
    await opens();
    await page.evaluate(`navigator.mediaDevices.getUserMedia =
      () => Promise.reject(new DOMException('busy', 'NotReadableError'))`);
    await call();
    expect(await alert()).toMatch(/The microphone does not answer\.[\s\S]*Another program/);
  });

  it('say that a page without https gets no microphone', async () => {
    await opens();
    await page.goto(`http://${INSECURE_HOST}:${server.port}/`);
    await call();
    expect(await alert()).toMatch(/secure connection\.[\s\S]*https/);
    expect(server.asked).toEqual([]);
  });

  it('go on with the call, and say so, where nothing can be heard', async () => {
    await opens();
    await page.evaluate('navigator.mediaDevices.enumerateDevices = () => Promise.resolve([])');
    await call();
    await page.getByText(/No loudspeaker or headphones were found/).waitFor();
    await expect.poll(() => server.stream?.isStarted).toBe(true);
  });

  it('go on with the keypad when the microphone is lost', async () => {
    await opens();
    await page.evaluate(`
      const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = async (wanted) => {
        const stream = await ask(wanted);
        setTimeout(() => {
          const [track] = stream.getAudioTracks();
          track.stop();
          track.dispatchEvent(new Event('ended'));
        }, 500);
        return stream;
      }`);
    await call();
    await page.getByText(/The microphone is gone/).waitFor();
    const frames = server.stream.frames;
    await expect.poll(() => server.stream.frames).toBeGreaterThan(frames + 5);
  });

  it('tell of a vendor in trouble while the call goes on, and when it ends by it', async () => {
    await opens();
    await call();
    await expect.poll(() => server.stream?.isStarted).toBe(true);
    server.stream.note({ kind: 'vendor' });
    await page.getByText(/trouble understanding speech.*keypad/).waitFor();
    server.stream.ends('call failed');
    await page.getByText('The bot could not go on.').waitFor();
  });

  it('repeat why the server closed a stream, and do not try again', async () => {
    await opens();
    await call();
    await expect.poll(() => server.stream?.isStarted).toBe(true);
    server.stream.refuses('the token was used <already>');
    expect(await alert()).toMatch(/closed the call\.[\s\S]*the token was used <already>/);
    expect(server.asked).toEqual([null]);
  });
});
