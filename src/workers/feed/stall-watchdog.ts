/**
 * The second of a feed's two clocks. The first, for a dead socket, is the connection's own; this one finds a feed that is
 * mute: connected, answering heartbeats, and without ticks while the market is open. It judges each segment, and with
 * enough history each instrument, and says what is to be told and to be done; it does nothing itself.
 *
 * Pure: it has no timer and reads no clock. `nowMs` is always of one monotonic clock, `wallMs` since 1970.
 *
 * Feed worker thread: `onTick` for every frame, everything else at the pace of seconds.
 */
import type { FeedVerdict, StallStatus, WatchdogOptions } from './feed-verdict.ts';
import type { MarketCalendar } from './market-calendar.ts';
import { WatchedInstrument } from './watched-instrument.ts';
import { WatchedSegment } from './watched-segment.ts';

/** Two looks that lie so much further apart than planned, or whose wall clocks say so, have a sleep between them. */
const SLEPT_MS = 5000;
/** Instruments that are subscribed again in one look: a market that holds its breath is not to become a storm. */
const MOST_PROBES = 100;
/** Without a limit for silence, ticks outside of market hours count so long. */
const DEFAULT_QUIET_MS = 30_000;

export class StallWatchdog {
  readonly #options: WatchdogOptions;
  readonly #calendar: MarketCalendar | null;
  readonly #lastTick: Float64Array;
  readonly #counts: Uint32Array;
  readonly #segments = new Map<string, WatchedSegment>();
  #isConnected = false;
  #lastLook = 0;
  #lastWallMs = 0;

  /**
   * @param calendar null: every market is always open
   * @param slots how many there are; `onTick` and `watch` take those below
   */
  constructor(options: WatchdogOptions, calendar: MarketCalendar | null, slots: number) {
    this.#options = options;
    this.#calendar = calendar;
    this.#lastTick = new Float64Array(slots);
    this.#counts = new Uint32Array(slots);
  }

  /** How often `check` wants to be called, ms: often enough for the shortest of its times. */
  get intervalMs(): number {
    const { muteAfterMs, staleAfterMs, recoveryWaitMs } = this.#options;
    const shortest = Math.min(muteAfterMs || Infinity, staleAfterMs || Infinity, recoveryWaitMs);
    return Math.max(10, Math.min(1000, Math.round(shortest / 4)));
  }

  /** A tick of a slot has come. Hot path: two stores, neither allocates nor throws. */
  onTick(slot: number, nowMs: number): void {
    this.#lastTick[slot] = nowMs;
    this.#counts[slot] = this.#counts[slot]! + 1;
  }

  /** A frame of a slot has come that was the same as the one before: no tick, but a sign of life. Hot path, as `onTick`. */
  onRepeat(slot: number, nowMs: number): void {
    this.#lastTick[slot] = nowMs;
  }

