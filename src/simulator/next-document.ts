/** What a call fetches next. */
export interface NextDocument {
  /** Absolute, or malformed: then the fetch says so. */
  readonly url: string;
  readonly method: 'GET' | 'POST';
  /** Parameters beside the usual ones. */
  readonly extra: Readonly<Record<string, string>>;
}

/** `url` and `method` as a verb gave them; relative to the document that the verb stood in. */
export function toNextDocument(
  url: string,
  method: string | undefined,
  baseUrl: string,
  extra: NextDocument['extra'],
): NextDocument {
  const absolute = URL.canParse(url, baseUrl) ? new URL(url, baseUrl).href : url;
  return { url: absolute, method: method?.toUpperCase() === 'GET' ? 'GET' : 'POST', extra };
}
