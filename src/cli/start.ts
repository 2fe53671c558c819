/**
 * `trunkline start`: serves until it is told to stop. What it runs on goes to standard output in a few lines, the log
 * to standard error. SIGTERM or Ctrl-C lets live calls finish; a second one ends them.
 */
import type { Command } from 'commander';
import type { VendorChecked, VendorCounts, VendorHealth } from '../channel/vendor-messages.ts';
import { systemClock } from '../clock.ts';
import { type Config, readConfig } from '../config.ts';
import { type FlowSet, flowsOf } from '../flow/flow-set.ts';
import { createLog } from '../log.ts';
import { startTrunkline, type Trunkline } from '../main.ts';
import { withoutCredentials } from '../store/without-credentials.ts';
import { wantedPrompts } from '../wanted-prompts.ts';
import { loadFlowFiles } from './flow-file.ts';
import { PromptProgress } from './prompt-progress.ts';

const EXAMPLES = `
Settings come from the environment and from .env (see .env.example). Examples:
  npx trunkline start
  PORT=9000 LOG_LEVEL=debug npx trunkline start
  FLOW=flows/eligibility.yaml,flows/appointment.yaml npx trunkline start`;

export function registerStart(program: Command): void {
  program
    .command('start')
    .description('Serve calls until SIGTERM or Ctrl-C; live calls may finish first.')
    .addHelpText('after', EXAMPLES)
    .action(start);
}

async function start(): Promise<void> {
  const config = readConfig();
  const flows = loadFlowFiles(config.FLOW);
  const log = createLog({ level: config.LOG_LEVEL, logPii: config.LOG_PII });
  for (const warning of config.warnings) console.error(warning);
  let progress: PromptProgress | null = null;
  const starting = startTrunkline({
    config,
    flows,
    log,
    onFatal: (error) => fail(error),
    onProgress: ({ ready }) => progress?.update(ready),
    onVendor: tellOfVendor,
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
  const leave = async (): Promise<void> => {
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
  console.log(describe(trunkline, config, flows));
  if (signals === 0) progress = new PromptProgress(process.stdout, wantedPrompts(flows).size, systemClock);
  trunkline.warm.then(
    () => {
      progress?.stop();
      console.log('Ready for calls.');
    },
    (error) => fail(error),
  );
}

/** What the operator should act on; the rest is in the log and the counts. */
function tellOfVendor(message: VendorChecked | VendorCounts | VendorHealth): void {
  if (message.kind === 'vendor.checked' && message.level !== 'ok') console.error(message.text);
}

function describe(trunkline: Trunkline, config: Config, flows: FlowSet): string {
  const { port } = trunkline;
  const scheme = config.TLS_CERT === undefined ? 'http' : 'https';
  const lines: [string, string][] = [
    [
      'flow',
      flowsOf(flows)
        .map((flow) => `${flow.name} (${flow.fileName})`)
        .join(', '),
    ],
    ['speech', describeSpeech(config, flows)],
    ['store', describeStore(trunkline.storeEngine, config)],
    ['audio', `native, ${trunkline.isa}`],
    ['workers', `${config.WORKERS}, at most ${config.MAX_CALLS} calls at once`],
    [
      'calls',
      config.publicUrl === null
        ? 'local requests only, since TWILIO_AUTH_TOKEN and TWILIO_DOMAIN are not set'
        : `signed by Twilio, at ${config.publicUrl}/voice`,
    ],
  ];
  const call =
    config.publicUrl === null
      ? 'Try it: npm run demo. To take real calls: README, "Call it".'
      : `Call it: ${config.TWILIO_PHONE_NUMBER ?? 'your Twilio number'}, with POST ${config.publicUrl}/voice as its webhook.`;
  return [
    `Trunkline listens on ${scheme}://${config.HOST.includes(':') ? `[${config.HOST}]` : config.HOST}:${port}`,
    ...lines.map(([name, value]) => `  ${name.padEnd(8)} ${value}`),
    call,
  ].join('\n');
}

function describeStore(engine: string, { DATA_DIR, DATABASE_URL }: Config): string {
  return DATABASE_URL === undefined
    ? `${engine} in ${DATA_DIR}`
    : `${engine}, ${withoutCredentials(DATABASE_URL)}`;
}

function describeSpeech({ speech }: Config, flows: FlowSet): string {
  const { synthesizers, recognizers } = speech;
  if ([...synthesizers, ...recognizers].every((name) => name === 'builtin'))
    return `built-in voice ${flows.default.voice}, built-in yes/no recognizer: for trying and the last resort`;
  return `spoken by ${synthesizers.join(', else ')}; heard by ${recognizers.join(', else ')}`;
}
