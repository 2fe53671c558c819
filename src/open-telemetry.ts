/** Metrics and traces as the configuration wants them. Part of the composition root. */
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import type { Log } from './log.ts';
import type { GapCounts } from './media/gap-counts.ts';
import type { StoreHealth } from './server/health.ts';
import type { TrunklineServer } from './server/trunkline-server.ts';
import type { VendorHealthBoard } from './server/vendor-health.ts';
import { lostLogLines } from './standard-error.ts';
import { Telemetry, type TelemetryParts } from './telemetry/telemetry.ts';

export interface TelemetrySurroundings {
  readonly clock: Clock;
  readonly log: Log;
  readonly nodeId: string;
  readonly isPromptReady: (promptKey: string) => boolean;
  /** Told of what each spoken answer took. */
  readonly onTurn: NonNullable<TelemetryParts['onTurn']>;
}

export function openTelemetry(
  config: Config,
  { clock, isPromptReady, log, nodeId, onTurn }: TelemetrySurroundings,
): Promise<Telemetry> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } = config;
  return Telemetry.open({
    clock,
    log,
    workers: config.WORKERS,
    isReady: isPromptReady,
    onTurn,
    metricsToken: config.METRICS_TOKEN ?? null,
    traces:
      endpoint === undefined
        ? null
        : {
            url: `${endpoint}/v1/traces`,
            headers: config.OTEL_EXPORTER_OTLP_HEADERS,
            serviceName: config.OTEL_SERVICE_NAME,
            nodeId,
            logLevel: config.LOG_LEVEL,
            logPii: config.LOG_PII,
          },
  });
}

export interface Measured {
  readonly server: TrunklineServer;
  readonly gaps: GapCounts;
  readonly vendors: VendorHealthBoard;
  readonly storeHealth: () => StoreHealth;
}

/** From now on a scrape tells of this server. */
export function measure(telemetry: Telemetry, { gaps, server, storeHealth, vendors }: Measured): void {
  const { admission, callLimit, directory, faults, voiceCounts, workers } = server;
  directory.observe({ onEnd: (_callSid, reason) => telemetry.streamEnded(reason) });
  telemetry.read({
    liveCalls: () => directory.liveCount,
    slots: () => ({ inUse: admission.inUse(), most: callLimit.calls }),
    voiceCounts,
    gaps,
    workers,
    vendors: () => vendors.report(),
    store: storeHealth,
    faults: () => faults.entries(),
    lostLogLines,
  });
}
