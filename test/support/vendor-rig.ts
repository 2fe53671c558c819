/**
 * A whole Trunkline that listens and speaks by vendors, and strict local servers in the vendors' place, which do on request
 * what vendors do on bad days. Its callers say yes to everything and measure how long they wait in silence.
 */
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, vi } from 'vitest';
import type { VendorChecked } from '../../src/channel/vendor-messages.ts';
import { systemClock } from '../../src/clock.ts';
import type { VendorReport } from '../../src/server/vendor-health.ts';
import type { CallReport } from '../../src/simulator/call-report.ts';
import type { CallerScript } from '../../src/simulator/caller.ts';
import {
  ElevenLabsVendor,
  type ElevenLabsVendorOptions,
} from '../../src/simulator/vendors/elevenlabs-vendor.ts';
import { OpenAiVendor, type OpenAiVendorOptions } from '../../src/simulator/vendors/openai-vendor.ts';
import { speak } from './caller-speech.ts';
import { rigSlot } from './shared-rig.ts';
import { type Finished, type RigCallOptions, TrunklineRig } from './trunkline-rig.ts';

const CALL_WORKER = new URL('../../src/call/call-worker.ts', import.meta.url);
const ELEVENLABS_KEY = 'sk_simulated';
const VOICE_ID = 'JBFqnCBsd6RMkjVDRZzb';
/** `short` first: its questions are fixed. `spoken` asks what no cache can hold. */
const FLOWS = ['short', 'spoken', 'three']
  .map((name) => fileURLToPath(new URL(`../fixtures/flows/${name}.yaml`, import.meta.url)))
  .join(',');
/** A turn that takes longer has gone wrong: the bot owes an answer, a filler or a goodbye every 3 s. */
export const SILENCE_MAX_MS = 3000;

export interface VendorRigOptions {
  readonly openAi?: Partial<OpenAiVendorOptions>;
  /** Absent: the built-in voice speaks. */
  readonly elevenLabs?: Partial<ElevenLabsVendorOptions>;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface VendorCall extends Finished {
  /** From each end of the caller's words to the next that they heard of the bot. */
  readonly waitsMs: readonly number[];
}

export class VendorRig {
  readonly rig: TrunklineRig;
  readonly openAi: OpenAiVendor;
  readonly elevenLabs: ElevenLabsVendor | null;

  /** What the check at the start found, as it comes. */
  readonly findings: readonly VendorChecked[];
  /** Resolves with the first finding. */
  readonly checked: Promise<void>;

  private constructor(
    rig: TrunklineRig,
    openAi: OpenAiVendor,
    elevenLabs: ElevenLabsVendor | null,
    check: Pick<VendorRig, 'findings' | 'checked'>,
  ) {
    this.findings = check.findings;
    this.checked = check.checked;
    this.rig = rig;
    this.openAi = openAi;
    this.elevenLabs = elevenLabs;
  }

  /** Closed at the end of the test; one of several that run at once brings its own `atEnd`. */
  static async start(
    options: VendorRigOptions = {},
    atEnd: (close: () => Promise<void>) => void = onTestFinished,
  ): Promise<VendorRig> {
    const freeSlot = await rigSlot();
    const openAi = await OpenAiVendor.listen({ clock: systemClock, ...options.openAi });
    const elevenLabs =
      options.elevenLabs === undefined
        ? null
        : await ElevenLabsVendor.listen({
            clock: systemClock,
            apiKey: ELEVENLABS_KEY,
            voiceIds: [VOICE_ID],
            ...options.elevenLabs,
          });
    const closeVendors = async () => {
      await Promise.all([openAi.close(), elevenLabs?.close()]);
      freeSlot();
    };
    const findings: VendorChecked[] = [];
    const { promise: checked, resolve: foundOne } = Promise.withResolvers<void>();
    let rig: TrunklineRig;
    try {
      rig = await TrunklineRig.start(
        {
          OPENAI_API_KEY: openAi.apiKey,
          OPENAI_BASE_URL: openAi.baseUrl,
          ...(elevenLabs === null
            ? {}
            : { ELEVENLABS_API_KEY: ELEVENLABS_KEY, ELEVENLABS_BASE_URL: elevenLabs.origin }),
          WORKERS: '1',
          FLOW: FLOWS,
          ...options.environment,
        },
        {
          callWorkerUrl: CALL_WORKER,
          ownPrompts: elevenLabs !== null,
          onVendor: (message) => {
            if (message.kind !== 'vendor.checked') return;
            findings.push(message);
            foundOne();
          },
        },
      );
    } catch (error) {
      await closeVendors();
      throw error;
    }
    const started = new VendorRig(rig, openAi, elevenLabs, { findings, checked });
    atEnd(async () => {
      await rig.close();
      await closeVendors();
    });
    return started;
  }

  /** `role provider` of each that is down now, as `/readyz` says. */
  async downVendors(): Promise<readonly string[]> {
    return Object.keys((await this.#speech()).down);
  }

  /** Requests by `role provider outcome`, of calls that have ended. */
  async requests(): Promise<Readonly<Record<string, number>>> {
    const { requests } = await this.#speech();
    return Object.fromEntries(
      requests.map(({ role, provider, outcome, requests: count }) => [
        `${role} ${provider} ${outcome}`,
        count,
      ]),
    );
  }

  /** But for native objects, which all rigs of this process share. */
  async nothingIsLeft(): Promise<void> {
    const left = () =>
      Object.entries(this.rig.census()).filter(([name, count]) => count !== 0 && name !== 'nativeReceivers');
    await vi.waitFor(() => expect(left()).toEqual([]), { timeout: 5000, interval: 20 });
  }

  async #speech(): Promise<VendorReport> {
    await this.nothingIsLeft();
    const answer = await fetch(`http://127.0.0.1:${this.rig.trunkline.port}/readyz`);
    return ((await answer.json()) as { speech: VendorReport }).speech;
  }

  /** A caller who says yes at every question, unless `answers` has something else. */
  async call(options: RigCallOptions = {}): Promise<VendorCall> {
    const yes = await speak('yes');
    const waitsMs: number[] = [];
    const { caller = {}, ...rest } = options;
    const { finished } = this.rig.place({
      answers: { first: yes, second: yes, third: yes },
      timeLimitMs: 60_000,
      ...rest,
      caller: waiting(caller, waitsMs),
    });
    return { ...(await finished), waitsMs };
  }
}

/** Measures every silence after the caller's words. */
function waiting(script: CallerScript, waitsMs: number[]): CallerScript {
  let saidAtMs: number | null = null;
  return {
    ...script,
    onSaid: (caller) => {
      saidAtMs = caller.nowMs;
      script.onSaid?.(caller);
    },
    onAudioStart: (caller) => {
      if (saidAtMs !== null) waitsMs.push(caller.nowMs - saidAtMs);
      saidAtMs = null;
      script.onAudioStart?.(caller);
    },
  };
}

/** The carrier found nothing wrong with what we sent it. */
export function isClean({ errors, warnings }: CallReport): boolean {
  return errors.length === 0 && warnings.length === 0;
}
