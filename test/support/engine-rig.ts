/** A caller engine against a strict server, and what it told of each call. */
import { vi } from 'vitest';
import { CallerEngine, type EngineEvent, type StreamCall } from '../../src/load/caller-engine.ts';
import { StrictMediaServer, type StrictStream } from './strict-media-server.ts';

type Told<Kind extends EngineEvent['kind']> = Extract<EngineEvent, { readonly kind: Kind }>;

export class EngineRig {
  readonly server: StrictMediaServer;
  readonly engine: CallerEngine;
  readonly events: EngineEvent[];
  #calls = 0;

  private constructor(server: StrictMediaServer, engine: CallerEngine, events: EngineEvent[]) {
    this.server = server;
    this.engine = engine;
    this.events = events;
  }

  static async start(): Promise<EngineRig> {
    const events: EngineEvent[] = [];
    const engine = await CallerEngine.start((event) => events.push(event));
    return new EngineRig(await StrictMediaServer.start(), engine, events);
  }

  /** Its id. `onStream` sets the hooks of the server's end. */
  call(options: Partial<StreamCall> = {}, onStream: (stream: StrictStream) => void = () => {}): number {
    const id = this.#calls++;
    this.server.onStream = onStream;
    this.engine.call({
      id,
      host: '127.0.0.1',
      port: this.server.port,
      path: '/stream',
      headers: { Host: 'bot.example.org' },
      accountSid: 'AC1',
      callSid: `CA${id}`,
      streamSid: `MZ${id}`,
      parameters: {},
      turnSilenceMs: 350,
      steps: [],
      ...options,
    });
    return id;
  }

  /** The first such event of the call, perhaps one to come. Fails after 20 s. */
  told<Kind extends Exclude<EngineEvent['kind'], 'pulse'>>(id: number, kind: Kind): Promise<Told<Kind>> {
    return this.until(() => this.all(id, kind)[0], `no ${kind} of call ${id}`);
  }

  all<Kind extends Exclude<EngineEvent['kind'], 'pulse'>>(id: number, kind: Kind): readonly Told<Kind>[] {
    return this.events.filter((event): event is Told<Kind> => event.kind === kind && event.id === id);
  }

  pulses(): readonly Told<'pulse'>[] {
    return this.events.filter((event) => event.kind === 'pulse');
  }

  until<Found>(find: () => Found | undefined, what: string): Promise<Found> {
    return vi.waitFor(
      () => {
        const found = find();
        if (found === undefined) throw new Error(what);
        return found;
      },
      { timeout: 20_000, interval: 5 },
    );
  }

  async close(): Promise<void> {
    await this.engine.close();
    await this.server.close();
  }
}
