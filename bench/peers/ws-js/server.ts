/**
 * The bot on Node's `ws`, codecs in JavaScript: `node server.ts --port 0 --questions 12 --prompt FILE --goodbye FILE
 * --end-of-speech-ms 400 --openai-base-url URL`, the key in OPENAI_API_KEY. What it does and leaves out: ../README.md.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { WebSocketServer } from 'ws';
import { Call, type CallSetting } from './call.ts';
import { Pacing } from './pacing.ts';
import { loadPrompt } from './ready-prompt.ts';
import { Recognizer } from './recognizer.ts';
import { voiceAnswer } from './voice-answer.ts';

const FORM_MAX_BYTES = 64 * 1024;
const MESSAGE_MAX_BYTES = 64 * 1024;
const BACKLOG = 2048;
/** With `--questions 0` a call only listens: its one question waits so long for a caller who says nothing. */
const LISTENING_MS = 600_000;

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    questions: { type: 'string', default: '12' },
    prompt: { type: 'string' },
    goodbye: { type: 'string' },
    'no-input-ms': { type: 'string', default: '5000' },
    'end-of-speech-ms': { type: 'string', default: '400' },
    'openai-base-url': { type: 'string', default: 'https://api.openai.com/v1' },
  },
});
const { prompt, goodbye } = values;
if (prompt === undefined || goodbye === undefined) {
  console.error('Expected --prompt FILE and --goodbye FILE, raw 8 kHz mu-law');
  process.exit(2);
}
const questions = Number(values.questions);
const setting: CallSetting = {
  questions: Math.max(1, questions),
  noInputMs: questions === 0 ? LISTENING_MS : Number(values['no-input-ms']),
  endOfSpeechMs: Number(values['end-of-speech-ms']),
  prompt: loadPrompt(prompt),
  goodbye: loadPrompt(goodbye),
  recognizer: new Recognizer(values['openai-base-url'], process.env['OPENAI_API_KEY'] ?? ''),
  pacing: new Pacing(),
};

const server = createServer((request, response) => {
  answerWebhook(request, response).catch(() => response.destroy());
});
const streams = new WebSocketServer({
  server,
  path: '/ws',
  perMessageDeflate: false,
  maxPayload: MESSAGE_MAX_BYTES,
  clientTracking: false,
});
streams.on('connection', (socket) => new Call(socket, setting));
server.listen({ port: Number(values.port), host: '127.0.0.1', backlog: BACKLOG }, () => {
  console.log(
    `versions Node ${process.version}, ws ${createRequire(import.meta.url)('ws/package.json').version}`,
  );
  console.log(`listening on ${(server.address() as AddressInfo).port}`);
});

async function answerWebhook(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let form = '';
  request.setEncoding('utf8');
  for await (const piece of request) {
    form += piece;
    if (form.length > FORM_MAX_BYTES) {
      response.writeHead(413).end();
      return;
    }
  }
  const answer = request.method === 'POST' ? voiceAnswer(request.url, request.headers.host, form) : null;
  if (answer === null) response.writeHead(404).end();
  else response.writeHead(200, { 'Content-Type': 'text/xml' }).end(answer);
}
