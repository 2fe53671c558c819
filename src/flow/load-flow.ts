/**
 * From a file's text to a Flow, or to every problem in it. Pure but for the audio check, which the caller brings; runs
 * wherever flows are loaded: at start, and in the author's tools.
 */
import { createHash } from 'node:crypto';
import { FlowError } from '../errors.ts';
import { checkFlow } from './check-flow.ts';
import { compileFlow } from './compile-flow.ts';
import type { Flow } from './flow.ts';
import { type FlowProblem, formatProblem } from './flow-problem.ts';
import { flowFileSchema } from './schema/flow-file.ts';
import { toSchemaProblems } from './schema/schema-problems.ts';
import { readYaml } from './schema/yaml-source.ts';

/** A flow of 500 nodes with long prompts stays under it. */
export const FLOW_FILE_BYTES_MAX = 256 * 1024;
const PROBLEMS_MAX = 20;

export interface LoadOptions {
  /** Absolute folder that `audio:` paths are relative to. */
  readonly directory: string;
  /** Says what is wrong with the recording at an absolute path, as "Expected a WAV file, ..."; null if nothing is. */
  readonly checkAudio: (path: string) => string | null;
}

export interface FlowReading {
  /** Null when there is a problem. */
  readonly flow: Flow | null;
  /** In order of lines, at most 20. */
  readonly problems: readonly FlowProblem[];
}

/** Reads and checks a flow. Never throws for what the file holds. */
export function readFlow(text: string, fileName: string, options: LoadOptions): FlowReading {
  const bytes = Buffer.byteLength(text);
  if (bytes > FLOW_FILE_BYTES_MAX) {
    const message = `Expected a file of at most ${FLOW_FILE_BYTES_MAX} bytes, received ${bytes} bytes`;
    return { flow: null, problems: [{ line: 1, path: '', message }] };
  }
  const source = readYaml(text);
  if (source.problems.length > 0) return refused(source.problems);
  const parsed = flowFileSchema.safeParse(source.value);
  if (!parsed.success) {
    return refused(
      toSchemaProblems(parsed.error.issues, source.value).map(({ path, message }) => ({
        line: source.lineOf(path),
        path: path.join('.'),
        message,
      })),
    );
  }
  const { flow, problems } = compileFlow(parsed.data, source.lineOf, {
    ...options,
    fileName,
    text,
    hash: createHash('sha256').update(text).digest('hex'),
  });
  const checked = checkFlow(flow, source.lineOf);
  const all = [...problems, ...checked.problems];
  if (all.length > 0) return refused(all);
  return { flow: deepFreeze({ ...flow, warnings: checked.warnings }), problems: [] };
}

/** Reads a flow. Throws FlowError at the first problem's place; its message has a line for each problem. */
export function loadFlow(text: string, fileName: string, options: LoadOptions): Flow {
  const { flow, problems } = readFlow(text, fileName, options);
  if (flow !== null) return flow;
  const [first, ...others] = problems;
  const more = others.map((problem) => `\n${formatProblem(fileName, problem)}`).join('');
  throw new FlowError(`${first!.message}${more}`, { file: fileName, line: first!.line, path: first!.path });
}

function refused(problems: readonly FlowProblem[]): FlowReading {
  const sorted = [...problems].sort((a, b) => a.line - b.line);
  return { flow: null, problems: sorted.slice(0, PROBLEMS_MAX) };
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
