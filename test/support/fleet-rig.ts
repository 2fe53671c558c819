/** Several nodes, each a server process of its own, on one PostgreSQL and behind a balancer; and a carrier that calls them. */
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { parseConfig } from '../../src/config.ts';
import { RestApi } from '../../src/simulator/rest-api.ts';
import { SimulatedCarrier } from '../../src/simulator/simulated-carrier.ts';
import { openEngine } from '../../src/store/open-engine.ts';
import { SqlStore } from '../../src/store/sql-store.ts';
import { Balancer, type BalancerOptions } from './balancer.ts';
import type { TestPostgres } from './postgres.ts';
import { ACCOUNT_SID, AUTH_TOKEN, FLOWS, freePort, PUBLIC_URL } from './process-rig.ts';
import { RecordedCalls } from './recorded-calls.ts';
import { silentLog } from './silent-log.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { TrunklineProcess } from './trunkline-process.ts';
import { sharedPromptFolder } from './trunkline-rig.ts';

const NODES = 2;
const SESSION_SECRET = 'a session secret that all nodes of a test share';

export interface FleetNode {
  readonly process: TrunklineProcess;
  readonly port: number;
  /** As records name it. */
  readonly nodeId: string;
}

type FleetParts = Pick<FleetRig, 'nodes' | 'balancer' | 'rest' | 'databaseUrl' | 'carrier' | 'store'>;

export class FleetRig extends RecordedCalls {
  readonly nodes: readonly FleetNode[];
  readonly balancer: Balancer;
  /** Of the carrier: who redirects its calls. */
  readonly rest: RestApi;
  readonly databaseUrl: string;

  private constructor(parts: FleetParts) {
    super(parts.carrier, parts.store);
    this.nodes = parts.nodes;
    this.balancer = parts.balancer;
    this.rest = parts.rest;
    this.databaseUrl = parts.databaseUrl;
  }

  /** Resolves when every node can serve callers. Ended with the test. */
  static async start(
    server: TestPostgres,
    { choose }: Pick<BalancerOptions, 'choose'> = {},
  ): Promise<FleetRig> {
    const databaseUrl = await server.createDatabase();
    const ports = await Promise.all(Array.from({ length: NODES }, freePort));
    const balancer = await Balancer.start({ ports, ...(choose === undefined ? {} : { choose }) });
    const carrier = new SimulatedCarrier({
      authToken: AUTH_TOKEN,
      accountSid: ACCOUNT_SID,
      publicUrl: PUBLIC_URL,
      connectTo: { host: '127.0.0.1', port: balancer.port, tls: false },
      insecure: true,
      roundTripMs: 10,
    });
    const rest = await RestApi.start({ carrier, accountSid: ACCOUNT_SID, authToken: AUTH_TOKEN });
    const database = { url: databaseUrl, poolMax: 4 };
    const store = new SqlStore(await openEngine({ path: '', database }, silentLog));
    const nodes: FleetNode[] = [];
    // One after the other: which name in the records is whose is known by who has come.
    for (const port of ports) nodes.push(await startNode({ port, databaseUrl, restUrl: rest.url }, store));
    onTestFinished(async () => {
      await carrier.close();
      await rest.close();
      await balancer.close();
      await store.close();
    });
    return new FleetRig({ nodes, balancer, rest, databaseUrl, carrier, store });
  }

  /** One node more, which the balancer does not know. Resolves when it can serve callers. */
  async join(): Promise<FleetNode> {
    const port = await freePort();
    return startNode({ port, databaseUrl: this.databaseUrl, restUrl: this.rest.url }, this.store);
  }

  /** What a command on any machine that reaches the database is configured with. */
  get config() {
    return parseConfig({ DATABASE_URL: this.databaseUrl, LOG_LEVEL: 'silent' });
  }
}

async function startNode(
  place: { readonly port: number; readonly databaseUrl: string; readonly restUrl: string },
  store: SqlStore,
): Promise<FleetNode> {
  const { port } = place;
  const known = (await store.nodes()).map(({ nodeId }) => nodeId);
  const folder = temporaryFolder();
  symlinkSync(sharedPromptFolder(), join(folder, 'prompts'));
  const process = new TrunklineProcess(['start', '--no-supervisor'], {
    TWILIO_ACCOUNT_SID: ACCOUNT_SID,
    TWILIO_AUTH_TOKEN: AUTH_TOKEN,
    TWILIO_API_BASE_URL: place.restUrl,
    PUBLIC_URL,
    SESSION_SECRET,
    DATABASE_URL: place.databaseUrl,
    PORT: String(port),
    DATA_DIR: folder,
    FLOW: FLOWS.join(','),
    WORKERS: '1',
    MAX_CALLS: '1000',
  });
  await process.prints(/Ready for calls/);
  const nodeId = await vi.waitFor(async () => {
    const newcomer = (await store.nodes()).find((node) => !known.includes(node.nodeId));
    if (newcomer === undefined) throw new Error('no new node has said that it lives');
    return newcomer.nodeId;
  });
  return { process, port, nodeId };
}
