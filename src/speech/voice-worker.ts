/**
 * Entry of the voice thread (`VoiceWorkerStart` as workerData): the one thread that synthesizes. It says `voice.ready`
 * once the built-in voice, where there is one, has spoken; what is wanted before that waits in the port. When its first work
 * is done it asks the vendors whether they will speak for us, and loads what their first request would wait for.
 */
import { join } from 'node:path';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { TELEPHONE_FORMAT } from '../audio/audio-format.ts';
import type { FromVoice, PromptWanted } from '../channel/voice-messages.ts';
import type { VoiceWorkerStart } from '../channel/voice-start.ts';
import { systemClock } from '../clock.ts';
import { DeadlineError } from '../errors.ts';
import { createLog } from '../log.ts';
import { meterLoop } from '../meter/loop-lateness.ts';
import { ThreadMeter } from '../meter/thread-meter.ts';
import { BUILTIN_PROVIDER, FLITE_VOICES, FliteSynthesizer } from './builtin/flite-synthesizer.ts';
import { checkVendors } from './check-vendors.ts';
import { createSynthesizers } from './create-synthesizers.ts';
import { PromptChain } from './prompt-chain.ts';
import { PromptFiles } from './prompt-files.ts';
import { createTellingGuard } from './resilience/telling-guard.ts';
import { VendorTally } from './resilience/vendor-tally.ts';
import type { Synthesizer } from './synthesizer.ts';
import { type Guard, VendorVoice } from './vendor-voice.ts';
import { VoiceThread } from './voice-thread.ts';

/** So long nothing was wanted: the flow's prompts are there. */
const IDLE_MS = 500;
/** A caller's prompt finds a slot that no prompt made ahead holds. */
const SLOTS_FOR_CALLERS = 1;
const STALL_MAX_MS = 2500;
const neverAborted = new AbortController().signal;

const start = workerData as VoiceWorkerStart;
const { apiDeadlineMs, turnDeadlineMs } = start.speech;
const port = parentPort as MessagePort;
const log = createLog({ level: start.logLevel, logPii: start.logPii, workerId: 'voice' });
const send = (message: FromVoice): void => port.postMessage(message);
const meter = new ThreadMeter(start.meter);

const tally = new VendorTally();
const [first, ...others] = await createSynthesizers(start.speech, systemClock);
const members = [first, ...others];
const files = await openFiles();
const toVoice = ({ synthesizer, concurrency, preload }: typeof first): VendorVoice =>
  new VendorVoice({
    synthesizer,
    concurrency,
    ...(preload === undefined ? {} : { preload }),
    guard: guardOf(synthesizer),
    files,
    clock: systemClock,
    log,
  });
const chain = new PromptChain({
  voices: [toVoice(first), ...others.map(toVoice)],
  knownVoices: FLITE_VOICES,
  urgent: {
    totalMs: turnDeadlineMs,
    exchangeMs: apiDeadlineMs,
    stallMs: Math.min(apiDeadlineMs, STALL_MAX_MS),
    triesMax: 2,
    // The next vendor would have spoken by then.
    loadsFirst: false,
    isKept: false,
  },
  clock: systemClock,
  log,
});
const voice = new VoiceThread({
  chain,
  aheadMax: Math.max(1, first.concurrency - SLOTS_FOR_CALLERS),
  send,
  clock: systemClock,
  log,
});
await warmUpBuiltin();
port.on('message', (wanted: PromptWanted) => voice.want(wanted));
send({
  kind: 'voice.ready',
  provider: chain.provider,
  voices: [...new Set([...members.map(({ synthesizer }) => synthesizer.defaultVoice), ...FLITE_VOICES])],
});
whenIdle(() => void checkAndPreload());
if (start.meter !== undefined) meterLoop(systemClock, meter);

/** The built-in voice is never passed over; every other one is counted, and left alone while it is down. */
function guardOf({ provider }: Synthesizer): Guard {
  if (provider === BUILTIN_PROVIDER) {
    return { isUsable: () => true, isTrialDue: () => false, run: (work) => timed(work) };
  }
  const guard = createTellingGuard('synthesizer', provider, {
    clock: systemClock,
    tell: (health) => {
      send(health);
      if (health.state === 'up' && provider === chain.provider) voice.firstIsBack();
    },
  });
  return {
    isUsable: () => guard.isUsable(),
    isTrialDue: () => guard.isTrialDue(),
    run: async (work) => {
      try {
        const result = await guard.run(() => timed(work));
        tally.count('synthesizer', provider, 'ok');
        return result;
      } catch (failure) {
        tally.count('synthesizer', provider, failure instanceof DeadlineError ? 'late' : 'failed');
        throw failure;
      } finally {
        send({ kind: 'vendor.counts', counts: tally.take() });
      }
    },
  };
}

async function timed<T>(work: () => Promise<T>): Promise<T> {
  const beganAtMs = systemClock.nowMs();
  try {
    return await work();
  } finally {
    meter.of('synthesis').observeMs(systemClock.nowMs() - beganAtMs);
  }
}

/** The first words of a fresh module cost twice the time of the next; nobody shall wait for that. */
async function warmUpBuiltin(): Promise<void> {
  const builtin = members.find(({ synthesizer }) => synthesizer instanceof FliteSynthesizer)?.synthesizer;
  if (builtin === undefined) return;
  const request = {
    text: 'Ready.',
    voice: builtin.defaultVoice,
    language: 'en',
    playFormat: TELEPHONE_FORMAT,
  };
  for await (const _ of (await builtin.synthesize(request, neverAborted)).chunks);
}

/** Without its folder the voice still speaks, only slower at the next start. */
async function openFiles(): Promise<PromptFiles | null> {
  const opened = new PromptFiles(join(start.dataDir, 'prompts'), start.promptBytesMax);
  try {
    await opened.open();
    return opened;
  } catch (err) {
    log.warn({ event: 'prompt.not-kept', err }, 'prompts cannot be kept on disk; each start makes them anew');
    return null;
  }
}

function whenIdle(act: () => void): void {
  systemClock.setTimer(IDLE_MS, () => {
    if (voice.isIdle) act();
    else whenIdle(act);
  });
}

async function checkAndPreload(): Promise<void> {
  for (const finding of await checkVendors(start.speech, systemClock)) send(finding);
  // One at a time: each holds the thread, and what was wanted meanwhile comes between.
  for (const { synthesizer, preload } of members) {
    await preload?.().catch((err: unknown) => {
      log.error(
        { event: 'vendor.not-loaded', provider: synthesizer.provider, err },
        'a vendor could not be loaded',
      );
    });
  }
}
