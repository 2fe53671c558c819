/** Every command of `npx trunkline`, put together. Each is a file beside this one. */
import { Command } from 'commander';
import { registerCallsExport } from './calls-export.ts';
import { registerCallsHangUp } from './calls-hang-up.ts';
import { registerCallsList } from './calls-list.ts';
import { registerCallsLive } from './calls-live.ts';
import { registerCallsShow } from './calls-show.ts';
import { registerDemo } from './demo.ts';
import { registerDial } from './dial.ts';
import { registerDoctor } from './doctor.ts';
import { registerDoNotCall } from './donotcall.ts';
import { registerFlowChat } from './flow-chat.ts';
import { registerFlowCheck } from './flow-check.ts';
import { registerFlowSchema } from './flow-schema.ts';
import { registerLoad } from './load.ts';
import { registerNumber } from './number.ts';
import { registerPromptsList } from './prompts-list.ts';
import { registerPromptsPrune } from './prompts-prune.ts';
import { registerPromptsWarm } from './prompts-warm.ts';
import { registerReplay } from './replay.ts';
import { registerStart } from './start.ts';

export function createProgram(): Command {
  const program = new Command('trunkline')
    .description('A self-hosted server that answers phone calls with a scripted voice bot.')
    .showHelpAfterError('(add --help for what is possible)')
    .exitOverride();
  registerStart(program);
  registerDemo(program);
  registerDoctor(program);
  registerLoad(program);
  const flow = program.command('flow').description('Check, try and describe flow files.');
  registerFlowCheck(flow);
  registerFlowChat(flow);
  registerFlowSchema(flow);
  const prompts = program
    .command('prompts')
    .description('Make, show and delete the prompts that are kept on disk.');
  registerPromptsWarm(prompts);
  registerPromptsList(prompts);
  registerPromptsPrune(prompts);
  const calls = program
    .command('calls')
    .description('Show live calls and hang them up; show and export records.');
  registerCallsLive(calls);
  registerCallsHangUp(calls);
  registerCallsList(calls);
  registerCallsShow(calls);
  registerCallsExport(calls);
  registerNumber(program);
  registerDial(program);
  registerDoNotCall(program);
  registerReplay(program);
  return program;
}
