/** The browser phone in Chromium against a whole Trunkline: its flow, its recognizer, its prompts. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  CHROMIUM_PATH,
  launchChromium,
  type OpenPage,
  openPage,
  takePicture,
  WITHOUT_CHROMIUM,
} from '../support/chromium.ts';
import { microphoneFile } from '../support/microphone-file.ts';
import { SlowNetwork } from '../support/slow-network.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TrunklineRig } from '../support/trunkline-rig.ts';

const HOSTILE = '<img src=x onerror="document.title=1">';
const HOSTILE_FLOW = `flow: hostile
version: 1
start: first
nodes:
  first:
    kind: ask
    answer: yes-no
    text: 'Are you ${HOSTILE} ready?'
    no_input_ms: 20000
    next: last
  last:
    kind: end
    outcome: done
    text: Goodbye.
`;

describe.skipIf(CHROMIUM_PATH === null)(`the browser phone and the server${WITHOUT_CHROMIUM}`, () => {
  const atEnd: (() => void)[] = [];
  const later = (remove: () => void) => void atEnd.push(remove);
  let browser: Browser;
  let rig: TrunklineRig | null = null;
  let open: OpenPage;
  let page: Page;

  beforeAll(async () => {
    browser = await launchChromium(later, { heard: await microphoneFile(later, 2600, 'yes', 1200) });
  });
  afterAll(async () => {
    await rig?.close();
    await browser.close();
    for (const remove of atEnd) remove();
  });

  const button = (name: string) => page.getByRole('button', { name, exact: true });
  const sees = (text: string | RegExp) => page.getByText(text).first().waitFor();
  const transcript = () => page.getByRole('region', { name: 'Transcript' });
  const result = async () => {
    const shown = page.getByRole('region', { name: 'Result of the call' });
    await shown.waitFor({ timeout: 50_000 });
    return shown.innerText();
  };

  async function visit(port: number, within = browser): Promise<void> {
    open = await openPage(within);
    page = open.page;
    await page.goto(`http://127.0.0.1:${port}/`);
  }

  afterEach(async () => {
    await open.context.close();
    expect(open.faults).toEqual([]);
  });

  describe('which takes calls', () => {
    let port: number;

    beforeAll(async () => {
      rig = await TrunklineRig.start({ BROWSER_CALLS: 'local' });
      port = rig.trunkline.port;
    });
    afterEach(() => rig!.nothingIsLeft());
    afterAll(async () => {
      await rig?.close();
      rig = null;
    });

    it('bring a spoken call to its result', async () => {
      await visit(port);
      await button('Call').click();
      await sees('Are you ready?');
      await takePicture(page, 'real-phone-live');
      expect(await result()).toMatch(/complete[\s\S]*both[\s\S]*first\s+yes\s+second\s+yes/);
      expect(await transcript().innerText()).toMatch(/You\s*yes/);
      await takePicture(page, 'real-phone-result');
      const [record] = await rig!.records();
      expect(record).toMatchObject({ from: 'browser', outcome: 'both', endReason: 'completed' });
    });

    it('bring a call by keypad to its result', async () => {
      await visit(port);
      await button('Call without a microphone').click();
      await sees('Are you ready?');
      await button('1').click();
      await sees('Are you sure?');
      await page.keyboard.press('2');
      expect(await result()).toMatch(/not both[\s\S]*first\s+yes\s+second\s+no/);
    });

    it('take a call up again at its question when the connection was lost', async () => {
      const network = await SlowNetwork.before(port);
      await visit(network.port);
      await button('Call without a microphone').click();
      await sees('Are you ready?');
      await button('1').click();
      await sees('Are you sure?');
      network.cut();
      await sees('The connection is back.');
      await sees(/sorry/i);
      await button('1').click();
      expect(await result()).toMatch(/both[\s\S]*first\s+yes\s+second\s+yes/);
      const record = (await rig!.records()).find(({ attempt }) => attempt === 1);
      expect(record).toMatchObject({ outcome: 'both' });
    });

    it('hang up', async () => {
      await visit(port);
      await button('Call without a microphone').click();
      await sees('Are you ready?');
      await button('Hang up').click();
      expect(await result()).toContain('You hung up.');
    });
  });

  it('let a caller speak over the bot, without headphones', async () => {
    const talker = await launchChromium(later, { heard: await microphoneFile(later, 1100, 'yes', 500) });
    rig = await TrunklineRig.start({ BROWSER_CALLS: 'local', FLOW: 'flows/eligibility.yaml' });
    await visit(rig.trunkline.port, talker);
    await button('Call').click();
    await sees('you spoke');
    await takePicture(page, 'real-phone-barge-in');
    await button('Hang up').click();
    await result();
    await rig.close();
    rig = null;
    await talker.close();
  });

  it('show a question as it is, whatever it holds', async () => {
    const path = join(temporaryFolder(), 'hostile.yaml');
    writeFileSync(path, HOSTILE_FLOW);
    rig = await TrunklineRig.start({ BROWSER_CALLS: 'local', FLOW: path });
    await visit(rig.trunkline.port);
    await button('Call without a microphone').click();
    await sees(`Are you ${HOSTILE} ready?`);
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.title()).toBe('Trunkline phone');
    await page.goto(`http://127.0.0.1:${rig.trunkline.port}/board/flow`);
    await page.getByRole('heading', { name: 'hostile' }).waitFor();
    expect(await page.locator('img').count()).toBe(0);
    await rig.close();
    rig = null;
  });

  describe('which does not take calls', () => {
    const alert = async () => {
      const shown = page.getByRole('alert');
      await shown.waitFor();
      return shown.innerText();
    };

    afterEach(async () => {
      await rig?.close();
      rig = null;
    });

    it('say that calls from browsers are off', async () => {
      rig = await TrunklineRig.start({ BROWSER_CALLS: 'off' });
      await visit(rig.trunkline.port);
      await button('Call').click();
      expect(await alert()).toContain('Calls from the browser are switched off.');
    });

    it('say that all lines are busy', async () => {
      rig = await TrunklineRig.start({ BROWSER_CALLS: 'local', MAX_CALLS: '1' });
      const busy = rig.place({ number: 'patient' });
      await expect.poll(() => busy.notes.length).toBeGreaterThan(0);
      await visit(rig.trunkline.port);
      await button('Call').click();
      expect(await alert()).toMatch(/All lines are busy\.\s+Try again in 10 seconds\./);
      busy.call.hangUp();
      await busy.finished;
    });

    it('say that the server is about to stop', async () => {
      rig = await TrunklineRig.start({ BROWSER_CALLS: 'local' });
      const last = rig.place({ number: 'patient' });
      await expect.poll(() => last.notes.length).toBeGreaterThan(0);
      await visit(rig.trunkline.port);
      void rig.trunkline.server.drain.begin();
      await button('Call').click();
      expect(await alert()).toContain('The server is about to stop');
      last.call.hangUp();
      await last.finished;
    });
  });
});
