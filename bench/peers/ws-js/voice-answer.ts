const HANGUP = '<?xml version="1.0" encoding="UTF-8"?><Response><Hangup/></Response>';
const HOST = /^[A-Za-z0-9.:[\]-]+$/;

/** TwiML for a webhook, null for what is none. */
export function voiceAnswer(path: string | undefined, host: string | undefined, form: string): string | null {
  const callSid = new URLSearchParams(form).get('CallSid');
  if (callSid === null || host === undefined || !HOST.test(host)) return null;
  if (path === '/voice/continue') return HANGUP;
  if (path !== '/voice') return null;
  return `<?xml version="1.0" encoding="UTF-8"?><Response><Connect action="/voice/continue"><Stream url="ws://${host}/ws"/></Connect></Response>`;
}
