/** The calls of one worker, timed and traced as the worker was told to: the thread's meter, its way to the trace thread. Call worker. */
import type { CallStart, ToCall } from '../channel/messages.ts';
import { TracePort } from '../channel/trace-port.ts';
import type { WorkerTelemetry } from '../channel/worker-start.ts';
import type { Clock } from '../clock.ts';
import { ThreadMeter } from '../meter/thread-meter.ts';
import type { Call, CallParts } from './call.ts';
import { timedParts } from './timed-parts.ts';
import { TurnTimes, type TurnTimesParts } from './turn-times.ts';

type BegunCall = Pick<Call, 'begin' | 'receive'>;

export class TimedCalls {
  /** Null: nobody asks. */
  readonly #timing: TurnTimesParts | null;

  constructor(telemetry: WorkerTelemetry | undefined, clock: Clock) {
    this.#timing = null;
    if (telemetry === undefined) return;
    const meter = new ThreadMeter(telemetry.meter);
    const port =
      telemetry.trace === null ? null : new TracePort(telemetry.trace, () => meter.add('spansDropped'));
    this.#timing = { clock, meter, trace: port === null ? null : (message) => port.post(message) };
  }

  /** A sample of this thread's event loop. */
  loopWasLate(lateMs: number): void {
    this.#timing?.meter.of('loopDelay').observeMs(lateMs);
  }

  /** `make` makes the call with the parts that it is given. */
  begin(start: CallStart, parts: CallParts, make: (parts: CallParts) => BegunCall): BegunCall {
    if (this.#timing === null) return make(parts);
    const times = new TurnTimes(start, this.#timing);
    const call = make(timedParts(parts, times));
    return {
      begin: () => call.begin(),
      receive(message: ToCall) {
        times.received(message);
        call.receive(message);
      },
    };
  }
}
