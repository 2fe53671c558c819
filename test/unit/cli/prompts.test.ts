import { existsSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { loadFlowFiles } from '../../../src/cli/flow-file.ts';
import { createProgram } from '../../../src/cli/program.ts';
import { listPrompts } from '../../../src/cli/prompts-list.ts';
import { prunePrompts } from '../../../src/cli/prompts-prune.ts';
import { warmPrompts } from '../../../src/cli/prompts-warm.ts';
import { systemClock } from '../../../src/clock.ts';
import { type Config, parseConfig } from '../../../src/config.ts';
import { PromptFiles } from '../../../src/speech/prompt-files.ts';
import { type Speaker, spokenBy } from '../../../src/speech/spoken.ts';
import { wantedPrompts } from '../../../src/wanted-prompts.ts';
import { ELEVENLABS_KEY, elevenLabsVendor } from '../../support/elevenlabs-rig.ts';
import { readyPrompt } from '../../support/prompt-fixture.ts';
import { silentLog } from '../../support/silent-log.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const TIMEOUT = { timeout: 30_000 };
const DAY_S = 86_400;
const BUILTIN: Speaker = {
  provider: 'builtin',
  model: '',
  defaultVoice: 'slt',
  isVoice: (name) => name === 'slt',
};

/** One prompt of its own, beside those that every flow has. */
function flowThatSays(text: string): string {
  const path = join(temporaryFolder(), 'flow.yaml');
  const node = `{ kind: end, outcome: done, text: ${JSON.stringify(text)} }`;
  writeFileSync(path, `flow: tiny\nversion: 1\nstart: bye\nnodes:\n  bye: ${node}\n`);
  return path;
}

/** What \`warm\` would have made of the flow, without its two seconds. */
async function warmed(config: Config): Promise<string[]> {
  const files = new PromptFiles(folderOf(config), 1e8);
  await files.open();
  for (const { key, source } of wantedPrompts(loadFlowFiles(config.FLOW)).values())
    if (source.kind === 'text') await files.save(readyPrompt(key), spokenBy(BUILTIN, source));
  return readdirSync(folderOf(config));
}

/** `columns`: it is a terminal of that width. */
function kept(columns?: number) {
  let text = '';
  const output: Writable & { isTTY?: boolean; columns?: number } = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  if (columns !== undefined) Object.assign(output, { isTTY: true, columns });
  return { output, lines: () => text.split('\n').filter((line) => line !== '') };
}

const configOf = (environment: Record<string, string> = {}): Config =>
  parseConfig({
    DATA_DIR: temporaryFolder(),
    FLOW: flowThatSays('Thank you for calling the clinic, and goodbye.'),
    LOG_LEVEL: 'silent',
    ...environment,
  });
const folderOf = (config: Config) => join(config.DATA_DIR, 'prompts');

async function warm(config: Config, signal = new AbortController().signal) {
  const [output, errors] = [kept(), kept()];
  const exitCode = await warmPrompts({
    config,
    flows: loadFlowFiles(config.FLOW),
    output: output.output,
    errors: errors.output,
    log: silentLog,
    clock: systemClock,
    signal,
  });
  // How far it is, which a slow machine prints more often, is prompt-progress.test.ts's affair.
  const said = output.lines().filter((line) => !/^Prompts: \d+ of \d+$/.test(line));
  return { exitCode, output: said, errors: errors.lines() };
}

async function list(config: Config, isJson = false, columns?: number) {
  const { output, lines } = kept(columns);
  await listPrompts(config, isJson, output);
  return lines();
}

async function prune(config: Config, options: Partial<Parameters<typeof prunePrompts>[1]> = {}) {
  const { output, lines } = kept();
  await prunePrompts(config, { all: false, dryRun: false, ...options }, output, systemClock);
  return lines();
}

describe('prompts warm', () => {
  it('makes every prompt of the flows, and none twice', TIMEOUT, async () => {
    const config = configOf();
    const first = await warm(config);
    expect(first).toMatchObject({ exitCode: 0, errors: [] });
    const amount = readdirSync(folderOf(config)).length;
    expect(first.output).toEqual([`${amount} prompts: 0 were there, ${amount} made by builtin`]);
    expect(await warm(config)).toMatchObject({
      exitCode: 0,
      output: [`${amount} prompts: ${amount} were there`],
    });
  });

  it('does not take a stand-in for a success, and says which and why', TIMEOUT, async () => {
    const vendor = await elevenLabsVendor({ apiKey: 'another' });
    const config = configOf({ ELEVENLABS_API_KEY: ELEVENLABS_KEY, ELEVENLABS_BASE_URL: vendor.origin });
    const { exitCode, output, errors } = await warm(config);
    expect([exitCode, output]).toEqual([
      1,
      [expect.stringMatching(/^(\d+) prompts: 0 were there, \1 made by builtin$/)],
    ]);
    expect(errors[0]).toMatch(/^Only a stand-in, by builtin: "/);
    expect(errors.at(-1)).toMatch(/^ElevenLabs refuses the key .*ELEVENLABS_API_KEY/);
  });

  it('fails for what nobody can speak, with the reason', TIMEOUT, async () => {
    const vendor = await elevenLabsVendor({ voiceIds: [] });
    const config = configOf({
      ELEVENLABS_API_KEY: ELEVENLABS_KEY,
      ELEVENLABS_BASE_URL: vendor.origin,
      SYNTHESIZERS: 'elevenlabs',
    });
    const { exitCode, output, errors } = await warm(config);
    expect(exitCode).toBe(1);
    expect(output[0]).toMatch(/^(\d+) prompts: 0 were there, \1 failed$/);
    expect(errors[0]).toMatch(
      /^Not made: ".*": Expected audio from elevenlabs, received status 404 \(voice_not_found\)$/,
    );
  });

  it('fails where nothing can be kept', TIMEOUT, async () => {
    const config = configOf();
    writeFileSync(folderOf(config), 'in the way');
    const { exitCode, errors } = await warm(config);
    expect(exitCode).toBe(1);
    expect(errors[0]).toMatch(/it could not be kept on disk$/);
  });

  it('ends at once when it is interrupted', TIMEOUT, async () => {
    const vendor = await elevenLabsVendor({ faults: Array(20).fill({ kind: 'hang', after: 'request' }) });
    const config = configOf({ ELEVENLABS_API_KEY: ELEVENLABS_KEY, ELEVENLABS_BASE_URL: vendor.origin });
    const abort = new AbortController();
    const ended = warm(config, abort.signal);
    await vi.waitFor(() => expect(vendor.server.requestsAccepted).toBeGreaterThan(0), { timeout: 15_000 });
    abort.abort();
    expect(await ended).toMatchObject({ exitCode: 130, output: [] });
    await vendor.server.noSockets();
  });
});

describe('prompts list', () => {
  it('shows vendor, format, length and text, and the total', async () => {
    const config = configOf();
    const files = await warmed(config);
    const lines = await list(config);
    expect(lines[0]).toMatch(/^VENDOR +MODEL +VOICE +FORMAT +SECONDS +SIZE +LAST USED +TEXT$/);
    expect(lines[1]).toMatch(/^builtin +- +slt +mulaw-8000 +0\.1 +\d+\.\d KB +\d{4}-\d\d-\d\d \d\d:\d\d +\S/);
    expect(lines).toHaveLength(files.length + 2);
    expect(lines.at(-1)).toMatch(new RegExp(`^${files.length} prompts, \\d+\\.\\d KB of 512 MB$`));
  });

  it('cuts texts to the width of a terminal', async () => {
    const config = configOf();
    await warmed(config);
    const lines = (await list(config, false, 100)).slice(0, -1);
    expect(Math.max(...lines.map((line) => line.length))).toBe(100);
    expect(lines.some((line) => line.endsWith('…'))).toBe(true);
  });

  it('gives whole texts as JSON', async () => {
    const config = configOf();
    const files = await warmed(config);
    const all = JSON.parse((await list(config, true)).join('\n')) as { text: string; provider: string }[];
    expect(all).toHaveLength(files.length);
    expect(all.map(({ text }) => text)).toContain('Thank you for calling the clinic, and goodbye.');
    expect(all[0]).toMatchObject({ provider: 'builtin', voice: 'slt' });
  });

  it('makes no folder by looking', async () => {
    const config = configOf();
    expect(await list(config)).toEqual(['0 prompts, 0.0 KB of 512 MB']);
    expect(existsSync(folderOf(config))).toBe(false);
  });
});

describe('prompts prune', () => {
  const OLD = `${'0'.repeat(32)}.prompt`;

  /** What the flow needs, what another flow said, and a file of an older layout that was not used for 40 days. */
  async function folder() {
    const config = configOf();
    const needed = await warmed(config);
    await warmed({ ...config, FLOW: flowThatSays('No more of this.') });
    writeFileSync(join(folderOf(config), OLD), 'TKPRMPT1');
    const longAgo = Date.now() / 1000 - 40 * DAY_S;
    utimesSync(join(folderOf(config), OLD), longAgo, longAgo);
    return { config, needed };
  }

  it('deletes what the flows do not need, and says what was freed', async () => {
    const { config, needed } = await folder();
    const stay = `${needed.length} stay.`;
    expect(await prune(config, { dryRun: true })).toEqual([
      expect.stringMatching(new RegExp(`^Would delete 2 prompts, \\d\\.\\d KB; ${stay}$`)),
    ]);
    expect(readdirSync(folderOf(config))).toHaveLength(needed.length + 2);
    expect(await prune(config)).toEqual([expect.stringMatching(/^Deleted 2 prompts, /)]);
    expect(readdirSync(folderOf(config)).sort()).toEqual(needed.sort());
  });

  it('spares what was used of late', async () => {
    const { config, needed } = await folder();
    expect(await prune(config, { olderThan: 30 })).toEqual([expect.stringMatching(/^Deleted 1 prompt, /)]);
    expect(readdirSync(folderOf(config))).toHaveLength(needed.length + 1);
    expect(existsSync(join(folderOf(config), OLD))).toBe(false);
  });

  it('deletes what another vendor, voice or model spoke', async () => {
    const { config } = await folder();
    const elevenlabs = { ELEVENLABS_API_KEY: ELEVENLABS_KEY, SYNTHESIZERS: 'elevenlabs' };
    await prune(parseConfig({ DATA_DIR: config.DATA_DIR, FLOW: config.FLOW, ...elevenlabs }));
    expect(readdirSync(folderOf(config))).toEqual([]);
  });

  it('deletes everything, needing no flow for that', async () => {
    const { config } = await folder();
    await prune({ ...config, FLOW: 'no/such/flow.yaml' }, { all: true });
    expect(readdirSync(folderOf(config))).toEqual([]);
  });
});

it('explains each command with examples', () => {
  const prompts = createProgram().commands.find((command) => command.name() === 'prompts');
  expect(prompts?.commands.map((command) => command.name())).toEqual(['warm', 'list', 'prune']);
  for (const command of prompts?.commands ?? []) {
    let text = '';
    command.configureOutput({ writeOut: (part) => (text += part) });
    command.outputHelp();
    expect(text).toContain(`npx trunkline prompts ${command.name()}`);
  }
});
