/** Reads flow files from disk: what `start`, `flow check` and `flow chat` share. */
import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ConfigError } from '../errors.ts';
import type { Flow } from '../flow/flow.ts';
import { createFlowSet, type FlowSet } from '../flow/flow-set.ts';
import { FLOW_FILE_BYTES_MAX, type LoadOptions, loadFlow } from '../flow/load-flow.ts';
import { readRecording } from '../speech/recording.ts';

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

/** What is wrong with a prompt's recording, or null. */
function checkAudioFile(path: string): string | null {
  const reading = readRecording(path);
  return reading.ok ? null : reading.reason;
}

function reasonOf(thrown: unknown): string {
  const code = (thrown as { code?: unknown }).code;
  if (code === 'ENOENT') return 'there is no such file';
  return typeof code === 'string' ? code : String(thrown);
}
