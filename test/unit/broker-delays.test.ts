/** How late the broker is, and what is known of this machine's clock: nothing is told that is not proven. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MODE } from '../../src/codec/tick.ts';
import { WORD, writeInt64 } from '../../src/codec/tick-message.ts';
import { clockOffset, recentDelays } from '../../src/main/metrics/recent-figures.ts';
import { ThreadRecord } from '../../src/main/metrics/thread-record.ts';
import { segmentName } from '../../src/main/ops/segment-name.ts';
import { BrokerDelays } from '../../src/workers/measures/broker-delays.ts';
import { sampleTick } from '../support/sample-tick.ts';

const START_MS = Date.UTC(2026, 10, 23, 4, 0, 0);

/** A connection that carries one instrument, and main's record of it. */
class DelayScene {
  now = 0;
  readonly delays = new BrokerDelays(() => this.now);
  readonly record = new ThreadRecord('feed 0');
  readonly instrument = { exchangeTimeMs: 0, gapBefore: false };
  readonly #words = sampleTick(MODE.QUOTE).words;

  tick(exchangeTimeMs: number, receivedMs: number): void {
    writeInt64(this.#words, WORD.EXCHANGE_TIME_MS, exchangeTimeMs);
    this.delays.of('NSE').note(this.instrument, this.#words, receivedMs);
  }

  /** Main hears of a second. */
  tell(): void {
    const { hops, clock } = this.delays.take();
    const health = { loopDelay: null, gc: [], utilization: 0, heapBytes: 0 };
    this.record.noteMeasures({ type: 'measures', hops, health, clock });
  }

  /** Seconds in which ticks take `delayMs` by a clock that is `aheadMs` ahead. */
  seconds(count: number, delayMs: number, aheadMs = 0): void {
    for (let i = 0; i < count; i++) {
      const sentMs = Math.max(START_MS, this.instrument.exchangeTimeMs) + 1000;
      this.tick(sentMs, sentMs + delayMs + aheadMs);
      this.tell();
    }
  }

  get p50(): number | undefined {
    const key = { broker: 'angel', account: 'anna' };
    const delays = recentDelays([{ ...key, record: this.record }]);
    return delays.get(segmentName({ ...key, exchange: 'NSE' }))?.p50;
  }

  get offset() {
    return clockOffset([this.record]);
  }
}

test('an old image behind a subscribe or an outage is not taken for a late broker', () => {
  const scene = new DelayScene();
  const now = START_MS + 3_600_000;
  scene.tick(START_MS, now);
  scene.instrument.gapBefore = true;
  scene.tick(START_MS + 1, now + 1);
  scene.instrument.gapBefore = false;
  scene.tick(START_MS + 1, now + 2);
  scene.tick(0, now + 3);
  scene.tell();
  assert.equal(scene.p50, undefined);
  scene.tick(now, now + 40);
  scene.tell();
  assert.ok(scene.p50! >= 40 && scene.p50! <= 45, `${scene.p50} ms`);
});

test('a clock that is behind is found out, and delays are corrected by it: no tick comes before it was sent', () => {
  const scene = new DelayScene();
  scene.seconds(3, 20, -2000);
  assert.equal(scene.offset, null, 'a few ticks prove nothing');
  scene.seconds(12, 20, -2000);
  assert.deepEqual(scene.offset, { ms: -1980, uncertaintyMs: null });
  scene.seconds(10, 220, -2000);
  assert.ok(scene.p50! >= 200 && scene.p50! <= 230, `${scene.p50} ms`);
});

test('one frame with a time of the future does not make the clock look wrong', () => {
  const scene = new DelayScene();
  scene.seconds(30, 20);
  scene.tick(scene.instrument.exchangeTimeMs + 9_000_000, scene.instrument.exchangeTimeMs);
  scene.tell();
  scene.instrument.exchangeTimeMs = START_MS + 60_000;
  scene.seconds(5, 20);
  assert.equal(scene.offset?.ms, 0);
});

test("the broker's time tells a clock that is ahead from a broker that is late", () => {
  const late = new DelayScene();
  late.seconds(10, 3000);
  assert.deepEqual(late.offset, { ms: 0, uncertaintyMs: null });
  late.delays.noteDate(START_MS, START_MS + 400, START_MS + 500);
  late.seconds(1, 3000);
  assert.deepEqual(late.offset, { ms: 0, uncertaintyMs: 600 });
  assert.ok(late.p50! >= 3000, 'the delay is the broker’s');

  const ahead = new DelayScene();
  ahead.delays.noteDate(START_MS, START_MS + 3400, START_MS + 3500);
  ahead.seconds(10, 20, 3000);
  assert.deepEqual(ahead.offset, { ms: 2400, uncertaintyMs: 620 });
  assert.ok(ahead.p50! >= 600 && ahead.p50! <= 720, `${ahead.p50} ms: what is not proven stays a delay`);
});

test('when the clock was set, what it proved before counts no more', () => {
  const scene = new DelayScene();
  scene.seconds(10, 20, -5000);
  assert.equal(scene.offset?.ms, -4980);
  scene.delays.resetClock();
  scene.seconds(6, 20);
  assert.equal(scene.offset?.ms, 0);
});

test('a late broker is not shown as on time because the clock was ahead when it was connected', () => {
  const scene = new DelayScene();
  scene.delays.noteDate(START_MS, START_MS + 2500, START_MS + 2520);
  scene.seconds(10, 20, 2500);
  assert.deepEqual(scene.offset, { ms: 1500, uncertaintyMs: 1020 });
  // Set right by and by, and the broker becomes late.
  scene.seconds(70, 800);
  assert.deepEqual(scene.offset, { ms: 0, uncertaintyMs: null });
  assert.ok(scene.p50! >= 800 && scene.p50! <= 840, `${scene.p50} ms`);
  // A date of now counts again.
  scene.delays.noteDate(START_MS, START_MS + 600, START_MS + 700);
  scene.seconds(1, 800);
  assert.deepEqual(scene.offset, { ms: 0, uncertaintyMs: 700 });
});

test('what a date has proved is believed for minutes, not all day: ticks of a broker that is later than the clock was ahead contradict nothing', () => {
  for (const aheadMs of [2500, -3000]) {
    const scene = new DelayScene();
    scene.delays.noteDate(START_MS, START_MS + aheadMs, START_MS + aheadMs + 20);
    scene.seconds(10, 3000);
    assert.equal(scene.offset?.ms, aheadMs > 0 ? 1500 : -2980);
    scene.now += 600_001;
    scene.seconds(10, 3000);
    assert.deepEqual(scene.offset, { ms: 0, uncertaintyMs: null });
    assert.ok(scene.p50! >= 3000 && scene.p50! <= 3200, `${scene.p50} ms`);
  }
});

test('connections that contradict each other prove nothing about the clock', () => {
  const [old, fresh] = [new DelayScene(), new DelayScene()];
  old.delays.noteDate(START_MS, START_MS + 2500, START_MS + 2520);
  old.tell();
  fresh.seconds(10, 800);
  assert.deepEqual(clockOffset([old.record, fresh.record]), { ms: 0, uncertaintyMs: null });
});
