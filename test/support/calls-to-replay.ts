/**
 * Calls that are recorded over real sockets, of every sort that a replay must get right. For
 * `test/integration/recorded-calls.test.ts`, and for the fixtures.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, vi } from 'vitest';
import type { CallerControls, CallerScript } from '../../src/simulator/caller.ts';
import { jsonReply, type VendorFault } from '../../src/simulator/vendors/vendor-fault.ts';
import { speak, toTelephone } from './caller-speech.ts';
import { RECORDED_CALLS } from './recorded-call-sorts.ts';
import { silence } from './signals.ts';
import { CUES, type RigCallOptions, TrunklineRig } from './trunkline-rig.ts';
import { VendorRig, type VendorRigOptions } from './vendor-rig.ts';

const FLOW = ['short', 'cued', 'wordy']
  .map((name) => fileURLToPath(new URL(`../fixtures/flows/${name}.yaml`, import.meta.url)))
  .join(',');
/** The number of `wordy`. */
const WORDY = '+12025550105';
/** Into a prompt of some 6 s: there is more of it to come than was sent ahead. */
const PATIENCE_MS = 1200;
const FAILS: VendorFault = {
  kind: 'reply',
  reply: jsonReply(500, { error: { message: 'server_error', type: 'error', param: null, code: null } }),
};

/** Places them all, `folder/<name>` for each; resolves with the files of each call, in the order of its streams. */
export async function recordCalls(folder: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const made = await Promise.all([
    byBuiltin(join(folder, 'builtin'), await callers()),
    // Whose worker it takes, it takes others' last words with it.
    byBuiltin(join(folder, 'lost'), await losers()),
    ...Object.entries(ofVendors()).map(byVendor(folder)),
  ]);
  return new Map(made.flat());
}

async function byBuiltin(
  records: string,
  options: Readonly<Record<string, RigCallOptions>>,
): Promise<[string, string[]][]> {
  const rig = await TrunklineRig.start({ RECORD_CALLS: records, FLOW });
  try {
    const placed = Object.entries(options).map(async ([name, each]): Promise<[string, string[]]> => {
      const { call, finished } = rig.place({ timeLimitMs: 60_000, ...each });
      await finished;
      return [name, await filesOf(records, call.callSid, RECORDED_CALLS[name]!.streams)];
    });
    return await Promise.all(placed);
  } finally {
    await rig.close();
  }
}

async function callers(): Promise<Record<string, RigCallOptions>> {
  const yes = await speak('yes');
  const no = await speak('no');
  const spoken = { first: [yes, yes, '1'], second: [yes, yes, '1'] };
  return {
    spoken: { answers: spoken },
    'barge-in': {
      to: WORDY,
      caller: overTheFirstPrompt((caller) => caller.say(no)),
      answers: { first: [null, no, '2'], second: '1' },
    },
    'no-input': { answers: { first: '1' } },
    keypad: { answers: { first: '1', second: '2' } },
    'keys-over-a-prompt': {
      to: WORDY,
      caller: overTheFirstPrompt((caller) => caller.press('12')),
      answers: { second: '2' },
    },
    'hang-up-over-a-prompt': { to: WORDY, caller: overTheFirstPrompt((caller) => caller.hangUp()) },
    'bad-line': {
      network: { delayMs: 60, lossRatio: 0.1, duplicationRatio: 0.05, reorderingRatio: 0.05 },
      line: { noiseDbfs: -55, echo: {} },
      caller: {
        onStart: (caller) => {
          caller.sendRaw('no JSON at all');
          caller.sendRaw(new Uint8Array([0, 1, 2, 0xff]));
          caller.sendRaw('{"event":"media","media":{"payload":7}}');
          caller.sendRaw('{"event":"mark","streamSid":"MZ0","mark":{"name":"g7.99"}}');
        },
      },
      answers: spoken,
    },
    'comes-back': {
      answers: { first: '1', second: [(caller: CallerControls) => caller.drop('reset'), '1'] },
    },
    'code-throws': { number: 'cued', answers: { cue: `${CUES.throw}#`, throw: [yes, '2'] } },
  };
}

async function losers(): Promise<Record<string, RigCallOptions>> {
  const yes = await speak('yes');
  return {
    'worker-lost': { number: 'cued', answers: { cue: `${CUES.exit}#`, exit: [yes, '2'] } },
  };
}

/** Once, well into the first prompt. */
function overTheFirstPrompt(act: (caller: CallerControls) => void): CallerScript {
  let state: 'listens' | 'waits' | 'has acted' = 'listens';
  return {
    onAudioStart: (caller) => {
      if (state !== 'listens') return;
      state = 'waits';
      caller.say(toTelephone(silence(PATIENCE_MS)));
    },
    onSaid: (caller) => {
      if (state !== 'waits') return;
      state = 'has acted';
      act(caller);
    },
  };
}

function ofVendors(): Record<string, VendorRigOptions & { readonly answers?: RigCallOptions['answers'] }> {
  return {
    'vendor-error': {
      openAi: { fault: ({ path }) => (path.endsWith('/transcriptions') ? FAILS : null) },
      environment: { RECOGNIZERS: 'openai' },
    },
    'slow-vendor': { openAi: { latencyMs: 3000 } },
    'live-recognizer': { environment: { RECOGNIZERS: 'openai-live,openai,builtin' } },
    understanding: {
      openAi: {
        transcribe: () => 'never been readier in my life',
        complete: () => '{"answer":"yes"}',
      },
      environment: { UNDERSTANDING_MODEL: 'gpt-5-mini' },
    },
  };
}

function byVendor(folder: string) {
  return async ([name, options]: [string, VendorRigOptions]): Promise<[string, string[]][]> => {
    const records = join(folder, name);
    const ends: (() => Promise<void>)[] = [];
    const environment = { ...options.environment, RECORD_CALLS: records };
    const rig = await VendorRig.start({ ...options, environment }, (end) => ends.push(end));
    try {
      const yes = await speak('yes');
      const answers = name === 'vendor-error' ? { first: [yes, '1'], second: [yes, '1'] } : undefined;
      const { record } = await rig.call(answers === undefined ? {} : { answers });
      return [[name, await filesOf(records, record.callSid, 1)]];
    } finally {
      for (const end of ends) await end();
    }
  };
}

/** Once all of them have their names. */
function filesOf(folder: string, callSid: string, streams: number): Promise<string[]> {
  return vi.waitFor(
    () => {
      const names = readdirSync(folder).filter((name) => name.startsWith(callSid) && name.endsWith('.jsonl'));
      expect(names).toHaveLength(streams);
      return names.sort().map((name) => join(folder, name));
    },
    { timeout: 8000, interval: 20 },
  );
}
