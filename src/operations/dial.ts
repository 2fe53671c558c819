/**
 * Somebody is to be called: the wish is checked and kept, and a server that shares the store places the call. For the command line
 * and `/api` alike.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { MachineDetection, NewDial } from '../channel/dial-messages.ts';
import type { Clock } from '../clock.ts';
import { DialError } from '../errors.ts';
import { type Flow, MACHINE_NODE } from '../flow/flow.ts';
import { type FlowSet, flowFor, flowsOf } from '../flow/flow-set.ts';
import type { AnswerValue } from '../flow/state.ts';
import { nearestName } from '../nearest-name.ts';
import { isPhoneNumber } from '../protocol/call-sid.ts';

export interface DialWish {
  /** E.164. */
  readonly to: string;
  /** E.164; absent: the configured one. */
  readonly from?: string | undefined;
  /** By name; absent: the one that answers calls to `from`. */
  readonly flow?: string | undefined;
  /** As text where the command line gave them; each must be what its default in the flow is. */
  readonly variables?: Readonly<Record<string, AnswerValue>> | undefined;
  /** Absent: `async` where the flow has something to say to a machine, else `off`. */
  readonly machineDetection?: MachineDetection | undefined;
  /** The same wish again, however often, is one call; absent or null: each is its own. */
  readonly key?: string | null | undefined;
}

export interface DialDesk {
  readonly flows: FlowSet;
  /** Of ours; null: none is configured. */
  readonly number: string | null;
  readonly dials: {
    isDoNotCall(number: string): Promise<boolean>;
    put(dial: NewDial): Promise<unknown>;
  };
  readonly clock: Pick<Clock, 'wallMs'>;
}

/** Whoever wanted to be called then does not expect it hours later. */
export const DIAL_LIFE_MS = 10 * 60_000;

/** Keeps the wish, unless one of its key is kept already: that one stands. Rejects with DialError, or with what the store rejects with. */
export async function askForCall(
  wish: DialWish,
  { clock, dials, flows, number }: DialDesk,
): Promise<NewDial> {
  const to = toNumber('to', wish.to);
  const given = wish.from ?? number;
  if (given === null)
    throw new DialError('from', 'expected a number of yours, received nothing; or set TWILIO_PHONE_NUMBER');
  const from = toNumber('from', given);
  if (to === from) throw new DialError('to', `expected another number than ${from}, which is to call`);
  const flow = flowOf(flows, wish.flow, from);
  const variables = typedVariables(flow, wish.variables ?? {});
  if (await dials.isDoNotCall(to))
    throw new DialError('to', `${to} is on the do-not-call list (npx trunkline donotcall list)`);
  const askedAtWallMs = clock.wallMs();
  const dial: NewDial = {
    dialId: wish.key == null ? `DL${randomBytes(16).toString('hex')}` : dialIdOf(wish.key),
    to,
    from,
    flowHash: flow.hash,
    variables,
    machineDetection: wish.machineDetection ?? (flow.voicemail === MACHINE_NODE ? 'off' : 'async'),
    askedAtWallMs,
    untilWallMs: askedAtWallMs + DIAL_LIFE_MS,
  };
  await dials.put(dial);
  return dial;
}

function dialIdOf(key: string): string {
  return `DL${createHash('sha256').update(key).digest('hex').slice(0, 32)}`;
}

/** Spaces and the like are people's; the rest must be a number. Throws DialError. */
export function toNumber(field: string, text: string): string {
  // Dialed at home and nowhere else: with it, it is another number, or none.
  if (/\(\s*0\s*\)/.test(text))
    throw new DialError(
      field,
      `expected E.164 form without the (0), as +442079460958, received ${JSON.stringify(text.slice(0, 32))}`,
    );
  const number = text.replace(/[\s().-]/g, '');
  if (isPhoneNumber(number)) return number;
  throw new DialError(
    field,
    `expected E.164 form, as +12025550123, received ${JSON.stringify(text.slice(0, 32))}`,
  );
}

function flowOf(flows: FlowSet, name: string | undefined, from: string): Flow {
  if (name === undefined) return flowFor(flows, from);
  const found = flowsOf(flows).find((flow) => flow.name === name);
  if (found !== undefined) return found;
  const names = flowsOf(flows).map((flow) => flow.name);
  throw new DialError(
    'flow',
    `expected one of ${names.join(', ')}, received ${JSON.stringify(name.slice(0, 64))}`,
  );
}

/** Values as the kind that their defaults have; a text that says one is taken for it. Throws DialError. */
export function typedVariables(
  flow: Flow,
  given: Readonly<Record<string, AnswerValue>>,
): Record<string, AnswerValue> {
  return Object.fromEntries(
    Object.entries(given).map(([name, value]): [string, AnswerValue] => {
      const field = `variables.${name.slice(0, 64)}`;
      if (!Object.hasOwn(flow.variables, name)) {
        const near = nearestName(name, Object.keys(flow.variables));
        const hint = near === null ? '' : `; did you mean ${near}?`;
        throw new DialError(
          field,
          `expected a variable of the flow ${flow.name}, received another name${hint}`,
        );
      }
      return [name, typed(field, flow.variables[name]!, value)];
    }),
  );
}

const TRUE = ['true', 'yes'];
const FALSE = ['false', 'no'];
const TEXT_CHARACTERS_MAX = 200;

function typed(field: string, fallback: AnswerValue, value: AnswerValue): AnswerValue {
  if (typeof fallback === 'string') {
    const text = String(value);
    if (text.length <= TEXT_CHARACTERS_MAX) return text;
    throw new DialError(field, `expected at most ${TEXT_CHARACTERS_MAX} characters, received ${text.length}`);
  }
  if (typeof value === typeof fallback && (typeof value !== 'number' || Number.isFinite(value))) return value;
  const text = String(value).trim().toLowerCase();
  if (typeof fallback === 'number') {
    if (text !== '' && Number.isFinite(Number(text)) && typeof value === 'string') return Number(text);
    throw new DialError(field, `expected a number, received ${JSON.stringify(value)}`);
  }
  if (TRUE.includes(text)) return true;
  if (FALSE.includes(text)) return false;
  throw new DialError(field, `expected true or false, received ${JSON.stringify(value)}`);
}
