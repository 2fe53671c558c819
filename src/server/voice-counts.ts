/** How `POST /voice` was answered since the start, once it had passed the gate. A webhook that comes twice counts twice. For metrics. I/O thread. */
export class VoiceCounts {
  /** With a stream. */
  admitted = 0;
  /** With a sentence, or to try elsewhere. */
  readonly refused: Record<'full' | 'draining' | 'not ready', number> = {
    full: 0,
    draining: 0,
    'not ready': 0,
  };
}
