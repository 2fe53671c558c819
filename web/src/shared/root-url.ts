/** The address of the phone's page, under which `api/` stands too; it ends in a slash, and holds the prefix that a proxy adds. */
export function rootUrl(): URL {
  return new URL(document.documentElement.dataset['root'] ?? './', document.baseURI);
}
