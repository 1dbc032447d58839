/** Which modes an entry of an unsubscribe request ends. Proxy worker thread. */
import { parseMode, type RequestedSymbol } from '../../../codec/client-request.ts';
import type { Dialect } from '../../../codec/dialect.ts';
import { MODE, type Mode } from '../../../codec/tick.ts';

/** In ascending order, which is the order of an `unsubscribe_all` answer. */
export const ALL_MODES: readonly Mode[] = Object.values(MODE);

/**
 * The modes that an unsubscribe entry names: its own, else the request's, else (in a batch) all of them. The deployed
 * server ignores a batch's top-level mode and takes Quote where there is none, which leaves two of its own clients with
 * ticks that they unsubscribed; a client that names its modes sees no difference.
 * @returns the modes, or why the entry's mode is refused
 */
export function modesToRemove(
  entry: RequestedSymbol,
  isBatch: boolean,
  requestMode: unknown,
  dialect: Dialect,
): readonly Mode[] | string {
  const given = entry.mode ?? requestMode;
  if (given === undefined) return isBatch ? ALL_MODES : [MODE.QUOTE];
  const parsed = parseMode(given, dialect);
  return parsed.ok ? [parsed.mode] : parsed.message;
}
