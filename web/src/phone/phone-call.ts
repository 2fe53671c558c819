/**
 * One call at a time, from the button to its result: microphone, session, stream, loudspeaker, and the way back when the
 * connection was lost. Whatever ends it goes through `#close`, after which nothing of that call is heard.
 */
import { backOffMs } from '../shared/back-off.ts';
import { wait } from '../shared/wait.ts';
import { AudioIn, askForMicrophone } from './audio-in.ts';
import { AudioOut } from './audio-out.ts';
import { hasAudioOutput } from './has-audio-output.ts';
import type { PcmFrame } from './pcm-frames.ts';
import { IDLE, type PhoneEvent, type PhoneState, step } from './phone-state.ts';
import {
  CONNECTION_LOST,
  MICROPHONE_LOST,
  microphoneSentence,
  NO_OUTPUT,
  NOT_SECURE,
  refusedSentence,
  type Sentence,
  sessionSentence,
  VENDOR_TROUBLE,
} from './sentence.ts';
import type { ServerMessage } from './server-message.ts';
import { openSession, PLAY_RATE_HZ, type Session } from './session.ts';
import { VoiceSocket } from './voice-socket.ts';

/** The server keeps a lost call for longer than anybody waits for it. */
const RECONNECT_MAX_MS = 30_000;
const RECONNECT = { firstMs: 300, longestMs: 4000 };
/** The server answers `stop` at once; it may be gone. */
const HANG_UP_MAX_MS = 3000;
/** "Policy violation": what we sent or brought was refused, and would be again. */
const REFUSED_CODE = 1008;
/** A reason that may pass while the call waits to be taken up. */
const PASSING = new Set(['unreachable', 'unreadable', 'not-ready', 'draining', 'full', 'too-many']);

/** What belongs to one call. */
interface Line {
  readonly over: AbortController;
  input: AudioIn | null;
  output: AudioOut | null;
  socket: VoiceSocket | null;
  session: Session | null;
  lostAtMs: number | null;
  attempt: number;
}

export class PhoneCall {
  readonly #onState: (state: PhoneState) => void;
  readonly #onLevel: (levelDbfs: number) => void;
  #state: PhoneState = IDLE;
  #line: Line | null = null;

  constructor(onState: (state: PhoneState) => void, onLevel: (levelDbfs: number) => void) {
    this.#onState = onState;
    this.#onLevel = onLevel;
  }

  /** From a click: browsers start audio for nothing less. */
  async call(withMicrophone: boolean): Promise<void> {
    if (this.#line !== null) return;
    const line: Line = {
      over: new AbortController(),
      input: null,
      output: null,
      socket: null,
      session: null,
      lostAtMs: null,
      attempt: 0,
    };
    this.#line = line;
    this.#step({ kind: 'called', withMicrophone });
    try {
      await this.#begin(line, withMicrophone);
    } catch (thrown) {
      this.#fail(line, microphoneSentence(thrown));
    }
  }

  press(digit: string): void {
    if (this.#state.phase.name !== 'live') return;
    this.#line?.socket?.sendDigit(digit);
    this.#step({ kind: 'pressed', digit });
  }

  toggleMute(): void {
    const isMuted = !this.#state.isMuted;
    this.#line?.input?.mute(isMuted);
    this.#step({ kind: 'muted', isMuted });
  }

  hangUp(): void {
    const line = this.#line;
    if (line === null) return;
    const { name } = this.#state.phase;
    if (name === 'starting') {
      this.#stepOf(line, { kind: 'cancelled' });
      this.#close(line);
      return;
    }
    if (name !== 'live') {
      this.#end(line, 'caller hung up', null, []);
      return;
    }
    this.#step({ kind: 'hanging-up' });
    line.socket?.sendStop();
    void wait(HANG_UP_MAX_MS, line.over.signal).then(() => this.#end(line, 'caller hung up', null, []));
  }

  async #begin(line: Line, withMicrophone: boolean): Promise<void> {
    if (!window.isSecureContext || navigator.mediaDevices === undefined) {
      this.#fail(line, NOT_SECURE);
      return;
    }
    const stream = withMicrophone ? await askForMicrophone() : null;
    if (line.over.signal.aborted) {
      for (const track of stream?.getTracks() ?? []) track.stop();
      return;
    }
    if (withMicrophone) this.#step({ kind: 'microphone-allowed' });
    await this.#openAudio(line, stream);
    const answer = await openSession(null, line.over.signal);
    if (line.over.signal.aborted) return;
    if (answer.kind === 'refused') {
      this.#fail(line, sessionSentence(answer.problem));
      return;
    }
    this.#connect(line, answer.session);
  }

  async #openAudio(line: Line, stream: MediaStream | null): Promise<void> {
    // Both at once, and nothing before them that is waited for: Safari starts audio in the click alone.
    const [input, output] = await Promise.all([
      AudioIn.open(stream, {
        onFrame: (frame) => this.#captured(line, frame),
        onLost: () => this.#notice(line, MICROPHONE_LOST),
      }),
      AudioOut.open(PLAY_RATE_HZ, {
        onMark: (name) => line.socket?.sendMark(name),
        onPlaying: (isPlaying) => this.#stepOf(line, { kind: 'playing', isPlaying }),
      }),
    ]);
    if (line.over.signal.aborted) {
      input.close();
      output.close();
      return;
    }
    line.input = input;
    line.output = output;
    if (!output.isRunning || !(await hasAudioOutput())) this.#notice(line, NO_OUTPUT);
  }

  #connect(line: Line, session: Session): void {
    if (line.over.signal.aborted || line.input === null) return;
    line.session = session;
    line.socket = new VoiceSocket(session.streamUrl, line.input.sampleRateHz, {
      onMessage: (message) => this.#received(line, message),
      onAudio: (pcm) => line.output?.play(pcm),
      onClosed: (closeCode, reason) => this.#streamClosed(line, closeCode, reason),
    });
  }

