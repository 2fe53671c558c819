/**
 * `trunkline start` as the server. What it runs on goes to standard output in a few lines, the log to standard error.
 * SIGTERM or Ctrl-C lets live calls finish; a second one ends them.
 */
import { resolve } from 'node:path';
import type { VendorChecked, VendorCounts, VendorHealth } from '../channel/vendor-messages.ts';
import { systemClock } from '../clock.ts';
import { type Config, readConfig } from '../config.ts';
import { type FlowSet, flowsOf } from '../flow/flow-set.ts';
import { createLog } from '../log.ts';
import { startTrunkline, type Trunkline } from '../main.ts';
import { withoutCredentials } from '../store/without-credentials.ts';
import type { ServerAddress } from '../supervisor/server-messages.ts';
import { SupervisorLink } from '../supervisor/supervisor-link.ts';
import { wantedPrompts } from '../wanted-prompts.ts';
import { loadFlowFiles } from './flow-file.ts';
import { tolerateLostOutput } from './lenient-output.ts';
import { PromptProgress } from './prompt-progress.ts';

/**
 * A terminal, npm, systemd and the supervisor may each pass the same signal on: what comes within this time of the last is
 * no second one.
 */
const SAME_SIGNAL_MS = 500;

/**
 * `isSupervised`: this process has a supervisor at the other end of its IPC channel. `publicUrl`: in place of the configured
 * one.
 */
export async function serve(isSupervised: boolean, publicUrl?: string): Promise<void> {
  tolerateLostOutput();
  const config = readConfig(undefined, undefined, { PUBLIC_URL: publicUrl });
  const flows = loadFlowFiles(config.FLOW);
  const log = createLog({ level: config.LOG_LEVEL, logPii: config.LOG_PII });
  for (const warning of config.warnings) console.error(warning);
  const supervisor = isSupervised
    ? new SupervisorLink(process, systemClock, () => {
        log.error({ event: 'supervisor.lost' }, 'the supervisor is gone: live calls may finish');
        void leave().catch(() => {});
      })
    : null;
  let progress: PromptProgress | null = null;
  const starting = startTrunkline({
    config,
    flows,
    log,
    onFatal: (error) => fail(error),
    onProgress: ({ ready }) => progress?.update(ready),
    onVendor: tellOfVendor,
    ...(supervisor === null
      ? {}
      : {
          claimPort: () => supervisor.claimPort(),
          onPortLeft: () => supervisor.portLeft(),
        }),
  });
  const stop = (code: number): void => {
    progress?.stop();
    process.exitCode = code;
    void starting
      .then((trunkline) => trunkline.close())
      .catch(() => {})
      .finally(() => process.exit(code));
  };
  const fail = (error: Error): void => {
    console.error(error.message);
    stop(1);
  };
  let signals = 0;
  let lastSignalAtMs = Number.NEGATIVE_INFINITY;
  const leave = async (): Promise<void> => {
    const nowMs = systemClock.nowMs();
    if (nowMs < lastSignalAtMs + SAME_SIGNAL_MS) return;
    lastSignalAtMs = nowMs;
    signals += 1;
    progress?.stop();
    const { drain, directory } = (await starting).server;
    if (signals > 1) {
      drain.hurry();
      return;
    }
    const calls = directory.liveCount;
    if (calls > 0) console.log(`Stopping: ${calls} live calls may finish; once more ends them now.`);
    await drain.begin();
    stop(0);
  };
  // From the first moment: a server that is still starting is told to stop, too. A start that fails says so below.
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => void leave().catch(() => {}));
  // A defect that no guard caught: the process is not to be trusted, but its calls can still be told goodbye.
  process.on('uncaughtException', (error) => {
    log.fatal({ event: 'process.failed', err: error }, 'an error that nothing caught');
    fail(error);
  });

  const trunkline = await starting;
  supervisor?.listening(addressOf(trunkline, config), config.DRAIN_SECONDS);
  console.log(describe(trunkline, config, flows));
  if (signals === 0) progress = new PromptProgress(process.stdout, wantedPrompts(flows).size, systemClock);
  trunkline.warm.then(
    () => {
      progress?.stop();
      console.log('Ready for calls.');
      supervisor?.ready();
    },
    (error) => fail(error),
  );
}

