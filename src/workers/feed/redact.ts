/** What is too short to be a secret of its own, and would be found in ordinary words. */
const SHORTEST_SECRET = 4;
const MAX_CHARS = 300;

/**
 * A text of a library or a server as it may be logged: without the secrets, plain or percent-encoded, without the query
 * of any address, and not longer than 300 characters.
 */
export function redact(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) {
    if (secret.length < SHORTEST_SECRET) continue;
    for (const form of new Set([secret, encodeURIComponent(secret)]))
      clean = clean.replaceAll(form, '(hidden)');
  }
  return clean.replace(/\?\S*=\S*/g, '?(hidden)').slice(0, MAX_CHARS);
}
