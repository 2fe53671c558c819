import type { EndReason } from '../channel/messages.ts';

/** WebSocket close code (RFC 6455, 7.4.1) for the end of a stream that was not a `finish`. */
export function closeCodeOf(reason: EndReason): 1000 | 1001 | 1008 | 1011 {
  switch (reason) {
    case 'protocol violation':
      return 1008;
    case 'shutting down':
      return 1001;
    case 'worker failed':
    case 'call failed':
      return 1011;
    default:
      return 1000;
  }
}
