/** What `tickwire tail` draws: prices exactly, and never an old one as if it were new. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  TickwireError as ClientError,
  type DepthTick,
  type LtpTick,
  type QuoteTick,
} from '../../src/client/index.ts';
import { cutLevels } from '../../src/main/tail/cut-levels.ts';
import { describeGaps, describeState } from '../../src/main/tail/describe-state.ts';
import { formatBook } from '../../src/main/tail/format-book.ts';
import { formatPriceTable } from '../../src/main/tail/format-price-table.ts';
import { formatAge, formatHop, formatPrice } from '../../src/main/tail/format-values.ts';
import { wordOutput } from '../../src/main/tail/line-output.ts';
import { refusalOf, unreachable } from '../../src/main/tail/tail-errors.ts';
import { describeConnection, describeTrouble } from '../../src/main/tail/tail-output.ts';
import { PLAIN_STYLE } from '../../src/main/tail/tail-style.ts';
import { gapLine, statusLine, tickLine } from '../../src/main/tail/tick-line.ts';
import { WatchedInstrument } from '../../src/main/tail/watched-instrument.ts';

const BASE = {
  instrument: 'NSE:INFY',
  exchange: 'NSE',
  symbol: 'INFY',
  broker: 'angel',
  ltp: 1500.5,
  time: Date.UTC(2026, 10, 23, 4, 45, 1, 250),
  receivedAt: Date.UTC(2026, 10, 23, 4, 45, 1, 300),
  isSnapshot: false,
  isStale: false,
  epoch: 1,
  seq: 17,
  gap: null,
  receipt: null,
  stamps: null,
} as const;
const DAY = {
  volume: 1_000_000,
  open: 1490,
  high: 1510.75,
  low: 1485.25,
  close: 1499,
  lastQuantity: 10,
  averagePrice: 1498.35,
  totalBuyQuantity: 5000,
  totalSellQuantity: 6000,
  change: 1.5,
  changePercent: 0.1,
};
const LTP: LtpTick = { ...BASE, mode: 'ltp' };
const QUOTE: QuoteTick = { ...BASE, ...DAY, mode: 'quote' };
const DEPTH: DepthTick = {
  ...BASE,
  ...DAY,
  mode: 'depth',
  openInterest: null,
  upperCircuit: null,
  lowerCircuit: null,
  levels: 5,
  buy: [{ price: 1500.25, quantity: 100, orders: 3 }],
  sell: [
    { price: 1500.75, quantity: 1200, orders: 7 },
    { price: 1500.8, quantity: 201, orders: 8 },
  ],
};

function watched(staleReason: WatchedInstrument['staleReason'], tick = DEPTH): WatchedInstrument {
  const instrument = new WatchedInstrument('NSE:INFY');
  instrument.takeTick(tick, 1000);
  instrument.staleReason = staleReason;
  return instrument;
}

test('prices have their decimals, all of them, and a missing one is no 0', () => {
  const prices = [2500, 84.5125, 0.05, -3.1, 23.0000001, null];
  assert.deepEqual(prices.map(formatPrice), ['2500.00', '84.5125', '0.05', '-3.10', '23.0000001', '-']);
  assert.deepEqual([80, 30_000, 150_000, 10_800_000].map(formatAge), ['0.1 s', '30 s', '3 min', '3 h']);
  assert.deepEqual([0.08, 312.4, 4200, null].map(formatHop), ['80 µs', '312.4 ms', '4.2 s', '-']);
});

test('a fresh value says so with its age; anything else is called old, with the reason', () => {
  assert.match(describeState(watched(null), 1400).text, /^live, last tick 0\.4 s ago/);
  for (const reason of [
    'disconnected',
    'stale',
    'mute',
    'recovering',
    'market_closed',
    'old_tick',
    'broker_refused',
  ] as const) {
    const { isFresh, text } = describeState(watched(reason), 61_000);
    assert.equal(isFresh, false, reason);
    assert.match(text, /^OLD: .+, last tick 60 s ago$/, reason);
  }
  const recovering = watched('recovering');
  const status = {
    status: 'recovering',
    since: BASE.time,
    reason: 'read ECONNRESET',
    broker: 'angel',
    instruments: [],
  };
  recovering.status = status;
  assert.match(describeState(recovering, 1400).text, /is lost since \d\d:\d\d:\d\d: read ECONNRESET/);
  // A status of before says nothing of why it is old now.
  recovering.staleReason = 'disconnected';
  assert.match(describeState(recovering, 1400).text, /^OLD: no connection to the engine, /);
  assert.match(describeState(new WatchedInstrument('NSE:INFY'), 0).text, /^NOTHING YET: no connection/);
  assert.match(
    describeState(watched(null, { ...DEPTH, isSnapshot: true }), 1400).text,
    /last tick of .* \(before this\)/,
  );
});

test('an old book loses the colours of a live one, and an old price has its mark in front of it', () => {
  const coloured = { ...PLAIN_STYLE, buy: (text: string) => `B${text}`, sell: (text: string) => `S${text}` };
  const rows = (reason: WatchedInstrument['staleReason']) =>
    formatBook(watched(reason), 1400, coloured).filter((line) => line.includes('│'));
  assert.equal(rows(null).length, 2);
  assert.match(rows(null)[0]!, /^B.* 3 +100 +1500\.25 │ S +1500\.75 +1,200 +7 █{12}$/);
  for (const row of rows('recovering')) assert.doesNotMatch(row, /[BS]/);
  const [fresh = ''] = formatPriceTable([watched(null)], 1400, PLAIN_STYLE);
  const [old = ''] = formatPriceTable([watched('stale')], 1400, PLAIN_STYLE);
  assert.match(fresh, /^NSE:INFY +1500\.50 +\+1\.50 \(\+0\.10 %\) +volume +1,000,000 +live/);
  assert.match(old, /^NSE:INFY {2}OLD +1500\.50 /);
});

test('what is missing is counted, and what nobody knows is said to be unknown', () => {
  const instrument = watched(null);
  assert.equal(describeGaps(instrument), '');
  const gap = { lastEpoch: 1, lastSeq: 17, epoch: 1, nextSeq: 20 };
  instrument.takeGap({ ...gap, reason: 'lost', missed: 2 }, BASE.time);
  instrument.takeGap({ ...gap, reason: 'lost', missed: 3 }, BASE.time);
  assert.match(describeGaps(instrument), /^missed: 5 ticks in 2 gaps; last: lost at /);
  instrument.takeGap({ ...gap, reason: 'outage', missed: null }, BASE.time);
  assert.match(
    describeGaps(instrument),
    /^missed: 5 ticks in 3 gaps \(of 1 nobody knows how many\); last: outage/,
  );
  assert.match(
    gapLine('NSE:INFY', { ...gap, reason: 'outage', missed: null }, 0),
    /GAP \(outage\): .*nobody knows/,
  );
});

test('the rate is of the last seconds, without last values from before', () => {
  const instrument = new WatchedInstrument('NSE:INFY');
  instrument.takeTick({ ...LTP, isSnapshot: true }, 0);
  assert.equal(instrument.rate(500), 0);
  for (let ms = 0; ms < 10_000; ms += 100) instrument.takeTick(LTP, ms);
  assert.equal(instrument.rate(10_000), 10);
  assert.equal(instrument.rate(13_000), 4);
  assert.equal(instrument.rate(60_000), 0);
});

test('a line has the price first, the best levels first, and says when it is from before', () => {
  assert.match(tickLine(LTP), /^\d\d:\d\d:\d\d\.250 NSE:INFY 1500\.50$/);
  assert.match(
    tickLine(QUOTE),
    / 1500\.50 \+1\.50 \(\+0\.10 %\) volume 1,000,000 .* 1490\.00 1510\.75 1485\.25 1499\.00$/,
  );
  assert.match(tickLine(DEPTH), / buy 100@1500\.25 sell 1200@1500\.75 201@1500\.80$/);
  assert.match(
    tickLine({ ...LTP, isSnapshot: true, isStale: true }),
    / 1500\.50 \(last value from before, OLD\)$/,
  );
});

test('words of an engine or a broker cannot steer the terminal', () => {
  const evil = 'x\u001b[2J\u009b1m\r\n\u202etxt';
  const instrument = watched('recovering');
  instrument.status = { status: 'recovering', since: null, reason: evil, broker: evil, instruments: [] };
  instrument.takeGap({ reason: evil, missed: 1, lastEpoch: 1, lastSeq: 1, epoch: 1, nextSeq: 3 }, 0);
  const error = new ClientError(evil, evil, 'NSE:INFY');
  const shown = [
    ...formatBook(instrument, 1400, PLAIN_STYLE),
    statusLine('NSE:INFY', instrument.status, 0),
    describeConnection({ state: 'waiting', ended: { code: 1006, reason: evil }, retryMs: 1 }, 'ws://x'),
    describeTrouble({ instrument: null, code: evil, message: evil, isEnd: false }),
    refusalOf(error, 'ws://x').message,
    unreachable('ws://x', evil).message,
  ];
  shown.push(tickLine({ ...LTP, instrument: evil }));
  for (const line of shown) assert.doesNotMatch(line, /[\p{Cc}\p{Cf}]/u, JSON.stringify(line));
});

test('whatever numbers and words an engine sends, a line stays one that a person can read', () => {
  assert.match(tickLine({ ...LTP, time: 1e20 }), /^- NSE:INFY 1500\.50$/);
  const level = { price: 1, quantity: -5, orders: 1 };
  const endless = { ...DEPTH, buy: Array<typeof level>(20_000).fill(level), sell: [level] };
  const cut = cutLevels(endless, 5);
  assert.match(tickLine(cut), / buy (-5@1\.00 ){5}sell -5@1\.00$/);
  const instrument = watched('toString', { ...endless, buy: [level] });
  const long = 'x'.repeat(100_000);
  instrument.status = { status: 'toString', since: 1e20, reason: long, broker: '', instruments: [] };
  const shown = [
    ...formatBook(instrument, 1400, PLAIN_STYLE),
    statusLine('NSE:INFY', instrument.status, 0),
    gapLine('NSE:INFY', { reason: long, missed: 1, lastEpoch: 1, lastSeq: 1, epoch: 1, nextSeq: 3 }, 0),
    describeTrouble({ instrument: null, code: long, message: long, isEnd: false }),
    refusalOf(new ClientError('constructor', long), 'ws://x').message,
  ];
  for (const line of shown) assert.ok(line.length < 600, line.slice(0, 100));
  assert.ok(shown.every((line) => !/function|NaN/.test(line)));
});

test('a book with fewer levels than were asked for says so, once in lines', () => {
  const instrument = new WatchedInstrument('NSE:INFY', 20);
  instrument.takeTick(DEPTH, 0);
  assert.ok(
    formatBook(instrument, 0, PLAIN_STYLE).some((line) => /^5 levels, .*20 were asked for/.test(line)),
  );
  assert.ok(!formatBook(watched(null), 0, PLAIN_STYLE).some((line) => line.includes('levels')));
  const lines: string[] = [];
  const errors: string[] = [];
  const output = wordOutput(
    'ws://x',
    { levels: 20 },
    (line) => lines.push(line),
    (line) => errors.push(line),
  );
  output.tick('NSE:INFY', DEPTH);
  output.tick('NSE:INFY', DEPTH);
  assert.equal(lines.length, 2);
  assert.match(
    errors.join(),
    /^tickwire: NSE:INFY: 5 levels, the broker gives no more of it \(20 were asked for\)$/,
  );
});
