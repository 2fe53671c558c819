/** A multipart/form-data body (RFC 7578), read as strictly as servers read it. Shares nothing with whoever wrote it. */

export interface FormPart {
  readonly name: string;
  /** Null for a plain field. */
  readonly fileName: string | null;
  readonly contentType: string | null;
  readonly bytes: Buffer;
}

/** Null if the body is not what `contentType` says. */
export function parseMultipart(body: Buffer, contentType: string | undefined): FormPart[] | null {
  const boundary = /^multipart\/form-data;\s*boundary="?([^";]{1,70})"?$/i.exec(contentType ?? '')?.[1];
  if (boundary === undefined) return null;
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  // The first delimiter has no line break before it.
  const first = delimiter.subarray(2);
  if (!body.subarray(0, first.length).equals(first)) return null;
  const parts: FormPart[] = [];
  for (let at = first.length; ; ) {
    const after = body.toString('latin1', at, at + 2);
    if (after === '--') return parts;
    if (after !== '\r\n') return null;
    const end = body.indexOf(delimiter, at + 2);
    if (end < 0) return null;
    const part = parsePart(body.subarray(at + 2, end));
    if (part === null) return null;
    parts.push(part);
    at = end + delimiter.length;
  }
}

function parsePart(part: Buffer): FormPart | null {
  const headEnd = part.indexOf('\r\n\r\n');
  if (headEnd < 0) return null;
  const head = part.toString('utf8', 0, headEnd);
  const disposition = /^content-disposition:\s*form-data;(.*)$/im.exec(head)?.[1];
  const name = /(?:^|[;\s])name="([^"]*)"/.exec(disposition ?? '')?.[1];
  if (name === undefined) return null;
  return {
    name,
    fileName: /filename="([^"]*)"/.exec(disposition ?? '')?.[1] ?? null,
    contentType: /^content-type:\s*(.+?)\s*$/im.exec(head)?.[1] ?? null,
    bytes: part.subarray(headEnd + 4),
  };
}
