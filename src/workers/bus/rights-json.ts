/** Reads what a feed host says of keys and of what they may do. Nothing here throws. */
import type { KeyStanding, Rights, RightsLimits } from '../entitlement-messages.ts';
import { isMode } from './bus-event.ts';
import { type ForeignObject, isCount, isFlag, isName, isObject, isText, readList } from './foreign-json.ts';

/** The longest user name with the longest prefix. */
const MAX_KEY_ID_LENGTH = 300;
/** In the place of the place of a role. */
const REVOKED = -1;

export function isKeyId(value: unknown): value is string {
  return isText(value) && value !== '' && value.length <= MAX_KEY_ID_LENGTH;
}

/** The rights that stand in JSON; undefined for anything else, also for rights that are not whole. */
export function rightsFromJson(value: unknown): Rights | undefined {
  if (!isObject(value) || !isName(value.role)) return undefined;
  const modes = listOrNull(value.modes, (mode) => (isMode(mode) ? mode : undefined));
  const depthLevels = listOrNull(value.depthLevels, (levels) => (isCount(levels) ? levels : undefined));
  const exchanges = listOrNull(value.exchanges, (name) => (isName(name) ? name : undefined));
  const symbols = listOrNull(value.symbols, (pattern) => (isName(pattern) ? pattern : undefined));
  const limits = readLimits(value.limits);
  const { orders } = value;
  if (modes === undefined || depthLevels === undefined || exchanges === undefined) return undefined;
  if (symbols === undefined || limits === undefined || !isFlag(orders)) return undefined;
  return { role: value.role, modes, depthLevels, exchanges, symbols, orders, limits };
}

/**
 * Standings as they stand in JSON: `roles`, the rights that there are, and `standings`, pairs of a key and the place of
 * its rights among them, null for everything, -1 for a key that is revoked. Thousands of keys may have one role.
 */
export function standingsToJson(standings: readonly KeyStanding[]): ForeignObject {
  const places = new Map<string, number>();
  const roles: Rights[] = [];
  const placeOf = (rights: Rights): number => {
    const text = JSON.stringify(rights);
    const known = places.get(text);
    if (known !== undefined) return known;
    places.set(text, roles.length);
    return roles.push(rights) - 1;
  };
  const pairs = standings.map((standing) => {
    if (standing.status === 'revoked') return [standing.keyId, REVOKED];
    return [standing.keyId, standing.rights === null ? null : placeOf(standing.rights)];
  });
  return { roles, standings: pairs };
}

/** What `standingsToJson` made; undefined for anything else. */
export function standingsFromJson(fields: ForeignObject): readonly KeyStanding[] | undefined {
  const roles = readList(fields.roles, rightsFromJson);
  if (roles === undefined) return undefined;
  return readList(fields.standings, (pair): KeyStanding | undefined => {
    if (!Array.isArray(pair) || pair.length !== 2) return undefined;
    const [keyId, place]: unknown[] = pair;
    if (!isKeyId(keyId)) return undefined;
    if (place === REVOKED) return { keyId, status: 'revoked' };
    if (place === null) return { keyId, status: 'good', rights: null };
    const rights = isCount(place) ? roles[place] : undefined;
    return rights === undefined ? undefined : { keyId, status: 'good', rights };
  });
}

function listOrNull<T>(
  value: unknown,
  read: (member: unknown) => T | undefined,
): readonly T[] | null | undefined {
  return value === null ? null : readList(value, read);
}

function readLimits(value: unknown): RightsLimits | undefined {
  if (!isObject(value)) return undefined;
  const { maxConnections, maxSubscriptions, requestsPerSecond } = value;
  const isLimit = (limit: unknown): limit is number | null => limit === null || isCount(limit);
  if (!isLimit(maxConnections) || !isLimit(maxSubscriptions) || !isLimit(requestsPerSecond)) return undefined;
  return { maxConnections, maxSubscriptions, requestsPerSecond };
}
