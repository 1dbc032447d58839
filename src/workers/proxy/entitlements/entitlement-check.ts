/** Whether a role allows a subscription, and if not, which right is missing. Proxy worker thread. */
import { MODE_WORDS } from '../../../codec/mode-words.ts';
import { DEPTH_LEVELS, MODE, type Mode } from '../../../codec/tick.ts';
import type { Rights } from '../../entitlement-messages.ts';
import type { SubscribeOutcome } from '../../worker-messages.ts';
import { compileSymbols, type SymbolTest } from './symbol-pattern.ts';

/** Code of a refusal that an operator can lift by another role. */
export const NOT_ENTITLED_CODE = 'NOT_ENTITLED';

/** Names of a list that a message has room for. */
const MAX_NAMES = 10;

/** What is subscribed, as far as rights go. */
export interface Subscribed {
  readonly exchange: string;
  readonly symbol: string;
  readonly mode: Mode;
  /** Levels that are served, in the modes that have any. */
  readonly depthLevel: number;
}

/** A role's patterns are compiled when the first symbol is asked for. */
const symbolTests = new WeakMap<readonly string[], SymbolTest>();

/** A right that a role does not give. */
export interface MissingRight {
  readonly role: string;
  /** For example `mode 3 (depth)`. */
  readonly right: string;
  /** What the role allows of that kind. */
  readonly allowed: string;
}

/** The refusal of a subscription that a role does not allow; null for one that it allows. */
export function refuseByRights(rights: Rights | null, subscribed: Subscribed): SubscribeOutcome | null {
  const missing = rights === null ? null : missingRight(rights, subscribed);
  if (missing === null) return null;
  const message = `Missing right: ${missing.right}. Role ${missing.role} allows ${missing.allowed}`;
  return { status: 'error', code: NOT_ENTITLED_CODE, message };
}

/** The first right that is missing; null when none is. */
export function missingRight(rights: Rights, subscribed: Subscribed): MissingRight | null {
  const { exchange, symbol, mode, depthLevel } = subscribed;
  const { role, modes, depthLevels, exchanges, symbols } = rights;
  if (modes !== null && !modes.includes(mode)) {
    const words = modes.map((each) => MODE_WORDS[each]);
    return { role, right: `mode ${mode} (${MODE_WORDS[mode]})`, allowed: `the modes ${listed(words)}` };
  }
  const levels = levelsOf(mode, depthLevel);
  if (levels > 0 && depthLevels !== null && !depthLevels.includes(levels)) {
    const allowed = `the depth levels ${listed(depthLevels.map(String))}`;
    return { role, right: `depth of ${levels} levels`, allowed };
  }
  if (exchanges !== null && !exchanges.includes(exchange)) {
    return { role, right: `exchange ${exchange}`, allowed: `the exchanges ${listed(exchanges)}` };
  }
  if (symbols !== null && !testOf(symbols)(exchange, symbol)) {
    const allowed = `the symbols ${listed(symbols)}`;
    return { role, right: `symbol ${symbol} on exchange ${exchange}`, allowed };
  }
  for (const other of rights.also ?? []) {
    const missing = missingRight(other, subscribed);
    if (missing !== null) return missing;
  }
  return null;
}

function levelsOf(mode: Mode, depthLevel: number): number {
  if (mode === MODE.DEPTH) return DEPTH_LEVELS;
  return mode === MODE.DEEP_DEPTH ? depthLevel : 0;
}

function testOf(symbols: readonly string[]): SymbolTest {
  const known = symbolTests.get(symbols);
  if (known !== undefined) return known;
  const test = compileSymbols(symbols);
  symbolTests.set(symbols, test);
  return test;
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  const shown = names.slice(0, MAX_NAMES).join(', ');
  return names.length > MAX_NAMES ? `${shown} and ${names.length - MAX_NAMES} more` : shown;
}

export function mayHaveOrders(rights: Rights | null): boolean {
  return rights === null || (rights.orders && (rights.also ?? []).every(mayHaveOrders));
}

/** Why a client gets no order updates. */
export function noOrders(role: string): string {
  return `Missing right: order updates. Role ${role} does not allow them`;
}
