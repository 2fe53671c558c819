/**
 * One call from the carrier's side: fetches TwiML, runs its verbs one after the other, and at `<Connect><Stream>` runs a
 * stream with a scripted caller on it. Ends once, by `#finish`; `ended` then has the report. Made by `SimulatedCarrier`.
 */
import type { Timer } from '../clock.ts';
import { callParameters } from './call-parameters.ts';
import type { CallReport, DebuggerEntry, VerbReport, WebhookReport } from './call-report.ts';
import type { CallerControls, CallerScript, LineOptions, NetworkOptions } from './caller.ts';
import { CallerLine } from './caller-line.ts';
import { CarrierStream } from './carrier-stream.ts';
import { HeardAudio } from './heard-audio.ts';
import type { Network } from './network.ts';
import { type NextDocument, toNextDocument } from './next-document.ts';
import type { Random } from './random.ts';
import { readStreamNoun, type StreamTarget } from './stream-noun.ts';
import { complaintAbout, type StreamEnd, type StreamReport } from './stream-report.ts';
import { readTwiml, type Verb } from './twiml-document.ts';
import { waitUnlessAborted } from './wait-unless-aborted.ts';

export interface CallOptions {
  /** Default: a name that no other has. */
  readonly callSid?: string;
  /** E.164. Defaults: +15005550006 calls +15005550001. */
  readonly from?: string;
  readonly to?: string;
  readonly caller?: CallerScript;
  readonly line?: LineOptions;
  readonly network?: NetworkOptions;
  /** Keep all that the caller hears, 8 kB a second. Default false. */
  readonly record?: boolean;
  /** Webhook parameters beside or instead of the usual ones. */
  readonly parameters?: Readonly<Record<string, string>>;
  /**
   * False: a stream that the server's end breaks is not followed by its action; the line stays open and silent until the
   * call is redirected. Nobody documents that Twilio never does this. Default true.
   */
  readonly comesBack?: boolean;
  /** An outbound call: what it fetches once it is answered, in place of the number's voice URL. */
  readonly voiceUrl?: string;
  readonly direction?: 'inbound' | 'outbound-api';
  /** Whoever is rung by `<Dial>`. Default `completed`: answers, and hangs up at once. */
  readonly transferTo?: 'completed' | 'busy' | 'no-answer' | 'failed';
  /** Twilio's own limit is 4 h. */
  readonly timeLimitMs?: number;
}

const TIME_LIMIT_MS = 4 * 3_600_000;
/** Against TwiML that redirects to itself for ever. */
const DOCUMENTS_MAX = 100;
const RECORDS_MAX = 1000;
/** About what Twilio's voices take. */
const SAY_MS_PER_CHARACTER = 60;
const PLAY_MS = 1000;
const FROM = '+15005550006';
const TO = '+15005550001';

interface Ending {
  readonly status: CallReport['status'];
  readonly endedBy: CallReport['endedBy'];
  readonly endReason: string;
}

export class SimulatedCall implements CallerControls {
  readonly callSid: string;
  /** Never rejects. */
  readonly ended: Promise<CallReport>;
  readonly #network: Network;
  readonly #options: CallOptions;
  readonly #random: Random;
  readonly #placedAtMs: number;
  readonly #heard: HeardAudio;
  readonly #line: CallerLine;
  readonly #aborted = new AbortController();
  readonly #limit: Timer;
  readonly #webhooks: WebhookReport[] = [];
  readonly #verbs: VerbReport[] = [];
  readonly #streams: StreamReport[] = [];
  readonly #warnings: DebuggerEntry[] = [];
  readonly #errors: DebuggerEntry[] = [];
  readonly #saidAtMs: number[] = [];
  #stream: CarrierStream | null = null;
  /** A call whose fallback leads back to what fails would never end. */
  #hasFallenBack = false;
  /** Aborted to leave the document that is being run, for `#redirectTo`. */
  #interrupted = new AbortController();
  #redirectTo: NextDocument | null = null;
  #status: 'ringing' | 'in-progress' = 'ringing';
  #ending: Ending | null = null;
  #resolveEnded!: (report: CallReport) => void;

