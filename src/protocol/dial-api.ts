/** What `/api` says of outbound calls, as JSON. Numbers in it are masked already. */
export interface DialView {
  readonly dialId: string;
  readonly to: string;
  readonly from: string;
  /** `waiting` and `placing` are ours, `refused` and `expired` too; the others are the carrier's. */
  readonly status: string;
  /** Null before the carrier has named it. */
  readonly callSid: string | null;
  readonly answeredBy: string | null;
  /** Why it came to nothing. */
  readonly failure: string | null;
  /** Since the Unix epoch. */
  readonly askedAtMs: number;
}

/** What came of asking for a call. `reason`: in words, with the field that is wrong; nothing secret. */
export type DialAnswer =
  | { readonly kind: 'asked'; readonly dialId: string }
  | { readonly kind: 'refused'; readonly reason: string };
