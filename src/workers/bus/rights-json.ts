/** Reads what a feed host says of keys and of what they may do. Nothing here throws. */
import type { Rights, RightsLimits } from '../entitlement-messages.ts';
import { isMode } from './bus-event.ts';
import { isCount, isName, isObject, isText, readList } from './foreign-json.ts';

/** The longest user name with the longest prefix. */
const MAX_KEY_ID_LENGTH = 300;

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
  if (modes === undefined || depthLevels === undefined || exchanges === undefined) return undefined;
  if (symbols === undefined || limits === undefined) return undefined;
  return { role: value.role, modes, depthLevels, exchanges, symbols, limits };
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
