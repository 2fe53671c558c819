/** What a question can be answered with. Plain data: it goes into the state, and in part to the recognizer. */
export interface Expectation {
  readonly kind: 'yes-no' | 'choice' | 'number' | 'digits';
  /** BCP 47; the answer words come from `answers/words/<language>.yaml`. */
  readonly language: string;
  /** Words that may be said, for recognizers that take hints. */
  readonly keywords: readonly string[];
  /** How many digits end the entry by themselves (1 for yes-no and choices), and the key that ends a longer one. */
  readonly keypad: {
    readonly maxDigits: number;
    readonly terminator: '#' | null;
    readonly interDigitMs: number;
  };
}
