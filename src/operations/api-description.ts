/** `/api` in OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.0), out of the same schemas that its answers are tested by. */
import { z } from 'zod';
import {
  askedSchema,
  callSchema,
  dialSchema,
  flowSchema,
  problemSchema,
  sessionSchema,
  snapshotSchema,
} from '../protocol/api-schemas.ts';
import { dialRequestSchema } from './dial-request.ts';

const SCHEMAS = {
  Asked: askedSchema,
  BoardSnapshot: snapshotSchema,
  Call: callSchema,
  Dial: dialSchema,
  DialRequest: dialRequestSchema,
  Flow: flowSchema,
  Problem: problemSchema,
  Session: sessionSchema,
} as const;

type SchemaName = keyof typeof SCHEMAS;

const reference = (name: SchemaName) => ({ $ref: `#/components/schemas/${name}` });
const json = (description: string, name: SchemaName) => ({
  description,
  content: { 'application/json': { schema: reference(name) } },
});
const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: reference('Problem') } },
});
const inPath = (name: string, pattern: string) => ({
  name,
  in: 'path',
  required: true,
  schema: { type: 'string', pattern },
});

const REFUSED = {
  401: problem('ADMIN_TOKEN is set, and was not sent.'),
  403: problem('ADMIN_TOKEN is not set, and the request is not a local one.'),
};
const NO_STORE = { 503: problem('The store does not answer.') };
const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'Yours for this one call: asked for again under the same key, whatever else is said, it is the call that was asked for first.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
};

const CALL_SID = inPath('callSid', '^CA[0-9a-fA-F]{32}$');

const PATHS = {
  '/api/board': {
    get: {
      operationId: 'watchBoard',
      summary: 'What there is, twice a second',
      description: 'Server-sent events; the data of each is a BoardSnapshot.',
      responses: {
        200: {
          description: 'Events, until either side closes.',
          content: { 'text/event-stream': { schema: reference('BoardSnapshot') } },
        },
        ...REFUSED,
        429: problem('Too many watch.'),
      },
    },
  },
  '/api/calls': {
    post: {
      operationId: 'placeCall',
      summary: 'Call a number',
      parameters: [IDEMPOTENCY_KEY],
      requestBody: { required: true, content: { 'application/json': { schema: reference('DialRequest') } } },
      responses: {
        202: json('Asked for.', 'Asked'),
        400: problem('Not JSON.'),
        ...REFUSED,
        409: problem('This server has no account to call with.'),
        422: problem(
          'The number, the flow or a variable is wrong, or the number is on the do-not-call list.',
        ),
        ...NO_STORE,
      },
    },
  },
  '/api/calls/{callSid}': {
    get: {
      operationId: 'getCall',
      summary: 'One call with its timeline',
      parameters: [CALL_SID],
      responses: { 200: json('The call.', 'Call'), ...REFUSED, 404: problem('No such call.'), ...NO_STORE },
    },
  },
  '/api/calls/{callSid}/hang-up': {
    post: {
      operationId: 'hangUpCall',
      summary: 'End a live call',
      parameters: [CALL_SID],
      responses: {
        202: { description: 'It ends.', content: { 'application/json': { schema: { type: 'object' } } } },
        ...REFUSED,
        404: problem('It is not on.'),
        ...NO_STORE,
      },
    },
  },
  '/api/dials/{dialId}': {
    get: {
      operationId: 'getDial',
      summary: 'How an outbound call goes',
      parameters: [inPath('dialId', '^DL[0-9a-f]{32}$')],
      responses: {
        200: json('The outbound call.', 'Dial'),
        ...REFUSED,
        404: problem('No such outbound call.'),
        ...NO_STORE,
      },
    },
  },
  '/api/flow': {
    get: {
      operationId: 'getFlow',
      summary: 'A flow as a graph',
      parameters: [
        { name: 'name', in: 'query', description: 'Default: the default flow.', schema: { type: 'string' } },
      ],
      responses: { 200: json('The flow.', 'Flow'), ...REFUSED, 404: problem('No such flow.') },
    },
  },
  '/api/openapi.json': {
    get: {
      operationId: 'describe',
      summary: 'This description',
      responses: {
        200: {
          description: 'OpenAPI 3.1.',
          content: { 'application/json': { schema: { type: 'object' } } },
        },
        ...REFUSED,
      },
    },
  },
  '/api/sessions': {
    post: {
      operationId: 'openSession',
      summary: 'A call from a page, or the same call again',
      description: 'For pages of this server (BROWSER_CALLS); needs no token.',
      security: [],
      requestBody: {
        required: false,
        content: {
          'application/json': { schema: { type: 'object', properties: { callToken: { type: 'string' } } } },
        },
      },
      responses: {
        201: json('The call.', 'Session'),
        400: problem('Not JSON, or a token that is none.'),
        403: problem('Calls from browsers are off, or the page is of another origin.'),
        410: problem('The call is over.'),
        429: problem('Too many from this address.'),
        503: problem('No room, or not ready.'),
      },
    },
  },
} as const;

export function apiDescription(): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Trunkline',
      version: '1',
      description:
        "The operator's API of one server: who is on, one call, calls of our own. Errors are RFC 9457 problems.",
    },
    servers: [{ url: '/' }],
    security: [{ adminToken: [] }],
    paths: PATHS,
    components: {
      securitySchemes: {
        adminToken: {
          type: 'http',
          scheme: 'bearer',
          description: 'ADMIN_TOKEN. Without that setting, local requests need none and others are refused.',
        },
      },
      schemas: Object.fromEntries(
        Object.entries(SCHEMAS).map(([name, schema]) => {
          const { $schema: _, ...described } = z.toJSONSchema(schema);
          return [name, described];
        }),
      ),
    },
  };
}
