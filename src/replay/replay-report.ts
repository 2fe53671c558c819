/** What a replay came to, for people and programs: the turns of the call, its states, and what was played. */
import type { CallNote, FromCall } from '../channel/messages.ts';
import type { ErrorRecord } from '../errors.ts';
import type { RecognizerTry } from '../speech/recognizer.ts';
import type { RecordedCall } from './read-record.ts';
import type { ReplayedOutput, ReplayResult } from './replay-call.ts';

export interface ReplayedTurn {
  readonly atMs: number;
  readonly who: 'bot' | 'caller' | 'note';
  readonly text: string;
}

/** A mark, a clear or the end, and the audio that was offered since the one before it. */
export interface ReplayedPlayback {
  readonly atMs: number;
  readonly kind: 'mark' | 'clear' | 'close' | 'cut' | 'lost';
  /** Of a mark. */
  readonly name?: string;
  readonly audioBytes: number;
  /** Of those bytes, as the carrier decodes them; absent where there are none. */
  readonly sha256?: string;
}

export interface ReplayReport {
  /** `broken off`: the same, to where the record ends without an end. */
  readonly result: 'same' | 'different' | 'broken off';
  readonly turns: readonly ReplayedTurn[];
  /** Every state that was committed, and what was decided and heard with it. */
  readonly states: readonly { readonly atMs: number; readonly state: unknown; readonly decided: unknown }[];
  readonly playback: readonly ReplayedPlayback[];
  readonly counts: {
    readonly messages: number;
    readonly states: number;
    readonly marks: number;
    readonly clears: number;
    readonly audioBytes: number;
  };
}

export function toReplayReport(record: RecordedCall, { difference, outputs }: ReplayResult): ReplayReport {
  const untilLine = difference?.line ?? Number.POSITIVE_INFINITY;
  const turns = [...outputs.flatMap(toTurns), ...inputTurns(record, untilLine)];
  const playback = outputs.flatMap(toPlayback);
  const states = outputs
    .filter(({ output }) => output.kind === 'commit')
    .map(({ atMs, output }) => ({ atMs, state: output['state'], decided: output['decided'] }));
  const same = record.isBrokenOff ? 'broken off' : 'same';
  return {
    result: difference === null ? same : 'different',
    turns: turns.sort((a, b) => a.atMs - b.atMs),
    states,
    playback,
    counts: {
      messages: record.lines.filter(({ kind, line, plane }) => {
        return plane === 'media' && kind === 'message' && line < untilLine;
      }).length,
      states: states.length,
      marks: playback.filter(({ kind }) => kind === 'mark').length,
      clears: playback.filter(({ kind }) => kind === 'clear').length,
      audioBytes: playback.reduce((sum, { audioBytes }) => sum + audioBytes, 0),
    },
  };
}

function toTurns({ atMs, output, plane }: ReplayedOutput): ReplayedTurn[] {
  if (plane === 'call' && output.kind === 'post') return toNoteTurns(atMs, output['message'] as FromCall);
  if (output.kind === 'clear') return [{ atMs, who: 'note', text: 'the bot stops' }];
  if (output.kind === 'ended') return [{ atMs, who: 'note', text: `the stream ends: ${output['reason']}` }];
  return [];
}

function toNoteTurns(atMs: number, message: FromCall): ReplayedTurn[] {
  if (message.kind === 'call.failed') {
    const text = `the call's code failed: ${message.error.message}`;
    return [{ atMs, who: 'note', text }];
  }
  if (message.kind === 'fill') return [{ atMs, who: 'note', text: 'the silence is filled' }];
  return message.kind === 'note' ? noteTurns(message.note).map((turn) => ({ atMs, ...turn })) : [];
}

function noteTurns(note: CallNote): Omit<ReplayedTurn, 'atMs'>[] {
  switch (note.kind) {
    case 'bot said':
      return [{ who: 'bot', text: note.text }];
    case 'caller said': {
      const said = note.how === 'digits' ? `presses ${note.text}` : `"${note.text}"`;
      const read = note.answer === null ? 'not understood' : `understood: ${note.answer}`;
      return [
        { who: 'caller', text: said },
        { who: 'note', text: read },
      ];
    }
    case 'no input':
      return [{ who: 'note', text: 'nothing was heard' }];
    case 'recognizer failed':
      return [{ who: 'note', text: 'the recognizer failed' }];
    case 'no match':
    case 'interrupted':
      return [];
    case 'decided': {
      const answers = Object.entries(note.answers).map(([node, value]) => `${node}=${value}`);
      const all = answers.length === 0 ? '' : `; ${answers.join(', ')}`;
      return [{ who: 'note', text: `decided: ${note.outcome}${all}` }];
    }
  }
}

/** What came in and explains what follows: a vendor that failed, a worker that was lost. */
function inputTurns({ lines }: RecordedCall, untilLine: number): ReplayedTurn[] {
  return lines.flatMap(({ at: atMs, error, kind, line, run, tries, way }): ReplayedTurn[] => {
    if (way !== 'in' || line >= untilLine) return [];
    if (kind === 'call.started' && (run ?? 0) > 0)
      return [{ atMs, who: 'note', text: 'the call begins anew, from its last state' }];
    if (kind !== 'transcript') return [];
    const all = (tries as readonly RecognizerTry[] | undefined) ?? [];
    const failed = all.filter(({ outcome }) => outcome !== 'ok' && outcome !== 'withdrawn');
    const told = failed.map(({ outcome, provider }) => `${provider}: ${outcome}`);
    const failure = error as ErrorRecord | undefined;
    // One that was aborted was of no more use: the caller went on, or pressed a key.
    if (told.length === 0 && failure !== undefined && failure.name !== 'AbortError')
      told.push(failure.message);
    return told.map((text) => ({ atMs, who: 'note', text: `recognizer ${text}` }));
  });
}

function toPlayback({ atMs, output, plane }: ReplayedOutput): ReplayedPlayback[] {
  const { audioBytes, kind, name, sha256 } = output;
  if (plane !== 'media' || typeof audioBytes !== 'number') return [];
  return [
    {
      atMs,
      kind: kind as ReplayedPlayback['kind'],
      ...(name === undefined ? {} : { name: String(name) }),
      audioBytes,
      ...(sha256 === undefined ? {} : { sha256: String(sha256) }),
    },
  ];
}
