/**
 * `trunkline start`: serves until it is told to stop. By itself it is the supervisor, and the server is a process of its
 * own under it; what each needs is imported only where it is, so that the supervisor stays small.
 */
import { type Command, Option } from 'commander';

const EXAMPLES = `
A small supervisor restarts the server if it dies, and lets callers wait meanwhile. SIGTERM or Ctrl-C stops new calls and
lets live ones finish, for DRAIN_SECONDS at most; a second signal ends them. In an image, under systemd or Kubernetes,
which restart it themselves, --no-supervisor runs the server alone.

Settings come from the environment and from .env (see .env.example). Examples:
  npx trunkline start
  PORT=9000 LOG_LEVEL=debug npx trunkline start
  FLOW=flows/eligibility.yaml,flows/appointment.yaml npx trunkline start`;

export function registerStart(program: Command): void {
  program
    .command('start')
    .description('Serve calls until SIGTERM or Ctrl-C; live calls may finish first.')
    .option('--no-supervisor', 'run the server alone; nothing restarts it')
    .addOption(new Option('--supervised', 'as the server under a supervisor').hideHelp())
    .addHelpText('after', EXAMPLES)
    .action(start);
}

async function start(options: { readonly supervisor: boolean; readonly supervised?: true }): Promise<void> {
  if (options.supervisor && options.supervised !== true) {
    const { supervise } = await import('./supervise.ts');
    await supervise();
  } else {
    const { serve } = await import('./serve.ts');
    await serve(options.supervised === true);
  }
}
