/**
 * The steps that a client takes when it falls behind, and back: every tick, the latest of each instrument (by mode: depth
 * first, LTP last), disconnected. It is looked at in the rounds over all clients; what a step costs, up to some ms for a
 * client with thousands of subscriptions, is paid in a turn of its own. Proxy worker thread.
 */
import type { SlowPolicy } from '../../../codec/slow-policy.ts';
import { MODE, type Mode } from '../../../codec/tick.ts';
import type { ClientSession } from '../connection/client-session.ts';
import { BacklogAge } from './backlog-age.ts';
import type { SlowState } from './slow-state.ts';
import type { StreamDelivery } from './stream-delivery.ts';

/** A figure for each mode; that of depth is for any number of levels. 0: none. */
export interface ModeLimits {
  readonly ltp: number;
  readonly quote: number;
  readonly depth: number;
}

export interface SlowLimits {
  /** Of a client that chooses none. */
  readonly policy: SlowPolicy;
  /** Bytes that wait for a client, and age of the oldest of them, at which it falls behind in a mode. */
  readonly conflateBytes: ModeLimits;
  readonly conflateAgeMs: ModeLimits;
  /** A client that is conflated and takes nothing for so long is disconnected. */
  readonly timeoutMs: number;
}

/** `act`: to be passed to `act` in a turn of its own; `cut`: to be disconnected. */
export type SlowVerdict = 'well' | 'act' | 'cut';

const MODES: readonly Mode[] = Object.values(MODE);
/** Part of the outbound limit above which no threshold can be, so that clients come to it before they are disconnected. */
const MAX_PART = 0.25;
/** Marks of age within the shortest age: the bound is too high by two of such spans at most. */
const MARKS_PER_AGE = 8;
const MIN_MARK_MS = 20;
/** What finding out the age of backlogs may take in one round. Those who are not looked at count as older. */
const AGE_MS_PER_ROUND = 2;

function limitOf({ ltp, quote, depth }: ModeLimits, mode: Mode, highest: number): number {
  const limit = mode === MODE.LTP ? ltp : mode === MODE.QUOTE ? quote : depth;
  return limit === 0 ? Number.POSITIVE_INFINITY : Math.min(limit, highest);
}

export class SlowLadder {
  readonly #delivery: StreamDelivery;
  readonly #timeoutMs: number;
  readonly #markMs: number;
  /** By mode. */
  readonly #bytes: readonly number[];
  readonly #ages: readonly number[];
  #roundAt = 0;
  #agesMs = 0;
  /** Times that clients fell behind, and that they were given every tick again. */
  readonly counts = { conflations: 0, restorations: 0 };

  constructor(delivery: StreamDelivery, limits: SlowLimits, maxBackpressureBytes: number) {
    const { conflateBytes, conflateAgeMs, timeoutMs } = limits;
    this.#delivery = delivery;
    this.#timeoutMs = timeoutMs;
    const highest = maxBackpressureBytes * MAX_PART;
    this.#bytes = [0, ...MODES.map((mode) => limitOf(conflateBytes, mode, highest))];
    this.#ages = [0, ...MODES.map((mode) => limitOf(conflateAgeMs, mode, Number.POSITIVE_INFINITY))];
    this.#markMs = Math.max(MIN_MARK_MS, Math.min(...this.#ages.slice(1)) / MARKS_PER_AGE);
  }

  /**
   * Looks at a client. Cheap for one for whom nothing waits.
   * @param backlogBytes what waits for it
   * @param emptyAt if nothing waited for it in the last round: when at the earliest what waits now was sent; all in ms of
   *   `performance.now()`
   */
  look(session: ClientSession, backlogBytes: number, now: number, emptyAt: number): SlowVerdict {
    if (backlogBytes === 0)
      return session.slow === null ? 'well' : this.#lookAtIdle(session, session.slow, now);
    const state = this.#delivery.stateOf(session);
    const isFirstLook = state.age === null;
    state.age ??= new BacklogAge(emptyAt, this.#markMs);
    // What compressed messages have in bytes the library does not tell; then only an empty backlog is known to be young.
    const isCounted = !session.isCompressed;
    if (isCounted && state.age.isDue(now) && this.#hasTime(now))
      this.#lookAtAge(session, state.age, backlogBytes, now);
    // A round that comes late, because this thread was held up, finds what all clients would have taken meanwhile.
    const ageMs = isFirstLook ? 0 : now - state.age.since;
    for (const mode of MODES) {
      if (state.isBehindIn(mode)) continue;
      if (backlogBytes >= this.#bytes[mode]! || ageMs >= this.#ages[mode]!) state.due |= 1 << mode;
    }
    if (backlogBytes < state.lastBacklogBytes) this.onDrain(session, now);
    state.lastBacklogBytes = backlogBytes;
    if (state.client.unrated > 0 && state.behind !== 0 && now - state.movedAt >= this.#timeoutMs)
      return 'cut';
    return state.due === 0 ? 'well' : 'act';
  }

  /** Takes the step that `look` found due. @returns false when the client is to be disconnected */
  act(session: ClientSession, now: number): boolean {
    const state = session.slow;
    if (state === null) return true;
    if (state.due !== 0) {
      const modes = state.due;
      state.due = 0;
      if (state.behind === 0) this.counts.conflations++;
      state.fallBehind(modes, now);
      return this.#delivery.conflate(session, modes);
    }
    if (session.backlogBytes === 0 && state.isRestorable(now)) {
      this.#delivery.restore(session);
      state.restored(now);
      this.counts.restorations++;
    }
    return true;
  }

  /** The socket took something of what waited. */
  onDrain({ slow }: ClientSession, now: number): void {
    if (slow === null) return;
    slow.movedAt = now;
    slow.client.unblock();
  }

  /** Of a client for whom nothing waits. */
  #lookAtIdle(session: ClientSession, state: SlowState, now: number): SlowVerdict {
    state.age = null;
    state.due = 0;
    state.movedAt = now;
    state.lastBacklogBytes = 0;
    state.client.unblock();
    if (state.isForgettable(now)) session.slow = null;
    return state.isRestorable(now) ? 'act' : 'well';
  }

  #lookAtAge(session: ClientSession, age: BacklogAge, backlogBytes: number, now: number): void {
    const beganAt = performance.now();
    age.look(now, backlogBytes, this.#delivery.sentBytesOf(session));
    this.#agesMs += performance.now() - beganAt;
  }

  #hasTime(now: number): boolean {
    if (this.#roundAt !== now) this.#agesMs = 0;
    this.#roundAt = now;
    return this.#agesMs < AGE_MS_PER_ROUND;
  }
}
