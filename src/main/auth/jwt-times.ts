/** Times in a token that says of itself when it was made and when it ends; ms since 1970. */
export interface TokenTimes {
  readonly issuedAt: number | null;
  readonly expiresAt: number | null;
}

/** Reads a JSON Web Token without checking who has signed it; null for a token of another kind. Never throws. */
export function jwtTimes(token: string): TokenTimes | null {
  const [, payload, signature, rest] = token.split('.');
  if (payload === undefined || signature === undefined || rest !== undefined) return null;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    if (typeof claims !== 'object' || claims === null) return null;
    return {
      issuedAt: 'iat' in claims ? milliseconds(claims.iat) : null,
      expiresAt: 'exp' in claims ? milliseconds(claims.exp) : null,
    };
  } catch {
    return null;
  }
}

function milliseconds(seconds: unknown): number | null {
  return typeof seconds === 'number' && Number.isFinite(seconds) ? seconds * 1000 : null;
}
