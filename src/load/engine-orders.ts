/**
 * What the caller engine is asked for, as the lines that it reads (native/callers/orders.h). Pure. Whatever would break a
 * line or a message is refused here: the engine trusts what it is handed.
 */
import { createHash, randomBytes } from 'node:crypto';
import { InvalidStateError } from '../errors.ts';
import { startMessage } from '../simulator/carrier-messages.ts';
import type { CallerStep, Clip, StreamCall } from './caller-engine.ts';

const FRAME_MS = 20;
const FRAME_BYTES = 160;
/** The engine puts a message together in 60 kB. */
const START_MAX_BYTES = 50_000;
/** Stands for the ends of line of an HTTP head. */
const LINE_END = '\x1e';
/** RFC 6455, 1.3. */
const ACCEPT_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

export const engineOrders = {
  line(mulaw: Uint8Array): string {
    return order(['line', toFrames('line', mulaw)]);
  },

  clip({ id, mulaw, onsetMs, offsetMs }: Clip): string {
    const frames = toFrames(`clip ${id}`, mulaw);
    const durationMs = (mulaw.length / FRAME_BYTES) * FRAME_MS;
    if (!(onsetMs >= 0 && onsetMs < offsetMs && offsetMs <= durationMs)) {
      throw expected('0 <= onsetMs < offsetMs <= its duration', `clip ${id}`, `${onsetMs}, ${offsetMs}`);
    }
    // Sound that ends where a frame begins ended in the frame before.
    const offsetFrame = Math.ceil(offsetMs / FRAME_MS) - 1;
    return order(['clip', whole('clip.id', id), Math.floor(onsetMs / FRAME_MS), offsetFrame, frames]);
  },

  call(call: StreamCall): string {
    const { accountSid, callSid, streamSid } = call;
    for (const [name, sid] of Object.entries({ accountSid, callSid, streamSid })) {
      if (!/^[A-Za-z0-9_-]{1,64}$/.test(sid)) throw expected('letters and digits', name, sid);
    }
    const start = startMessage(1, { accountSid, callSid, streamSid }, call.parameters);
    if (Buffer.byteLength(start) > START_MAX_BYTES) {
      throw expected(`at most ${START_MAX_BYTES} bytes of start message`, 'parameters', start.length);
    }
    const key = randomBytes(16).toString('base64');
    const accept = createHash('sha1')
      .update(key + ACCEPT_GUID)
      .digest('base64');
    return order([
      'call',
      whole('call.id', call.id),
      call.host,
      whole('call.port', call.port),
      upgradeRequest(call, key),
      accept,
      start,
      accountSid,
      callSid,
      streamSid,
      whole('turnSilenceMs', call.turnSilenceMs),
      ...call.steps.map(toStep),
    ]);
  },

  hangUp(id: number): string {
    return order(['hang-up', whole('call.id', id)]);
  },

  end(): string {
    return order(['end']);
  },
} as const;

function order(fields: readonly (string | number)[]): string {
  for (const field of fields) {
    if (/[\t\r\n]/.test(String(field))) throw expected('no tab and no end of line', 'a field', field);
  }
  return `${fields.join('\t')}\n`;
}

/** Each frame is base64 of its own: it goes into a message as it is. */
function toFrames(name: string, mulaw: Uint8Array): string {
  if (mulaw.length === 0 || mulaw.length % FRAME_BYTES !== 0) {
    throw expected(`whole frames of ${FRAME_BYTES} bytes`, name, `${mulaw.length} bytes`);
  }
  const bytes = Buffer.from(mulaw.buffer, mulaw.byteOffset, mulaw.length);
  let frames = '';
  for (let at = 0; at < bytes.length; at += FRAME_BYTES)
    frames += bytes.toString('base64', at, at + FRAME_BYTES);
  return frames;
}

function upgradeRequest({ path, headers }: StreamCall, key: string): string {
  const lines = [
    `GET ${path} HTTP/1.1`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Key: ${key}`,
    'Sec-WebSocket-Version: 13',
  ];
  for (const line of lines) {
    if (line.includes(LINE_END)) throw expected('printable text', 'path and headers', line);
  }
  return [...lines, '', ''].join(LINE_END);
}

function toStep(step: CallerStep): string {
  switch (step.kind) {
    case 'say':
      return `say:${whole('clipId', step.clipId)}:${whole('thinkMs', step.thinkMs)}`;
    case 'barge':
      return `barge:${whole('clipId', step.clipId)}:${whole('afterMs', step.afterMs)}`;
    case 'press':
      if (!/^[0-9*#A-D]+$/.test(step.digits)) throw expected('keys 0-9 * # A-D', 'digits', step.digits);
      return `press:${step.digits}:${whole('thinkMs', step.thinkMs)}`;
    case 'hang-up':
      return `hang-up::${whole('afterMs', step.afterMs)}`;
  }
}

/** Rounded; the engine reads no fractions. */
function whole(name: string, value: number): number {
  const rounded = Math.round(value);
  if (!(rounded >= 0 && rounded <= Number.MAX_SAFE_INTEGER)) throw expected('a number from 0', name, value);
  return rounded;
}

function expected(what: string, name: string, received: string | number): InvalidStateError {
  return new InvalidStateError(`Expected ${what} for ${name}, received ${received}`);
}
