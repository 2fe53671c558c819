/** A call stream that does nothing but remember what it was told, in one list, and report what the test says. */
import type { CallId, EndReason, FromCall } from '../../src/channel/messages.ts';
import type { CallStream, StreamHooks, StreamStart } from '../../src/server/call-stream.ts';

export class ScriptedStream implements CallStream {
  /** `accept 1`, `accept 2 after 5000 ms`, `play`, `goodbye apology worker failed`, `end completed`. */
  readonly told: string[] = [];
  readonly hooks: StreamHooks;
  #isEnded = false;

  constructor(hooks: StreamHooks) {
    this.hooks = hooks;
  }

  start(start: Partial<StreamStart> = {}): void {
    this.hooks.onStart({
      callSid: '',
      accountSid: '',
      streamSid: `MZ${'0'.repeat(32)}`,
      customParameters: new Map(),
      ...start,
    });
  }

  accept(callId: CallId, callBeganAgoMs: number): void {
    this.told.push(callBeganAgoMs > 0 ? `accept ${callId} after ${callBeganAgoMs} ms` : `accept ${callId}`);
  }

  order(message: FromCall): void {
    this.told.push(message.kind);
  }

  playAndFinish(promptKey: string, reason: EndReason): void {
    this.told.push(`goodbye ${promptKey} ${reason}`);
  }

  end(reason: EndReason): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.told.push(`end ${reason}`);
    this.hooks.onEnd(reason);
  }
}
