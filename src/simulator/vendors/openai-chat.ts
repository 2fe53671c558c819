/** /chat/completions of the simulated OpenAI, as far as structured outputs go. */
import { isRecord, type JsonRecord } from './json-body.ts';
import { findModel } from './openai-models.ts';
import { errorReply, modelNotFound } from './openai-reply.ts';
import { jsonReply, type VendorReply } from './vendor-fault.ts';

export interface ReceivedChat {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  /** The JSON schema that the answer must keep. */
  readonly schema: JsonRecord;
}

export type ChatReading =
  | { readonly ok: true; readonly chat: ReceivedChat }
  | { readonly ok: false; readonly reply: VendorReply };

const FIELDS: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'response_format',
  'max_completion_tokens',
  'store',
  'reasoning_effort',
  'seed',
]);
const ROLES: ReadonlySet<unknown> = new Set(['system', 'developer', 'user', 'assistant']);

export function readChat(body: JsonRecord, retiredModels: readonly string[]): ChatReading {
  const { model, messages, response_format: format } = body;
  if (typeof model !== 'string') return refused('you must provide a model parameter', 'model');
  if (findModel(model, 'chat', retiredModels) === null) return { ok: false, reply: modelNotFound(model) };
  if ('temperature' in body) {
    return refused("Unsupported value: 'temperature' does not support this model.", 'temperature');
  }
  const unknown = Object.keys(body).find((name) => !FIELDS.has(name));
  if (unknown !== undefined) return refused(`Unrecognized request argument supplied: ${unknown}`, unknown);
  if (!Array.isArray(messages) || messages.length === 0 || !messages.every(isMessage)) {
    return refused("Invalid 'messages'", 'messages');
  }
  const schema = schemaOf(format);
  if (typeof schema === 'string') return refused(schema, 'response_format');
  return { ok: true, chat: { model, messages, schema } };
}

export function chatReply(model: string, content: string): VendorReply {
  return jsonReply(
    200,
    {
      id: 'chatcmpl-simulated',
      object: 'chat.completion',
      created: 1_795_000_000,
      model,
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content, refusal: null, annotations: [] },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 },
    },
    { 'x-request-id': 'req_simulated' },
  );
}

function isMessage(value: unknown): value is ReceivedChat['messages'][number] {
  return isRecord(value) && ROLES.has(value['role']) && typeof value['content'] === 'string';
}

/** The schema, or what is wrong with it in OpenAI's words. */
function schemaOf(format: unknown): JsonRecord | string {
  if (!isRecord(format) || format['type'] !== 'json_schema') return "Invalid value: 'response_format'";
  const named = format['json_schema'];
  if (!isRecord(named) || typeof named['name'] !== 'string' || !/^[\w-]{1,64}$/.test(named['name'])) {
    return "Missing required parameter: 'response_format.json_schema.name'";
  }
  const { schema, strict } = named;
  if (strict !== true) return "This simulator asks for 'strict': what is not strict is not kept";
  if (!isRecord(schema) || schema['type'] !== 'object') {
    return "Invalid schema for response_format: schema must have type 'object'";
  }
  return strictProblem(schema) ?? schema;
}

/** Of structured outputs: every object closed, every property required. */
function strictProblem(schema: JsonRecord): string | null {
  if (schema['type'] === 'object') {
    if (schema['additionalProperties'] !== false) {
      return "Invalid schema for response_format: 'additionalProperties' is required to be supplied and to be false";
    }
    const properties = isRecord(schema['properties']) ? schema['properties'] : {};
    const required = Array.isArray(schema['required']) ? schema['required'] : [];
    if (Object.keys(properties).some((name) => !required.includes(name))) {
      return "Invalid schema for response_format: 'required' is required to be supplied and to include every key";
    }
    for (const property of Object.values(properties)) {
      const problem = isRecord(property) ? strictProblem(property) : 'Invalid schema for response_format';
      if (problem !== null) return problem;
    }
  }
  return null;
}

function refused(message: string, param: string): ChatReading {
  return { ok: false, reply: errorReply(400, message, { param, code: 'invalid_value' }) };
}
