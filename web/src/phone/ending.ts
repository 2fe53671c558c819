/** How a call ended, in words. `reason` is the server's (README, "How it works"); an unknown one is a plain end. */
export interface Ending {
  readonly title: string;
  readonly advice: string;
}

const TROUBLE: Ending = {
  title: 'The bot could not go on.',
  advice:
    'Something that it depends on, as its speech service, failed. Your answers so far were kept. Call again in a few minutes.',
};

const ENDINGS: Readonly<Record<string, Ending>> = {
  completed: { title: 'The call is complete.', advice: '' },
  transferred: {
    title: 'The bot wanted to connect you with a person.',
    advice: 'That works on the telephone only. Please ring the number.',
  },
  'caller hung up': { title: 'You hung up.', advice: 'Your answers so far were kept.' },
  'hung up': { title: 'The call was ended by the operator.', advice: 'Your answers so far were kept.' },
  'no media': { title: 'Nothing was heard from your microphone.', advice: 'Check it, then call again.' },
  'time limit': { title: 'The call took as long as a call may.', advice: 'Your answers so far were kept.' },
  superseded: { title: 'This call goes on in another window.', advice: '' },
  'shutting down': {
    title: 'The server stopped.',
    advice: 'Your answers so far were kept. Call again in a minute.',
  },
  'worker failed': TROUBLE,
  'call failed': TROUBLE,
};

export function endingOf(reason: string): Ending {
  return (
    (Object.hasOwn(ENDINGS, reason) ? ENDINGS[reason] : undefined) ?? {
      title: 'The call has ended.',
      advice: '',
    }
  );
}
