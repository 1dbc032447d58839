/**
 * In which steps tokens change their modes at a broker that counts (token, mode) pairs: while the new mode stands beside
 * the old one a token counts twice, and a request beyond the limit is refused whole. Feed worker thread, at the pace of
 * subscriptions.
 */
import type { TokenChange } from './feed-subscriptions.ts';

/** With less room than this for new modes beside the old ones, steps would become a flood of requests. */
const MIN_ROOM = 10;
/** Without room the old modes of so many tokens end right before their new ones begin. */
const TOKENS_WITHOUT_ROOM = 50;

/** How many modes are in a set of bits. */
export function countModes(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/**
 * Cuts changes into steps that fit beside what is carried before them. What only ends comes first, since it makes room;
 * what only begins comes last and in one step, since no order makes room for it.
 *
 * @param pairs those that are carried before the first step
 * @param limit most pairs; infinite for a broker that replaces a token's mode
 */
export function orderChanges(changes: readonly TokenChange[], pairs: number, limit: number): TokenChange[][] {
  const ending = changes.filter((change) => added(change) === 0);
  const replacing = changes.filter((change) => added(change) > 0 && removed(change) > 0);
  const beginning = changes.filter((change) => removed(change) === 0);
  const steps = [ending];
  let room = limit - pairs + sum(ending, removed);
  while (replacing.length > 0) {
    const hasRoom = room >= Math.min(MIN_ROOM, sum(replacing, added));
    const step = replacing.splice(0, hasRoom ? fitting(replacing, room) : TOKENS_WITHOUT_ROOM);
    room += sum(step, removed) - sum(step, added);
    if (hasRoom) steps.push(step);
    else steps.push(step.map(ended), step.map(begun));
  }
  steps.push(beginning);
  return steps.filter((step) => step.length > 0);
}

function added({ from, to }: TokenChange): number {
  return countModes(to & ~from);
}

function removed({ from, to }: TokenChange): number {
  return countModes(from & ~to);
}

function sum(changes: readonly TokenChange[], count: (change: TokenChange) => number): number {
  return changes.reduce((total, change) => total + count(change), 0);
}

/** How many of the first changes add no more than `room` pairs. */
function fitting(changes: readonly TokenChange[], room: number): number {
  let left = room;
  const end = changes.findIndex((change) => {
    left -= added(change);
    return left < 0;
  });
  return end === -1 ? changes.length : end;
}

function ended({ entry, from, to }: TokenChange): TokenChange {
  return { entry, from, to: from & to };
}

function begun({ entry, from, to }: TokenChange): TokenChange {
  return { entry, from: from & to, to };
}
