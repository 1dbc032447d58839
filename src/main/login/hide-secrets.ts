const HIDDEN = '(hidden)';
/** Shorter ones would take everyday words and numbers out of a message. */
const SHORTEST = 4;

/** The text without the secrets that a server may have repeated in it. */
export function hideSecrets(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret.length >= SHORTEST)
    .toSorted((a, b) => b.length - a.length)
    .reduce((shown, secret) => shown.replaceAll(secret, HIDDEN), text);
}
