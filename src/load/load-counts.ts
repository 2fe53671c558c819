/** Calls of a run, by how far they came. */
export interface LoadCounts {
  /** Webhooks posted. */
  offered: number;
  /** Answered with a stream. */
  admitted: number;
  /** Answered in TwiML, without one. */
  refused: number;
  /** Ended as planned and, where the store could be read, kept so. */
  right: number;
  /** Ended otherwise, or with other answers or another outcome. */
  wrong: number;
  /** Broken off by neither side's plan. */
  dropped: number;
  /** Hung up since the run was over. */
  cut: number;
}

export function noCalls(): LoadCounts {
  return { offered: 0, admitted: 0, refused: 0, right: 0, wrong: 0, dropped: 0, cut: 0 };
}
