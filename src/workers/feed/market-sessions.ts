/**
 * When the exchanges trade, as data: times of day in Asia/Kolkata, which has no summer time. An operator's file of the
 * same form (TICKWIRE_MARKET_CALENDAR) replaces or extends it; the holidays end with 2026 and must be renewed each year.
 *
 * The hours say when ticks can be expected, no more: a tick that comes outside of them is a tick, and where sources
 * differ the shorter hours stand here, since silence in them raises an alarm.
 */

/** From (inclusive) and to (exclusive), `HH:MM` or `HH:MM:SS`, up to `24:00`. */
export type SessionTimes = readonly [from: string, to: string];

export const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** The ordinary days of an exchange. */
export interface ExchangeHours {
  readonly sessions: readonly SessionTimes[];
  /** In place of `sessions` while the USA have winter time. */
  readonly usWinterSessions?: readonly SessionTimes[];
  /** Ticks may come, but need not. */
  readonly preOpen?: readonly SessionTimes[];
  /** Default Monday to Friday. */
  readonly weekdays?: readonly Weekday[];
}

/** A date that is no ordinary day. */
export interface MarketDay {
  /** `YYYY-MM-DD` */
  readonly date: string;
  /** In messages to people. */
  readonly name: string;
  /** OpenAlgo's names; the date is ordinary for all others. */
  readonly exchanges: readonly string[];
  /** None: closed all day. */
  readonly sessions: readonly SessionTimes[];
}

export interface MarketCalendarData {
  /** By OpenAlgo's name of the exchange. */
  readonly exchanges: Readonly<Record<string, ExchangeHours>>;
  /** Of two that name the same date and exchange the later one holds. */
  readonly days: readonly MarketDay[];
}

const EQUITY_HOURS: ExchangeHours = { sessions: [['09:15', '15:30']], preOpen: [['09:00', '09:15']] };
const CURRENCY_HOURS: ExchangeHours = { sessions: [['09:00', '17:00']] };
const COMMODITY_HOURS: ExchangeHours = {
  sessions: [['09:00', '23:30']],
  usWinterSessions: [['09:00', '23:55']],
};
/** Agricultural contracts; a broker may list those of NCDEX and of NSE's commodity segment under either name. */
const AGRICULTURE_HOURS: ExchangeHours = { sessions: [['10:00', '17:00']] };

const EQUITY = ['NSE', 'BSE', 'NFO', 'BFO', 'NSE_INDEX', 'BSE_INDEX'];
const CURRENCY = ['CDS', 'BCD', 'CDS_INDEX'];
const COMMODITY = ['MCX', 'MCX_INDEX'];
const AGRICULTURE = ['NCO', 'NCDEX'];
const ALL = [...EQUITY, ...CURRENCY, ...COMMODITY, ...AGRICULTURE];

function hoursOf(exchanges: readonly string[], hours: ExchangeHours): [string, ExchangeHours][] {
  return exchanges.map((exchange) => [exchange, hours]);
}

function closed(date: string, name: string, exchanges: readonly string[]): MarketDay {
  return { date, name, exchanges, sessions: [] };
}

/** Closed, but for the evening session of MCX. */
function closedByDay(date: string, name: string, mcxEnd: string): MarketDay[] {
  return [
    closed(date, name, [...EQUITY, ...CURRENCY, ...AGRICULTURE]),
    { date, name, exchanges: COMMODITY, sessions: [['17:00', mcxEnd]] },
  ];
}

const SUMMER_END = '23:30';
const WINTER_END = '23:55';

const DAYS_OF_2026: readonly MarketDay[] = [
  { date: '2026-01-01', name: "New Year's Day", exchanges: COMMODITY, sessions: [['09:00', '17:00']] },
  closed('2026-01-15', 'municipal elections in Maharashtra', EQUITY),
  closed('2026-01-26', 'Republic Day', ALL),
  closed('2026-02-19', 'Chhatrapati Shivaji Maharaj Jayanti', CURRENCY),
  ...closedByDay('2026-03-03', 'Holi', WINTER_END),
  closed('2026-03-19', 'Gudi Padwa', CURRENCY),
  ...closedByDay('2026-03-26', 'Shri Ram Navami', SUMMER_END),
  ...closedByDay('2026-03-31', 'Shri Mahavir Jayanti', SUMMER_END),
  closed('2026-04-01', 'annual closing of the banks', CURRENCY),
  closed('2026-04-03', 'Good Friday', ALL),
  ...closedByDay('2026-04-14', 'Dr. Baba Saheb Ambedkar Jayanti', SUMMER_END),
  ...closedByDay('2026-05-01', 'Maharashtra Day', SUMMER_END),
  ...closedByDay('2026-05-28', 'Bakri Id', SUMMER_END),
  ...closedByDay('2026-06-26', 'Muharram', SUMMER_END),
  closed('2026-08-26', 'Id-E-Milad', CURRENCY),
  ...closedByDay('2026-09-14', 'Ganesh Chaturthi', SUMMER_END),
  closed('2026-10-02', 'Mahatma Gandhi Jayanti', ALL),
  ...closedByDay('2026-10-20', 'Dussehra', SUMMER_END),
  // A Sunday. The exchanges announce the hour a few weeks before; this is the one of most years.
  {
    date: '2026-11-08',
    name: 'Muhurat trading (Diwali Laxmi Pujan)',
    exchanges: [...EQUITY, ...CURRENCY, ...COMMODITY],
    sessions: [['18:15', '19:15']],
  },
  ...closedByDay('2026-11-10', 'Diwali Balipratipada', WINTER_END),
  ...closedByDay('2026-11-24', 'Guru Nanak Jayanti', WINTER_END),
  closed('2026-12-25', 'Christmas', ALL),
];

/** Used unless the operator gives a calendar. */
export const BUILT_IN_CALENDAR: MarketCalendarData = {
  exchanges: Object.fromEntries([
    ...hoursOf(EQUITY, EQUITY_HOURS),
    ...hoursOf(CURRENCY, CURRENCY_HOURS),
    ...hoursOf(COMMODITY, COMMODITY_HOURS),
    ...hoursOf(AGRICULTURE, AGRICULTURE_HOURS),
  ]),
  days: DAYS_OF_2026,
};
