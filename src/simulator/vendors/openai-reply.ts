/** OpenAI's answers in its own shapes: errors as its API gives them, and the faults that it and the way to it have. */
import { htmlReply, jsonReply, type VendorFault, type VendorReply } from './vendor-fault.ts';

export interface OpenAiErrorBody {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
}

export function errorReply(
  status: number,
  message: string,
  about: Partial<Omit<OpenAiErrorBody, 'message'>> = {},
  headers: Readonly<Record<string, string>> = {},
): VendorReply {
  const error: OpenAiErrorBody = {
    message,
    type: 'invalid_request_error',
    param: null,
    code: null,
    ...about,
  };
  return jsonReply(status, { error }, { 'x-request-id': 'req_simulated', ...headers });
}

export function modelNotFound(model: string): VendorReply {
  return errorReply(404, `The model \`${model}\` does not exist or you do not have access to it.`, {
    code: 'model_not_found',
  });
}

function replyFault(reply: VendorReply): VendorFault {
  return { kind: 'reply', reply };
}

/** `retryAfter` as the header has it: seconds or a date. */
export function rateLimited(retryAfter: string): VendorFault {
  return replyFault(
    errorReply(
      429,
      'Rate limit reached for requests',
      { type: 'requests', code: 'rate_limit_exceeded' },
      { 'retry-after': retryAfter },
    ),
  );
}

function json(body: string): VendorFault {
  return replyFault({ status: 200, headers: { 'content-type': 'application/json' }, body });
}

/** Every other fault by its name; most are the same for every endpoint. */
export const OPENAI_FAULTS = {
  serverError: replyFault(
    errorReply(500, 'The server had an error while processing your request.', { type: 'server_error' }),
  ),
  overloaded: replyFault(
    errorReply(503, 'The engine is currently overloaded.', { type: 'service_unavailable' }),
  ),
  invalidKey: replyFault(
    errorReply(401, 'Incorrect API key provided: sk-wr***ng.', { code: 'invalid_api_key' }),
  ),
  insufficientQuota: replyFault(
    errorReply(429, 'You exceeded your current quota.', {
      type: 'insufficient_quota',
      code: 'insufficient_quota',
    }),
  ),
  tooManyConcurrentRequests: replyFault(
    errorReply(429, 'Too many concurrent requests.', {
      type: 'requests',
      code: 'too_many_concurrent_requests',
    }),
  ),
  modelNotFound: replyFault(modelNotFound('retired')),
  badRequest: replyFault(errorReply(400, 'Something about this request is wrong.')),
  resetBeforeHeaders: { kind: 'reset', after: 'request' },
  resetInBody: { kind: 'reset', after: 'half-body' },
  hangBeforeHeaders: { kind: 'hang', after: 'request' },
  hangAfterHeaders: { kind: 'hang', after: 'headers' },
  hangInBody: { kind: 'hang', after: 'half-body' },
  emptyBody: json(''),
  cutJson: { kind: 'cut', keepRatio: 0.6 },
  htmlBadGateway: replyFault(htmlReply(502)),
  htmlWithSuccess: replyFault(htmlReply(200)),
  wrongType: json('{"text":["yes"]}'),
  wrongShape: json('[]'),
  nullText: json('{"text":null}'),
  hugeText: json(JSON.stringify({ text: 'yes '.repeat(50_000) })),
  errorWithSuccess: json('{"error":{"message":"Something went wrong","type":"server_error"}}'),
  truncatedAudio: { kind: 'cut', keepRatio: 0.5 },
  oddByteCount: { kind: 'odd' },
  endlessAudio: { kind: 'endless' },
  emptyAudio: replyFault({ status: 200, headers: { 'content-type': 'audio/pcm' }, body: '' }),
} as const satisfies Record<string, VendorFault>;
