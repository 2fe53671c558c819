import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { OpenAiVendor } from '../../src/simulator/vendors/openai-vendor.ts';
import { ELEVENLABS_KEY, elevenLabsVendor } from '../support/elevenlabs-rig.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TrunklineProcess } from '../support/trunkline-process.ts';

const PRELOAD = pathToFileURL(fileURLToPath(new URL('../support/loaded-modules.mjs', import.meta.url))).href;

it("loads no vendor's package on the I/O thread, and tells what the check at the start found", async () => {
  const folder = temporaryFolder();
  const modulesFile = join(folder, 'modules');
  const openAi = await OpenAiVendor.listen({ clock: systemClock });
  onTestFinished(() => openAi.close());
  const elevenLabs = await elevenLabsVendor();
  const trunkline = new TrunklineProcess(['start', '--no-supervisor'], {
    DATA_DIR: folder,
    OPENAI_API_KEY: openAi.apiKey,
    OPENAI_BASE_URL: openAi.baseUrl,
    UNDERSTANDING_MODEL: 'gpt-5-mini',
    ELEVENLABS_API_KEY: ELEVENLABS_KEY,
    ELEVENLABS_BASE_URL: elevenLabs.origin,
    NODE_OPTIONS: `--import=${PRELOAD}`,
    MODULES_FILE: modulesFile,
  });
  const patient = { timeout: 30_000, interval: 50 };
  await vi.waitFor(() => expect(trunkline.stdout).toContain('Ready for calls.'), patient);
  expect(trunkline.stdout).toContain('spoken by elevenlabs, else builtin; heard by openai, else builtin');
  await vi.waitFor(() => expect(trunkline.stderr).toContain('"provider":"elevenlabs"'), patient);
  trunkline.signal('SIGTERM');
  expect(await trunkline.exited).toBe(0);
  const loaded = readFileSync(modulesFile, 'utf8');
  expect(loaded).toContain('/src/main.ts');
  expect(loaded).not.toMatch(/node_modules\/(openai|@elevenlabs|mpg123-decoder)\//);
  expect(trunkline.stderr + trunkline.stdout).not.toMatch(new RegExp(`${ELEVENLABS_KEY}|${openAi.apiKey}`));
});
