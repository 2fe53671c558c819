/** Reads flow files from disk: what `start`, `flow check` and `flow chat` share. */
import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ConfigError } from '../errors.ts';
import type { Flow } from '../flow/flow.ts';
import { createFlowSet, type FlowSet } from '../flow/flow-set.ts';
import { FLOW_FILE_BYTES_MAX, type LoadOptions, loadFlow } from '../flow/load-flow.ts';

/** A prompt's recording: ten minutes at 48 kHz would be longer than any call. */
const AUDIO_BYTES_MAX = 64 * 1024 * 1024;

/** Loads one flow. Throws ConfigError when the file cannot be read, FlowError when it is wrong. */
export function loadFlowFile(path: string): Flow {
  return loadFlow(readFlowText(path), path, loadOptionsFor(path));
}

/** The flows of `FLOW`: paths separated by commas, the first the default. Throws ConfigError or FlowError. */
export function loadFlowFiles(setting: string): FlowSet {
  const [first, ...others] = setting
    .split(',')
    .map((path) => path.trim())
    .filter((path) => path !== '')
    .map(loadFlowFile);
  if (first === undefined)
    throw new ConfigError(`FLOW: expected a flow file, received ${JSON.stringify(setting)}`);
  return createFlowSet([first, ...others]);
}

/** The text of a flow file. Throws ConfigError when there is none to read. */
export function readFlowText(path: string): string {
  try {
    const { size } = statSync(path);
    if (size > FLOW_FILE_BYTES_MAX) {
      throw new ConfigError(
        `Expected a flow file of at most ${FLOW_FILE_BYTES_MAX} bytes, received ${path} of ${size} bytes`,
      );
    }
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    if (thrown instanceof ConfigError) throw thrown;
    throw new ConfigError(`Expected a readable flow file, received ${path} (${reasonOf(thrown)})`);
  }
}

/** Recordings are sought beside the flow file. */
export function loadOptionsFor(path: string): LoadOptions {
  return { directory: dirname(resolve(path)), checkAudio: checkAudioFile };
}

/** Whether a file is there and begins as a WAV does; its whole content is checked when it is converted. */
export function checkAudioFile(path: string): string | null {
  let file: number | undefined;
  try {
    const stats = statSync(path);
    if (!stats.isFile()) return `Expected a WAV file, received ${path}, which is no file`;
    if (stats.size > AUDIO_BYTES_MAX) {
      return `Expected a WAV file of at most ${AUDIO_BYTES_MAX} bytes, received ${path} of ${stats.size} bytes`;
    }
    file = openSync(path, 'r');
    const header = Buffer.alloc(12);
    readSync(file, header, 0, header.length, 0);
    if (header.toString('latin1', 0, 4) === 'RIFF' && header.toString('latin1', 8, 12) === 'WAVE')
      return null;
    return `Expected a WAV file (RIFF header), received ${path}`;
  } catch (thrown) {
    return `Expected a readable WAV file, received ${path} (${reasonOf(thrown)})`;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function reasonOf(thrown: unknown): string {
  const code = (thrown as { code?: unknown }).code;
  if (code === 'ENOENT') return 'there is no such file';
  return typeof code === 'string' ? code : String(thrown);
}
