/** What went wrong in words for a caller: what happened, and what to do. */
import type { Problem } from '../shared/problem.ts';

export interface Sentence {
  readonly title: string;
  readonly advice: string;
  /** A call with the keypad alone would work. */
  readonly offersKeypad?: boolean;
}

export const NOT_SECURE: Sentence = {
  title: 'This page did not come over a secure connection.',
  advice:
    'Browsers give the microphone to https pages and to localhost only. Open this page by its https address.',
};

export const NO_OUTPUT =
  'No loudspeaker or headphones were found. You can read here what the bot says; connect one to hear it.';
export const MICROPHONE_LOST =
  'The microphone is gone. Connect it again for the next call; this one can go on with the keypad.';
export const VENDOR_TROUBLE = 'The bot has trouble understanding speech at the moment. The keypad works.';

export const CONNECTION_LOST: Sentence = {
  title: 'The connection was lost.',
  advice: 'It could not be made again in time. Check your network, then call again.',
};

export function microphoneSentence(error: unknown): Sentence {
  const name = error instanceof DOMException ? error.name : '';
  switch (name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return {
        title: 'The microphone was not allowed.',
        advice:
          'Allow it for this page beside the address, then call again. Or make the call with the keypad.',
        offersKeypad: true,
      };
    case 'NotFoundError':
    case 'OverconstrainedError':
      return {
        title: 'No microphone was found.',
        advice: 'Connect one, then call again. Or make the call with the keypad.',
        offersKeypad: true,
      };
    case 'NotReadableError':
    case 'AbortError':
      return {
        title: 'The microphone does not answer.',
        advice:
          'Another program may be using it: close that one, then call again. Or make the call with the keypad.',
        offersKeypad: true,
      };
    default:
      return {
        title: 'The audio of this browser could not be started.',
        advice: 'Load the page again. If that does not help, try a current Chrome, Firefox or Safari.',
      };
  }
}

export function sessionSentence(problem: Problem): Sentence {
  switch (problem.code) {
    case 'browser-calls-off':
      return {
        title: 'Calls from the browser are switched off.',
        advice: 'Whoever runs this server can allow them with BROWSER_CALLS=on.',
      };
    case 'not-local':
      return {
        title: 'This server takes browser calls from its own machine only.',
        advice: 'Open the page there, as localhost. Or let whoever runs it set BROWSER_CALLS=on.',
      };
    case 'foreign-origin':
      return {
        title: 'This page was opened by an address that the server does not know as its own.',
        advice: 'Open it by the address that is set as PUBLIC_URL, or as localhost.',
      };
    case 'too-many':
      return {
        title: 'Too many calls came from your address.',
        advice: tryAgain(problem.retryAfterSeconds ?? 60),
      };
    case 'full':
      return { title: 'All lines are busy.', advice: tryAgain(problem.retryAfterSeconds ?? 60) };
    case 'not-ready':
      return { title: 'The server is still starting.', advice: tryAgain(problem.retryAfterSeconds ?? 10) };
    case 'draining':
      return { title: 'The server is about to stop and takes no new calls.', advice: tryAgain(60) };
    case 'call-over':
      return {
        title: 'The call has ended meanwhile.',
        advice: 'Your answers up to then were kept. You can call again.',
      };
    case 'bad-token':
      return { title: 'The call could not be taken up again.', advice: 'Call again, please.' };
    case 'unreachable':
      return {
        title: 'The server does not answer.',
        advice: 'Check your network and that the server runs, then call again.',
      };
    default:
      return {
        title: 'The server refused the call.',
        advice: problem.detail || `It answered with status ${problem.status}. Load the page again.`,
      };
  }
}

/** The server closed the stream for what this page sent or brought. */
export function refusedSentence(reason: string): Sentence {
  return {
    title: 'The server closed the call.',
    advice:
      reason === '' ? 'Load the page again, then call again.' : `It said: ${reason}. Load the page again.`,
  };
}

function tryAgain(seconds: number): string {
  if (seconds < 90) return `Try again in ${Math.max(1, seconds)} second${seconds === 1 ? '' : 's'}.`;
  return `Try again in ${Math.ceil(seconds / 60)} minutes.`;
}
