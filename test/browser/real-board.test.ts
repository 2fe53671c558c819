/** The board and the flow in Chromium against a whole Trunkline: ten calls of it, told by telephones and by pages. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { BrowserCaller } from '../support/browser-caller.ts';
import {
  CHROMIUM_PATH,
  launchChromium,
  type OpenPage,
  openPage,
  takePicture,
  WITHOUT_CHROMIUM,
} from '../support/chromium.ts';
import { type RigCall, TrunklineRig } from '../support/trunkline-rig.ts';

const ADMIN_TOKEN = 'a-token-of-tests-of-32-letters-00';
const PHONES = 8;
const PAGES = 2;

describe.skipIf(CHROMIUM_PATH === null)(`the board and the server${WITHOUT_CHROMIUM}`, () => {
  const atEnd: (() => void)[] = [];
  let browser: Browser;
  let rig: TrunklineRig;
  let open: OpenPage;
  let page: Page;
  let phones: RigCall[];
  let pages: BrowserCaller[];

  beforeAll(async () => {
    browser = await launchChromium((remove) => atEnd.push(remove), { heard: null });
    rig = await TrunklineRig.start({
      BROWSER_CALLS: 'local',
      ADMIN_TOKEN,
      FLOW: 'test/fixtures/flows/patient.yaml',
    });
    phones = Array.from({ length: PHONES }, (_, index) =>
      rig.place({ number: 'patient', from: `+1202555017${index}`, answers: { first: '1' } }),
    );
    pages = await Promise.all(
      Array.from({ length: PAGES }, () =>
        BrowserCaller.call(rig.trunkline.port, { answers: { first: ['1'] } }),
      ),
    );
    const asksSecond = ({ notes }: RigCall) =>
      notes.some(({ note }) => note.kind === 'bot said' && note.nodeId === 'second');
    await vi.waitFor(() => expect(phones.every(asksSecond)).toBe(true), { timeout: 15_000 });
    open = await openPage(browser);
    page = open.page;
    await page.goto(`http://127.0.0.1:${rig.trunkline.port}/board`);
    await page.getByLabel('ADMIN_TOKEN of the server').fill('another-token-of-tests-of-32-chars');
    await page.keyboard.press('Enter');
    await page.getByText('That token was not the right one.').waitFor();
    await page.getByLabel('ADMIN_TOKEN of the server').fill(ADMIN_TOKEN);
    await page.keyboard.press('Enter');
  });
  afterEach(() => expect(open.faults).toEqual([]));
  afterAll(async () => {
    await rig?.close();
    await browser.close();
    for (const remove of atEnd) remove();
  });

  const rows = () => page.getByRole('table').getByRole('row');
  const panel = () => page.getByRole('region', { name: /^Call from/ });

  it('show the calls of now with who is at which question', async () => {
    await expect.poll(() => rows().count()).toBe(1 + PHONES + PAGES);
    const text = await page.getByRole('table').innerText();
    expect(text.match(/\+1•••••••17\d/g)).toHaveLength(PHONES);
    expect(text.match(/browser/g)!.length).toBeGreaterThanOrEqual(PAGES);
    expect(text).toMatch(/second/);
    const main = await page.getByRole('main').innerText();
    expect(main).toContain('10 of 1000');
    expect(main).toContain('sqlite');
    await expect.poll(() => page.locator('canvas').count()).toBe(2);
    await takePicture(page, 'real-board');
  });

  it('open a call, and end it at the carrier', async () => {
    await page.getByRole('button', { name: 'Open the call from +1•••••••173', exact: true }).click();
    await panel().waitFor();
    await expect.poll(() => panel().innerText()).toMatch(/first\s+yes[\s\S]*Are you ready\?[\s\S]*Digits/);
    await takePicture(page, 'real-board-call');
    await panel().getByRole('button', { name: 'Hang up' }).click();
    const dialog = page.getByRole('dialog', { name: 'Hang up the call from +1•••••••173?' });
    await dialog.getByRole('button', { name: 'Hang up' }).click();
    const { record, report } = await phones[3]!.finished;
    expect(report).toMatchObject({ endedBy: 'server' });
    expect(record).toMatchObject({ endReason: 'hung up', answers: { first: true } });
    await expect.poll(() => panel().innerText()).toContain('hung up');
    await expect.poll(() => rows().count()).toBe(PHONES + PAGES);
  });

  it('end a call from a page, which is told so', async () => {
    await page.getByRole('button', { name: 'Open the call from browser', exact: true }).first().click();
    await panel().getByRole('button', { name: 'Hang up' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Hang up' }).click();
    await Promise.race(pages.map(({ closed }) => closed));
    const ended = pages.filter((caller) => caller.ended !== undefined);
    expect(ended.map((caller) => caller.ended)).toEqual([expect.objectContaining({ reason: 'hung up' })]);
  });

  it('draw the flow, with how many went which way today', async () => {
    await page.goto(`http://127.0.0.1:${rig.trunkline.port}/board/flow`);
    await page.getByRole('img', { name: /The flow patient as a graph/ }).waitFor();
    await page.getByText('As a list').click();
    // A way counts when the question at its end is over: so far of the two calls that were hung up.
    await expect.poll(() => page.getByRole('main').innerText()).toContain('then second (2 today)');
    await takePicture(page, 'real-flow');
  });
});
