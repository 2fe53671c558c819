/**
 * One live call in a call worker: what the media plane and the recognizer report becomes events, events step the flow,
 * and the committed result becomes messages. It holds no audio beyond an utterance and knows no wire, socket or store
 * engine. One transition at a time:
 *
 *     receive -> event queue -> step -> commit -> play, listen, finish ...
 *                    ^            (the next event waits until the commit is answered)
 *                    `-- Listening: recognizer, digits, deadline
 *
 * Ends: `call.ended` aborts all that is in flight; where the call cannot come back, the flow is stepped and committed a
 * last time. A throw anywhere posts `call.failed` and leaves the call deaf until `call.ended` comes. Both are idempotent;
 * `onClosed` comes once.
 */
import type {
  CallId,
  CallNote,
  CallStart,
  Disposition,
  EndReason,
  FromCall,
  ToCall,
} from '../channel/messages.ts';
import type { Clock } from '../clock.ts';
import { InvalidStateError, toErrorRecord } from '../errors.ts';
import type { FlowAction } from '../flow/action.ts';
import type { FlowEvent } from '../flow/event.ts';
import type { FlowState } from '../flow/state.ts';
import type { Log } from '../log.ts';
import type { PromptWants } from '../speech/prompt-wants.ts';
import type { Recognizer } from '../speech/recognizer.ts';
import type { VendorTally } from '../speech/resilience/vendor-tally.ts';
import type { Understanding } from '../speech/understanding.ts';
import type { CallStore } from '../store/call-store.ts';
import type { Committed } from './committed.ts';
import { DeadEnd } from './dead-end.ts';
import { Listening } from './listening.ts';
import { Prompts } from './prompts.ts';
import { RecordingTurn } from './recording-turn.ts';
import type { Script } from './script.ts';
import { Transitions } from './transitions.ts';
import { TurnLedger } from './turn-ledger.ts';

/** The caller's first pause that is worth a transcription: most who pause so long have ended. */
const PROVISIONAL_MS = 200;
/** After these the caller is not speaking. */
const SPEECH_ENDS: ReadonlySet<ToCall['kind']> = new Set([
  'utterance',
  'speech.discarded',
  'no.input',
  'digit',
]);
/** Pieces of speech for a live recognizer. */
const CHUNK_MS = 160;
/** After these the caller has gone for good. After any other the stream may come back, to the last committed state. */
const FINAL_REASONS: readonly EndReason[] = [
  'completed',
  'transferred',
  'caller hung up',
  'hung up',
  'time limit',
];

export interface CallParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly store: Pick<CallStore, 'commit'>;
  /** With a deadline of its own. */
  readonly recognizer: Recognizer;
  /** Transcription begins in the caller's first pause. */
  readonly speculates: boolean;
  /** Reads what no rule reads; null: nothing does. */
  readonly understanding: Understanding | null;
  readonly tally: VendorTally;
  readonly wants: Pick<PromptWants, 'want'>;
  /** The script that `call.to` is answered by, or that its `state` came from. May throw: the call fails. */
  readonly scriptFor: (call: CallStart) => Script;
  readonly post: (message: FromCall) => void;
  /** Runs `work` while the health memory names this call as the one being served. */
  readonly serve: (callId: CallId, work: () => void) => void;
  readonly onClosed: (callId: CallId) => void;
}

export class Call {
  readonly #callId: CallId;
  readonly #start: CallStart;
  readonly #parts: CallParts;
  readonly #log: Log;
  readonly #prompts: Prompts;
  readonly #deadEnd: DeadEnd;
  readonly #ledger: TurnLedger;
  readonly #recording: RecordingTurn;
  /** It was told of a machine, and the flow has not been yet. */
  #isMachineWaiting = false;
  /** Null until the call begins. */
  #script: Script | null = null;
  #transitions: Transitions | null = null;
  #listening: Listening | null = null;
  /** `live` -> `finishing` (the flow has ended, the last prompts play) -> `ending` (a last commit) -> `closed`; or `failed`. */
  #phase: 'live' | 'finishing' | 'failed' | 'ending' | 'closed' = 'live';

