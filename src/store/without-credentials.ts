/** Scheme, host and database of a database's URL, for messages; nothing that could be a secret. */
export function withoutCredentials(url: string): string {
  if (!URL.canParse(url)) return 'the database';
  const { host, pathname } = new URL(url);
  return `postgres://${host}${pathname}`;
}