  #received(line: Line, message: ServerMessage): void {
    switch (message.event) {
      case 'started':
        line.lostAtMs = null;
        line.attempt = 0;
        this.#stepOf(line, { kind: 'started', atMs: performance.now() });
        break;
      case 'mark':
        line.output?.mark(message.name);
        break;
      case 'clear':
        line.output?.clear();
        break;
      case 'note':
        if (message.note.kind === 'vendor') this.#notice(line, VENDOR_TROUBLE);
        else this.#stepOf(line, { kind: 'noted', note: message.note });
        break;
      case 'ended':
        this.#end(line, message.reason, message.outcome, message.answers);
        break;
    }
  }

  #streamClosed(line: Line, closeCode: number, reason: string): void {
    line.socket = null;
    if (this.#state.phase.name === 'hanging-up') this.#end(line, 'caller hung up', null, []);
    else if (closeCode === REFUSED_CODE) this.#fail(line, refusedSentence(reason));
    else void this.#reconnect(line);
  }

  async #reconnect(line: Line): Promise<void> {
    // The bot says its question again: what was queued is of the past, and so are its marks.
    line.output?.clear();
    line.lostAtMs ??= performance.now();
    this.#stepOf(line, { kind: 'lost' });
    for (;;) {
      await wait(backOffMs(line.attempt++, RECONNECT), line.over.signal);
      if (line.over.signal.aborted) return;
      if (performance.now() - line.lostAtMs > RECONNECT_MAX_MS) {
        this.#fail(line, CONNECTION_LOST);
        return;
      }
      const answer = await openSession(line.session?.callToken ?? null, line.over.signal);
      if (line.over.signal.aborted) return;
      if (answer.kind === 'session') {
        this.#connect(line, answer.session);
        return;
      }
      if (!PASSING.has(answer.problem.code)) {
        this.#fail(line, sessionSentence(answer.problem));
        return;
      }
    }
  }

  #captured(line: Line, { samples, levelDbfs }: PcmFrame): void {
    line.socket?.sendAudio(samples);
    this.#onLevel(levelDbfs);
  }

  #notice(line: Line, notice: string): void {
    this.#stepOf(line, { kind: 'noticed', notice });
  }

  #end(line: Line, reason: string, outcome: string | null, answers: PhoneState['answers']): void {
    this.#stepOf(line, { kind: 'ended', reason, outcome, answers, atMs: performance.now() });
    this.#close(line);
  }

  #fail(line: Line, sentence: Sentence): void {
    this.#stepOf(line, { kind: 'failed', sentence });
    this.#close(line);
  }

  #close(line: Line): void {
    line.over.abort();
    line.socket?.close();
    line.input?.close();
    line.output?.close();
    if (this.#line === line) this.#line = null;
  }

  /** What a call that is over still tells is heard by nobody. */
  #stepOf(line: Line, event: PhoneEvent): void {
    if (!line.over.signal.aborted) this.#step(event);
  }

  #step(event: PhoneEvent): void {
    this.#state = step(this.#state, event);
    this.#onState(this.#state);
  }
}
