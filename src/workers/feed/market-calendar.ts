/**
 * Answers when an exchange trades, from the data of `market-sessions.ts` or of the operator. Pure: it knows no clock, the
 * time is always an argument. Any thread, at the pace of seconds.
 */
import {
  type ExchangeHours,
  type MarketCalendarData,
  type SessionTimes,
  WEEKDAYS,
} from './market-sessions.ts';

const DAY_MS = 86_400_000;
/** Asia/Kolkata, all year. */
const ZONE_MS = 19_800_000;
/** 1970-01-01 was a Thursday. */
const FIRST_WEEKDAY = 4;
/** No exchange rests, or trades on, for longer without a change. */
const MOST_DAYS = 400;
const WORKDAYS: readonly number[] = [1, 2, 3, 4, 5];

/** Milliseconds since 1970: from (inclusive), to (exclusive). */
type Interval = readonly [from: number, to: number];

interface CompiledHours {
  readonly sessions: readonly Interval[];
  readonly usWinterSessions: readonly Interval[];
  readonly preOpen: readonly Interval[];
  readonly weekdays: ReadonlySet<number>;
}

/** A named date, with its sessions since midnight. */
interface CompiledDay {
  readonly name: string;
  readonly sessions: readonly Interval[];
}

export class MarketCalendar {
  readonly #exchanges = new Map<string, CompiledHours>();
  readonly #days = new Map<string, CompiledDay>();

  /** @param data as `market-sessions.ts` has it; whoever reads a file checks it before */
  constructor(data: MarketCalendarData) {
    for (const [exchange, hours] of Object.entries(data.exchanges)) {
      this.#exchanges.set(exchange, compile(hours));
    }
    for (const { date, name, exchanges, sessions } of data.days) {
      const day = { name, sessions: sessions.map(intervalOf) };
      for (const exchange of exchanges) this.#days.set(dayKey(exchange, dayOfDate(date)), day);
    }
  }

  /** Whether anything is known of an exchange. One that is not known is neither open nor closed: nobody can judge it. */
  knows(exchange: string): boolean {
    return this.#exchanges.has(exchange);
  }

  /** Whether an exchange trades, so that ticks can be expected. False in the pre-open session, and where it is not known. */
  isOpen(exchange: string, epochMs: number): boolean {
    return this.#sessionAt(exchange, epochMs) !== undefined;
  }

  /** Whether an exchange collects orders for its opening: ticks may come, but need not. */
  isPreOpen(exchange: string, epochMs: number): boolean {
    const day = dayAt(epochMs);
    const hours = this.#exchanges.get(exchange);
    if (hours === undefined || this.isOpen(exchange, epochMs)) return false;
    if (this.#days.has(dayKey(exchange, day)) || !hours.weekdays.has(weekdayOf(day))) return false;
    const sinceMidnight = epochMs - midnight(day);
    return hours.preOpen.some(([from, to]) => sinceMidnight >= from && sinceMidnight < to);
  }

  /** When an exchange opens or closes next, ms since 1970; null when that is not known, or never. */
  nextChange(exchange: string, epochMs: number): number | null {
    const open = this.#sessionAt(exchange, epochMs);
    const day = dayAt(epochMs);
    if (open === undefined) {
      for (let ahead = 0; ahead <= MOST_DAYS; ahead++) {
        const next = this.#sessionsOf(exchange, day + ahead).find(([from]) => from > epochMs);
        if (next !== undefined) return next[0];
      }
      return null;
    }
    let end = open[1];
    for (let ahead = 0; ahead <= MOST_DAYS; ahead++) {
      const joined = this.#sessionsOf(exchange, dayAt(end)).find(([from]) => from === end);
      if (joined === undefined) return end;
      end = joined[1];
    }
    return null;
  }

  /** When the state of an exchange began, ms since 1970; null when that is not known, or it was never other. */
  lastChange(exchange: string, epochMs: number): number | null {
    const open = this.#sessionAt(exchange, epochMs);
    const day = dayAt(epochMs);
    if (open === undefined) {
      for (let back = 0; back <= MOST_DAYS; back++) {
        const last = this.#sessionsOf(exchange, day - back).findLast(([, to]) => to <= epochMs);
        if (last !== undefined) return last[1];
      }
      return null;
    }
    let start = open[0];
    for (let back = 0; back <= MOST_DAYS; back++) {
      const before = start;
      const joined = this.#sessionsOf(exchange, dayAt(before - 1)).find(([, to]) => to === before);
      if (joined === undefined) return start;
      start = joined[0];
    }
    return null;
  }

  /** A closed exchange in words, for example `NSE is closed (Christmas) until 2026-12-28 09:15 IST`. */
  describeClosed(exchange: string, epochMs: number): string {
    const named = this.#days.get(dayKey(exchange, dayAt(epochMs)));
    const opens = this.nextChange(exchange, epochMs);
    const until = opens === null ? '' : ` until ${formatKolkata(opens)}`;
    if (this.isPreOpen(exchange, epochMs)) return `${exchange} is in its pre-open session${until}`;
    return `${exchange} is closed${named === undefined ? '' : ` (${named.name})`}${until}`;
  }

  #sessionAt(exchange: string, epochMs: number): Interval | undefined {
    return this.#sessionsOf(exchange, dayAt(epochMs)).find(([from, to]) => epochMs >= from && epochMs < to);
  }

