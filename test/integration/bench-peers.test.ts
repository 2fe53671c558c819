/** The benchmark's peers do Trunkline's job: whole conversations with the strict carrier and the strict vendor. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { missingPackages, type PeerName } from '../../bench/peers/missing-packages.ts';
import { type Peer, startPeer } from '../../bench/peers/start-peer.ts';
import { encodeG711 } from '../../src/audio/g711.ts';
import { systemClock } from '../../src/clock.ts';
import type { CallReport } from '../../src/simulator/call-report.ts';
import type { CallerScript } from '../../src/simulator/caller.ts';
import { MULAW_SILENCE } from '../../src/simulator/mulaw.ts';
import { SimulatedCarrier } from '../../src/simulator/simulated-carrier.ts';
import type { ReceivedUtterance } from '../../src/simulator/vendors/openai-transcription.ts';
import { OpenAiVendor } from '../../src/simulator/vendors/openai-vendor.ts';
import { tones } from '../support/signals.ts';

const PROMPT_MS = 500;
const GOODBYE_MS = 300;
const QUESTIONS = 2;
const END_OF_SPEECH_MS = 400;
/** Longer than the callers here take to answer. */
const NO_INPUT_MS = 800;
/** Once, and twice again. */
const ASKED_MAX = 3;
const YES_HZ = 800;
const NO_HZ = 1900;
const MUMBLED_HZ = 1300;
const SPEECH_LEVEL_DBFS = -24;
const WORD_MS = 400;
/** Of a sine of that level, what is over this is five sixths. */
const AUDIBLE_SAMPLE = 500;
const PEERS: readonly PeerName[] = ['python', 'ws-js'];

const yes = word(YES_HZ);
const no = word(NO_HZ);
const mumbled = word(MUMBLED_HZ);

