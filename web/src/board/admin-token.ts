/** The operator's token: kept for this tab only, and gone with it. */
const KEY = 'trunkline.admin-token';

export function readAdminToken(): string {
  return sessionStorage.getItem(KEY) ?? '';
}

export function keepAdminToken(token: string): void {
  if (token === '') sessionStorage.removeItem(KEY);
  else sessionStorage.setItem(KEY, token);
}
