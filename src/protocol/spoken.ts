/**
 * What the carrier's own voice says where our stream cannot. English: which flow, and so which language, is not known here.
 */
export const SPOKEN = {
  full: 'All our lines are busy at the moment. Please call again in a few minutes. Goodbye.',
  draining: 'We cannot take your call at the moment. Please call again in a minute. Goodbye.',
  notReady: 'We cannot take your call at the moment. Please call again later. Goodbye.',
  lost: 'We are sorry, the connection was lost and we cannot go on. Please call again. Goodbye.',
  failed: 'We are sorry, something went wrong and we cannot go on. Please call again later. Goodbye.',
} as const;