  constructor(callId: CallId, start: CallStart, parts: CallParts) {
    this.#callId = callId;
    this.#start = start;
    this.#parts = parts;
    this.#log = parts.log.child({ callSid: start.callSid });
    this.#prompts = new Prompts({
      ...parts,
      callId,
      playFormat: start.playFormat,
      enter: (work) => this.#enter(work),
    });
    this.#ledger = new TurnLedger(parts.clock);
    this.#recording = new RecordingTurn((isOn) => parts.post({ kind: 'recording', callId, isOn }));
    this.#deadEnd = new DeadEnd(parts.clock, () =>
      this.#enter(() => {
        throw new InvalidStateError('Expected a question or an end, received nothing to wait for');
      }),
    );
  }

  /** Answers the caller, or goes on where the call's state says. Call once, first. */
  begin(): void {
    this.#enter(() => {
      const { dialed, from, to, state } = this.#start;
      const script = this.#parts.scriptFor(this.#start);
      const isResumed = isStateOf(state, script);
      this.#script = script;
      this.#prompts.fillWith(script.filler);
      this.#transitions = new Transitions(isResumed ? state : script.initialState(), {
        call: this.#start,
        store: this.#parts.store,
        script,
        enter: (work) => this.#enter(work),
        onStepped: (stepped) => this.#keep(stepped),
        turnOf: (event, actions) => this.#ledger.closedBy(event, actions),
        onCommitted: (committed, before, event) => this.#carryOut(committed, before, event),
        onUnchanged: (event) => {
          if (event.kind === 'machine') this.#isMachineWaiting = false;
          if (event.kind !== 'ended') return;
          this.#keepLastWords(event);
          this.#close();
        },
      });
      const closing = isResumed ? script.closingActions(state) : null;
      const wasTransferred = closing?.some(({ kind }) => kind === 'transfer') === true;
      if (wasTransferred && this.#start.isTransferFailed === true)
        this.#transitions.enqueue({ kind: 'transfer.failed' });
      else if (closing !== null) this.#transitions.owe(closing);
      else if (isResumed) this.#transitions.enqueue({ kind: 'resumed' });
      else this.#transitions.enqueue({ kind: 'started', from, to, variables: dialed?.variables ?? {} });
      this.#watchForDeadEnd();
    });
  }

  /** Never throws. A message of the wrong moment or of another listen is dropped. */
  receive(message: ToCall): void {
    this.#enter(() => {
      if (message.kind === 'call.ended') this.#end(message.reason);
      else if (message.kind === 'prompt.ended') this.#promptEnded(message);
      else if (message.kind === 'prompt.started') this.#prompts.started(message.playId);
      else if (this.#phase === 'live') this.#hear(message);
    });
  }

  #hear(message: ToCall): void {
    const listening = this.#listening;
    if (message.kind === 'speech.started') this.#prompts.callerSpeaks(true);
    if (SPEECH_ENDS.has(message.kind)) this.#prompts.callerSpeaks(false);
    if (message.kind === 'speech.started' || message.kind === 'digit') this.#ledger.answerBegan();
    if (message.kind === 'speech.discarded') this.#ledger.answerWithdrawn();
    switch (message.kind) {
      case 'digit':
        listening?.hearDigit(message.digit);
        break;
      case 'utterance':
      case 'utterance.provisional':
      case 'utterance.withdrawn':
      case 'speech.chunk':
      case 'speech.discarded':
      case 'no.input':
        if (listening?.listenId === message.listenId) listening.hear(message);
        break;
      case 'machine':
        this.#machineAnswered();
        break;
      case 'call.started':
      case 'call.ended':
      case 'prompt.started':
      case 'prompt.ended':
      // Barge-in is the media plane's affair; the flow hears of what was said.
      case 'speech.started':
        break;
    }
  }

  /** It takes a message now: what was asked of a person is not asked any more, nor what is being committed. */
  #machineAnswered(): void {
    this.#isMachineWaiting = true;
    this.#stopAsking();
    this.#transitions?.enqueue({ kind: 'machine' });
  }

  #stopAsking(): void {
    this.#prompts.drop();
    if (this.#listening !== null) this.#parts.post({ kind: 'stop.listening', callId: this.#callId });
    this.#listening?.close();
    this.#listening = null;
  }

  #promptEnded(message: Extract<ToCall, { kind: 'prompt.ended' }>): void {
    const { playId, outcome, playedMs } = message;
    this.#ledger.promptEnded(message);
    this.#recording.promptEnded(playId, outcome);
    if (!this.#prompts.ended(message) || this.#phase !== 'live') return;
    if (this.#listening !== null && this.#prompts.isMute) {
      this.#log.error(
        { event: 'prompt.unheard', playId },
        'a question could not be heard; the call is ended',
      );
      this.#finish('call failed', { kind: 'hangup' }, this.#script?.lastResort ?? '');
      return;
    }
    if (!this.#prompts.isPlaying) this.#listening?.promptsEnded();
    this.#transitions?.enqueue({ kind: 'prompt.ended', playId, outcome, playedMs });
  }

  /** Before the store is asked: an answer that the store has kept must not be asked for again, whatever this thread does next. */
  #keep(state: FlowState): void {
    if (this.#phase !== 'ending') this.#parts.post({ kind: 'snapshot', callId: this.#callId, state });
  }

  #carryOut(committed: Committed, before: FlowState, event: FlowEvent | null): void {
    if (this.#phase === 'ending') {
      // The last event is still to come, or was this one.
      if (this.#transitions?.hasWaiting !== true) this.#close();
      return;
    }
    if (committed.state.outcome !== null && before.outcome !== committed.state.outcome) {
      const { outcome, answers } = committed.state;
      this.#note({ kind: 'decided', outcome, answers });
    }
    if (committed.state.noMatchCount > before.noMatchCount) {
      this.#note({ kind: 'no match', nodeId: committed.state.nodeId });
    }
    const listensAgain = committed.actions.some((action) => action.kind === 'listen');
    if (this.#listening?.settled === true && !listensAgain) {
      this.#listening = null;
      this.#parts.post({ kind: 'stop.listening', callId: this.#callId });
    }
    this.#ledger.carriedOut(committed.actions, committed.state.listenId);
    if (event?.kind === 'machine') {
      this.#isMachineWaiting = false;
      this.#stopAsking();
    }
    // What a person was to hear next: the machine's turn comes at once.
    const isForNobody = this.#isMachineWaiting && committed.state.phase === 'asking';
    for (const action of committed.actions)
      if (!isForNobody || (action.kind !== 'play' && action.kind !== 'listen')) this.#act(action);
    this.#watchForDeadEnd();
  }

  /** The flow had ended before the call did: nothing steps any more, but what of its goodbye was heard is to be known. */
  #keepLastWords(event: Extract<FlowEvent, { kind: 'ended' }>): void {
    const turn = this.#ledger.closedBy(event, []);
    const state = this.#transitions?.state;
    if (turn === null || state === undefined) return;
    const { callSid, attempt, move } = this.#start;
    const { outcome, answers } = state;
    // Nothing waits for it, and the store's client tells of its own losses.
    void this.#parts.store.commit(callSid, attempt, state, { outcome, answers, turn }, move).catch(() => {});
  }

  #act(action: FlowAction): void {
    switch (action.kind) {
      case 'play':
        this.#note({ kind: 'bot said', text: action.prompt.text, nodeId: action.nodeId });
        this.#prompts.play(action);
        break;
      case 'listen':
        this.#listen(action);
        break;
      case 'record': {
        const { nodeId, heard, by, value } = action;
        const answer = value === null ? null : String(value);
        this.#note({ kind: 'caller said', text: heard, how: by, answer, nodeId });
        break;
      }
      case 'recording':
        this.#recording.wanted(action.isOn, this.#prompts.lastPlayId);
        break;
      // It is in the commit.
      case 'opt-out':
        break;
      case 'transfer':
        this.#finish('transferred', action);
        break;
      case 'hangup':
        this.#finish('completed', { kind: 'hangup' });
        break;
    }
  }

  #listen(action: Extract<FlowAction, { kind: 'listen' }>): void {
    const { clock, post, recognizer, speculates, tally, understanding } = this.#parts;
    const { listenId, endOfSpeechMs, maxUtteranceMs, noInputMs } = action;
    const { isLive } = recognizer;
    this.#listening?.close();
    this.#prompts.questionAsked();
    this.#listening = new Listening(action, this.#prompts.isPlaying, {
      clock,
      recognizer,
      understand: (text, signal) => {
        const state = this.#transitions?.state;
        const question = state === undefined ? null : (this.#script?.unread(state, text) ?? null);
        return question === null ? null : (understanding?.understand(question, text, signal) ?? null);
      },
      enter: (work) => this.#enter(work),
      onTurnTaken: (cut) => this.#prompts.turnTaken(cut ? 0 : endOfSpeechMs),
      onTurnWithdrawn: () => this.#prompts.turnAnswered(),
      onSpeculated: () => tally.count('recognizer', recognizer.provider, 'speculated'),
      onSettled: (event) => {
        if (event.kind === 'no.input') this.#note({ kind: 'no input', nodeId: action.nodeId });
        if (event.kind === 'answered') this.#prompts.dropQuestion();
        this.#transitions?.enqueue(event);
      },
      onRecognizerFailed: (err) => {
        this.#log.warn({ event: 'recognizer.failed', err }, 'a recognition failed; the keypad is offered');
        this.#note({ kind: 'recognizer failed', nodeId: action.nodeId });
      },
    });
    post({
      kind: 'listen',
      callId: this.#callId,
      listenId,
      endOfSpeechMs,
      maxUtteranceMs,
      noInputMs,
      provisionalMs: speculates && !isLive && endOfSpeechMs > PROVISIONAL_MS ? PROVISIONAL_MS : 0,
      chunkMs: isLive ? CHUNK_MS : 0,
    });
  }

  /** `lastWords`: what the carrier says if the last prompt could not be heard. */
  #finish(
    reason: 'completed' | 'transferred' | 'call failed',
    disposition: Disposition,
    lastWords = this.#prompts.lastText,
  ): void {
    if (this.#phase !== 'live') return;
    this.#phase = 'finishing';
    this.#stopWaiting();
    this.#prompts.turnAnswered();
    this.#parts.post({ kind: 'finish', callId: this.#callId, reason, disposition, lastWords });
  }

  #watchForDeadEnd(): void {
    if (this.#phase === 'live' && this.#listening === null) this.#deadEnd.watch(this.#prompts.isPlaying);
    else this.#deadEnd.stop();
  }

  #end(reason: EndReason): void {
    if (this.#phase === 'ending') return;
    this.#stopWaiting();
    this.#prompts.close();
    // One that ended before it began: nothing was said, and nothing is to be kept.
    if (this.#phase === 'failed' || this.#transitions === null || !FINAL_REASONS.includes(reason)) {
      this.#close();
      return;
    }
    this.#phase = 'ending';
    this.#transitions.enqueue({ kind: 'ended', reason });
  }

  #fail(thrown: unknown): void {
    this.#log.error({ event: 'call.failed', err: thrown }, 'a call failed; it alone is ended');
    const wasEnding = this.#phase === 'ending';
    this.#phase = 'failed';
    this.#stopWaiting();
    this.#prompts.close();
    this.#transitions?.stop();
    this.#parts.post({ kind: 'call.failed', callId: this.#callId, error: toErrorRecord(thrown) });
    if (wasEnding) this.#close();
  }

  #stopWaiting(): void {
    this.#transitions?.dropWaiting();
    this.#listening?.close();
    this.#listening = null;
    this.#deadEnd.stop();
  }

  #close(): void {
    if (this.#phase === 'closed') return;
    this.#phase = 'closed';
    this.#prompts.close();
    this.#transitions?.stop();
    this.#parts.onClosed(this.#callId);
  }

  /** Every way into this call's code goes through here: what it throws ends this call and no other. */
  #enter(work: () => void): void {
    if (this.#phase === 'closed') return;
    this.#parts.serve(this.#callId, () => {
      try {
        work();
      } catch (thrown) {
        if (this.#phase !== 'failed' && this.#phase !== 'closed') this.#fail(thrown);
      }
    });
  }

  #note(note: CallNote): void {
    this.#parts.post({ kind: 'note', callId: this.#callId, note });
  }
}

function isStateOf(state: unknown, script: Script): state is FlowState {
  return (
    typeof state === 'object' && state !== null && (state as Partial<FlowState>).flowHash === script.flowHash
  );
}
