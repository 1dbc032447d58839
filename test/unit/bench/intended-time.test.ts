import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pack } from 'msgpackr';
import { stampOf, timeOfStamp } from '../../../bench/end-to-end/price-stamp.ts';
import { intendedTimeFinder, NO_TICK } from '../../../bench/end-to-end/tick-format.ts';
import { eventsUpTo } from '../../../bench/harness/burst-schedule.ts';

const INTENDED_US = 34_012_345_678;
const NOW_US = INTENDED_US + 4321.5;

function find(form: 'json' | 'msgpack', mode: 'ltp' | 'quote', message: Buffer): number {
  const before = Buffer.from('….');
  const buffer = Buffer.concat([before, message, Buffer.from(', "volume": 7, "ltp": 1.0')]);
  return intendedTimeFinder(form, mode)(buffer, before.length, before.length + message.length, NOW_US);
}

test('a price tells the instant at which its tick was due, wherever in its window that is', () => {
  for (const intendedUs of [INTENDED_US, 34_000_000_000, 33_999_999_999, 99_999_999]) {
    for (const late of [-500.5, 0, 0.5, 90_000_000]) {
      assert.equal(timeOfStamp(stampOf(intendedUs), intendedUs + late), intendedUs);
    }
    assert.equal(String(stampOf(intendedUs)).length, 9);
  }
});

test('the instant is found in an LTP price of any number of decimals', () => {
  for (const intendedUs of [INTENDED_US, INTENDED_US + 2, INTENDED_US + 22]) {
    const rupees = stampOf(intendedUs) / 100;
    const text = Number.isInteger(rupees) ? `${rupees}.0` : String(rupees);
    assert.equal(find('json', 'ltp', Buffer.from(`{"data": {"ltp": ${text}, "ltt": 1}}`)), intendedUs);
  }
  const message = Buffer.from(pack({ ltp: stampOf(INTENDED_US) / 100 }));
  assert.equal(find('msgpack', 'ltp', message), INTENDED_US);
});

test('the instant is found in a volume, with and without a space before it', () => {
  for (const space of ['', ' ']) {
    const message = Buffer.from(`{"ltp":${space}1.5,"volume":${space}${INTENDED_US}}`);
    assert.equal(find('json', 'quote', message), INTENDED_US);
  }
});

test('an answer that names a mode is no tick, nor is what stands behind it', () => {
  const answer = Buffer.from('{"type": "auth", "supported_features": {"ltp": true, "quote": true}}');
  assert.equal(find('json', 'ltp', answer), NO_TICK);
  assert.equal(find('json', 'quote', answer), NO_TICK);
});

test('a load with storms sends what its calm and its storms ask for, and no tick more', () => {
  const rate = { calmPerSecond: 5000, stormPerSecond: 45_000, stormMs: 100, periodMs: 1000 };
  assert.equal(eventsUpTo(99, rate), 4500);
  assert.equal(eventsUpTo(100, rate), 4505);
  assert.equal(eventsUpTo(999, rate), 9000);
  assert.equal(eventsUpTo(2999, rate), 27_000);
  assert.equal(eventsUpTo(2999, 1500), 4500);
});
