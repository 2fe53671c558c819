import { describe, expect, it } from 'vitest';
import { ProviderError } from '../../../../src/errors.ts';
import { findingOfError, findingOfModel } from '../../../../src/speech/openai/model-finding.ts';
import { modelUses } from '../../../../src/speech/openai/model-use.ts';
import { openAiSettings } from '../../../support/openai-rig.ts';

const OPENAI = { kind: 'openai' } as const;
const OWN = { kind: 'own', host: 'speech.local:8000' } as const;
const NOVEMBER_22 = Date.UTC(2026, 10, 22);

function useOf(model: string) {
  return modelUses(openAiSettings({ transcribeModel: model }), ['transcription'])[0]!;
}

/** Level and text for a model of which the API says `shutdownDate`; undefined: it says nothing. */
function finding(model: string, shutdownDate: unknown, wallMs = NOVEMBER_22) {
  const told = shutdownDate === undefined ? { id: model } : { id: model, shutdown_date: shutdownDate };
  const { level, text } = findingOfModel(useOf(model), told, OPENAI, wallMs);
  return [level, text];
}

describe('what the operator is told of a model', () => {
  it('that stays', () => {
    expect(finding('gpt-transcribe', null)).toEqual([
      'ok',
      'OpenAI accepts the key and has gpt-transcribe (OPENAI_TRANSCRIBE_MODEL).',
    ]);
  });

  it('that ends soon, as the API says', () => {
    expect(finding('gpt-transcribe', '2027-01-01')).toEqual([
      'warning',
      'OpenAI shuts down gpt-transcribe (OPENAI_TRANSCRIBE_MODEL) on 2027-01-01, in 40 days: set OPENAI_TRANSCRIBE_MODEL to gpt-transcribe.',
    ]);
  });

  it.each<[string, unknown, number, string]>([
    ['whisper-1', undefined, Date.UTC(2026, 10, 22), 'ok'],
    ['whisper-1', null, Date.UTC(2026, 10, 28), 'warning'],
    ['whisper-1', undefined, Date.UTC(2027, 1, 25, 23), 'warning'],
    ['whisper-1', undefined, Date.UTC(2027, 1, 26), 'error'],
    ['gpt-4o-mini-tts-2025-12-15', undefined, NOVEMBER_22, 'warning'],
    ['gpt-realtime', undefined, NOVEMBER_22, 'warning'],
    ['gpt-transcribe', 'soon', NOVEMBER_22, 'ok'],
    ['gpt-transcribe', 20270101, NOVEMBER_22, 'ok'],
    ['gpt-transcribe', '2027-01-01T00:00:00Z', NOVEMBER_22, 'warning'],
    ['whisper-1', '2030-01-01', NOVEMBER_22, 'ok'],
    ['constructor', undefined, NOVEMBER_22, 'ok'],
  ])('%s with a date of %j', (model, told, wallMs, level) => {
    expect(finding(model, told, wallMs)[0]).toBe(level);
  });

  it('names another cure for a voice: nothing follows it', () => {
    const [use] = modelUses(openAiSettings({}), ['speech']);
    const { text } = findingOfModel(use!, {}, OPENAI, NOVEMBER_22);
    expect(text).toMatch(/2027-01-06, in 45 days: name another vendor first in SYNTHESIZERS/);
  });

  it('at a server of its own has no dates of OpenAI', () => {
    expect(findingOfModel(useOf('whisper-1'), {}, OWN, Date.UTC(2028, 0, 1)).level).toBe('ok');
  });

  it('ends when the server says so, whoever it is', () => {
    const model = { shutdown_date: '2026-12-01' };
    expect(findingOfModel(useOf('large-v3'), model, OWN, NOVEMBER_22)).toMatchObject({
      level: 'warning',
      text: expect.stringMatching(/^The server at speech\.local:8000 .* shuts down large-v3 .*in 9 days/),
    });
  });

  it('that is missing', () => {
    const missing = new ProviderError('', { provider: 'openai', fault: 'denied', statusCode: 404 });
    expect(findingOfError(useOf('gpt-9'), missing, OPENAI)).toMatchObject({
      level: 'error',
      text: 'OpenAI has no model gpt-9 (OPENAI_TRANSCRIBE_MODEL) for this key: set OPENAI_TRANSCRIBE_MODEL to gpt-transcribe.',
    });
    // Which may not list what it has, unless it names the model as what is missing.
    expect(findingOfError(useOf('gpt-9'), missing, OWN).level).toBe('ok');
    const about = { provider: 'openai', fault: 'denied', statusCode: 404 } as const;
    const named = new ProviderError('', { ...about, vendorCode: 'model_not_found' });
    expect(findingOfError(useOf('gpt-9'), named, OWN).level).toBe('error');
  });

  it('that could not be asked for', () => {
    const about = { provider: 'openai', fault: 'transient' } as const;
    const broken = new ProviderError('The connection to openai failed (ENOTFOUND)', about);
    expect(findingOfError(useOf('gpt-transcribe'), broken, OPENAI).text).toBe(
      "OpenAI could not be asked (The connection to openai failed (ENOTFOUND)): check the network and OpenAI's status.",
    );
  });
});
