/** The board and the flow in Chromium, against a server that sends what a test tells it. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { boardCalls, boardSnapshot, callSidOf, callView, FLOW } from '../support/board-fixture.ts';
import {
  CHROMIUM_PATH,
  launchChromium,
  type OpenPage,
  openPage,
  takePicture,
  WITHOUT_CHROMIUM,
} from '../support/chromium.ts';
import { MockTrunkline } from '../support/mock-trunkline.ts';

const HOSTILE = '<img src=x onerror="document.title=1">';

describe.skipIf(CHROMIUM_PATH === null)(`the board${WITHOUT_CHROMIUM}`, () => {
  const atEnd: (() => void)[] = [];
  let browser: Browser;
  let server: MockTrunkline;
  let open: OpenPage;
  let page: Page;

  beforeAll(async () => {
    browser = await launchChromium((remove) => atEnd.push(remove), { heard: null });
  });
  afterAll(async () => {
    await browser.close();
    for (const remove of atEnd) remove();
  });
  beforeEach(async () => {
    server = await MockTrunkline.start();
    server.snapshot = () => boardSnapshot(boardCalls(10));
    server.callView = callView;
    server.flow = () => FLOW;
    open = await openPage(browser);
    page = open.page;
  });
  afterEach(async () => {
    await open.context.close();
    await server.close();
    expect(server.violations).toEqual([]);
    expect(open.faults).toEqual([]);
  });

  const visit = (path: string) => page.goto(server.url + path);
  const button = (name: string | RegExp) => page.getByRole('button', { name, exact: true });
  const panel = () => page.getByRole('region', { name: /^Call from/ });

  it('shows the calls of now, the day, and how the server is', async () => {
    await visit('/board');
    const table = page.getByRole('table');
    await expect.poll(() => table.getByRole('row').count()).toBe(11);
    expect(await table.innerText()).toMatch(/\+1•••••0103[\s\S]*lasting[\s\S]*0:27[\s\S]*•••/);
    const text = await page.getByRole('main').innerText();
    for (const shown of ['10 of 1000', '2 of 2', 'sqlite', '1834', 'half within 380 ms', '1.4 ms']) {
      expect(text).toContain(shown);
    }
    expect(text).toMatch(/not eligible\s+87/);
    expect(text).toMatch(/elevenlabs\s+down\s+answers 503/);
    expect(text).toMatch(/p95 720 ms/);
    await expect.poll(() => page.locator('canvas').count()).toBe(2);
    await takePicture(page, 'board');
  });

  it('follows the calls as they come and go', async () => {
    server.snapshot = () => boardSnapshot([]);
    await visit('/board');
    await page.getByText('Nobody is on the line.').waitFor();
    server.snapshot = () => boardSnapshot(boardCalls(3));
    await expect.poll(() => page.getByRole('row').count()).toBe(4);
    server.snapshot = () => ({ ...boardSnapshot(boardCalls(120)), callCount: 700 });
    await button('Show all 120').click();
    await expect.poll(() => page.getByRole('row').count()).toBe(121);
    await page.getByText('The newest 120 of 700 calls.').waitFor();
  });

  it('opens a call, and hangs it up after asking', async () => {
    await visit('/board');
    await button('Open the call from +1•••••0102').click();
    await panel().waitFor();
    expect(await panel().innerText()).toMatch(
      /Barge-in[\s\S]*openai answered[\s\S]*0\.4 s[\s\S]*willing: true/,
    );
    await takePicture(page, 'board-call');
    await panel().getByRole('button', { name: 'Hang up' }).click();
    const dialog = page.getByRole('dialog', { name: 'Hang up the call from +1•••••0102?' });
    await dialog.getByRole('button', { name: 'Let it go on' }).click();
    expect(server.hungUp).toEqual([]);
    await panel().getByRole('button', { name: 'Hang up' }).click();
    await dialog.getByRole('button', { name: 'Hang up' }).click();
    await page.getByText('The call is being ended.').waitFor();
    expect(server.hungUp).toEqual([callSidOf(2)]);
    server.callView = (callSid) => ({ ...callView(callSid), state: 'ended', endReason: 'hung up' });
    await expect.poll(() => panel().innerText()).toContain('hung up');
    expect(await panel().getByRole('button', { name: 'Hang up' }).count()).toBe(0);
  });

  it('says so where a call that is opened is not known any more', async () => {
    server.callView = () => null;
    await visit('/board');
    await button('Open the call from +1•••••0102').click();
    await page.getByText('The server knows no such call.').waitFor();
  });

  it('asks for the token, until it is the right one, and keeps it for the tab alone', async () => {
    server.adminToken = 'right';
    await visit('/board');
    await page.getByLabel('ADMIN_TOKEN of the server').fill('wrong');
    await page.keyboard.press('Enter');
    await page.getByText('That token was not the right one.').waitFor();
    await takePicture(page, 'board-locked');
    await page.getByLabel('ADMIN_TOKEN of the server').fill('right');
    await button('Open the board').click();
    await expect.poll(() => page.getByRole('row').count()).toBe(11);
    await page.reload();
    await expect.poll(() => page.getByRole('row').count()).toBe(11);
    expect(await page.evaluate('[localStorage.length, document.cookie]')).toEqual([0, '']);
    await visit('/board/flow');
    await page.getByRole('heading', { name: 'eligibility' }).waitFor();
  });

  it('opens its feed again when that is lost, and says that what it shows is old', async () => {
    await visit('/board');
    await page.getByText('Live from node-1').waitFor();
    await page.route('**/api/board', (route) => route.abort());
    server.cutFeeds();
    await page.getByText(/does not answer.*What you see is old/).waitFor();
    await page.unroute('**/api/board');
    await page.getByText('Live from node-1').waitFor();
  });

  it('shows strings as they are, whatever they hold', async () => {
    const call = { ...boardCalls(1)[0]!, from: HOSTILE, question: HOSTILE, heard: HOSTILE };
    server.snapshot = () => ({
      ...boardSnapshot([call]),
      nodeId: HOSTILE,
      vendors: [{ name: HOSTILE, state: HOSTILE, detail: HOSTILE }],
    });
    server.callView = (callSid) => ({
      ...callView(callSid),
      from: HOSTILE,
      answers: [{ node: HOSTILE, value: HOSTILE }],
      timeline: [{ atMs: 0, kind: 'speech', text: HOSTILE }],
    });
    await visit('/board');
    await button(`Open the call from ${HOSTILE}`).click();
    await expect.poll(() => panel().innerText()).toMatch(/Caller\s+<img src=x/);
    server.flow = () => ({
      ...FLOW,
      name: HOSTILE,
      nodes: [{ id: 'greeting', kind: 'say', text: HOSTILE }],
      edges: [{ from: 'greeting', to: 'greeting', label: HOSTILE, callsToday: 1 }],
    });
    expect(await page.locator('img').count()).toBe(0);
    await visit('/board/flow');
    await page.getByRole('heading', { name: HOSTILE }).waitFor();
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.title()).toBe('Trunkline flow');
  });

  it('fits a phone, and the dark', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await page.emulateMedia({ colorScheme: 'dark' });
    for (const [path, name] of [
      ['/board', 'board-small-dark'],
      ['/board/flow', 'flow-small-dark'],
    ] as const) {
      await visit(path);
      await page.locator('table, .flow-drawing').first().waitFor();
      const overflowPx = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
      expect(overflowPx).toBeLessThanOrEqual(0);
      await takePicture(page, name);
    }
  });

  it('draws the flow, with how many went each way', async () => {
    await visit('/board/flow');
    const drawing = page.getByRole('img', { name: /The flow eligibility as a graph of 7 nodes/ });
    await drawing.waitFor();
    expect(await drawing.textContent()).toMatch(/willing.*271/);
    const boxes = await drawing.locator('rect').evaluateAll((rects) =>
      rects.map((rect) => {
        const { x, y, right, bottom } = rect.getBoundingClientRect();
        return { x, y, right, bottom };
      }),
    );
    expect(boxes).toHaveLength(7);
    for (const [index, a] of boxes.entries()) {
      for (const b of boxes.slice(index + 1)) {
        expect(a.right <= b.x || b.right <= a.x || a.bottom <= b.y || b.bottom <= a.y).toBe(true);
      }
    }
    await page.getByText('As a list').click();
    await page.getByText('age > 120: age (3 today)').waitFor();
    await takePicture(page, 'flow');
  });

  it('shows another flow where several are served', async () => {
    const names = ['eligibility', 'lunch & more'];
    server.flow = (name) => ({ ...FLOW, names, name: name ?? 'eligibility' });
    await visit('/board/flow');
    await page.getByLabel('Flow', { exact: true }).selectOption('lunch & more');
    await page.getByRole('heading', { name: 'lunch & more' }).waitFor();
  });
});
