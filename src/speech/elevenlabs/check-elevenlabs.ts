/** Whether ElevenLabs will speak for us, asked once at the start: a wrong key is better heard of now than in a call. */
import type { ElevenLabsSettings } from '../../channel/speech-settings.ts';
import type { VendorChecked } from '../../channel/vendor-messages.ts';
import type { Clock } from '../../clock.ts';
import { DeadlineError } from '../../errors.ts';
import { connectionCode, PROVIDER, vendorCode } from './elevenlabs-failure.ts';
import { createHttpFetch } from './http-fetch.ts';
import { parseOutputFormat } from './output-format.ts';

const ORIGIN = 'https://api.elevenlabs.io';
const DEADLINE_MS = 5000;
const NEXT_SPEAKS = 'until then prompts come from disk or from the next of SYNTHESIZERS';

/** One cheap request: the voice's description. Settles within 5 s; never rejects. */
export async function checkElevenLabs(
  settings: ElevenLabsSettings,
  signal: AbortSignal,
  clock: Clock,
): Promise<VendorChecked[]> {
  const { outputFormat } = settings;
  if (outputFormat !== null && parseOutputFormat(outputFormat) === null) {
    return [
      finding('error', `ElevenLabs has no format ${outputFormat}: set ELEVENLABS_OUTPUT_FORMAT to auto.`),
    ];
  }
  const abort = new AbortController();
  const timer = clock.setTimer(DEADLINE_MS, () =>
    abort.abort(new DeadlineError(`Expected an answer of ${PROVIDER} within ${DEADLINE_MS} ms`)),
  );
  try {
    const response = await createHttpFetch(clock)(
      `${settings.baseUrl ?? ORIGIN}/v1/voices/${encodeURIComponent(settings.voiceId)}`,
      { headers: { 'xi-api-key': settings.apiKey }, signal: AbortSignal.any([signal, abort.signal]) },
    );
    const text = await response.text();
    return [judge(settings, response.status, text)];
  } catch (thrown) {
    const why =
      thrown instanceof DeadlineError ? `no answer in ${DEADLINE_MS / 1000} s` : connectionCode(thrown);
    return [
      finding(
        'warning',
        `ElevenLabs cannot be reached (${why}): look at the network and ELEVENLABS_BASE_URL; ${NEXT_SPEAKS}.`,
      ),
    ];
  } finally {
    clock.clearTimer(timer);
  }
}

function judge(settings: ElevenLabsSettings, status: number, text: string): VendorChecked {
  const body = parseJson(text);
  const code = vendorCode(body);
  if (code === 'missing_permissions') {
    return finding(
      'ok',
      'ElevenLabs knows the key; it may not read voices, so whether the voice is there was not checked (give it the permission voices_read for that).',
    );
  }
  if (code?.startsWith('voice_') || code === 'invalid_uid' || status === 404) {
    return finding(
      'error',
      `ElevenLabs has no voice ${settings.voiceId}: set ELEVENLABS_VOICE_ID to the id of a voice in your account; ${NEXT_SPEAKS}.`,
    );
  }
  if (status === 401 || status === 403) {
    return finding(
      'error',
      `ElevenLabs refuses the key (${code ?? `status ${status}`}): set ELEVENLABS_API_KEY to a key of your account; ${NEXT_SPEAKS}.`,
    );
  }
  if (status !== 200 || (body as { voice_id?: unknown } | null)?.voice_id !== settings.voiceId) {
    return finding(
      'warning',
      `ElevenLabs answered the check with ${status === 200 ? 'something else than its voice' : `status ${status}`}: look at ELEVENLABS_BASE_URL, or try again later; ${NEXT_SPEAKS}.`,
    );
  }
  return finding('ok', `ElevenLabs accepts the key and has the voice ${settings.voiceId}.`);
}

function finding(level: VendorChecked['level'], text: string): VendorChecked {
  return { kind: 'vendor.checked', provider: PROVIDER, level, text };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
