/** Secrets that are told from everything else, and a search for them in whatever a program lets out. */
import assert from 'node:assert/strict';

/** As long and of such characters as the real ones; found again in any of their usual forms. */
export const MARKED = {
  pepper: 'markedpepper5f1e0c7a9b3d2846e1f0a7c5',
  fernetSalt: '5ec4e7ba5e11feed0badc0de12345678',
  brokerApiKey: 'markedBrokerApp#Key/9c1',
  authToken: 'eyJtYXJrZWRBdXRo.markedAuthToken+Zm9v/YmFy.c2lnbmF0dXJl',
  feedToken: 'markedFeedToken_7d6e5f4a3b2c1d0e',
  clientKey: 'markedc11e47ke7'.padEnd(64, '0123456789abcdef'),
  otherKey: 'markedd22f58kf8'.padEnd(64, 'fedcba9876543210'),
  guessedKey: 'markede33a69la9'.padEnd(64, '02468ace13579bdf'),
  password: 'markedPassword!w0rd',
  privateKey: 'MARKEDmIIEvQIBADANBgkqhkiG9w0BAQEFAASC',
} as const;

/** A part of a secret of so many characters is as good as all of it. */
const TELLING_CHARS = 12;

/** The forms in which a text comes: as it is, percent-encoded, as JSON, in hex, in base64 at any of its three places. */
function formsOf(secret: string): string[] {
  const telling = secret.slice(0, TELLING_CHARS);
  const base64 = [0, 1, 2].map((shift) => {
    const bytes = Buffer.concat([Buffer.alloc(shift), Buffer.from(telling)]);
    // Without the characters that depend on what stands before and behind.
    return bytes
      .toString('base64')
      .replaceAll('=', '')
      .slice(shift === 0 ? 0 : shift + 1, -1);
  });
  const hex = Buffer.from(telling).toString('hex');
  return [telling, encodeURIComponent(telling), JSON.stringify(telling).slice(1, -1), hex, ...base64];
}

/** @param where what the text is, for who has to find the leak */
export function assertNoSecret(where: string, text: string, secrets: readonly string[]): void {
  for (const secret of secrets) {
    for (const form of new Set(formsOf(secret))) {
      const at = text.indexOf(form);
      const around = text.slice(Math.max(0, at - 120), at + 120);
      assert.equal(at, -1, `${where} shows ${secret.slice(0, TELLING_CHARS)}…: ${around}`);
    }
  }
}
