import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MarketCalendar } from '../../src/workers/feed/market-calendar.ts';
import { BUILT_IN_CALENDAR } from '../../src/workers/feed/market-sessions.ts';
import { StallWatchdog } from '../../src/workers/feed/stall-watchdog.ts';
import { WATCHDOG_OPTIONS } from '../support/watchdog-scene.ts';

const CALENDAR = new MarketCalendar(BUILT_IN_CALENDAR);
const EXCHANGES = ['NSE', 'NFO', 'MCX', 'GLOBAL_INDEX'];
const FROM = Date.parse('2026-01-01T00:00:00Z');
const TO = Date.parse('2026-12-31T00:00:00Z');

/** What happens in a second or more. */
const event = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constant('wait' as const), ms: fc.integer({ min: 100, max: 20_000 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant('tick' as const), slot: fc.integer({ min: 0, max: 11 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('sleep' as const),
      ms: fc.integer({ min: 6000, max: 40_000_000 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('toggle' as const), slot: fc.integer({ min: 0, max: 11 }) }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('reconnect' as const) }) },
);

test('whatever happens: nothing is done while a market is closed, nor right after a connect or a sleep, and each word is told once', () => {
  fc.assert(
    fc.property(fc.integer({ min: FROM, max: TO }), fc.array(event, { maxLength: 200 }), (start, events) => {
      const watchdog = new StallWatchdog(WATCHDOG_OPTIONS, CALENDAR, 12);
      const watched = new Set<number>();
      const told = new Map<string, string>();
      let now = 1000;
      let wallMs = start;
      let freshFrom = now;
      watchdog.onConnected(now);
      const exchangeOf = (slot: number) => EXCHANGES[slot % EXCHANGES.length]!;
      for (const each of events) {
        if (each.type === 'wait' || each.type === 'sleep') {
          now += each.ms;
          wallMs += each.ms;
          if (each.ms > 1000 + 5000) freshFrom = now;
        } else if (each.type === 'tick') watchdog.onTick(each.slot, now);
        else if (each.type === 'reconnect') {
          watchdog.onDisconnected();
          watchdog.onConnected(now);
          freshFrom = now;
        } else if (watched.delete(each.slot)) {
          watchdog.unwatch(each.slot, exchangeOf(each.slot));
          if (![...watched].some((slot) => exchangeOf(slot) === exchangeOf(each.slot)))
            told.delete(exchangeOf(each.slot));
        } else {
          watched.add(each.slot);
          watchdog.watch(each.slot, exchangeOf(each.slot), now);
        }
        const verdict = watchdog.check(now, wallMs)!;
        for (const slot of [...verdict.resubscribe, ...verdict.move, ...verdict.silenced]) {
          assert.ok(watched.has(slot), `slot ${slot} is not watched`);
          assert.ok(CALENDAR.isOpen(exchangeOf(slot), wallMs), `${exchangeOf(slot)} is closed`);
          assert.ok(now - freshFrom > WATCHDOG_OPTIONS.recoveryWaitMs / 2);
        }
        const anyOpen = [...watched].some((slot) => CALENDAR.isOpen(exchangeOf(slot), wallMs));
        if (verdict.reconnect !== null || verdict.tokens !== null) assert.ok(anyOpen);
        for (const { exchange, slots, status, since } of verdict.statuses) {
          assert.ok(since <= wallMs, `${status} since the future`);
          if (slots !== null) continue;
          assert.notEqual(told.get(exchange), status, `${exchange} ${status} is told twice`);
          told.set(exchange, status);
        }
      }
    }),
    { numRuns: 300 },
  );
});

test('a feed that ticks more often than the threshold is never suspected, at whatever hour and rate', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: FROM, max: TO }),
      fc.array(fc.integer({ min: 10, max: 25_000 }), { minLength: 1, maxLength: 12 }),
      (start, rates) => {
        const watchdog = new StallWatchdog(WATCHDOG_OPTIONS, CALENDAR, 12);
        watchdog.onConnected(1000);
        for (const slot of rates.keys()) watchdog.watch(slot, 'NSE', 1000);
        for (let now = 1000; now < 400_000; now += 1000) {
          for (const [slot, everyMs] of rates.entries()) {
            const last = now - ((now - 1000) % everyMs);
            if (now - last < 1000) watchdog.onTick(slot, last);
          }
          const verdict = watchdog.check(now, start + now)!;
          assert.deepEqual([verdict.resubscribe, verdict.silenced, verdict.move], [[], [], []]);
          assert.deepEqual([verdict.reconnect, verdict.tokens], [null, null]);
        }
      },
    ),
    { numRuns: 100 },
  );
});