function addressOf(trunkline: Trunkline, config: Config): ServerAddress {
  const { HOST: host, TLS_CERT, TLS_KEY, publicUrl } = config;
  const tls =
    TLS_CERT === undefined || TLS_KEY === undefined
      ? null
      : { certFile: resolve(TLS_CERT), keyFile: resolve(TLS_KEY) };
  return { host, port: trunkline.port, tls, publicUrl };
}

/** What the operator should act on; the rest is in the log and the counts. */
function tellOfVendor(message: VendorChecked | VendorCounts | VendorHealth): void {
  if (message.kind === 'vendor.checked' && message.level !== 'ok') console.error(message.text);
}

function describeStore(engine: string, { DATA_DIR, DATABASE_URL }: Config): string {
  return DATABASE_URL === undefined
    ? `${engine} in ${DATA_DIR}`
    : `${engine}, ${withoutCredentials(DATABASE_URL)}`;
}

/** Nobody should record callers without knowing it. */
function describeRecordings(config: Config): [string, string][] {
  const { DATA_DIR, RECORD_AUDIO, RECORD_CALLS, RECORDINGS_KEEP_DAYS } = config;
  const kept: string[] = [];
  if (RECORD_AUDIO) kept.push(`both legs of every call, in ${DATA_DIR}/recordings`);
  if (RECORD_CALLS !== undefined) kept.push(`every call, to be replayed, in ${RECORD_CALLS}`);
  return kept.map((what) => ['records', `${what} for ${RECORDINGS_KEEP_DAYS} days`]);
}

function describeSpeech({ speech }: Config, flows: FlowSet): string {
  const { synthesizers, recognizers } = speech;
  if ([...synthesizers, ...recognizers].every((name) => name === 'builtin'))
    return `built-in voice ${flows.default.voice}, built-in yes/no recognizer: for trying and the last resort`;
  return `spoken by ${synthesizers.join(', else ')}; heard by ${recognizers.join(', else ')}`;
}

function describeWorkers({ server }: Trunkline, { MAX_CALLS, WORKERS }: Config): string {
  const { configured } = server.callLimit.capacity();
  return `${WORKERS}, at most ${configured} calls at once${MAX_CALLS === undefined ? ', as measured' : ''}`;
}

const BROWSER_CALLERS = {
  off: 'no calls from browsers',
  local: 'calls from browsers of this machine',
  on: 'calls from any browser',
} as const satisfies Record<Config['BROWSER_CALLS'], string>;

function describePages({ hasPages }: Trunkline, { BROWSER_CALLS }: Config): string {
  if (!hasPages) return 'not built; npm run build:web makes them';
  return `/ to talk to the bot, /board to watch its calls; ${BROWSER_CALLERS[BROWSER_CALLS]}`;
}

function tryIt({ hasPages }: Trunkline, { BROWSER_CALLS }: Config, address: string): string {
  return hasPages && BROWSER_CALLS !== 'off' ? `open ${address}/ and talk to it, or ` : '';
}

function describe(trunkline: Trunkline, config: Config, flows: FlowSet): string {
  const { port } = trunkline;
  const scheme = config.TLS_CERT === undefined ? 'http' : 'https';
  const host = config.HOST.includes(':') ? `[${config.HOST}]` : config.HOST;
  const address = `${scheme}://${host}:${port}`;
  const lines: [string, string][] = [
    [
      'flow',
      flowsOf(flows)
        .map((flow) => `${flow.name} (${flow.fileName})`)
        .join(', '),
    ],
    ['speech', describeSpeech(config, flows)],
    ['store', describeStore(trunkline.storeEngine, config)],
    ...describeRecordings(config),
    ['audio', `native, ${trunkline.isa}`],
    ['workers', describeWorkers(trunkline, config)],
    ['pages', describePages(trunkline, config)],
    [
      'calls',
      config.publicUrl === null
        ? 'local requests only, since TWILIO_AUTH_TOKEN and TWILIO_DOMAIN are not set'
        : `signed by Twilio, at ${config.publicUrl}/voice`,
    ],
  ];
  const call =
    config.publicUrl === null
      ? `Try it: ${tryIt(trunkline, config, address)}npm run demo. To take real calls: README, "Call it".`
      : `Call it: ${config.TWILIO_PHONE_NUMBER ?? 'your Twilio number'}, with POST ${config.publicUrl}/voice as its webhook.`;
  return [
    `Trunkline listens on ${address}`,
    ...lines.map(([name, value]) => `  ${name.padEnd(8)} ${value}`),
    call,
  ].join('\n');
}
