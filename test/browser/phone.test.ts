/** The browser phone in Chromium, against a server that is strict and says what a test tells it. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  CHROMIUM_PATH,
  launchChromium,
  type OpenPage,
  openPage,
  takePicture,
  WITHOUT_CHROMIUM,
} from '../support/chromium.ts';
import { MockTrunkline } from '../support/mock-trunkline.ts';
import type { MockVoiceStream } from '../support/mock-voice-stream.ts';

describe.skipIf(CHROMIUM_PATH === null)(`the browser phone${WITHOUT_CHROMIUM}`, () => {
  const atEnd: (() => void)[] = [];
  let browser: Browser;
  let server: MockTrunkline;
  let open: OpenPage;
  let page: Page;

  beforeAll(async () => {
    browser = await launchChromium((remove) => atEnd.push(remove));
  });
  afterAll(async () => {
    await browser.close();
    for (const remove of atEnd) remove();
  });
  beforeEach(async () => {
    server = await MockTrunkline.start();
    open = await openPage(browser);
    page = open.page;
    await page.goto(server.url);
  });
  afterEach(async () => {
    await open.context.close();
    await server.close();
    expect(server.violations).toEqual([]);
    expect(open.faults).toEqual([]);
  });

  const button = (name: string | RegExp) => page.getByRole('button', { name, exact: true });
  const sees = (text: string | RegExp) => page.getByText(text).first().waitFor();

  async function calls(
    name: 'Call' | 'Call again' | 'Call without a microphone' = 'Call',
  ): Promise<MockVoiceStream> {
    const count = server.streams.length;
    await button(name).click();
    await expect.poll(() => server.streams.length).toBe(count + 1);
    await expect.poll(() => server.stream.isStarted).toBe(true);
    await button('Hang up').waitFor();
    return server.stream;
  }

  it('is one button, and shows a call from its first question to its result', async () => {
    await takePicture(page, 'phone-idle');
    const stream = await calls();
    stream.asks('willing', 'Would you like to take part?');
    stream.plays(400, 'willing#1');
    await sees('Would you like to take part?');
    await expect.poll(() => stream.marks).toEqual(['willing#1']);
    await expect.poll(() => stream.levelDbfs).toBeGreaterThan(-40);
    stream.note({ kind: 'heard', text: 'yes please' });
    stream.note({ kind: 'answer', node: 'willing', value: 'true' });
    stream.asks('age', 'Enter your age on the keypad.');
    stream.note({ kind: 'interrupted' });
    await sees('yes please');
    await sees('you spoke');
    await takePicture(page, 'phone-live');
    stream.ends('completed', 'not_eligible', [
      { node: 'willing', value: 'true' },
      { node: 'age', value: '35' },
    ]);
    const result = page.getByRole('region', { name: 'Result of the call' });
    await result.waitFor();
    expect(await result.innerText()).toMatch(/complete[\s\S]*not eligible[\s\S]*willing\s+yes\s+age\s+35/);
    await button('Call again').waitFor();
    await takePicture(page, 'phone-result');
  });

  it('sends the keys of the keypad and of the keyboard, in their order', async () => {
    const stream = await calls();
    await button('3').click();
    await page.keyboard.press('5');
    await button('pound').click();
    await page.keyboard.press('*');
    await page.keyboard.press('x');
    await expect.poll(() => stream.digits.join('')).toBe('35#*');
    await sees('35#*');
  });

  it('calls without a microphone, and sends silence', async () => {
    const stream = await calls('Call without a microphone');
    await expect.poll(() => stream.frames).toBeGreaterThan(20);
    expect(stream.levelDbfs).toBe(-90);
    expect(await page.getByRole('meter').count()).toBe(0);
    await sees('Use the keypad.');
  });

  it('sends silence while muted, and sound again after it', async () => {
    const stream = await calls();
    await expect.poll(() => stream.levelDbfs).toBeGreaterThan(-40);
    await button('Mute').click();
    await expect.poll(() => stream.levelDbfs).toBeLessThan(-80);
    await sees('Connected, muted.');
    await button('Unmute').click();
    await expect.poll(() => stream.levelDbfs).toBeGreaterThan(-40);
  });

  it('shows the level of the microphone', async () => {
    await calls();
    const meter = page.getByRole('meter', { name: 'Microphone level' });
    await expect.poll(async () => Number(await meter.getAttribute('aria-valuenow'))).toBeGreaterThan(40);
  });

  it('drops what is queued at a clear, and sends its marks back', async () => {
    const stream = await calls();
    stream.plays(20_000, 'long');
    await page.locator('.stage.speaking').waitFor();
    stream.clears();
    await expect.poll(() => stream.marks, { timeout: 3000 }).toEqual(['long']);
    await page.locator('.stage.listening').waitFor();
  });

  it('sends a mark back once its audio was heard, not when it came', async () => {
    const stream = await calls();
    stream.plays(1500, 'later');
    await page.locator('.stage.speaking').waitFor();
    expect(stream.marks).toEqual([]);
    await page.locator('.stage.listening').waitFor();
    await expect.poll(() => stream.marks).toEqual(['later']);
  });

  it('hangs up', async () => {
    const stream = await calls();
    await button('Hang up').click();
    await sees('You hung up.');
    expect(stream.isStopped).toBe(true);
  });

  it('takes a lost call up again with its token, and keeps what was said', async () => {
    const first = await calls();
    first.note({ kind: 'answer', node: 'willing', value: 'true' });
    first.plays(20_000, 'of the past');
    await sees('willing');
    first.drops();
    await expect.poll(() => server.streams.length).toBe(2);
    await sees('The connection is back.');
    expect(server.asked).toEqual([null, expect.any(String)]);
    expect(server.stream.callSid).toBe(first.callSid);
    await expect.poll(() => server.stream.frames).toBeGreaterThan(5);
    expect(server.stream.marks).toEqual([]);
    await sees('willing');
  });

  it('tries again while the server has no place for a lost call', async () => {
    const first = await calls();
    server.refusal = { status: 503, code: 'draining' };
    first.drops();
    await sees(/Trying to get it back/);
    await takePicture(page, 'phone-reconnecting');
    await expect.poll(() => server.asked.length).toBeGreaterThan(2);
    server.refusal = null;
    await sees('The connection is back.');
  });

  it('says so when a lost call is over, or does not come back in time', async () => {
    let stream = await calls();
    server.refusal = { status: 410, code: 'call-over' };
    stream.drops();
    await sees('The call has ended meanwhile.');
    server.refusal = null;
    stream = await calls('Call again');
    server.refusal = { status: 503, code: 'draining' };
    stream.drops();
    await sees(/Trying to get it back/);
    await page.evaluate(`
      const now = performance.now.bind(performance);
      performance.now = () => now() + 31_000;`);
    await sees('The connection was lost.');
    await sees(/could not be made again in time/);
  });

  it('shows strings as they are, whatever they hold', async () => {
    const hostile = '<img src=x onerror="document.title=1">{{x}}</script>';
    const stream = await calls();
    stream.asks(hostile, `Q ${hostile}`);
    stream.note({ kind: 'heard', text: `H ${hostile}` });
    stream.note({ kind: 'answer', node: hostile, value: hostile });
    await page.getByText(`Q ${hostile}`).waitFor();
    await page.getByText(`H ${hostile}`).waitFor();
    stream.ends('completed', hostile, [{ node: hostile, value: `A ${hostile}` }]);
    await page.getByText(`A ${hostile}`).waitFor();
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.title()).toBe('Trunkline phone');
  });

  it('fits a phone, and the dark', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
    const stream = await calls();
    stream.asks('willing', 'Would you like to take part?');
    await sees('Would you like to take part?');
    const overflowPx = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
    expect(overflowPx).toBeLessThanOrEqual(0);
    await takePicture(page, 'phone-small-dark');
  });

  it('is used by the keyboard alone', async () => {
    await page.keyboard.press('Tab');
    for (let tabs = 0; tabs < 10; tabs++) {
      const focused = await page.evaluate('document.activeElement?.textContent');
      if (focused === 'Call') break;
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Enter');
    await expect.poll(() => server.stream?.isStarted).toBe(true);
    await button('Hang up').waitFor();
    await page.keyboard.press('Enter');
    await sees('You hung up.');
  });
});
