/**
 * One call of the demo: a scripted caller on the simulated carrier, whose turns follow what the bot asks. Tells each thing
 * that is said as it is said.
 */
import type { CallNote } from '../channel/messages.ts';
import type { Flow } from '../flow/flow.ts';
import type { CallDirectory } from '../server/call-directory.ts';
import type { CallReport } from '../simulator/call-report.ts';
import type { CallerControls } from '../simulator/caller.ts';
import type { SimulatedCarrier } from '../simulator/simulated-carrier.ts';
import { DemoCaller } from './demo-caller.ts';

/** A bot that pauses between two prompts has not finished; one that is silent for so long has. */
const TURN_SILENCE_MS = 350;
/** Into the bot's first prompt, where a caller who knows the game would break in. */
const BARGE_IN_AFTER_MS = 1000;

export interface DemoCallOptions {
  readonly flow: Flow;
  readonly from: string;
  readonly to: string;
  readonly answers: readonly string[];
  /** Words said over the first prompt; null: the caller waits. */
  readonly bargeIn: string | null;
  readonly record: boolean;
  /** Telephone audio of each thing that will be said, made beforehand. */
  readonly speech: ReadonlyMap<string, Uint8Array>;
  readonly tell: (line: {
    readonly atMs: number;
    readonly who: 'bot' | 'caller' | 'note';
    readonly text: string;
  }) => void;
}

export interface DemoCallResult {
  readonly outcome: string | null;
  readonly answers: Readonly<Record<string, string | number | boolean>>;
  /** From the caller's first sound over a prompt to the clear; null where nobody barged in. */
  readonly bargeInMs: number | null;
  readonly report: CallReport;
}

export async function placeDemoCall(
  carrier: SimulatedCarrier,
  directory: CallDirectory,
  options: DemoCallOptions,
): Promise<DemoCallResult> {
  const { flow, from, tell, to } = options;
  const mind = new DemoCaller(flow, options.answers);
  let askedNodeId = '';
  let decided: Extract<CallNote, { kind: 'decided' }> | null = null;
  let hasBargedIn = options.bargeIn === null;
  let bargedInAtMs: number | null = null;
  let clearedAtMs: number | null = null;

  const speak = (caller: CallerControls, text: string): void => {
    tell({ atMs: caller.nowMs, who: 'caller', text: `"${text}"` });
    caller.say(options.speech.get(text)!);
  };
  const takeTurn = (caller: CallerControls): void => {
    const answer = mind.answer(askedNodeId);
    if (answer.kind === 'say') {
      speak(caller, answer.text);
    } else if (answer.kind === 'press') {
      tell({ atMs: caller.nowMs, who: 'caller', text: `presses ${answer.keys}` });
      caller.press(answer.keys);
    } else if (flow.nodes[askedNodeId]?.kind === 'ask') {
      tell({ atMs: caller.nowMs, who: 'caller', text: '(says nothing)' });
    }
  };
  const call = carrier.placeCall({
    from,
    to,
    record: options.record,
    caller: {
      silenceMs: TURN_SILENCE_MS,
      onAudioStart: (caller) => {
        if (hasBargedIn) return;
        hasBargedIn = true;
        setTimeout(() => {
          bargedInAtMs = caller.nowMs;
          speak(caller, options.bargeIn!);
        }, BARGE_IN_AFTER_MS);
      },
      onClear: (caller) => {
        clearedAtMs ??= caller.nowMs;
        tell({ atMs: caller.nowMs, who: 'note', text: 'the bot stops: the caller speaks' });
      },
      // The node of the last prompt is known once it is told, which is before it is heard. A bot that stopped because the
      // caller spoke over it is being answered already.
      onSilence: (caller) => {
        if (!caller.isSpeaking) takeTurn(caller);
      },
    },
  });
  const stopObserving = directory.observe({
    onNote: (callSid, note) => {
      if (callSid !== call.callSid) return;
      const atMs = call.nowMs;
      switch (note.kind) {
        case 'bot said':
          askedNodeId = note.nodeId;
          tell({ atMs, who: 'bot', text: note.text });
          break;
        case 'caller said':
          tell({
            atMs,
            who: 'note',
            text: note.answer === null ? 'not understood' : `understood: ${note.answer}`,
          });
          break;
        case 'no input':
          tell({ atMs, who: 'note', text: 'nothing was heard' });
          break;
        case 'recognizer failed':
          tell({ atMs, who: 'note', text: 'the recognizer failed' });
          break;
        case 'decided':
          decided = note;
          break;
      }
    },
  });
  const report = await call.ended;
  stopObserving();
  const { outcome, answers } = (decided ?? { outcome: null, answers: {} }) as Pick<
    DemoCallResult,
    'outcome' | 'answers'
  >;
  const bargeInMs = bargedInAtMs === null || clearedAtMs === null ? null : clearedAtMs - bargedInAtMs;
  return { outcome, answers, bargeInMs, report };
}
