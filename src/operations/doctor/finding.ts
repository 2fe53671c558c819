/** One line of what the doctor says. */
export interface Finding {
  /** `skipped`: could not be looked at, for what another finding says. */
  readonly level: 'ok' | 'warning' | 'error' | 'skipped';
  /** What was looked at, in a word or two. */
  readonly about: string;
  /** What was found. */
  readonly text: string;
  /** What to do, for `warning` and `error`. */
  readonly cure?: string;
}

export const ok = (about: string, text: string): Finding => ({ level: 'ok', about, text });
export const warning = (about: string, text: string, cure: string): Finding => ({
  level: 'warning',
  about,
  text,
  cure,
});
export const error = (about: string, text: string, cure: string): Finding => ({
  level: 'error',
  about,
  text,
  cure,
});
export const skipped = (about: string, text: string): Finding => ({ level: 'skipped', about, text });
