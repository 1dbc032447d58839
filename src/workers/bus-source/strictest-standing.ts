import type { KeyStanding, Rights, RightsLimits } from '../entitlement-messages.ts';

/**
 * What several feed hosts say of one key, as one word: revoked where any of them says so, else allowed what all of them
 * allow. The same whichever of them was heard last.
 *
 * @param standings at least one, all of the same key
 */
export function strictestStanding(standings: readonly KeyStanding[]): KeyStanding {
  const roles = new Map<string, Rights>();
  for (const standing of standings) {
    if (standing.status === 'revoked') return standing;
    if (standing.rights !== null) roles.set(JSON.stringify(standing.rights), standing.rights);
  }
  const { keyId } = standings[0]!;
  const [first, ...also] = roles.values();
  if (first === undefined) return { keyId, status: 'good', rights: null };
  if (also.length === 0) return { keyId, status: 'good', rights: first };
  const limits = [first, ...also].map((rights) => rights.limits).reduce(stricter);
  return { keyId, status: 'good', rights: { ...first, limits, also } };
}

function stricter(a: RightsLimits, b: RightsLimits): RightsLimits {
  return {
    maxConnections: lower(a.maxConnections, b.maxConnections),
    maxSubscriptions: lower(a.maxSubscriptions, b.maxSubscriptions),
    requestsPerSecond: lower(a.requestsPerSecond, b.requestsPerSecond),
  };
}

/** A number before the configured limit, which before none. */
function lower(a: number | null, b: number | null): number | null {
  const numbers = [a, b].filter((limit) => limit !== null && limit > 0);
  if (numbers.length > 0) return Math.min(...numbers.map(Number));
  return a === null || b === null ? null : 0;
}