for (const name of PEERS) {
  const missing =
    process.platform === 'linux' ? missingPackages(name) : 'costs are read from /proc: Linux only';
  describe.skipIf(missing !== null)(`the peer ${name}${missing === null ? '' : ` (${missing})`}`, () => {
    let folder: string;
    let vendor: OpenAiVendor;
    let peer: Peer;
    let heard: string[] = [];

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'trunkline-peers-'));
      vendor = await OpenAiVendor.listen({
        clock: systemClock,
        transcribe: (utterance) => {
          const text = understand(utterance);
          heard.push(text);
          return text;
        },
      });
      peer = await start(QUESTIONS);
    });

    afterAll(async () => {
      await peer.stop();
      await vendor.close();
      rmSync(folder, { recursive: true, force: true });
    });

    beforeEach(() => {
      heard = [];
    });

    it('asks its questions, sends each answer whole to the recognizer, says goodbye and hangs up', async () => {
      const report = await call(peer, callerSaying([yes, no]));
      expect(report).toMatchObject({ endedBy: 'server', endReason: 'hangup', errors: [], warnings: [] });
      expect(heard).toEqual(['Yes.', 'No.']);
      expect(vendor.rejections).toEqual([]);
      expect(report.audioMs).toBe(QUESTIONS * PROMPT_MS + GOODBYE_MS);
      expect(report.streams.flatMap(({ marks }) => marks.map((mark) => mark.heard))).toEqual(
        Array(QUESTIONS + 1).fill(true),
      );
      for (const { sampleRateHz, samples } of vendor.utterances) {
        const loud = samples.filter((sample) => Math.abs(sample) > AUDIBLE_SAMPLE);
        expect(sampleRateHz).toBe(16_000);
        expect((loud.length / sampleRateHz) * 1000).toBeGreaterThan(WORD_MS * 0.8);
        // The word, and the silence that ended it.
        expect((samples.length / sampleRateHz) * 1000).toBeGreaterThanOrEqual(WORD_MS + END_OF_SPEECH_MS);
      }
    });

    it('takes answers from the keypad', async () => {
      const report = await call(peer, { silenceMs: 300, onSilence: (caller) => caller.press('1') });
      expect(report).toMatchObject({ endedBy: 'server', endReason: 'hangup', errors: [], warnings: [] });
      expect(heard).toEqual([]);
      expect(report.audioMs).toBe(QUESTIONS * PROMPT_MS + GOODBYE_MS);
    });

    it('falls silent for a caller who speaks into the prompt, and takes the answer', async () => {
      let prompts = 0;
      const report = await call(peer, {
        silenceMs: 300,
        onAudioStart: (caller) => {
          prompts += 1;
          if (prompts === 1) caller.say(no);
        },
        onSilence: (caller) => {
          if (prompts > 1 || !caller.isSpeaking) caller.say(yes);
        },
      });
      expect(report).toMatchObject({ endedBy: 'server', endReason: 'hangup', errors: [], warnings: [] });
      expect(report.streams[0]?.clears.length).toBeGreaterThan(0);
      expect(heard[0]).toBe('No.');
    });

    it('asks again, twice, when it understands nothing', async () => {
      const report = await call(peer, callerSaying(Array(ASKED_MAX).fill(mumbled)));
      expect(report).toMatchObject({ endedBy: 'server', endReason: 'hangup', errors: [], warnings: [] });
      expect(heard).toEqual(Array(ASKED_MAX).fill('Hm.'));
      expect(report.audioMs).toBe(ASKED_MAX * PROMPT_MS + GOODBYE_MS);
    });

    it('asks a caller who says nothing again, twice', async () => {
      const report = await call(peer, {});
      expect(report).toMatchObject({ endedBy: 'server', endReason: 'hangup', errors: [], warnings: [] });
      expect(report.audioMs).toBe(ASKED_MAX * PROMPT_MS + GOODBYE_MS);
    });

    it('with no questions plays its prompt once, and listens to the silence', async () => {
      const listening = await start(0);
      onTestFinished(() => listening.stop());
      const quiet = new Uint8Array((NO_INPUT_MS + 400) * 8).fill(MULAW_SILENCE);
      const report = await call(listening, {
        onMark: (caller) => caller.say(quiet),
        onSaid: (caller) => caller.hangUp(),
      });
      expect(report).toMatchObject({ endedBy: 'caller', errors: [], warnings: [] });
      expect(report.audioMs).toBe(PROMPT_MS);
    });

    it('tells what it costs', () => {
      expect(peer.cpuMs()).toBeGreaterThan(0);
      expect(peer.residentBytes()).toBeGreaterThan(10e6);
      expect(peer.versions).toMatch(/\d/);
    });

    function start(questions: number): Promise<Peer> {
      const [prompt, goodbye] = [join(folder, 'prompt.ulaw'), join(folder, 'goodbye.ulaw')];
      writeFileSync(prompt, sound(440, PROMPT_MS));
      writeFileSync(goodbye, sound(330, GOODBYE_MS));
      return startPeer(name, {
        questions,
        prompt,
        goodbye,
        endOfSpeechMs: END_OF_SPEECH_MS,
        noInputMs: NO_INPUT_MS,
        openAiBaseUrl: vendor.baseUrl,
        openAiApiKey: vendor.apiKey,
      });
    }
  });
}

async function call({ port }: Peer, caller: CallerScript): Promise<CallReport> {
  const carrier = new SimulatedCarrier({
    authToken: 'none',
    publicUrl: 'http://peer.trunkline.example',
    connectTo: { host: '127.0.0.1', port, tls: false },
    insecure: true,
  });
  onTestFinished(() => carrier.close());
  return await carrier.placeCall({ caller, timeLimitMs: 30_000 }).ended;
}

/** One word a turn. */
function callerSaying(words: readonly Uint8Array[]): CallerScript {
  let turn = 0;
  return {
    silenceMs: 300,
    onSilence: (caller) => {
      const said = words[turn++];
      if (said !== undefined) caller.say(said);
    },
  };
}

function word(hz: number): Uint8Array {
  return sound(hz, WORD_MS);
}

function sound(hz: number, durationMs: number): Uint8Array {
  return encodeG711('mulaw', tones(durationMs, SPEECH_LEVEL_DBFS, [hz]));
}

/** By the strongest of the three tones. */
function understand({ samples, sampleRateHz }: ReceivedUtterance): string {
  const strength = (hz: number): number => {
    let real = 0;
    let imaginary = 0;
    for (const [at, sample] of samples.entries()) {
      real += sample * Math.cos((2 * Math.PI * hz * at) / sampleRateHz);
      imaginary += sample * Math.sin((2 * Math.PI * hz * at) / sampleRateHz);
    }
    return Math.hypot(real, imaginary);
  };
  const [asYes, asNo, asMumbled] = [strength(YES_HZ), strength(NO_HZ), strength(MUMBLED_HZ)];
  if (asMumbled > Math.max(asYes, asNo)) return 'Hm.';
  return asYes > asNo ? 'Yes.' : 'No.';
}
