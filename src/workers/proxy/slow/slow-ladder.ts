import { MODE, type Mode } from '../../../codec/tick.ts';
import type { ModeLimits, SlowLimits } from '../../reload-messages.ts';
import type { ClientSession } from '../connection/client-session.ts';
import { BacklogAge } from './backlog-age.ts';
import { SentCount } from './sent-count.ts';
import type { SlowState } from './slow-state.ts';
import type { ChangeStep, StreamDelivery } from './stream-delivery.ts';

/** `act`: to be passed to `act` in later turns; `cut`: to be disconnected. */
export type SlowVerdict = 'well' | 'act' | 'cut';

const MODES: readonly Mode[] = Object.values(MODE);
/** Part of the outbound limit above which no threshold can be, so that clients come to it before they are disconnected. */
const MAX_PART = 0.25;
/** Marks of age within the shortest age: the bound is too high by two of such spans at most. */
const MARKS_PER_AGE = 8;
const MIN_MARK_MS = 20;

function limitOf({ ltp, quote, depth }: ModeLimits, mode: Mode, highest: number): number {
  const limit = mode === MODE.LTP ? ltp : mode === MODE.QUOTE ? quote : depth;
  return limit === 0 ? Number.POSITIVE_INFINITY : Math.min(limit, highest);
}

export class SlowLadder {
  readonly #delivery: StreamDelivery;
  readonly #maxBackpressureBytes: number;
  #timeoutMs = 0;
  #markMs = 0;
  /** By mode. */
  #bytes: readonly number[] = [];
  #ages: readonly number[] = [];
  /** Times that clients fell behind, and that they were given every tick again. */
  readonly counts = { conflations: 0, restorations: 0 };

  constructor(delivery: StreamDelivery, limits: SlowLimits, maxBackpressureBytes: number) {
    this.#delivery = delivery;
    this.#maxBackpressureBytes = maxBackpressureBytes;
    this.reload(limits);
  }

  /** Other thresholds from now on. Who is behind already stays so until it has caught up. */
  reload({ conflateBytes, conflateAgeMs, timeoutMs }: Omit<SlowLimits, 'policy'>): void {
    this.#timeoutMs = timeoutMs;
    const highest = this.#maxBackpressureBytes * MAX_PART;
    this.#bytes = [0, ...MODES.map((mode) => limitOf(conflateBytes, mode, highest))];
    this.#ages = [0, ...MODES.map((mode) => limitOf(conflateAgeMs, mode, Number.POSITIVE_INFINITY))];
    this.#markMs = Math.max(MIN_MARK_MS, Math.min(...this.#ages.slice(1)) / MARKS_PER_AGE);
  }

  /**
   * Looks at a client. Cheap: it counts nothing up.
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
    this.#noteDue(state, (mode) => backlogBytes >= this.#bytes[mode]!);
    // Of what does not come one by one nothing more can be conflated.
    if (this.#delivery.getsEveryTickOfAny(session)) {
      // What compressed messages have in bytes the library does not tell; then only an empty backlog is known to be young.
      state.isAgeDue = !session.isCompressed && state.age.isDue(now);
      // A round that comes late, because this thread was held up, finds what all clients would have taken meanwhile.
      if (!isFirstLook && !state.isAgeDue) this.#noteOld(state, now - state.age.since);
    }
    if (backlogBytes < state.lastBacklogBytes) this.onDrain(session, now);
    state.lastBacklogBytes = backlogBytes;
    if (state.client.unrated > 0 && state.behind !== 0 && now - state.movedAt >= this.#timeoutMs)
      return 'cut';
    return state.due === 0 && !state.isAgeDue ? 'well' : 'act';
  }

  /**
   * Takes the step that `look` found due, or goes on with one, by one instrument at least.
   * @param until what is not done then is left for another call; ms of `performance.now()`
   */
  act(session: ClientSession, now: number, until: number): ChangeStep {
    const state = session.slow;
    if (state === null) return 'done';
    if (state.isAgeDue && !this.#lookAtAge(session, state, now, until)) return 'more';
    if (state.due !== 0) {
      if (state.behind === 0) this.counts.conflations++;
      state.fallBehind(state.due, now);
      state.due = 0;
      this.#delivery.beginChange(session);
    } else if (session.backlogBytes === 0 && state.isRestorable(now)) {
      state.restored(now);
      this.counts.restorations++;
      this.#delivery.beginChange(session);
    }
    return this.#delivery.goOn(session, until);
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
    state.isAgeDue = false;
    state.sentCount = null;
    state.due = 0;
    state.movedAt = now;
    state.lastBacklogBytes = 0;
    state.client.unblock();
    if (state.isForgettable(now)) session.slow = null;
    return state.isRestorable(now) ? 'act' : 'well';
  }

  /** Takes time for each of its streams. @returns false when more is left to be done */
  #lookAtAge(session: ClientSession, state: SlowState, now: number, until: number): boolean {
    state.sentCount ??= new SentCount(session, state, now);
    const { at } = state.sentCount;
    const sentBytes = state.sentCount.goOn(session, state, until);
    if (sentBytes === null) return false;
    state.isAgeDue = false;
    state.sentCount = null;
    if (state.age === null || Number.isNaN(sentBytes)) return true;
    const isFirst = !state.age.isMarked;
    state.age.look(at, session.backlogBytes, sentBytes);
    if (!isFirst) this.#noteOld(state, now - state.age.since);
    return true;
  }

  #noteOld(state: SlowState, ageMs: number): void {
    this.#noteDue(state, (mode) => ageMs >= this.#ages[mode]!);
  }

  #noteDue(state: SlowState, isDue: (mode: Mode) => boolean): void {
    for (const mode of MODES) if (!state.isBehindIn(mode) && isDue(mode)) state.due |= 1 << mode;
  }
}
