/**
 * `trunkline start`: serves until it is told to stop. By itself it is the supervisor, and the server is a process of its
 * own under it; what each needs is imported only where it is, so that the supervisor stays small.
 */
import { type Command, Option } from 'commander';

const EXAMPLES = `
A small supervisor restarts the server if it dies, and lets callers wait meanwhile. SIGTERM or Ctrl-C stops new calls and
lets live ones finish, for DRAIN_SECONDS at most; a second signal ends them. In an image, under systemd or Kubernetes,
which restart it themselves, --no-supervisor runs the server alone.

With --tunnel ngrok a running ngrok's address is used as PUBLIC_URL: start \`ngrok http 8080\` in another terminal first.

Settings come from the environment and from .env (see .env.example). Examples:
  npx trunkline start
  npx trunkline start --tunnel ngrok
  PORT=9000 LOG_LEVEL=debug npx trunkline start
  FLOW=flows/eligibility.yaml,flows/appointment.yaml npx trunkline start`;

export function registerStart(program: Command): void {
  program
    .command('start')
    .description('Serve calls until SIGTERM or Ctrl-C; live calls may finish first.')
    .option('--no-supervisor', 'run the server alone; nothing restarts it')
    .addOption(
      new Option('--tunnel <program>', 'use the address of a tunnel that runs already').choices(['ngrok']),
    )
    .addOption(new Option('--public-url <url>', 'in place of PUBLIC_URL').hideHelp())
    .addOption(new Option('--supervised', 'as the server under a supervisor').hideHelp())
    .addHelpText('after', EXAMPLES)
    .action(start);
}

interface StartOptions {
  readonly supervisor: boolean;
  readonly supervised?: true;
  readonly tunnel?: 'ngrok';
  readonly publicUrl?: string;
}

async function start({ publicUrl, supervised, supervisor, tunnel }: StartOptions): Promise<void> {
  const url = tunnel === undefined ? publicUrl : await tunnelled();
  if (supervisor && supervised !== true) {
    const { supervise } = await import('./supervise.ts');
    await supervise(url === undefined ? [] : ['--public-url', url]);
  } else {
    const { serve } = await import('./serve.ts');
    await serve(supervised === true, url);
  }
}

/** Says where it leads: the number must be pointed there once more whenever it has changed. */
async function tunnelled(): Promise<string> {
  const { readSettings } = await import('../config.ts');
  const { findNgrokTunnel } = await import('../operations/ngrok-tunnel.ts');
  const { PORT, TWILIO_PHONE_NUMBER } = readSettings(['PORT', 'TWILIO_PHONE_NUMBER']);
  const url = await findNgrokTunnel(PORT);
  console.log(
    `Tunnel: ${url} leads here. Point the number at it: npx trunkline number set ${TWILIO_PHONE_NUMBER ?? '+1...'} --url ${url}`,
  );
  return url;
}
