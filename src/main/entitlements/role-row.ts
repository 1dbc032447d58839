/** A role as a row of the database: lists and limits are JSON. */
import { DESIGN_DEPTH_LEVELS } from '../../codec/dialect.ts';
import { MODE, type Mode } from '../../codec/tick.ts';
import type { Rights, RightsLimits } from '../../workers/entitlement-messages.ts';
import { type Row, textColumn } from '../database/column.ts';

/** The role of whoever has none. It allows everything, whatever stands in its row. */
export const FULL_ROLE = 'full';

export const CONFIGURED_LIMITS: RightsLimits = {
  maxConnections: null,
  maxSubscriptions: null,
  requestsPerSecond: null,
};

/** Names of exchanges and patterns of symbols in one role: every proxy gets them with each key. */
export const MAX_ROLE_NAMES = 1000;
/** Patterns with a wildcard among them: each is tried on each symbol of a request. */
export const MAX_ROLE_WILDCARDS = 100;
export const MAX_NAME_LENGTH = 100;

/** The columns of a role beside its name. */
export interface RoleColumns {
  readonly modes: string | null;
  readonly depth_levels: string | null;
  readonly exchanges: string | null;
  readonly symbols: string | null;
  readonly orders: string;
  readonly limits: string;
}

/** What a role allows that restricts nothing. */
export function everythingAllowed(role: string): Rights {
  const all = { modes: null, depthLevels: null, exchanges: null, symbols: null, orders: true };
  return { role, ...all, limits: CONFIGURED_LIMITS };
}

/** What a role allows that cannot be read. */
export function nothingAllowed(role: string): Rights {
  const nothing = { modes: [], depthLevels: [], exchanges: [], symbols: [], orders: false };
  return { role, ...nothing, limits: CONFIGURED_LIMITS };
}

export function toColumns({ modes, depthLevels, exchanges, symbols, orders, limits }: Rights): RoleColumns {
  const list = (values: readonly unknown[] | null) => (values === null ? null : JSON.stringify(values));
  const given = Object.entries(limits).filter(([, limit]) => limit !== null);
  return {
    modes: list(modes),
    depth_levels: list(depthLevels),
    exchanges: list(exchanges),
    symbols: list(symbols),
    orders: JSON.stringify(orders),
    limits: JSON.stringify(Object.fromEntries(given)),
  };
}

/**
 * The role in a row.
 * @returns the name of the first column that is not as it should be, in place of the role
 */
export function fromRow(row: Row): { readonly rights: Rights } | { readonly badColumn: string } {
  const modes = readColumn(row, 'modes', isMode);
  if (modes === undefined) return { badColumn: 'modes' };
  const depthLevels = readColumn(row, 'depth_levels', isDepthLevel);
  if (depthLevels === undefined) return { badColumn: 'depth_levels' };
  const exchanges = readColumn(row, 'exchanges', isRoleName);
  if (exchanges === undefined) return { badColumn: 'exchanges' };
  const symbols = readColumn(row, 'symbols', isRoleName);
  if (symbols === undefined || countWildcards(symbols ?? []) > MAX_ROLE_WILDCARDS) {
    return { badColumn: 'symbols' };
  }
  const orders = parseJson(textColumn(row, 'orders'));
  if (typeof orders !== 'boolean') return { badColumn: 'orders' };
  const limits = readLimits(textColumn(row, 'limits'));
  if (limits === undefined) return { badColumn: 'limits' };
  const role = textColumn(row, 'name');
  return { rights: { role, modes, depthLevels, exchanges, symbols, orders, limits } };
}

export function countWildcards(patterns: readonly string[]): number {
  return patterns.filter((pattern) => /[*?]/.test(pattern)).length;
}

export function isDepthLevel(value: unknown): value is number {
  return DESIGN_DEPTH_LEVELS.some((level) => level === value);
}

/** A limit: 0 for none. */
export function isLimit(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isMode(value: unknown): value is Mode {
  return Object.values<unknown>(MODE).includes(value);
}

function isRoleName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_NAME_LENGTH;
}

/** A list all of whose members are such; null for NULL, undefined for anything else. */
function readColumn<T>(
  row: Row,
  name: keyof RoleColumns,
  isMember: (value: unknown) => value is T,
): readonly T[] | null | undefined {
  if (row[name] === null) return null;
  const value = parseJson(textColumn(row, name));
  if (!Array.isArray(value) || value.length > MAX_ROLE_NAMES || !value.every(isMember)) return undefined;
  return value;
}

function readLimits(text: string): RightsLimits | undefined {
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const given: readonly [string, unknown][] = Object.entries(value);
  if (!given.every(([name, limit]) => Object.hasOwn(CONFIGURED_LIMITS, name) && isLimit(limit)))
    return undefined;
  return { ...CONFIGURED_LIMITS, ...Object.fromEntries(given) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