  /** An instrument is subscribed. One that is watched already stays as it is. */
  watch(slot: number, exchange: string, nowMs: number): void {
    let segment = this.#segments.get(exchange);
    if (segment === undefined) {
      segment = new WatchedSegment(exchange, nowMs);
      this.#segments.set(exchange, segment);
    }
    if (segment.instruments.has(slot)) return;
    const instrument = new WatchedInstrument(slot, exchange, nowMs, this.#counts[slot]!);
    segment.instruments.set(slot, instrument);
  }

  /** An instrument is subscribed no more. */
  unwatch(slot: number, exchange: string): void {
    const segment = this.#segments.get(exchange);
    segment?.instruments.delete(slot);
    if (segment?.instruments.size === 0) this.#segments.delete(exchange);
  }

  /** The connection is up, and everything was subscribed on it. */
  onConnected(nowMs: number): void {
    this.#isConnected = true;
    this.#beginAnew(nowMs);
  }

  /** The connection is down: there is nothing to judge until it is up again. */
  onDisconnected(): void {
    this.#isConnected = false;
  }

  /** Looks at the clocks. @returns null while there is nothing to judge */
  check(nowMs: number, wallMs: number): FeedVerdict | null {
    const before = this.#lastLook;
    const elapsedMs = nowMs - before;
    const isFirst = before === 0;
    const wallElapsedMs = wallMs - this.#lastWallMs;
    this.#lastLook = nowMs;
    this.#lastWallMs = wallMs;
    if (!this.#isConnected) return null;
    const slept = elapsedMs > this.intervalMs + SLEPT_MS || Math.abs(wallElapsedMs - elapsedMs) > SLEPT_MS;
    // While the machine slept nothing could come; a look later the socket knows whether it has survived.
    if (!isFirst && slept) this.#beginAnew(nowMs);
    const verdict: FeedVerdict = {
      statuses: [],
      silenced: [],
      suspected: [],
      unhurt: [],
      resubscribe: [],
      move: [],
      reconnect: null,
      tokens: null,
    };
    for (const segment of this.#segments.values()) this.#learn(segment, isFirst ? nowMs : before, nowMs);
    for (const segment of this.#segments.values()) this.#judge(segment, nowMs, wallMs, verdict);
    // Whoever gets a new connection gets everything subscribed with it.
    if (verdict.reconnect !== null || verdict.tokens !== null) {
      verdict.resubscribe.length = 0;
      verdict.move.length = 0;
    }
    return verdict;
  }

  #beginAnew(nowMs: number): void {
    for (const segment of this.#segments.values()) {
      segment.restart(nowMs, this.#options);
      for (const instrument of segment.instruments.values()) instrument.reset(nowMs);
    }
  }

  #learn(segment: WatchedSegment, before: number, nowMs: number): void {
    let latest = 0;
    let ticks = 0;
    for (const instrument of segment.instruments.values()) {
      const lastTick = this.#lastTick[instrument.slot]!;
      ticks += instrument.learn(lastTick, this.#counts[instrument.slot]!, before, nowMs);
      latest = Math.max(latest, lastTick);
    }
    segment.learn(latest, ticks, before, nowMs);
  }

  #judge(segment: WatchedSegment, now: number, wallMs: number, verdict: FeedVerdict): void {
    const { exchange } = segment;
    const calendar = this.#calendar;
    if (calendar !== null && !calendar.knows(exchange)) {
      segment.tell('live', 'connected', wallMs, verdict);
      return;
    }
    if (calendar !== null && !calendar.isOpen(exchange, wallMs)) {
      this.#judgeClosed(segment, calendar, now, wallMs, verdict);
      return;
    }
    if (!segment.wasOpen) this.#open(segment, now, wallMs);
    if (segment.status === null || segment.status === 'market_closed') {
      const since = calendar?.lastChange(exchange, wallMs) ?? wallMs;
      segment.tell('live', segment.status === null ? 'connected' : 'the market is open', since, verdict);
    }
    const othersTick = [...this.#segments.values()].some(
      (other) => other !== segment && this.#isTicking(other, now),
    );
    segment.judge({ now, wallMs, intervalMs: this.intervalMs, options: this.#options, verdict, othersTick });
    if (segment.isSilent) return;
    const { muteAfterMs } = this.#options;
    // Silent as a whole, which the segment's own judgement is about.
    if (muteAfterMs > 0 && now - segment.lastTick > muteAfterMs / 2) return;
    this.#judgeInstruments(segment, now, wallMs, verdict);
  }

  #open(segment: WatchedSegment, now: number, wallMs: number): void {
    segment.wasOpen = true;
    const since = this.#calendar?.lastChange(segment.exchange, wallMs) ?? null;
    if (since === null) return;
    const firstTickDue = now - (wallMs - since) + this.#options.openGraceMs;
    segment.quietFrom = Math.max(segment.quietFrom, firstTickDue);
    for (const instrument of segment.instruments.values()) {
      instrument.quietFrom = Math.max(instrument.quietFrom, firstTickDue);
    }
  }

  /** Nothing is expected, so nothing is missed; but ticks that come say that the calendar is wrong. */
  #judgeClosed(
    segment: WatchedSegment,
    calendar: MarketCalendar,
    now: number,
    wallMs: number,
    verdict: FeedVerdict,
  ): void {
    segment.wasOpen = false;
    segment.rest();
    // What is silent now says nothing about how long its silences usually are.
    for (const instrument of segment.instruments.values()) instrument.quietFrom = now;
    const quietMs = this.#options.muteAfterMs || DEFAULT_QUIET_MS;
    const silenceMs = now - segment.lastTick;
    const trades = [...segment.instruments.values()].some(
      ({ slot, flows }) => flows && now - this.#lastTick[slot]! < quietMs,
    );
    if (trades) {
      const isEarly = calendar.isPreOpen(segment.exchange, wallMs);
      const when = isEarly ? 'ticks of the pre-open session' : 'ticks come, though the calendar says closed';
      segment.tell('live', when, wallMs, verdict);
      return;
    }
    const closedSince = calendar.lastChange(segment.exchange, wallMs) ?? wallMs;
    const lastTickSince = segment.status === 'live' ? wallMs - silenceMs : closedSince;
    const since = Math.max(closedSince, Math.min(wallMs, Math.round(lastTickSince)));
    segment.tell('market_closed', calendar.describeClosed(segment.exchange, wallMs), since, verdict);
  }

  #isTicking(segment: WatchedSegment, now: number): boolean {
    const { muteAfterMs } = this.#options;
    return segment.lastTick > 0 && now - segment.lastTick < (muteAfterMs || DEFAULT_QUIET_MS);
  }

  #judgeInstruments(segment: WatchedSegment, now: number, wallMs: number, verdict: FeedVerdict): void {
    const stale: number[] = [];
    const dead: number[] = [];
    const back: number[] = [];
    for (const instrument of segment.instruments.values()) {
      const { slot } = instrument;
      const mayAsk = verdict.resubscribe.length < MOST_PROBES;
      const event = instrument.judge(this.#lastTick[slot]!, now, mayAsk, this.#options);
      if (event === 'probe') verdict.resubscribe.push(slot);
      else if (event === 'again') (isToMove(instrument) ? verdict.move : verdict.resubscribe).push(slot);
      else if (event === 'stale') (instrument.hasTicked ? stale : dead).push(slot);
      else if (event === 'back') back.push(slot);
    }
    const { exchange } = segment;
    const tell = (slots: readonly number[], status: StallStatus, reason: string) => {
      if (slots.length > 0) verdict.statuses.push({ exchange, slots, status, since: wallMs, reason });
    };
    verdict.silenced.push(...stale);
    tell(stale, 'stale', 'silent for much longer than usual, and no answer when subscribed again');
    tell(dead, 'stale', 'no tick since it was subscribed, and no answer when subscribed again');
    tell(back, 'live', 'ticks are back');
  }
}

/** Another connection is worth a try for what had ticks on this one; a contract that has expired would travel in vain. */
function isToMove({ attempts, hasTicked }: WatchedInstrument): boolean {
  return hasTicked && attempts === 2;
}
