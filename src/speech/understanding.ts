/**
 * What reads a transcript that no rule of the flow reads. It may only choose among the question's answers, and what it is
 * not sure of stays unclear. Runs in the call workers.
 */

/** The question as whoever reads the answer needs it. */
export interface AskedQuestion {
  readonly kind: 'yes-no' | 'choice' | 'number' | 'digits';
  /** BCP 47. */
  readonly language: string;
  /** As it was asked. */
  readonly prompt: string;
  /** Of a choice: each answer's name, with words for it. Else empty. */
  readonly choices: readonly { readonly name: string; readonly words: readonly string[] }[];
}

export interface Understanding {
  readonly provider: string;
  /**
   * `yes` or `no`, a choice's name, a number in digits (`35`, `-1.5`), digits; null for unclear. The caller of this checks
   * it all the same. Rejects with ProviderError, DeadlineError, or the signal's abort reason.
   */
  understand(question: AskedQuestion, transcript: string, signal: AbortSignal): Promise<string | null>;
}
