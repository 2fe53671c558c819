/** Audio that was missing, either way, since the start: for metrics. I/O thread. */
export class GapCounts {
  /** Times that a prompt had a gap for its caller, since its next part was sent too late; and how long these were together. */
  playoutGaps = 0;
  playoutGapMs = 0;
  /** Times that no media came from a caller for about a second. */
  mediaGaps = 0;
}
