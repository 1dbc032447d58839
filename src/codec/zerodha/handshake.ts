/** How a ticker socket is opened, and what of a session it takes. */

/** Of the interface: on the socket and in every other request. */
export const VERSION_HEADER: Readonly<Record<string, string>> = { 'X-Kite-Version': '3' };

export interface KiteCredentials {
  readonly apiKey: string;
  /** The access token. */
  readonly authToken: string;
}

/**
 * Address and headers. The credentials are in the query, there is no other way: the address must never be logged.
 *
 * @param base address without a query
 */
export function kiteHandshake(
  base: string,
  { apiKey, authToken }: KiteCredentials,
): { readonly url: string; readonly headers: Readonly<Record<string, string>> } {
  const url = new URL(base);
  // Percent-encoded throughout, a blank too: `URLSearchParams` would make it a plus sign.
  url.search = `?api_key=${encodeURIComponent(apiKey)}&access_token=${encodeURIComponent(authToken)}`;
  return { url: url.href, headers: VERSION_HEADER };
}

/**
 * The credentials of a session as OpenAlgo stores it: `<api key>:<access token>`, cut at the first colon. A text without
 * a colon is the access token alone.
 *
 * @param fallbackKey the API key of the configuration
 */
export function readKiteSession(authText: string, fallbackKey: string): KiteCredentials {
  const colon = authText.indexOf(':');
  if (colon < 0) return { apiKey: fallbackKey, authToken: authText };
  return { apiKey: authText.slice(0, colon), authToken: authText.slice(colon + 1) };
}
