/** Debian's Chromium for tests of the pages, with a microphone that hears a WAV file. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';
import { writeWav } from '../../src/audio/wav.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { tone } from './tone.ts';

const PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const ARTIFACTS = fileURLToPath(new URL('../../test-artifacts', import.meta.url));

export const CHROMIUM_PATH = PATHS.find((path) => existsSync(path)) ?? null;
/** Stands in the name of what is skipped. */
export const WITHOUT_CHROMIUM = CHROMIUM_PATH === null ? ' (skipped: needs apt-get install chromium)' : '';

/** A host that is no localhost, and so gets no microphone over http. */
export const INSECURE_HOST = 'bot.test';

export interface ChromiumOptions {
  /** WAV file that the microphone hears, over and over; a tone by default. Null: there is no microphone. */
  readonly heard?: string | null;
}

export function launchChromium(
  atEnd: (remove: () => void) => void,
  { heard }: ChromiumOptions = {},
): Promise<Browser> {
  const microphone = heard === undefined ? toneFile(atEnd) : heard;
  const fake =
    microphone === null
      ? []
      : ['--use-fake-device-for-media-stream', `--use-file-for-fake-audio-capture=${microphone}`];
  return chromium.launch({
    executablePath: CHROMIUM_PATH!,
    args: ['--no-sandbox', `--host-resolver-rules=MAP ${INSECURE_HOST} 127.0.0.1`, ...fake],
  });
}

function toneFile(atEnd: (remove: () => void) => void): string {
  const path = join(temporaryFolder(atEnd), 'tone.wav');
  writeFileSync(path, writeWav(tone(1000, 48_000)));
  return path;
}

export interface OpenPage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the page did that its Content-Security-Policy forbids, and what it threw. A test expects none. */
  readonly faults: string[];
}

export async function openPage(
  browser: Browser,
  options: BrowserContextOptions & { readonly microphone?: 'granted' | 'denied' } = {},
): Promise<OpenPage> {
  const { microphone = 'granted', ...contextOptions } = options;
  const context = await browser.newContext({ viewport: { width: 1180, height: 860 }, ...contextOptions });
  const page = await context.newPage();
  const faults: string[] = [];
  await page.exposeFunction('tellFault', (fault: string) => faults.push(fault));
  await page.addInitScript({
    content: `document.addEventListener('securitypolicyviolation', (event) =>
      tellFault(event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sample));`,
  });
  page.on('pageerror', (error) => faults.push(error.message));
  const session = await browser.newBrowserCDPSession();
  await session.send('Browser.setPermission', {
    permission: { name: 'microphone' },
    setting: microphone,
    browserContextId: await contextIdOf(page),
  });
  return { page, context, faults };
}

/** Into `test-artifacts/`, for the eye. */
export async function takePicture(page: Page, name: string): Promise<void> {
  mkdirSync(ARTIFACTS, { recursive: true });
  await page.screenshot({ path: join(ARTIFACTS, `${name}.png`), fullPage: true });
}

async function contextIdOf(page: Page): Promise<string> {
  const session = await page.context().newCDPSession(page);
  const { targetInfo } = await session.send('Target.getTargetInfo');
  await session.detach();
  return targetInfo.browserContextId!;
}
