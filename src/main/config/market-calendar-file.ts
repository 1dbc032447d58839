/**
 * The operator's calendar of market hours: a JSON file of the form of `market-sessions.ts`. What it names replaces the
 * built-in data exchange by exchange and date by date; with `"base": "none"` it stands alone.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  BUILT_IN_CALENDAR,
  type ExchangeHours,
  type MarketCalendarData,
  type MarketDay,
  type SessionTimes,
  WEEKDAYS,
  type Weekday,
} from '../../workers/feed/market-sessions.ts';
import type { Config } from '../config-options.ts';
import { TickwireError } from '../errors.ts';

const TIME = /^(?:([01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?|24:00)$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
/** The file itself, in a message. */
const WHOLE = 'the file';
const BASES = ['built-in', 'none'] as const;

type JsonObject = Readonly<Record<string, unknown>>;

/** Says which key of the file has a value that it cannot have, and what it may be. */
type Refuse = (key: string, value: unknown, allowed: string) => TickwireError;

/**
 * The calendar in force: the operator's, else the built-in one. The simulated exchange trades day and night unless it is
 * given a calendar; null stands for that.
 *
 * @param cwd where a relative path starts
 * @throws TickwireError CONFIG_INVALID when the operator's file cannot be used
 */
export function chooseMarketCalendar(
  { marketCalendar, broker }: Pick<Config, 'marketCalendar' | 'broker'>,
  cwd: string,
): MarketCalendarData | null {
  if (marketCalendar !== null) return readMarketCalendar(resolve(cwd, marketCalendar));
  return broker === 'simulated' ? null : BUILT_IN_CALENDAR;
}

/**
 * Reads and checks the file.
 *
 * @throws TickwireError CONFIG_INVALID, naming the file, the key, its value and what is allowed
 */
export function readMarketCalendar(path: string): MarketCalendarData {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw invalid(
      `TICKWIRE_MARKET_CALENDAR is "${path}", which cannot be read: ${messageOf(cause)}. Correct the path, or leave the option out.`,
      cause,
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw invalid(`TICKWIRE_MARKET_CALENDAR: ${path} is no JSON: ${messageOf(cause)}`, cause);
  }
  return parseMarketCalendar(json, (key, value, allowed) =>
    invalid(`TICKWIRE_MARKET_CALENDAR: ${path}: ${key} is ${JSON.stringify(value)}; it must be ${allowed}.`),
  );
}

/** @throws what `refuse` returns, for the first value that cannot be */
export function parseMarketCalendar(json: unknown, refuse: Refuse): MarketCalendarData {
  const file = objectOf(json, WHOLE, ['base', 'exchanges', 'days'], refuse);
  const base = BASES.find((name) => name === (file.base ?? 'built-in'));
  if (base === undefined) throw refuse('base', file.base, BASES.map((name) => `"${name}"`).join(' or '));
  const names = file.exchanges ?? {};
  if (!isObject(names)) throw refuse('exchanges', names, 'an object of exchanges');
  const exchanges: Record<string, ExchangeHours> = {};
  for (const [name, hours] of Object.entries(names)) {
    exchanges[name] = hoursOf(hours, `exchanges.${name}`, refuse);
  }
  const days = listOf(file.days ?? [], 'days', refuse).map((day, i) => dayOf(day, `days[${i}]`, refuse));
  if (base === 'none') return { exchanges, days };
  return {
    exchanges: { ...BUILT_IN_CALENDAR.exchanges, ...exchanges },
    days: [...BUILT_IN_CALENDAR.days, ...days],
  };
}

function hoursOf(value: unknown, key: string, refuse: Refuse): ExchangeHours {
  const { sessions, usWinterSessions, preOpen, weekdays } = objectOf(
    value,
    key,
    ['sessions', 'usWinterSessions', 'preOpen', 'weekdays'],
    refuse,
  );
  const times = (list: unknown, name: string) => sessionsOf(list, `${key}.${name}`, refuse);
  return {
    sessions: times(sessions, 'sessions'),
    ...(usWinterSessions === undefined
      ? {}
      : { usWinterSessions: times(usWinterSessions, 'usWinterSessions') }),
    ...(preOpen === undefined ? {} : { preOpen: times(preOpen, 'preOpen') }),
    ...(weekdays === undefined ? {} : { weekdays: weekdaysOf(weekdays, `${key}.weekdays`, refuse) }),
  };
}

function dayOf(value: unknown, key: string, refuse: Refuse): MarketDay {
  const day = objectOf(value, key, ['date', 'name', 'exchanges', 'sessions'], refuse);
  const { date, name } = day;
  if (typeof date !== 'string' || !isDate(date)) throw refuse(`${key}.date`, date, 'a date YYYY-MM-DD');
  if (typeof name !== 'string' || name === '') throw refuse(`${key}.name`, name, 'a text');
  const exchanges = listOf(day.exchanges, `${key}.exchanges`, refuse).map((exchange, i) => {
    if (typeof exchange === 'string' && exchange !== '') return exchange;
    throw refuse(`${key}.exchanges[${i}]`, exchange, 'the name of an exchange');
  });
  return { date, name, exchanges, sessions: sessionsOf(day.sessions, `${key}.sessions`, refuse) };
}

/** Sessions lie inside a day, each behind the one before. */
function sessionsOf(value: unknown, key: string, refuse: Refuse): SessionTimes[] {
  let end = '';
  return listOf(value, key, refuse).map((entry, i) => {
    const pair = listOf(entry, `${key}[${i}]`, refuse);
    if (pair.length !== 2) throw refuse(`${key}[${i}]`, entry, 'a pair of times, ["09:15", "15:30"]');
    const [from, to] = pair.map((time, n) => {
      if (typeof time === 'string' && TIME.test(time)) return time;
      throw refuse(`${key}[${i}][${n}]`, time, 'a time HH:MM or HH:MM:SS from 00:00 to 24:00');
    }) as [string, string];
    if (comparable(from) >= comparable(to))
      throw refuse(`${key}[${i}]`, entry, 'in order, the end behind the start');
    if (comparable(from) < end) throw refuse(`${key}[${i}]`, entry, 'behind the session before it');
    end = comparable(to);
    return [from, to];
  });
}

/** With seconds, so that texts compare as times do. */
function comparable(time: string): string {
  return time.length === 5 ? `${time}:00` : time;
}

function weekdaysOf(value: unknown, key: string, refuse: Refuse): Weekday[] {
  return listOf(value, key, refuse).map((name, i) => {
    const weekday = WEEKDAYS.find((known) => known === name);
    if (weekday === undefined) throw refuse(`${key}[${i}]`, name, `one of ${WEEKDAYS.join(', ')}`);
    return weekday;
  });
}

function isDate(text: string): boolean {
  if (!DATE.test(text)) return false;
  const ms = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function objectOf(value: unknown, key: string, keys: readonly string[], refuse: Refuse): JsonObject {
  if (!isObject(value)) throw refuse(key, value, `an object with ${keys.join(', ')}`);
  const unknown = Object.keys(value).find((name) => !keys.includes(name));
  // A misspelt key would be a rule that silently does not hold.
  if (unknown === undefined) return value;
  const name = key === WHOLE ? unknown : `${key}.${unknown}`;
  throw refuse(name, value[unknown], `absent, since the keys here are ${keys.join(', ')}`);
}

function listOf(value: unknown, key: string, refuse: Refuse): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw refuse(key, value ?? null, 'a list');
}

function invalid(message: string, cause?: unknown): TickwireError {
  return new TickwireError('CONFIG_INVALID', message, cause === undefined ? undefined : { cause });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
