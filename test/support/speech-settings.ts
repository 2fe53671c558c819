/** Speech settings of a server with no keys, and changes to them. */
import type { SpeechSettings } from '../../src/channel/speech-settings.ts';
import { parseConfig } from '../../src/config.ts';

/** As the server would have them from this environment. */
export function speechSettings(environment: Readonly<Record<string, string>> = {}): SpeechSettings {
  return parseConfig(environment).speech;
}