  constructor(network: Network, callSid: string, options: CallOptions) {
    this.#network = network;
    this.callSid = callSid;
    this.#options = options;
    this.#random = network.random;
    this.#placedAtMs = network.clock.nowMs();
    this.#heard = new HeardAudio(options.record === true);
    this.#line = new CallerLine(options.line ?? {}, network.random);
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.#limit = network.clock.setTimer(options.timeLimitMs ?? TIME_LIMIT_MS, () =>
      this.#finish({ status: 'completed', endedBy: 'carrier', endReason: 'time limit' }),
    );
    void this.#run();
  }

  get nowMs(): number {
    return this.#network.clock.nowMs() - this.#placedAtMs;
  }

  get isSpeaking(): boolean {
    return this.#line.isSpeaking;
  }

  say(mulaw: Uint8Array): void {
    if (this.#saidAtMs.length < RECORDS_MAX) this.#saidAtMs.push(this.nowMs);
    this.#line.say(mulaw);
  }

  fallSilent(): void {
    this.#line.fallSilent();
  }

  press(digits: string): void {
    this.#stream?.press(digits);
  }

  hangUp(): void {
    this.#finish({ status: 'completed', endedBy: 'caller', endReason: 'caller hung up' });
  }

  drop(how: 'reset' | 'fin'): void {
    this.#stream?.drop(how);
  }

  vanish(how: 'reset' | 'fin'): void {
    const stream = this.#stream;
    stream?.drop(how);
    this.#finish({ status: 'completed', endedBy: 'carrier', endReason: 'carrier vanished' });
  }

  freeze(durationMs: number): void {
    this.#stream?.freeze(durationMs);
  }

  sendRaw(message: string | Uint8Array): void {
    this.#stream?.sendRaw(message);
  }

  /** By REST: what is being run is left at once, and `url` fetched. False when the call has ended. */
  redirect(url: string, method: 'GET' | 'POST'): boolean {
    if (this.#ending !== null) return false;
    this.#redirectTo = { url, method, extra: {} };
    this.#interrupted.abort();
    this.#stream?.stop();
    return true;
  }

  async #run(): Promise<void> {
    try {
      const url = this.#options.voiceUrl ?? this.#network.voiceUrl;
      let next: NextDocument | null = { url, method: 'POST', extra: {} };
      for (let documents = 0; next !== null && this.#ending === null; documents += 1) {
        if (documents === DOCUMENTS_MAX) {
          this.#fail(11215, 'too many documents in one call');
          return;
        }
        const following: NextDocument | null = await this.#document(next);
        next = this.#redirectTo ?? following;
        this.#redirectTo = null;
        if (this.#interrupted.signal.aborted) this.#interrupted = new AbortController();
      }
      this.#finish({ status: 'completed', endedBy: 'server', endReason: 'no verb left' });
    } catch (thrown) {
      this.#scriptFailed(thrown);
    }
  }

  /** Fetches and runs one document. Returns what to fetch after it, or null: nothing. */
  async #document(from: NextDocument): Promise<NextDocument | null> {
    const document = await this.#fetch(from);
    if (this.#ending !== null || this.#redirectTo !== null) return null;
    if (document.failed !== null) {
      const fallback = this.#network.fallbackUrl;
      if (fallback === null || this.#hasFallenBack) {
        this.#fail(document.failed.code, document.failed.text);
        return null;
      }
      this.#hasFallenBack = true;
      this.#errors.push({ atMs: this.nowMs, ...document.failed });
      return {
        url: fallback,
        method: 'POST',
        extra: { ErrorCode: String(document.failed.code), ErrorUrl: from.url },
      };
    }
    for (const verb of document.verbs) {
      if (verb.name !== 'Reject') this.#status = 'in-progress';
      const { name, attributes, text } = verb;
      if (this.#verbs.length < RECORDS_MAX) this.#verbs.push({ atMs: this.nowMs, name, attributes, text });
      const next = await this.#execute(verb, document.url);
      if (next !== null || this.#ending !== null || this.#redirectTo !== null) return next;
    }
    return null;
  }

  /** Runs one verb to its end. Returns a document to go on with, or null: the next verb. */
  async #execute(verb: Verb, baseUrl: string): Promise<NextDocument | null> {
    const { length, method, reason } = verb.attributes;
    switch (verb.name) {
      case 'Connect':
        return this.#connect(verb, baseUrl);
      case 'Say':
        await this.#pause(verb.text.length * SAY_MS_PER_CHARACTER);
        return null;
      case 'Pause':
        await this.#pause(Number(length ?? 1) * 1000);
        return null;
      case 'Play':
        await this.#pause(PLAY_MS);
        return null;
      case 'Redirect':
        return toNextDocument(verb.text, method, baseUrl, {});
      case 'Dial':
        return this.#transfer(verb, baseUrl);
      case 'Reject': {
        const busy = reason === 'busy';
        this.#finish({ status: busy ? 'busy' : 'no-answer', endedBy: 'server', endReason: 'rejected' });
        return null;
      }
      default:
        this.#finish({ status: 'completed', endedBy: 'server', endReason: 'hangup' });
        return null;
    }
  }

  /** Whoever is rung answers, hears what is whispered and hangs up, or does not answer. */
  async #transfer({ attributes, children }: Verb, baseUrl: string): Promise<NextDocument | null> {
    const { action, method } = attributes;
    const status = this.#options.transferTo ?? 'completed';
    const { url: whisperUrl, method: whisperMethod } = children[0]?.attributes ?? {};
    if (status === 'completed' && whisperUrl !== undefined) {
      const leg = { CallSid: this.#network.newSid('CA'), ParentCallSid: this.callSid };
      const document = await this.#fetch(toNextDocument(whisperUrl, whisperMethod, baseUrl, leg));
      for (const { attributes: of, name, text } of document.verbs)
        this.#verbs.push({ atMs: this.nowMs, name, attributes: of, text });
    }
    return action === undefined ? null : toNextDocument(action, method, baseUrl, { DialCallStatus: status });
  }

  /** `<Connect>` lasts as long as its stream. With an action, that is fetched and no later verb is run. */
  async #connect(verb: Verb, baseUrl: string): Promise<NextDocument | null> {
    const noun = verb.children.find((child) => child.name === 'Stream');
    const reading = readStreamNoun(noun, baseUrl, this.#network.insecure);
    if (reading.ok) {
      const end = await this.#runStream(reading);
      const complaint = complaintAbout(end);
      if (complaint !== null) this.#errors.push({ atMs: this.nowMs, ...complaint });
      if (end.kind === 'broken' && this.#options.comesBack === false) await this.#pause(TIME_LIMIT_MS);
    } else this.#errors.push({ atMs: this.nowMs, code: reading.code, text: reading.text });
    const { action, method } = verb.attributes;
    if (this.#ending !== null) return null;
    if (action !== undefined) return toNextDocument(action, method, baseUrl, {});
    return null;
  }

  async #runStream({ url, customParameters, statusUrl, name }: StreamTarget): Promise<StreamEnd> {
    const previousEndMs = this.#streams.at(-1)?.endedAtMs;
    if (typeof previousEndMs === 'number') this.#heard.addSilence(this.nowMs - previousEndMs);
    const names = {
      accountSid: this.#network.accountSid,
      callSid: this.callSid,
      streamSid: this.#network.newSid('MZ'),
    };
    const tell = (event: string, error: string) => {
      if (statusUrl === null) return;
      const extra = { StreamSid: names.streamSid, StreamName: name ?? names.streamSid, StreamEvent: event };
      // Its answer does not matter to the call, nor does its failure.
      const status: NextDocument = {
        url: statusUrl,
        method: 'POST',
        extra: error === '' ? extra : { ...extra, StreamError: error },
      };
      void this.#fetch(status, new AbortController().signal);
    };
    const stream = new CarrierStream({
      clock: this.#network.clock,
      ticker: this.#network.ticker,
      random: this.#random,
      names,
      customParameters,
      url,
      address: this.#network.streamAddress(url),
      openSocket: this.#network.openSocket,
      network: this.#options.network ?? {},
      line: this.#line,
      heard: this.#heard,
      script: this.#options.caller ?? {},
      controls: this,
      warn: (code, text) => this.#warnings.push({ atMs: this.nowMs, code, text }),
      released: this.#network.socketOpened(),
      failed: (thrown) => this.#scriptFailed(thrown),
      started: () => tell('stream-started', ''),
    });
    this.#stream = stream;
    this.#streams.push(stream.report);
    const end = await stream.ended;
    this.#stream = null;
    if (end.kind === 'refused') tell('stream-error', `${end.code} ${end.text}`);
    else tell('stream-stopped', '');
    return end;
  }

  async #fetch(next: NextDocument, signal = this.#leaving()) {
    const atMs = this.nowMs;
    const answer = await this.#network.fetch({
      url: next.url,
      method: next.method,
      parameters: callParameters({
        accountSid: this.#network.accountSid,
        callSid: this.callSid,
        callStatus: this.#status,
        from: this.#options.from ?? FROM,
        to: this.#options.to ?? TO,
        direction: this.#options.direction ?? 'inbound',
        extra: { ...this.#options.parameters, ...next.extra },
      }),
      idempotencyToken: this.#network.newSid('').toLowerCase(),
      signal,
    });
    if (this.#webhooks.length < RECORDS_MAX) {
      const { attempts, statusCode } = answer;
      this.#webhooks.push({ atMs, url: next.url, durationMs: this.nowMs - atMs, attempts, statusCode });
    }
    if (!answer.ok) return { failed: { code: answer.code, text: answer.text }, verbs: [], url: next.url };
    const reading = readTwiml(answer.body, answer.contentType);
    if (!reading.ok) return { failed: reading.error, verbs: [], url: next.url };
    for (const warning of reading.warnings) this.#warnings.push({ atMs: this.nowMs, ...warning });
    return { failed: null, verbs: reading.verbs, url: answer.url };
  }

  /** Waits, but not beyond the call's end or a redirect. */
  #pause(durationMs: number): Promise<void> {
    return waitUnlessAborted(this.#network.clock, durationMs, this.#leaving());
  }

  #leaving(): AbortSignal {
    return AbortSignal.any([this.#aborted.signal, this.#interrupted.signal]);
  }

  #scriptFailed(thrown: unknown): void {
    const text = thrown instanceof Error ? thrown.message : String(thrown);
    this.#finish({ status: 'failed', endedBy: 'carrier', endReason: `the caller's script threw: ${text}` });
  }

  #fail(code: number, text: string): void {
    this.#errors.push({ atMs: this.nowMs, code, text });
    this.#finish({ status: 'failed', endedBy: 'carrier', endReason: `${code} ${text}` });
  }

  /** The one end of a call. Idempotent: the first reason stands. */
  #finish(ending: Ending): void {
    if (this.#ending !== null) return;
    this.#ending = ending;
    this.#network.clock.clearTimer(this.#limit);
    const stream = this.#stream;
    stream?.stop();
    this.#aborted.abort();
    const settle = () => {
      this.#network.callEnded(this);
      this.#resolveEnded(this.#report(ending));
    };
    if (stream === null) settle();
    else void stream.ended.then(settle);
  }

  #report(ending: Ending): CallReport {
    const heard = this.#heard;
    return {
      callSid: this.callSid,
      ...ending,
      endedAtMs: this.nowMs,
      webhooks: this.#webhooks,
      verbs: this.#verbs,
      streams: this.#streams,
      warnings: this.#warnings,
      errors: this.#errors,
      saidAtMs: this.#saidAtMs,
      firstAudioAtMs: this.#streams.find((stream) => stream.firstAudioAtMs !== null)?.firstAudioAtMs ?? null,
      audioMs: heard.audioMs,
      loudMs: heard.loudMs,
      gapsMs: heard.gapsMs,
      pausesMs: heard.pausesMs,
      heard: heard.recording(),
    };
  }
}
