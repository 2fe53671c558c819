/** Trunkline as an operator has it, supervisor and server each a process of its own, and a simulated carrier that calls it. */

import { symlinkSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, vi } from 'vitest';
import type { CallReport } from '../../src/simulator/call-report.ts';
import { RestApi, type RestApiOptions } from '../../src/simulator/rest-api.ts';
import { SimulatedCarrier } from '../../src/simulator/simulated-carrier.ts';
import { SqliteStore } from '../../src/store/sqlite-store.ts';
import { RecordedCalls } from './recorded-calls.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { type ProcessOptions, TrunklineProcess } from './trunkline-process.ts';
import { sharedPromptFolder } from './trunkline-rig.ts';

export const AUTH_TOKEN = 'an-auth-token-of-tests-32-letters';
export const ACCOUNT_SID = `AC${'0'.repeat(31)}1`;
export const PUBLIC_URL = 'https://bot.example.org';
export const FLOWS = ['short', 'three', 'cued', 'through'].map((name) =>
  fileURLToPath(new URL(`../fixtures/flows/${name}.yaml`, import.meta.url)),
);

/** The path of a flow of tests. */
export function fixtureFlow(name: string): string {
  return fileURLToPath(new URL(`../fixtures/flows/${name}.yaml`, import.meta.url));
}

export interface ProcessRigOptions extends ProcessOptions {
  readonly commandLine?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** How calls go that it has the carrier place. */
  readonly outbound?: RestApiOptions['outbound'];
  /** Its standard output goes elsewhere: whether it is ready is asked over HTTP. */
  readonly isMute?: true;
  /** In place of a folder of its own. */
  readonly dataFolder?: string;
}

export class ProcessRig extends RecordedCalls {
  readonly process: TrunklineProcess;
  readonly port: number;
  /** `DATA_DIR`. */
  readonly folder: string;
  readonly rest: RestApi;

  private constructor(parts: Pick<ProcessRig, 'process' | 'carrier' | 'folder' | 'port' | 'rest'>) {
    super(parts.carrier, SqliteStore.open(join(parts.folder, 'trunkline.db')));
    this.folder = parts.folder;
    this.process = parts.process;
    this.port = parts.port;
    this.rest = parts.rest;
  }

  /** Resolves when the first caller can be served. Ended with the test. */
  static async start(options: ProcessRigOptions = {}): Promise<ProcessRig> {
    const folder = options.dataFolder ?? temporaryFolder();
    symlinkSync(sharedPromptFolder(), join(folder, 'prompts'));
    const port = await freePort();
    const carrier = new SimulatedCarrier({
      authToken: AUTH_TOKEN,
      accountSid: ACCOUNT_SID,
      publicUrl: PUBLIC_URL,
      connectTo: { host: '127.0.0.1', port, tls: false },
      insecure: true,
      // Less than any carrier has; on loopback five retries are over in 2 ms, which no restart is quick enough for.
      roundTripMs: 10,
    });
    const rest = await RestApi.start({
      carrier,
      accountSid: ACCOUNT_SID,
      authToken: AUTH_TOKEN,
      ...(options.outbound === undefined ? {} : { outbound: options.outbound }),
    });
    const server = new TrunklineProcess(
      options.commandLine ?? ['start'],
      {
        TWILIO_ACCOUNT_SID: ACCOUNT_SID,
        TWILIO_AUTH_TOKEN: AUTH_TOKEN,
        TWILIO_API_BASE_URL: rest.url,
        PUBLIC_URL,
        PORT: String(port),
        DATA_DIR: folder,
        FLOW: FLOWS.join(','),
        WORKERS: '2',
        MAX_CALLS: '1000',
        DRAIN_SECONDS: '30',
        ...options.environment,
      },
      options,
    );
    if (options.isMute === true) await isReady(port);
    else await server.prints(/Ready for calls/);
    const rig = new ProcessRig({ process: server, carrier, port, rest, folder });
    onTestFinished(async () => {
      await carrier.close();
      await rest.close();
      await rig.store.close();
    });
    return rig;
  }

  get(path: string): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.port}${path}`, { headers: { Connection: 'close' } });
  }
}

async function isReady(port: number): Promise<void> {
  const ask = () => fetch(`http://127.0.0.1:${port}/readyz`, { headers: { Connection: 'close' } });
  await vi.waitFor(async () => expect((await ask()).status).toBe(200), { timeout: 60_000 });
}

/** From the loss of each stream but the last to the first sound of the next: what callers heard nothing in. */
export function gapsMs(report: CallReport): number[] {
  return report.streams.slice(1).flatMap((stream, at) => {
    const lostAtMs = report.streams[at]?.endedAtMs;
    return lostAtMs == null || stream.firstAudioAtMs === null ? [] : [stream.firstAudioAtMs - lostAtMs];
  });
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
