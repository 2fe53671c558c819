/**
 * One call: asks the questions, listens, and says goodbye. In memory only.
 *
 *   asking: a prompt plays and the caller may speak into it, or all is quiet and a no-input time runs (media time)
 *   reading: an utterance is at the recognizer, nothing is heard
 *   leaving: the goodbye plays; its mark closes the stream
 */
import type { RawData, WebSocket } from 'ws';
import { Endpointer, FRAME_MS } from './endpointer.ts';
import type { Pacing } from './pacing.ts';
import { Player } from './player.ts';
import type { ReadyPrompt } from './ready-prompt.ts';
import type { Recognizer } from './recognizer.ts';
import { readYesNo } from './yes-no.ts';

export interface CallSetting {
  readonly questions: number;
  readonly noInputMs: number;
  readonly endOfSpeechMs: number;
  readonly prompt: ReadyPrompt;
  readonly goodbye: ReadyPrompt;
  readonly recognizer: Recognizer;
  readonly pacing: Pacing;
}

interface CarrierMessage {
  readonly event?: string;
  readonly streamSid?: string;
  readonly media?: { readonly payload: string };
  readonly mark?: { readonly name: string };
  readonly dtmf?: { readonly digit: string };
}

/** A question without a usable answer is asked so often again, then the call ends. */
const MISSES_MAX = 2;
const CALL_MAX_MS = 1_800_000;

export class Call {
  readonly #setting: CallSetting;
  readonly #socket: WebSocket;
  readonly #endpointer: Endpointer;
  readonly #limit: NodeJS.Timeout;
  #player: Player | null = null;
  #state: 'opening' | 'asking' | 'reading' | 'leaving' | 'ended' = 'opening';
  readonly #answers: boolean[] = [];
  #misses = 0;
  #quietMs = 0;

  constructor(socket: WebSocket, setting: CallSetting) {
    this.#setting = setting;
    this.#socket = socket;
    this.#endpointer = new Endpointer(setting.endOfSpeechMs);
    this.#limit = setTimeout(() => socket.close(1000), CALL_MAX_MS);
    socket.on('message', (message: RawData) => this.#receive(message as Buffer));
    socket.on('close', () => this.#end());
    // A close follows.
    socket.on('error', () => {});
  }

  #receive(text: Buffer): void {
    let message: CarrierMessage;
    try {
      message = JSON.parse(text.toString());
    } catch {
      this.#socket.close(1007);
      return;
    }
    switch (message.event) {
      case 'media':
        this.#hear(Buffer.from(message.media?.payload ?? '', 'base64'));
        break;
      case 'mark':
        this.#player?.markEchoed(message.mark?.name ?? '');
        break;
      case 'dtmf':
        this.#press(message.dtmf?.digit);
        break;
      case 'start':
        this.#start(message.streamSid ?? '');
        break;
      case 'stop':
        this.#end();
        break;
    }
  }

  #start(streamSid: string): void {
    if (this.#state !== 'opening') return;
    const stream = {
      send: (message: string) => this.#socket.send(message),
      played: () => {
        if (this.#state === 'leaving') this.#socket.close(1000);
      },
    };
    this.#player = new Player(stream, streamSid, this.#setting.pacing);
    this.#ask();
  }

  #ask(): void {
    this.#state = 'asking';
    this.#quietMs = 0;
    this.#endpointer.listen();
    this.#player!.play(this.#setting.prompt);
  }

  #hear(mulaw: Uint8Array): void {
    const player = this.#player;
    if (player === null) return;
    const event = this.#endpointer.push(mulaw, player.isPlaying);
    if (this.#state !== 'asking') return;
    if (event === 'started') player.clear();
    else if (event === 'ended') void this.#read(this.#endpointer.takeUtterance());
    else if (player.isPlaying || this.#endpointer.isInUtterance) this.#quietMs = 0;
    else {
      this.#quietMs += FRAME_MS;
      if (this.#quietMs >= this.#setting.noInputMs) this.#miss();
    }
  }

  async #read(samples: Int16Array): Promise<void> {
    this.#state = 'reading';
    let answer: boolean | null = null;
    try {
      answer = readYesNo(await this.#setting.recognizer.transcribe(samples));
    } catch (thrown) {
      console.error(`Recognizer: ${thrown instanceof Error ? thrown.message : thrown}`);
    }
    if (this.#state !== 'reading') return;
    if (answer === null) this.#miss();
    else this.#take(answer);
  }

  #press(digit: string | undefined): void {
    if (this.#state !== 'asking') return;
    this.#player!.clear();
    this.#endpointer.ignore();
    if (digit === '1' || digit === '2') this.#take(digit === '1');
    else this.#miss();
  }

  #take(answer: boolean): void {
    this.#answers.push(answer);
    this.#misses = 0;
    if (this.#answers.length >= this.#setting.questions) this.#leave();
    else this.#ask();
  }

  #miss(): void {
    this.#misses += 1;
    if (this.#misses > MISSES_MAX) this.#leave();
    else this.#ask();
  }

  #leave(): void {
    this.#state = 'leaving';
    this.#endpointer.ignore();
    this.#player!.play(this.#setting.goodbye);
  }

  /** Idempotent. */
  #end(): void {
    this.#state = 'ended';
    clearTimeout(this.#limit);
    this.#player?.close();
  }
}