  /** The sessions of a day, in their order. */
  #sessionsOf(exchange: string, day: number): Interval[] {
    const start = midnight(day);
    const shift = ([from, to]: Interval): Interval => [start + from, start + to];
    const named = this.#days.get(dayKey(exchange, day));
    if (named !== undefined) return named.sessions.map(shift);
    const hours = this.#exchanges.get(exchange);
    if (hours === undefined || !hours.weekdays.has(weekdayOf(day))) return [];
    return (isUsWinter(day) ? hours.usWinterSessions : hours.sessions).map(shift);
  }
}

function compile(hours: ExchangeHours): CompiledHours {
  const { sessions, usWinterSessions = sessions, preOpen = [], weekdays } = hours;
  return {
    sessions: sessions.map(intervalOf),
    usWinterSessions: usWinterSessions.map(intervalOf),
    preOpen: preOpen.map(intervalOf),
    weekdays: new Set(weekdays === undefined ? WORKDAYS : weekdays.map((name) => WEEKDAYS.indexOf(name))),
  };
}

function intervalOf([from, to]: SessionTimes): Interval {
  return [timeOfDay(from), timeOfDay(to)];
}

/** Milliseconds since midnight of `HH:MM` or `HH:MM:SS`. */
function timeOfDay(text: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = text.split(':').map(Number);
  return ((hours * 60 + minutes) * 60 + seconds) * 1000;
}

function dayAt(epochMs: number): number {
  return Math.floor((epochMs + ZONE_MS) / DAY_MS);
}

function midnight(day: number): number {
  return day * DAY_MS - ZONE_MS;
}

function dayOfDate(date: string): number {
  return Math.floor(Date.parse(`${date}T00:00:00Z`) / DAY_MS);
}

function weekdayOf(day: number): number {
  return (((day + FIRST_WEEKDAY) % 7) + 7) % 7;
}

function dayKey(exchange: string, day: number): string {
  return `${day}/${exchange}`;
}

/** The USA leave winter time on the second Sunday of March and come back to it on the first Sunday of November. */
function isUsWinter(day: number): boolean {
  const year = new Date(day * DAY_MS).getUTCFullYear();
  return day < sundayFrom(year, 2, 8) || day >= sundayFrom(year, 10, 1);
}

/** The first Sunday on or behind a date, as a day number. */
function sundayFrom(year: number, month: number, date: number): number {
  const day = Date.UTC(year, month, date) / DAY_MS;
  return day + ((7 - weekdayOf(day)) % 7);
}

function formatKolkata(epochMs: number): string {
  return `${new Date(epochMs + ZONE_MS).toISOString().slice(0, 16).replace('T', ' ')} IST`;
}
