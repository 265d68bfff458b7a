// What the server reads back at the next visit, for a year.

const YEAR_S = 365 * 24 * 3600;

/** Keep a cookie; `cookie`: its name and value. */
export function keepCookie(cookie) {
  document.cookie = `${cookie}; path=/; max-age=${YEAR_S}; SameSite=Lax`;
}
