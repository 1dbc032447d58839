/** What is too short to be a secret of its own, and would be found in ordinary words. */
const SHORTEST_SECRET = 4;
const MAX_CHARS = 300;

/**
 * A text of a library or a server as it may be logged: without the secrets, plain or percent-encoded, without the query
 * of any address, and not longer than 300 characters. A text that was cut may end in the middle of a secret, whose
 * beginning is taken out too.
 */
export function redact(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) {
    if (secret.length < SHORTEST_SECRET) continue;
    for (const form of new Set([secret, encodeURIComponent(secret)])) {
      clean = withoutBeginning(clean.replaceAll(form, '(hidden)'), form);
    }
  }
  return clean.replace(/\?\S*=\S*/g, '?(hidden)').slice(0, MAX_CHARS);
}

function withoutBeginning(text: string, secret: string): string {
  for (let length = Math.min(text.length, secret.length - 1); length >= SHORTEST_SECRET; length--) {
    if (text.endsWith(secret.slice(0, length))) return `${text.slice(0, -length)}(hidden)`;
  }
  return text;
}
