/**
 * What a session keeps when its connection ended before everything was given back: all that it held before, and what the
 * client had got, or subscribed to anew. Proxy worker thread.
 */
import { unpack } from 'msgpackr';
import type { Dialect } from '../../../codec/dialect.ts';
import { DEPTH_LEVELS, MODE } from '../../../codec/tick.ts';
import type { PackedInstrument, PackedPast, PackedSession, PackedWish } from './session-image.ts';

/**
 * @param pending image of what was to be given back
 * @param present what the client has, in the dialect of its connection
 */
export function mergePending(pending: Uint8Array, present: PackedSession, dialect: Dialect): PackedSession {
  const [before, hadOrders, wasBroken] = unpack(pending) as PackedSession;
  const [now, hasOrders, isBroken] = present;
  const byName = new Map(now.map((each) => [nameOf(each), each]));
  const merged = before.map((each) => {
    const name = nameOf(each);
    const newer = byName.get(name);
    if (newer === undefined) return each;
    byName.delete(name);
    return mergeInstrument(each, newer, dialect);
  });
  return [[...merged, ...byName.values()], hadOrders || hasOrders, wasBroken || isBroken];
}

function nameOf([exchange, symbol]: PackedInstrument): string {
  return `${exchange}\0${symbol}`;
}

function mergeInstrument(
  [exchange, symbol, wishes, own, foreign]: PackedInstrument,
  [, , wishesNow, ownNow, foreignNow]: PackedInstrument,
  dialect: Dialect,
): PackedInstrument {
  const earlier = dialect === 'design' ? wishes.map(inDesign) : wishes;
  const others = earlier.filter(([mode]) => !wishesNow.some(([modeNow]) => modeNow === mode));
  return [exchange, symbol, [...others, ...wishesNow], later(own, ownNow), later(foreign, foreignNow)];
}

/** As the client has got it back: see `restoredWish`. */
function inDesign(wish: PackedWish): PackedWish {
  const [mode, , depthFallback, terms] = wish;
  return mode === MODE.DEPTH ? [MODE.DEEP_DEPTH, DEPTH_LEVELS, depthFallback, terms] : wish;
}

/** Of each count where the client stands now; where it stood before while it has had no tick since. */
function later(before: PackedPast, now: PackedPast): PackedPast {
  if (before === null || now === null) return now ?? before;
  const [base, deep] = [now[0] > 0 ? now : before, now[2] > 0 ? now : before];
  return [base[0], base[1], deep[2], deep[3]];
}
